"""All of MNIST: from Keras's server, or, where that fails, from OpenML."""

from __future__ import annotations

import warnings
from dataclasses import replace

from skmnist.datasets._download import fetch
from skmnist.datasets._image_data import ImageData
from skmnist.datasets._npz import read_npz
from skmnist.datasets._openml import read_openml
from skmnist.datasets._origin import MNIST_ORIGIN

_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"  # as Keras has it
_DESCRIPTION = f"""\
MNIST: 70,000 images, 60,000 to train and 10,000 to test
--------------------------------------------------------
{MNIST_ORIGIN}
Source: Keras's mnist.npz, downloaded once, and kept where keras.datasets.mnist keeps it.

Split: MNIST's own, in its own order.
"""


def read_full() -> ImageData:
    """Read all of MNIST from Keras's cache, which a download fills when it is empty.

    If Keras's server cannot provide it, scikit-learn downloads it from OpenML, and keeps it.

    Raises
    ------
    OSError
        If neither could be reached, or kept its file, or sent the right one.
    """
    try:
        path = fetch("mnist.npz", _SHA256)
    except OSError as first:
        try:
            data = read_openml()
        except OSError as second:
            raise OSError(
                f"source='full': {first}; {second}. Without a network, use source='sample', or "
                "give the path of an mnist.npz as source or in SKMNIST_DATA."
            ) from None
        warnings.warn(f"{first}. OpenML's copy of MNIST, mnist_784, is used instead.", stacklevel=2)
        return data
    return replace(read_npz(path), description=_DESCRIPTION)
