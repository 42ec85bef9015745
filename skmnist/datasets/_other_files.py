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
from skmnist.datasets._lines import FIT, lines_for_text, with_lines
from skmnist.datasets._separate_files import find_pairs, find_partner, lines_for_pair

PICTURE_SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".heic"),
    *(".avif", ".ico", ".tga"),
)
_N_BYTES = 4096
_LARGEST_JSON = 2**28
_SVMLIGHT = re.compile(rb"\s*[-+.\w]+(?:\s+\d+:[-+.\deE]+){2,}", re.ASCII)
_TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".data")

# What damaged files raise when they are unpacked or decoded.
_DAMAGED = (EOFError, OSError, ValueError, zlib.error)

# What returns the lines that read a file, given its path.
_Lines: TypeAlias = Callable[[str], list[str]]


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
    message = (
        f"{path!r} lacks {missing}, and holds {list(names)}; expected an .npz file "
        f"with the arrays {', '.join(NPZ_NAMES)}. These lines read it:"
    )
    return with_lines(message, _lines_of_arrays(path, names))


def _lines_of_arrays(path: str, names: Sequence[str]) -> list[str]:
    partner = find_partner(path)
    if partner is not None:
        return _lines_of_two_files(path, partner)

    load = f"arrays = np.load({path!r})"
    pairs = find_pairs([f"{name}.npy" for name in names])
    if not pairs:
        shapes = "{name: arrays[name].shape for name in arrays}"
        return ["import numpy as np", load, f"print({shapes})"]

    pair = pairs.get("train") or next(iter(pairs.values()))
    images, labels = (name.removesuffix(".npy") for name in pair)
    return [
        "from skmnist import SimpleMLPClassifier",
        "import numpy as np",
        load,
        f"X, y = arrays[{images!r}], arrays[{labels!r}].ravel()",
        "X = X.reshape(len(X), -1)",
        FIT,
    ]


def _lines_of_two_files(path: str, other: str) -> list[str]:
    """Return lines for a file of images and one of labels, which is smaller."""
    labels, images = sorted([other, path], key=os.path.getsize)
    return lines_for_pair(images, labels)


def describe_pictures(path: str, suffix: str) -> str:
    """Describe a folder of pictures."""
    what = (
        "a folder of pictures. If each is in a folder named as its label, these lines"
    )

    stacked = '[np.asarray(PIL.Image.open(path).convert("L")) for path in paths]'
    lines = [
        "import pathlib",
        "import numpy as np",
        "import PIL.Image",
        "from skmnist import SimpleMLPClassifier",
        f"paths = sorted(pathlib.Path({path!r}).rglob('*{suffix}'))",
        f"X = np.stack({stacked})",
        "y = np.array([path.parent.name for path in paths])",
        "SimpleMLPClassifier().fit(X / 255, y)",
    ]
    return _message(path, what, lines, " read it:")


def _message(
    path: str,
    what: str,
    lines: Sequence[str],
    advice: str = ". These lines read it:",
) -> str:
    if not lines:
        return f"{path!r} is {what}."
    return with_lines(f"{path!r} is {what}{advice}", lines)


def _read_start(path: str) -> bytes:
    """Read the first bytes, unpacked if they are gzip's; none if they are damaged."""
    with suppress(*_DAMAGED), open_unpacked(path) as file:
        return file.read(_N_BYTES)
    return b""


def _no_lines(path: str) -> list[str]:
    return []


def _lines_of_lfs_pointer(path: str) -> list[str]:
    folder = os.path.dirname(os.path.abspath(path))
    return [
        "import subprocess",
        "from skmnist import load_mnist",
        f'subprocess.run(["git", "lfs", "pull"], cwd={folder!r}, check=True)',
        f"load_mnist({path!r})",
    ]


def _lines_of_text(encoding: str) -> _Lines:
    """Return what makes lines for text in an encoding."""

    def lines(path: str) -> list[str]:
        return lines_for_text(path, encoding, is_gzipped=is_gzipped(path))

    return lines


def _lines_of_packed(module: str, suffix: str) -> _Lines:
    """Return what makes lines for a file that one of Python's modules unpacks."""

    def lines(path: str) -> list[str]:
        name = os.path.basename(path).removesuffix(suffix)
        if name.endswith((".tar", ".tbz", ".txz", ".tgz")):
            return _lines_of_archive(path)
        if not name.endswith(_TABLE_SUFFIXES):
            name = f"{name}.csv"

        return [
            f"import {module}",
            "import pathlib",
            "from skmnist import load_mnist",
            f"pathlib.Path({name!r}).write_bytes({module}.open({path!r}).read())",
            f"load_mnist({name!r})",
        ]

    return lines


def _lines_of_archive(path: str) -> list[str]:
    source = "data"
    tables = [name for name in _names_in_archive(path) if name.lower().endswith(".csv")]
    if len(tables) == 1:
        source = f"data/{tables[0]}"
    return [
        "import shutil",
        "from skmnist import load_mnist",
        f'shutil.unpack_archive({path!r}, "data"{_archive_format(path)})',
        f"load_mnist({source!r})",
    ]


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


def _lines_of_pickle(path: str) -> list[str]:
    if os.path.basename(path).startswith("mnist.pkl"):
        opened = f"open({path!r}, 'rb')"
        if path.endswith(".gz"):
            opened = f"gzip.open({path!r})"
        return [
            "import gzip",
            "import pickle",
            "from skmnist import SimpleMLPClassifier",
            f'(X, y), *others = pickle.load({opened}, encoding="latin1")',
            FIT,
        ]

    if path.endswith(".joblib"):
        return ["import joblib", f"print(joblib.load({path!r}))"]
    return ["import pandas", f"print(pandas.read_pickle({path!r}))"]


def _lines_of_mat(path: str) -> list[str]:
    """Return lines for the arrays of a MATLAB file, whose names it lists."""
    import scipy.io

    shapes: dict[str, tuple[int, ...]] = {}
    # Damaged files raise errors of many types.
    with suppress(Exception):
        shapes = {name: shape for name, shape, _ in scipy.io.whosmat(path)}

    imports = ["import scipy.io", "from skmnist import SimpleMLPClassifier"]
    if list(shapes) == ["dataset"]:  # EMNIST's, whose images are swapped
        return [
            *imports,
            f"dataset = scipy.io.loadmat({path!r}, simplify_cells=True)",
            'train = dataset["dataset"]["train"]',
            'X = train["images"].reshape(-1, 28, 28).swapaxes(1, 2)',
            'y = train["labels"].ravel()',
            FIT,
        ]

    images, labels = _find_arrays(shapes) or ('"data"].T', '"label"')
    return [
        *imports,
        f"arrays = scipy.io.loadmat({path!r})",
        f"X = arrays[{images}",
        f"y = arrays[{labels}].ravel()",
        FIT,
    ]


def _find_arrays(shapes: dict[str, tuple[int, ...]]) -> tuple[str, str] | None:
    """Find the largest array and one of a value for each of its rows or columns."""
    if not shapes:
        return None

    images = max(shapes, key=lambda name: math.prod(shapes[name]))
    n_rows, n_columns = shapes[images][0], shapes[images][-1]
    for labels, shape in shapes.items():
        if labels == images:
            continue
        n = math.prod(shape)
        if n == n_rows:
            return f'"{images}"].reshape({n}, -1)', f'"{labels}"'
        if n == n_columns:
            return f'"{images}"].reshape(-1, {n}).T', f'"{labels}"'
    return None


def _lines_of_parquet(path: str) -> list[str]:
    with open(path, "rb") as file:
        file.seek(max(0, os.path.getsize(path) - 2**16))
        has_pictures = b"bytes" in file.read()

    lines = [
        "import pandas",
        "from skmnist import SimpleMLPClassifier",
        f"frame = pandas.read_parquet({path!r})",
    ]
    if not has_pictures:
        return [*lines, 'y = frame.pop("label")', "X = frame.to_numpy()", FIT]
    return [
        "import io",
        "import numpy as np",
        "import PIL.Image",
        *lines,
        'files = [io.BytesIO(image["bytes"]) for image in frame["image"]]',
        "X = np.stack([np.asarray(PIL.Image.open(file)) for file in files])",
        'y = frame["label"]',
        FIT,
    ]


def _lines_of_hdf5(path: str) -> list[str]:
    lines = ["import h5py", f"file = h5py.File({path!r})"]
    if not {"x_train", "y_train"} <= set(_names_in_hdf5(path)):
        return [*lines, "print(dict(file))"]
    return [
        "from skmnist import SimpleMLPClassifier",
        *lines,
        'X, y = file["x_train"][:], file["y_train"][:]',
        FIT,
    ]


def _names_in_hdf5(path: str) -> Sequence[str]:
    # h5py comes with Keras, and may be missing where that is.
    with suppress(ImportError, OSError):
        import h5py

        with h5py.File(path) as file:
            return list(file)
    return []


def _lines_of_arff(path: str) -> list[str]:
    return [
        "import pandas",
        "import scipy.io.arff",
        "from skmnist import SimpleMLPClassifier",
        f"frame = pandas.DataFrame(scipy.io.arff.loadarff({path!r})[0])",
        'y = frame.pop(frame.columns[-1]).str.decode("utf-8")  # the last column',
        "X = frame.to_numpy()",
        FIT,
    ]


def _lines_of_array(path: str) -> list[str]:
    partner = find_partner(path)
    if partner is not None:
        return _lines_of_two_files(path, partner)
    return ["import numpy as np", f"print(np.load({path!r}).shape)"]


def _lines_of_picture(path: str) -> list[str]:
    return ["from skmnist import read_digit", f"digit = read_digit({path!r})"]


def _lines_of_idx(path: str) -> list[str]:
    folder = os.path.dirname(path) or os.curdir
    return ["from skmnist import load_mnist", f"load_mnist({folder!r})"]


def _lines_of_json(path: str) -> list[str]:
    """Return lines for an object of arrays, or for records, by their first values."""
    data = _read_json(path)
    if isinstance(data, dict):
        return _lines_of_object(path, data)
    if isinstance(data, list | tuple) and data and isinstance(data[0], dict):
        # A tuple stands for records on a line each.
        read = f"pandas.read_json({path!r}, lines={isinstance(data, tuple)})"
        return _lines_of_records(read, data[0])
    return _lines_of_unknown_json(path)


def _lines_of_unknown_json(path: str) -> list[str]:
    return ["import json", f"data = json.load(open({path!r}))", "print(type(data))"]


def _lines_of_object(path: str, data: dict[str, Any]) -> list[str]:
    if {"columns", "data"} <= data.keys():
        read = f'pandas.read_json({path!r}, orient="split")'
        record = dict(zip(data["columns"], data["data"][0], strict=False))
        return _lines_of_records(read, record)

    first = next(iter(data.values()), None)
    if isinstance(first, dict):
        record = {name: next(iter(values.values())) for name, values in data.items()}
        return _lines_of_records(f"pandas.read_json({path!r})", record)

    arrays = {name: value for name, value in data.items() if isinstance(value, list)}
    names = _find_images_and_labels(arrays)
    if names is None:
        return _lines_of_unknown_json(path)
    images, labels = names
    return [
        "import json",
        "import numpy as np",
        "from skmnist import SimpleMLPClassifier",
        f"data = json.load(open({path!r}))",
        f"X, y = np.array(data[{images!r}]), np.array(data[{labels!r}])",
        FIT,
    ]


def _lines_of_records(read: str, record: dict[str, Any]) -> list[str]:
    """Return lines for records with a list of pixels, or with a name for each pixel."""
    names = _find_images_and_labels({name: [value] for name, value in record.items()})
    if names is not None:
        images, labels = names
        X = f"np.array(frame[{images!r}].tolist())"
    else:
        named = [name for name in record if name.casefold() in LABEL_NAMES]
        labels = next(iter(named or record))
        X = f"frame.drop(columns={labels!r}).to_numpy()"

    return [
        "import numpy as np",
        "import pandas",
        "from skmnist import SimpleMLPClassifier",
        f"frame = {read}",
        f"X, y = {X}, frame[{labels!r}].to_numpy()",
        FIT,
    ]


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


def _lines_of_svmlight(path: str) -> list[str]:
    # How many pixels there are is not in the file: the last of them may always be 0.
    text = b""
    with suppress(*_DAMAGED), open_unpacked(path) as file:
        text = file.read(2**24)
    last = max([1, *map(int, re.findall(rb"(\d{1,9}):", text))])
    side = math.isqrt(last - 1) + 1

    options = f"n_features={side**2}, zero_based=False"
    return [
        "from sklearn.datasets import load_svmlight_file",
        "from skmnist import SimpleMLPClassifier",
        "# zero_based=True if the file counts pixels from 0",
        f"X, y = load_svmlight_file({path!r}, {options})",
        FIT,
    ]


def _lines_of_workbook(path: str) -> list[str]:
    return [
        "import pandas  # with openpyxl",
        "from skmnist import load_mnist",
        f'pandas.read_excel({path!r}).to_csv("mnist.csv", index=False)',
        'load_mnist("mnist.csv")',
    ]


def _lines_of_tensors(path: str) -> list[str]:
    return [
        "import torch",
        "from skmnist import SimpleMLPClassifier",
        f"X, y = torch.load({path!r}, weights_only=True)[:2]",
        "X, y = X.numpy(), y.numpy()",
        FIT,
    ]


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
        'on a code host by the link "Raw" or "Download"',
        _no_lines,
        (b"<",),
        (".html", ".htm"),
    ),
    _Kind("JSON", _lines_of_json, (b"{", b"["), (".json", ".jsonl")),
    _Kind("an ARFF file", _lines_of_arff, (b"@relation",), (".arff",)),
)
