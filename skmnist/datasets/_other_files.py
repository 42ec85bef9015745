"""Files of other kinds: what they are, and the lines of Python that make of them what loads."""

from __future__ import annotations

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".heic")
_SAVE = """\
np.savez("mnist.npz", x_train=..., y_train=..., x_test=..., y_test=...)
# x_train and x_test: images of shape (n, height, width), integers from 0 to 255"""
_TABLE = 'frame.to_csv("mnist.csv", index=False)  # with a column "label"'
_KINDS = {
    (".pkl", ".pickle", ".joblib"): (
        "a pickle, which can run any program and is not opened; if you trust its author",
        f"arrays = pandas.read_pickle({{}})\n{_SAVE}",
    ),
    (".mat",): (
        "a MATLAB file, which SciPy reads",
        f"""\
arrays = scipy.io.loadmat({{}})  # of which arrays.keys() are the names
frame = pandas.DataFrame(arrays["data"].T).assign(label=arrays["label"].ravel())
{_TABLE}""",
    ),
    (".parquet",): (
        "a Parquet file, which pandas reads (if it holds pictures, as bytes, by the last lines)",
        f"""\
frame = pandas.read_parquet({{}})
{_TABLE}
images = [PIL.Image.open(io.BytesIO(image["bytes"])) for image in frame["image"]]
{_SAVE}""",
    ),
    (".h5", ".hdf5"): (
        "an HDF5 file, which h5py reads",
        f"arrays = h5py.File({{}})  # of which arrays.keys() are the names\n{_SAVE}",
    ),
    (".arff",): (
        "an ARFF file, which SciPy reads",
        f"""\
frame = pandas.DataFrame(scipy.io.arff.loadarff({{}})[0])
frame["class"] = frame["class"].str.decode("utf-8")
{_TABLE}""",
    ),
    (".npy",): ("a single NumPy array", f"array = np.load({{}})\n{_SAVE}"),
    PICTURE_SUFFIXES: ("a picture, of which read_digit reads one digit", "digit = read_digit({})"),
    (".zip", ".tar", ".tgz", ".bz2", ".xz"): (
        "an archive",
        'shutil.unpack_archive({}, "data")\nload_mnist("data")',
    ),
    ("-ubyte", "-int"): (
        "one IDX file of four, whose folder loads",
        "load_mnist(os.path.dirname({}))",
    ),
}
_PICTURES = """\
paths = sorted(pathlib.Path({}).rglob("*{}"))
x = np.stack([np.asarray(PIL.Image.open(path).convert("L")) for path in paths])
y = np.array([path.parent.name for path in paths])
x_train, x_test, y_train, y_test = train_test_split(x, y, stratify=y)
np.savez("mnist.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)"""


def describe_other(path: str) -> str | None:
    name = path.lower().removesuffix(".gz")
    for suffixes, (what, lines) in _KINDS.items():
        if name.endswith(suffixes):
            return _message(path, what, lines.format(repr(path)))
    return None


def describe_pictures(path: str, suffix: str) -> str:
    what = "a folder of pictures; if each is in a folder with the name of its label, these lines do"
    return _message(path, what, _PICTURES.format(repr(path), suffix))


def _message(path: str, what: str, lines: str) -> str:
    return f"{path!r} is {what}:\n{lines}".replace("\n", "\n    ")
