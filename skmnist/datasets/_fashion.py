"""Fashion-MNIST, from Keras's server, kept in Keras's cache."""

from __future__ import annotations

from dataclasses import replace

from skmnist.datasets._download import fetch
from skmnist.datasets._idx_files import find_idx_sets, read_idx_files
from skmnist.datasets._image_data import ImageData

# Keras checks no hash of these files. These are the published ones of Zalando's files, from which
# Keras's have their names and sizes.
_FILES = {
    "train-images-idx3-ubyte.gz": (
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
    ),
    "train-labels-idx1-ubyte.gz": (
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
    ),
    "t10k-images-idx3-ubyte.gz": (
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
    ),
    "t10k-labels-idx1-ubyte.gz": (
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
    ),
}
_CLOTHES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
_DESCRIPTION = """\
Fashion-MNIST: 70,000 images, 60,000 to train and 10,000 to test
----------------------------------------------------------------
Grey-level images, 28 x 28 pixels, of single pieces of clothing from Zalando's shop. A pixel is an
integer from 0 (background) to 255; the label is one of ten kinds, 0 to 9, which target_names names.

Makers:    Han Xiao, Kashif Rasul and Roland Vollgraf, Zalando SE
Home:      https://github.com/zalandoresearch/fashion-mnist
Licence:   MIT
Reference: H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking
           machine learning algorithms", 2017, https://arxiv.org/abs/1708.07747

Source: four IDX files as Keras has them, downloaded once, and kept where
keras.datasets.fashion_mnist keeps them.

Split: Fashion-MNIST's own, in its own order.
"""


def read_fashion() -> ImageData:
    """Read Fashion-MNIST from Keras's cache, which a download fills when it is empty.

    Raises
    ------
    OSError
        If the files could not be downloaded, or not be kept.
    """
    try:
        paths = {name: fetch(name, sha256, "fashion-mnist") for name, sha256 in _FILES.items()}
    except OSError as error:
        raise OSError(
            f"source='fashion': {error}. Without a network, the folder of the four files can also "
            "be given as source or in SKMNIST_DATA."
        ) from None
    files = {role: paths[name] for role, name in find_idx_sets(paths)[""].items()}
    data = read_idx_files("", "", files, "Keras's cache")  # whole paths need no folder
    return replace(data, description=_DESCRIPTION, names=dict(enumerate(_CLOTHES)))
