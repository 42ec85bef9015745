"""All of MNIST and Fashion-MNIST: Keras's files in Keras's cache, verified by their SHA-256."""

from __future__ import annotations

import hashlib
import os
import tempfile
import warnings
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from skmnist._files import printable
from skmnist.datasets._arrays import read_npz
from skmnist.datasets._folders import find_sets, read_set
from skmnist.datasets._image_data import ImageData
from skmnist.datasets._sample import MNIST_ORIGIN

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
MNIST_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
# Keras checks no hash of these files. These are the published ones of Zalando's files, from which
# Keras's have their names and sizes.
FASHION_SHA256 = {
    f"{name}-ubyte.gz": sha256
    for name, sha256 in {
        "train-images-idx3": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "train-labels-idx1": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "t10k-images-idx3": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "t10k-labels-idx1": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    }.items()
}
_CLOTHES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
_MNIST_DESCRIPTION = f"""\
MNIST: 70,000 images, 60,000 to train and 10,000 to test
--------------------------------------------------------
{MNIST_ORIGIN}
Source: Keras's mnist.npz, downloaded once, and kept where keras.datasets.mnist keeps it.

Split: MNIST's own, in its own order.
"""
_FASHION_DESCRIPTION = """\
Fashion-MNIST: 70,000 images, 60,000 to train and 10,000 to test
----------------------------------------------------------------
Grey-level images, 28 x 28 pixels, of single pieces of clothing from Zalando's shop. A pixel is an
integer from 0 (background) to 255; the label is one of ten kinds, 0 to 9, which target_names names.

Makers:    Han Xiao, Kashif Rasul and Roland Vollgraf, Zalando SE, https://arxiv.org/abs/1708.07747
Home:      https://github.com/zalandoresearch/fashion-mnist
Licence:   MIT
Source:    Keras's four IDX files, kept where keras.datasets.fashion_mnist keeps them.

Split: Fashion-MNIST's own, in its own order.
"""


def read_full() -> ImageData:
    """Read all of MNIST from Keras's cache, after downloading it if it is not there."""
    try:
        path = _fetch("mnist.npz", MNIST_SHA256)
    except OSError as error:
        raise OSError(
            f"source='full': {error}. Without a network, use source='sample', or give the path of "
            "an mnist.npz as source or in SKMNIST_DATA."
        ) from None
    return replace(read_npz(path), description=_MNIST_DESCRIPTION)


def read_fashion() -> ImageData:
    """Read Fashion-MNIST from Keras's cache, after downloading it if it is not there."""
    try:
        paths = {
            name: _fetch(name, sha256, "fashion-mnist") for name, sha256 in FASHION_SHA256.items()
        }
    except OSError as error:
        raise OSError(
            f"source='fashion': {error}. Without a network, give the folder of the four files as "
            "source or in SKMNIST_DATA."
        ) from None
    data = read_set(find_sets(paths)[0], "Keras's cache", None)
    return replace(data, description=_FASHION_DESCRIPTION, names=dict(enumerate(_CLOTHES)))


def _fetch(name: str, sha256: str, subfolder: str = "") -> str:
    """Return the path of one of Keras's files in Keras's cache, after downloading it if needed."""
    home = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    with suppress(OSError):  # as Keras does when it is imported
        home.mkdir(parents=True, exist_ok=True)
    if not (os.path.isfile(home / "datasets" / subfolder / name) or os.access(home, os.W_OK)):
        home = Path(tempfile.gettempdir(), ".keras")
    path = home / "datasets" / subfolder / name
    if os.path.isfile(path):
        if sha256_of(path) == sha256:
            return str(path)
        warnings.warn(
            f"{path} is damaged, or another file than Keras's: its SHA-256 is not {sha256}. "
            "It is downloaded again.",
            stacklevel=5,
        )
    import pooch  # here, because most who load data download none

    try:
        pooch.retrieve(ORIGIN + name, f"sha256:{sha256}", name, path.parent)
        with suppress(OSError):
            path.chmod(0o644)  # pooch lets the owner alone read it
    # Servers cause errors of several libraries.
    except Exception as error:
        # from None: the text of the error is enough, and tracebacks of urllib3 would bury it.
        raise OSError(
            f"Keras's {name} could not be downloaded ({printable(error)}); put it, unaltered, into "
            f"{str(path.parent)!r} (from {ORIGIN}{name}, SHA-256 {sha256})"
        ) from None
    return str(path)


def sha256_of(path: str | Path) -> str:
    """Hash a file; in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
