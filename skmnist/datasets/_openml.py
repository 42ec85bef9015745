"""All of MNIST as OpenML's data set mnist_784, through scikit-learn's downloader and cache."""

from __future__ import annotations

import hashlib
import struct
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmnist.datasets._image_data import ImageData, as_images, as_labels
from skmnist.datasets._origin import MNIST_ORIGIN

_N_TRAIN = 60_000
_N_PIXELS = 784
_COLUMNS = dict.fromkeys(range(_N_PIXELS), "uint8") | {_N_PIXELS: "str"}  # the last: the labels
# Of MNIST's four files, unpacked, as they are published: training images and labels, test images
# and labels. OpenML has them in one table, in the same order.
_MD5 = (
    "6bbc9ace898e44ae57da46a324031adb",
    "a25bea736e30d166cdddb491f175f624",
    "2646ac647ad5339dbf082846283269ea",
    "27ae3e4e09519cfbb04c329615203637",
)
_DESCRIPTION = f"""\
MNIST: 70,000 images, 60,000 to train and 10,000 to test
--------------------------------------------------------
{MNIST_ORIGIN}
Source: OpenML's data set mnist_784, version 1 (https://www.openml.org/d/554), downloaded once and
kept by sklearn.datasets.fetch_openml. Made into files like MNIST's own, the arrays have the MD5
that those are known by:
{{}}

Split: MNIST's own, in its own order.
"""


def read_openml() -> ImageData:
    """Read all of MNIST from scikit-learn's cache, which it fills from OpenML when it is empty.

    scikit-learn compares the file with OpenML's checksum; the arrays are compared with those of
    MNIST's own files. With pandas installed, it takes seconds, without it, minutes.

    Raises
    ------
    OSError
        If scikit-learn could not download the data, not keep them, or received others.
    """
    from sklearn.datasets import fetch_openml  # here, because it imports much

    has_pandas = find_spec("pandas") is not None
    try:
        table, targets = fetch_openml(
            "mnist_784",
            version=1,
            as_frame=False,
            parser="pandas" if has_pandas else "liac-arff",
            # One byte a pixel, not eight. scikit-learn would read the labels as categories, and
            # fails where pandas takes those for numbers.
            read_csv_kwargs={"dtype": _COLUMNS} if has_pandas else None,
            return_X_y=True,
            n_retries=1,  # the fewest there are: it is the second attempt already
            delay=0.1,
        )
        labels = np.strings.strip(np.asarray(targets).astype(str), "'\"").astype(np.int64)
        return _divide(np.asarray(table), labels)
    # Whatever a server may send: wrong tables, wrong JSON, pages of a hotel's network.
    except Exception as error:
        raise OSError(f"OpenML could not provide mnist_784 ({error})") from None


def _divide(table: NDArray[np.generic], targets: NDArray[np.int64]) -> ImageData:
    if table.dtype != np.uint8:  # floats, without pandas
        table = table.astype(np.int64)
    images = as_images(table.reshape(-1, 28, 28), "mnist_784")
    labels = as_labels(targets, "the labels of mnist_784", len(images))
    images_train, images_test = images[:_N_TRAIN], images[_N_TRAIN:]
    y_train, y_test = labels[:_N_TRAIN], labels[_N_TRAIN:]
    parts = (images_train, y_train, images_test, y_test)
    found = tuple(_md5_of_idx(part) for part in parts)
    if found != _MD5:
        raise ValueError("it sent other images or labels than MNIST's, or in another order")
    description = _DESCRIPTION.format("\n".join(found))
    return ImageData(images_train, y_train, images_test, y_test, description)


def _md5_of_idx(array: NDArray[Any]) -> str:
    """Hash the IDX file that would hold the array."""
    header = struct.pack(f">{1 + array.ndim}I", 0x0800 + array.ndim, *array.shape)
    # MD5 is what these files are published with; it is good against accidents.
    digest = hashlib.md5(header, usedforsecurity=False)
    digest.update(np.ascontiguousarray(array, np.uint8).data)
    return digest.hexdigest()
