"""Files of other kinds: what they are, and lines of Python that read them.

A file is known by its first bytes, or, where these show nothing, by its name. Only what
runs no code is looked into.
"""

from __future__ import annotations

import json
import math
import os
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, TypeAlias

from skmnist.datasets._arrays import NPZ_NAMES, is_gzipped, open_unpacked
from skmnist.datasets._headers import LABEL_NAMES
from skmnist.datasets._separate_files import find_pairs, find_partner, lines_for_pair

PICTURE_SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".heic"),
    *(".avif", ".ico", ".tga"),
)
_N_BYTES = 4096
_LARGEST_JSON = 2**28
_FIT = "SimpleMLPClassifier().fit(X / X.max(), y)"
_SVMLIGHT = re.compile(rb"\s*[-+.\w]+(?:\s+\d+:[-+.\deE]+){2,}", re.ASCII)
_TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".data")

# What damaged files raise when they are unpacked or decoded.
_DAMAGED = (EOFError, OSError, ValueError, zlib.error)

_Lines: TypeAlias = Callable[[str], str]


class _Kind(NamedTuple):
    what: str
    lines: _Lines
    beginnings: tuple[bytes, ...] = ()
    suffixes: tuple[str, ...] = ()


def describe_other(path: str) -> str | None:
    """Describe a file that is of another kind than those that load, or return None."""
    message = describe_content(path)
    if message is not None:
        return message
    name = path.lower().removesuffix(".gz")
    for kind in (*_KINDS, *_KINDS_OF_TEXT):
        if name.endswith(kind.suffixes):
            return _message(path, kind.what, kind.lines(path))
    return None


def describe_content(path: str) -> str | None:
    """Describe a file whose first bytes are those of another kind, or return None."""
    start = _read_start(path)
    for kind in _KINDS:
        if start.startswith(kind.beginnings):
            return _message(path, kind.what, kind.lines(path))

    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for kind in _KINDS_OF_TEXT:
        if text.startswith(kind.beginnings):
            return _message(path, kind.what, kind.lines(path))

    for place, encoding in enumerate(("utf-16-be", "utf-16-le")):
        if start and not any(start[place:200:2]):
            return _message(path, "text in UTF-16", _lines_of_text(encoding)(path))
    if start[257:262] == b"ustar":
        return _message(path, "an archive", _lines_of_archive(path))
    if _SVMLIGHT.match(start.partition(b"\n")[0]):
        what = "a sparse table in the format of svmlight"
        return _message(path, what, _lines_of_svmlight(path))
    return None


def describe_zip(path: str) -> str:
    """Describe a zip file that holds no arrays."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if any(name.startswith("xl/") for name in names):
        return _message(path, "an Excel workbook", _lines_of_workbook(path))
    if any(name.endswith("data.pkl") for name in names):
        return _message(path, _TORCH, _lines_of_tensors(path))
    return _message(path, "an archive", _lines_of_archive(path))


def describe_arrays(path: str, names: Sequence[str]) -> str:
    """Describe an .npz file that lacks arrays of Keras's mnist.npz."""
    missing = ", ".join(name for name in NPZ_NAMES if name not in names)
    lines = _lines_of_arrays(path, names).replace("\n", "\n    ")
    return (
        f"{path!r} lacks {missing}, and holds {list(names)}; expected an .npz file "
        f"with the arrays {', '.join(NPZ_NAMES)}. These lines read it:\n    {lines}"
    )


def _lines_of_arrays(path: str, names: Sequence[str]) -> str:
    partner = find_partner(path)
    if partner is not None:
        images, labels = sorted([path, partner], key=os.path.getsize, reverse=True)
        return lines_for_pair(images, labels)

    lines = f"import numpy as np\narrays = np.load({path!r})\n"
    pairs = find_pairs([f"{name}.npy" for name in names])
    if not pairs:
        return f"{lines}print({{name: arrays[name].shape for name in arrays}})"
    pair = pairs.get("train") or next(iter(pairs.values()))
    images, labels = (name.removesuffix(".npy") for name in pair)
    return (
        f"from skmnist import SimpleMLPClassifier\n{lines}"
        f"X, y = arrays[{images!r}], arrays[{labels!r}].ravel()\n"
        "X = X.reshape(len(X), -1)\n"
        f"{_FIT}"
    )


def describe_pictures(path: str, suffix: str) -> str:
    what = (
        "a folder of pictures. If each is in a folder named as its label, these lines"
    )
    lines = [
        "import pathlib",
        "import numpy as np",
        "import PIL.Image",
        "from skmnist import SimpleMLPClassifier",
        f"paths = sorted(pathlib.Path({path!r}).rglob('*{suffix}'))",
        'X = np.stack([np.asarray(PIL.Image.open(path).convert("L")) for path in '
        "paths])",
        "y = np.array([path.parent.name for path in paths])",
        "SimpleMLPClassifier().fit(X / 255, y)",
    ]
    return _message(path, what, "\n".join(lines), " read it:")


def _message(
    path: str, what: str, lines: str, advice: str = ". These lines read it:"
) -> str:
    if not lines:
        return f"{path!r} is {what}."
    return f"{path!r} is {what}{advice}\n{lines}".replace("\n", "\n    ")


def _read_start(path: str) -> bytes:
    """Read the first bytes, unpacked if they are gzip's; none if they are damaged."""
    with suppress(*_DAMAGED), open_unpacked(path) as file:
        return file.read(_N_BYTES)
    return b""


def _no_lines(path: str) -> str:
    return ""


def _lines_of_lfs_pointer(path: str) -> str:
    folder = os.path.dirname(os.path.abspath(path))
    return (
        "import subprocess\n"
        "from skmnist import load_mnist\n"
        f'subprocess.run(["git", "lfs", "pull"], cwd={folder!r}, check=True)\n'
        f"load_mnist({path!r})"
    )


def _lines_of_text(encoding: str) -> _Lines:
    """Return lines for text that is to be encoded anew."""

    def lines(path: str) -> str:
        imports = "import pathlib"
        read = f"open({path!r}, encoding={encoding!r}).read()"
        if is_gzipped(path):
            imports = "import gzip\nimport pathlib"
            read = f'gzip.open({path!r}, "rt", encoding={encoding!r}).read()'
        return (
            f"{imports}\n"
            "from skmnist import load_mnist\n"
            f'pathlib.Path("mnist.csv").write_text({read}, encoding="utf-8")\n'
            'load_mnist("mnist.csv")'
        )

    return lines


def _lines_of_packed(module: str, suffix: str) -> _Lines:
    """Return lines for a file that one of Python's modules unpacks."""

    def lines(path: str) -> str:
        name = os.path.basename(path).removesuffix(suffix)
        if name.endswith((".tar", ".tbz", ".txz", ".tgz")):
            return _lines_of_archive(path)
        if not name.endswith(_TABLE_SUFFIXES):
            name = f"{name}.csv"
        return (
            f"import {module}\n"
            "import pathlib\n"
            "from skmnist import load_mnist\n"
            f"pathlib.Path({name!r}).write_bytes({module}.open({path!r}).read())\n"
            f"load_mnist({name!r})"
        )

    return lines


def _lines_of_archive(path: str) -> str:
    source = "data"
    tables = [name for name in _names_in_archive(path) if name.lower().endswith(".csv")]
    if len(tables) == 1:
        source = f"data/{tables[0]}"
    return (
        "import shutil\n"
        "from skmnist import load_mnist\n"
        f'shutil.unpack_archive({path!r}, "data"{_archive_format(path)})\n'
        f"load_mnist({source!r})"
    )


def _names_in_archive(path: str) -> Sequence[str]:
    # zipfile and tarfile raise errors of many types on damaged files.
    with suppress(Exception):
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return archive.namelist()
        with tarfile.open(path) as packed:
            return packed.getnames()
    return []


def _archive_format(path: str) -> str:
    """Return the argument that shutil needs if the name does not end as it expects."""
    known = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
    if path.lower().endswith(known):
        return ""
    if zipfile.is_zipfile(path):
        return ', "zip"'
    if is_gzipped(path):
        return ', "gztar"'
    return ', "tar"'


def _lines_of_pickle(path: str) -> str:
    if os.path.basename(path).startswith("mnist.pkl"):
        opened = (
            f"gzip.open({path!r})" if path.endswith(".gz") else f"open({path!r}, 'rb')"
        )
        return (
            "import gzip\nimport pickle\n"
            "from skmnist import SimpleMLPClassifier\n"
            f'(X, y), *others = pickle.load({opened}, encoding="latin1")\n'
            f"{_FIT}"
        )
    if path.endswith(".joblib"):
        return f"import joblib\nprint(joblib.load({path!r}))"
    return f"import pandas\nprint(pandas.read_pickle({path!r}))"


def _lines_of_mat(path: str) -> str:
    """Return lines for the arrays of a MATLAB file, whose names it lists."""
    import scipy.io

    shapes: dict[str, tuple[int, ...]] = {}
    # Damaged files raise errors of many types.
    with suppress(Exception):
        shapes = {name: shape for name, shape, _ in scipy.io.whosmat(path)}
    lines = ["import scipy.io", "from skmnist import SimpleMLPClassifier"]
    if list(shapes) == ["dataset"]:  # EMNIST's, whose images are swapped
        lines += [
            f"dataset = scipy.io.loadmat({path!r}, simplify_cells=True)",
            'train = dataset["dataset"]["train"]',
            'X = train["images"].reshape(-1, 28, 28).swapaxes(1, 2)',
            'y = train["labels"].ravel()',
        ]
        return "\n".join([*lines, _FIT])

    images, labels = _find_arrays(shapes) or ('"data"].T', '"label"')
    lines += [
        f"arrays = scipy.io.loadmat({path!r})",
        f"X = arrays[{images}",
        f"y = arrays[{labels}].ravel()",
    ]
    return "\n".join([*lines, _FIT])


def _find_arrays(shapes: dict[str, tuple[int, ...]]) -> tuple[str, str] | None:
    """Find the largest array and one of a value for each of its rows or columns."""
    if not shapes:
        return None
    images = max(shapes, key=lambda name: _n_values(shapes[name]))
    n_rows, n_columns = shapes[images][0], shapes[images][-1]
    for labels, shape in shapes.items():
        if labels == images:
            continue
        n = _n_values(shape)
        if n == n_rows:
            return f'"{images}"].reshape({n}, -1)', f'"{labels}"'
        if n == n_columns:
            return f'"{images}"].reshape(-1, {n}).T', f'"{labels}"'
    return None


def _n_values(shape: Sequence[int]) -> int:
    n = 1
    for length in shape:
        n *= length
    return n


def _lines_of_parquet(path: str) -> str:
    with open(path, "rb") as file:
        file.seek(max(0, os.path.getsize(path) - 2**16))
        has_pictures = b"bytes" in file.read()
    lines = ["import pandas", "from skmnist import SimpleMLPClassifier"]
    lines.append(f"frame = pandas.read_parquet({path!r})")
    if has_pictures:
        lines = ["import io", "import numpy as np", "import PIL.Image", *lines]
        lines.append('files = [io.BytesIO(image["bytes"]) for image in frame["image"]]')
        lines.append(
            "X = np.stack([np.asarray(PIL.Image.open(file)) for file in files])"
        )
        lines.append('y = frame["label"]')
    else:
        lines.append('y = frame.pop("label")')
        lines.append("X = frame.to_numpy()")
    return "\n".join([*lines, _FIT])


def _lines_of_hdf5(path: str) -> str:
    lines = f"import h5py\nfile = h5py.File({path!r})\n"
    names = _names_in_hdf5(path)
    if {"x_train", "y_train"} <= set(names):
        lines = f"from skmnist import SimpleMLPClassifier\n{lines}"
        return f'{lines}X, y = file["x_train"][:], file["y_train"][:]\n{_FIT}'
    return f"{lines}print(dict(file))"


def _names_in_hdf5(path: str) -> Sequence[str]:
    # h5py comes with Keras, and may be missing where that is.
    with suppress(ImportError, OSError):
        import h5py

        with h5py.File(path) as file:
            return list(file)
    return []


def _lines_of_arff(path: str) -> str:
    return (
        "import pandas\n"
        "import scipy.io.arff\n"
        "from skmnist import SimpleMLPClassifier\n"
        f"frame = pandas.DataFrame(scipy.io.arff.loadarff({path!r})[0])\n"
        'y = frame.pop(frame.columns[-1]).str.decode("utf-8")  # the last column\n'
        "X = frame.to_numpy()\n"
        f"{_FIT}"
    )


def _lines_of_array(path: str) -> str:
    partner = find_partner(path)
    if partner is not None:
        images, labels = sorted([path, partner], key=os.path.getsize, reverse=True)
        return lines_for_pair(images, labels)
    return f"import numpy as np\nprint(np.load({path!r}).shape)"


def _lines_of_picture(path: str) -> str:
    return f"from skmnist import read_digit\ndigit = read_digit({path!r})"


def _lines_of_idx(path: str) -> str:
    folder = os.path.dirname(path) or os.curdir
    return f"from skmnist import load_mnist\nload_mnist({folder!r})"


def _lines_of_json(path: str) -> str:
    """Return lines for an object of arrays, or for records, by their first values."""
    data = _read_json(path)
    lines = None
    if isinstance(data, dict):
        lines = _lines_of_object(path, data)
    elif isinstance(data, list | tuple) and data and isinstance(data[0], dict):
        # A tuple stands for records on a line each.
        read = f"pandas.read_json({path!r}, lines={isinstance(data, tuple)})"
        lines = _lines_of_records(read, data[0])
    if lines is None:
        lines = f"import json\ndata = json.load(open({path!r}))\nprint(type(data))"
    return lines


def _lines_of_object(path: str, data: dict[str, Any]) -> str | None:
    if {"columns", "data"} <= data.keys():
        read = f'pandas.read_json({path!r}, orient="split")'
        return _lines_of_records(
            read, dict(zip(data["columns"], data["data"][0], strict=False))
        )

    first = next(iter(data.values()), None)
    if isinstance(first, dict):
        record = {name: next(iter(values.values())) for name, values in data.items()}
        return _lines_of_records(f"pandas.read_json({path!r})", record)

    arrays = {name: value for name, value in data.items() if isinstance(value, list)}
    names = _find_images_and_labels(arrays)
    if names is None:
        return None
    images, labels = names
    return (
        "import json\nimport numpy as np\n"
        "from skmnist import SimpleMLPClassifier\n"
        f"data = json.load(open({path!r}))\n"
        f"X, y = np.array(data[{images!r}]), np.array(data[{labels!r}])\n"
        f"{_FIT}"
    )


def _lines_of_records(read: str, record: dict[str, Any]) -> str:
    """Return lines for records with a list of pixels, or with a name for each pixel."""
    names = _find_images_and_labels({name: [value] for name, value in record.items()})
    if names is not None:
        images, labels = names
        X = f"np.array(frame[{images!r}].tolist())"
    else:
        named = [name for name in record if name.casefold() in LABEL_NAMES]
        labels = named[0] if named else next(iter(record))
        X = f"frame.drop(columns={labels!r}).to_numpy()"
    return (
        "import numpy as np\nimport pandas\n"
        "from skmnist import SimpleMLPClassifier\n"
        f"frame = {read}\n"
        f"X, y = {X}, frame[{labels!r}].to_numpy()\n"
        f"{_FIT}"
    )


def _read_json(path: str) -> Any:
    """Return the value in a file, a tuple of the first of several lines, or None."""
    if os.path.getsize(path) > _LARGEST_JSON:
        return None
    with suppress(RecursionError, *_DAMAGED):
        with open_unpacked(path, "rt", encoding="utf-8-sig") as file:
            text = file.read()
        first, _, rest = text.strip().partition("\n")
        if rest.startswith("{"):
            return (json.loads(first),)
        return json.loads(text)
    return None


def _find_images_and_labels(columns: dict[str, list[Any]]) -> tuple[str, str] | None:
    """Return the first name whose values are lists, and one of as many others."""
    images = [name for name, values in columns.items() if _holds_lists(values)]
    if not images:
        return None
    n_images = len(columns[images[0]])
    labels = []
    for name, values in columns.items():
        if name not in images and len(values) == n_images:
            labels.append(name)
    if not labels:
        return None
    named = [name for name in labels if name.casefold() in LABEL_NAMES]
    return images[0], (named or labels)[0]


def _holds_lists(values: list[Any]) -> bool:
    return bool(values) and isinstance(values[0], list)


def _lines_of_svmlight(path: str) -> str:
    # The file does not say how many pixels there are: the last of them may always be 0.
    text = b""
    with suppress(*_DAMAGED), open_unpacked(path) as file:
        text = file.read(2**24)
    last = max([1, *map(int, re.findall(rb"(\d{1,9}):", text))])
    n_pixels = (math.isqrt(last - 1) + 1) ** 2
    return (
        "from sklearn.datasets import load_svmlight_file\n"
        "from skmnist import SimpleMLPClassifier\n"
        "# zero_based=True if the file counts pixels from 0\n"
        f"X, y = load_svmlight_file({path!r}, n_features={n_pixels}, "
        "zero_based=False)\n"
        f"{_FIT}"
    )


def _lines_of_workbook(path: str) -> str:
    return (
        "import pandas  # with openpyxl\n"
        "from skmnist import load_mnist\n"
        f'pandas.read_excel({path!r}).to_csv("mnist.csv", index=False)\n'
        'load_mnist("mnist.csv")'
    )


def _lines_of_tensors(path: str) -> str:
    return (
        "import torch\n"
        "from skmnist import SimpleMLPClassifier\n"
        f"X, y = torch.load({path!r}, weights_only=True)[:2]\n"
        "X, y = X.numpy(), y.numpy()\n"
        f"{_FIT}"
    )


_PICKLE = (
    "a pickle, which can run any program and is not opened. If you trust its author"
)
_TORCH = "a file of PyTorch's"
_KINDS = (
    _Kind(
        "a pointer of Git LFS, which stands for the file that was not downloaded",
        _lines_of_lfs_pointer,
        (b"version https://git-lfs.github.com/spec",),
    ),
    _Kind(
        "text in UTF-32", _lines_of_text("utf-32"), (b"\xff\xfe\0\0", b"\0\0\xfe\xff")
    ),
    _Kind("text in UTF-16", _lines_of_text("utf-16"), (b"\xff\xfe", b"\xfe\xff")),
    _Kind("gzipped twice", _lines_of_packed("gzip", ".gz"), (b"\x1f\x8b",)),
    _Kind("packed with bzip2", _lines_of_packed("bz2", ".bz2"), (b"BZh",), (".bz2",)),
    _Kind(
        "packed with xz", _lines_of_packed("lzma", ".xz"), (b"\xfd7zXZ\0",), (".xz",)
    ),
    _Kind("an archive", _lines_of_archive, (), (".zip", ".tar", ".tgz")),
    _Kind(
        "an archive that Python cannot unpack; unpack it with 7-Zip",
        _no_lines,
        (b"7z\xbc\xaf\x27\x1c", b"Rar!"),
        (".7z", ".rar"),
    ),
    _Kind("a single NumPy array", _lines_of_array, (b"\x93NUMPY",), (".npy",)),
    _Kind(
        "an HDF5 file",
        _lines_of_hdf5,
        (b"\x89HDF\r\n\x1a\n",),
        (".h5", ".hdf5"),
    ),
    _Kind("a Parquet file", _lines_of_parquet, (b"PAR1",), (".parquet",)),
    _Kind("a MATLAB file", _lines_of_mat, (b"MATLAB 5.0",), (".mat",)),
    _Kind(
        "a picture, of which read_digit reads one digit",
        _lines_of_picture,
        (b"\x89PNG", b"\xff\xd8\xff", b"GIF8"),
        PICTURE_SUFFIXES,
    ),
    _Kind(
        _PICKLE,
        _lines_of_pickle,
        (b"\x80\2", b"\x80\3", b"\x80\4", b"\x80\5"),
        (".pkl", ".pickle", ".joblib"),
    ),
    _Kind(_TORCH, _lines_of_tensors, (), (".pt", ".pth")),
    _Kind(
        "an Excel workbook",
        _lines_of_workbook,
        (b"\xd0\xcf\x11\xe0",),
        (".xls", ".xlsx"),
    ),
    _Kind(
        "one IDX file of four, whose folder loads",
        _lines_of_idx,
        (),
        ("-ubyte", "-int"),
    ),
)
_KINDS_OF_TEXT = (
    _Kind(
        "HTML or XML, such as a web page in place of a file. Download the file itself, "
        "on a "
        'code host by the link "Raw" or "Download"',
        _no_lines,
        (b"<",),
        (".html", ".htm"),
    ),
    _Kind("JSON", _lines_of_json, (b"{", b"["), (".json", ".jsonl")),
    _Kind("an ARFF file", _lines_of_arff, (b"@relation",), (".arff",)),
)
