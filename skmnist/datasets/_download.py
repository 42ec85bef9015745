"""All of MNIST, through Keras's own downloader and cache."""

from __future__ import annotations

import os

from skmnist.datasets._image_data import ImageData, as_images, as_labels
from skmnist.datasets._origin import MNIST_ORIGIN

_DESCRIPTION = f"""\
MNIST: 70,000 images, 60,000 to train and 10,000 to test
--------------------------------------------------------
{MNIST_ORIGIN}
Source: mnist.npz, downloaded once and kept by keras.datasets.mnist.load_data.

Split: MNIST's own, in its own order.
"""


def read_full() -> ImageData:
    """Read all of MNIST from Keras's cache, which Keras fills by a download when it is empty.

    Raises
    ------
    OSError
        If Keras could not download the file, or not keep it.
    """
    from keras.datasets import mnist  # here, because it imports TensorFlow, which takes seconds

    try:
        (x_train, y_train), (x_test, y_test) = mnist.load_data()
    # Keras raises a bare Exception when a download fails, and ValueError for a wrong hash.
    except Exception as error:
        # from None: the text of the error says it all, and three tracebacks out of Keras and
        # urllib would bury it.
        raise OSError(
            f"source='full': Keras could not provide MNIST ({error}); without a network, use "
            "source='sample', give the path of an mnist.npz as source or in SKMNIST_DATA, or put "
            f"Keras's mnist.npz, unaltered, into {_cache_folder()!r}."
        ) from None
    images_train = as_images(x_train, "x_train of keras.datasets.mnist")
    images_test = as_images(x_test, "x_test of keras.datasets.mnist")
    return ImageData(
        images_train,
        as_labels(y_train, "y_train of keras.datasets.mnist", len(images_train)),
        images_test,
        as_labels(y_test, "y_test of keras.datasets.mnist", len(images_test)),
        _DESCRIPTION,
    )


def _cache_folder() -> str:
    """Where Keras looks for ``mnist.npz``, by the rule that `keras.utils.get_file` documents."""
    home = os.path.expanduser(os.environ.get("KERAS_HOME") or os.path.join("~", ".keras"))
    return os.path.join(home, "datasets")
