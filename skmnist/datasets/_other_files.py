"""Files of other kinds: what they are, and the lines of Python that make a file to load of them."""

from __future__ import annotations

import os
import re

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".heic")
_SAVE = 'np.savez("mnist.npz", x_train=..., y_train=..., x_test=..., y_test=...)'
_ARRAYS = (
    "\nHere x_train and x_test are images of shape (n, height, width), integers from 0 to 255, and "
    "y_train and y_test their labels."
)
_ARCHIVE = ("an archive", ['shutil.unpack_archive({path}, "data")', 'load_mnist("data")'])
_PICKLE = (
    "a pickle, which is never opened here, because it can run any program; if you trust its author",
    ["arrays = pandas.read_pickle({path})", _SAVE],
)
_TORCH = (
    "a file of PyTorch",
    ["x_train, y_train = torch.load({path}, weights_only=True)  # and so the test images", _SAVE],
)
_PICTURE = (
    "a picture; read_digit reads one digit, and a folder of pictures is loaded from an .npz file",
    ["digit = read_digit({path})"],
)
_PARQUET = (
    "a Parquet file, which pandas reads (Hugging Face's hold a picture in each row, as bytes)",
    [
        "frame = pandas.read_parquet({path})",
        'frame.to_csv("mnist.csv", index=False)  # if its columns are pixels and a label',
        'images = [PIL.Image.open(io.BytesIO(image["bytes"])) for image in frame["image"]]',
        _SAVE,
    ],
)
_MATLAB = (
    "a MATLAB file, which SciPy reads",
    [
        "arrays = scipy.io.loadmat({path})  # of which arrays.keys() are the names",
        'frame = pandas.DataFrame(arrays["data"].T).assign(label=arrays["label"].ravel())',
        'frame.to_csv("mnist.csv", index=False)',
    ],
)
_HDF5 = (
    "an HDF5 file, which h5py reads",
    ["arrays = h5py.File({path})  # of which arrays.keys() are the names", _SAVE],
)
_ARFF = (
    "an ARFF file, which SciPy reads",
    [
        "frame = pandas.DataFrame(scipy.io.arff.loadarff({path})[0])",
        'frame["class"] = frame["class"].str.decode("utf-8")',
        'frame.to_csv("mnist.csv", index=False)',
    ],
)
_LIBSVM = (
    "a file in LIBSVM's format, which scikit-learn reads",
    [
        "X, y = sklearn.datasets.load_svmlight_file({path}, n_features=784)",
        'pandas.DataFrame(X.toarray()).assign(label=y).to_csv("mnist.csv", index=False)',
    ],
)
_NPY = ("a single NumPy array", ["array = np.load({path})", _SAVE])
_COMPRESSED = ("compressed, but not by gzip", ["unpack it first"])
_EXCEL = ("an Excel file", ['pandas.read_excel({path}).to_csv("mnist.csv", index=False)'])
_JSON = ("a JSON file", ['pandas.read_json({path}).to_csv("mnist.csv", index=False)'])
_WEB_PAGE = ("a web page, not the file that it may offer", ["download the file itself"])
_LFS = ("a pointer to a file of Git LFS, not the file itself", ["git lfs pull"])

# By the first bytes, gzip unpacked.
_STARTS = [
    (rb"\x80[\x02-\x05]", _PICKLE),
    (rb"PAR1", _PARQUET),
    (rb"MATLAB", _MATLAB),
    (rb"\x89HDF", _HDF5),
    (rb"\x93NUMPY", _NPY),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|BM.{12}\0|II\*\0|MM\0\*|RIFF....WEBP|....ftyp", _PICTURE),
    (rb"PK|7z\xbc\xaf|Rar!|.{257}ustar", _ARCHIVE),
    (rb"BZh\d|\xfd7zXZ|\x28\xb5\x2f\xfd", _COMPRESSED),
    (rb"\xd0\xcf\x11\xe0", _EXCEL),
    (rb"version https://git-lfs", _LFS),
    (rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|\?xml)", _WEB_PAGE),
    (rb"(?:\s*%[^\n]*\n)*\s*@relation", _ARFF),
    (rb"\s*[\[{]", _JSON),
    (rb"[-+.\d]+ \d+:[\d.]+\s", _LIBSVM),
]
# By the end of the name, where the first bytes decide nothing.
_SUFFIXES = {
    (".pkl", ".pickle", ".p", ".joblib"): _PICKLE,
    (".pt", ".pth"): _TORCH,
    (".mat",): _MATLAB,
    (".parquet",): _PARQUET,
    (".h5", ".hdf5"): _HDF5,
    (".arff",): _ARFF,
    (".xlsx",): _EXCEL,
    PICTURE_SUFFIXES: _PICTURE,
}


def describe_other(path: str, start: bytes) -> str | None:
    """Say what a file of another kind is, and how to make one of it that loads; None if it is none.

    `start` is the beginning of the file, unpacked if it is gzipped.
    """
    name = os.path.basename(path).lower().removesuffix(".gz")
    kinds = [kind for suffixes, kind in _SUFFIXES.items() if name.endswith(suffixes)]
    flags = re.DOTALL | re.IGNORECASE
    kinds += [kind for pattern, kind in _STARTS if re.match(pattern, start, flags)]
    return _message(path, *kinds[0]) if kinds else None


def pictures_by_class(path: str, suffix: str) -> str:
    """Say how to load a folder of pictures."""
    return _message(
        path,
        "a folder of pictures; if each is in a folder named as its label, they are read by",
        [
            f"paths = sorted(pathlib.Path({{path}}).rglob({'*' + suffix!r}))",
            'x = np.stack([np.asarray(PIL.Image.open(path).convert("L")) for path in paths])',
            "y = np.array([path.parent.name for path in paths])",
            "x_train, x_test, y_train, y_test = train_test_split(x, y, stratify=y)",
            'np.savez("mnist.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)',
        ],
    )


def _message(path: str, what: str, lines: list[str]) -> str:
    code = "".join(f"\n    {line.replace('{path}', repr(path))}" for line in lines)
    return f"{path!r} is {what}:{code}{_ARRAYS if _SAVE in lines else ''}"
