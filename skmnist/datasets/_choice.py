"""Some of the images: those of some classes, or a stratified share of the training images."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmnist.datasets._image_data import ImageData


def check_choice(classes: Any, train_size: Any) -> None:
    """Refuse what can be refused before anything is read.

    Raises
    ------
    TypeError
        If `classes` is no collection of integers, or `train_size` no number.
    ValueError
        If `classes` is empty, or `train_size` out of range.
    """
    if classes is not None:
        if isinstance(classes, str | bytes) or not isinstance(classes, Collection | np.ndarray):
            raise TypeError(f"classes must be labels, such as (3, 8), or None, got {classes!r}.")
        if any(isinstance(label, bool) or not isinstance(label, Integral) for label in classes):
            raise TypeError(f"classes must hold integers, such as (3, 8), got {classes!r}.")
        if len(classes) == 0:
            raise ValueError(f"classes must hold at least one label, got {classes!r}.")
    if train_size is not None:
        if isinstance(train_size, bool) or not isinstance(train_size, Real):
            raise TypeError(f"train_size must be an int, a float or None, got {train_size!r}.")
        at_least_one = isinstance(train_size, Integral) and int(train_size) >= 1
        if not (at_least_one or 0 < float(train_size) < 1):
            raise ValueError(
                "train_size must be an int of at least 1, a number of images, or a float between "
                f"0 and 1, a share of them; got {train_size!r}."
            )


def choose(
    data: ImageData,
    classes: Collection[int] | None,
    train_size: float | None,
    random_state: Any,
) -> ImageData:
    """Take a choice of the images: the same ones for the same arguments, in the same order.

    Parameters
    ----------
    data : ImageData
        All of them. Nothing but what is returned is copied, and nothing if all are chosen.
    classes, train_size, random_state
        As :func:`skmnist.load_mnist` has them, checked by :func:`check_choice`.

    Returns
    -------
    data : ImageData
        Its description says what was chosen.

    Raises
    ------
    ValueError
        If there are no such classes, or not as many images, or `random_state` is no seed.
    """
    train, test = np.arange(len(data.y_train)), np.arange(len(data.y_test))
    notes = []
    if classes is not None:
        train, test = _of_classes(data, classes)
        notes.append(f"the classes {', '.join(map(str, sorted(set(classes))))}")
    if train_size is not None:
        n_train = len(train)
        train = _stratified(train, data.y_train, train_size, random_state)
        notes.append(
            f"{len(train):,} of {n_train:,} training images, stratified, by "
            f"random_state={random_state!r}"
        )
    if not notes:
        return data
    return replace(
        data,
        images_train=_take(data.images_train, train),
        y_train=_take(data.y_train, train),
        images_test=_take(data.images_test, test),
        y_test=_take(data.y_test, test),
        description=f"{data.description}\nChosen of these: {'; '.join(notes)}.\n",
    )


def _of_classes(
    data: ImageData, classes: Collection[int]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    wanted = sorted(set(classes))
    rows = []
    for part, y in (("training", data.y_train), ("test", data.y_test)):
        held = np.unique(y).tolist()
        missing = [label for label in wanted if label not in held]
        if missing:
            raise ValueError(
                f"classes={classes!r}: no {part} image has the label "
                f"{' or '.join(map(str, missing))}; expected some of "
                f"{', '.join(map(str, held))}."
            )
        rows.append(np.flatnonzero(np.isin(y, wanted)))
    return rows[0], rows[1]


def _stratified(
    rows: NDArray[np.intp], y: NDArray[np.int64], train_size: float, random_state: Any
) -> NDArray[np.intp]:
    from sklearn.utils import check_random_state, resample  # here, because it takes half a second

    n = int(train_size) if isinstance(train_size, Integral) else math.floor(train_size * len(rows))
    labels = y[rows]
    n_classes = len(np.unique(labels))
    if not n_classes <= n <= len(rows):
        raise ValueError(
            f"train_size={train_size!r} makes {n:,} training images; expected at least one for "
            f"each of the {n_classes} classes and no more than the {len(rows):,} that there are."
        )
    if random_state is None:
        # A new seed, and not NumPy's global generator, which is neither read nor changed.
        random_state = int(np.random.default_rng().integers(2**32))
    try:
        generator = check_random_state(random_state)
    except ValueError as error:
        raise ValueError(
            "random_state must be None, an int from 0 to 4294967295 or a numpy.random.RandomState, "
            f"got {random_state!r}."
        ) from error
    chosen = resample(rows, replace=False, n_samples=n, stratify=labels, random_state=generator)
    return np.sort(chosen)  # in the order of the file, which is also how it is read fastest


def _take(array: NDArray[Any], rows: NDArray[np.intp]) -> NDArray[Any]:
    return array if len(rows) == len(array) else array.take(rows, axis=0)
