"""CSV files as Kaggle has them: ``mnist_train.csv`` and ``mnist_test.csv``, or one file alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skmnist.datasets._image_data import ImageData, assemble
from skmnist.datasets._table import read_table

_PER_TEST_IMAGE = 5


def read_csv_pair(train: str, test: str, source: str) -> ImageData:
    """Read the training images of one CSV file and the test images of another.

    Parameters
    ----------
    train, test : str
        The paths of the files, laid out as :func:`~skmnist.datasets._table.read_table` says.
    source : str
        The path that was asked for.

    Raises
    ------
    OSError
        If a file cannot be opened.
    ValueError
        If a file is not laid out like that.
    """
    return assemble(
        [*read_table(train), *read_table(test)],
        [f"{part} in {path!r}" for path in (train, test) for part in ("the table", "the labels")],
        source=source,
        form="Images and their labels, the rows of two CSV files.",
        split="one file to train, one to test, each in its own order.",
        files=(train, test),
    )


def read_csv_alone(path: str) -> ImageData:
    """Read one CSV file, and divide it as the sample is divided, without chance.

    Of each label's images, in the order of the file, the last fifth (rounded down) tests.

    Parameters
    ----------
    path : str
        A file laid out as :func:`~skmnist.datasets._table.read_table` says.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If the file is not laid out like that, or has no five images of any label.
    """
    images, labels = read_table(path)
    tests = _last_fifth(labels)
    if not tests.any():
        raise ValueError(
            f"{path!r} has no {_PER_TEST_IMAGE} images of any label, so that none is left to test; "
            "expected more rows, or a folder with mnist_train.csv and mnist_test.csv."
        )
    return assemble(
        [images[~tests], labels[~tests], images[tests], labels[tests]],
        [f"{part} in {path!r}" for part in ("the table", "the labels") * 2],
        source=path,
        form="Images and their labels, the rows of one CSV file.",
        split=(
            "of each label, the first four fifths of the images train and the last fifth,\n"
            "rounded down, tests; each part is in the file's order."
        ),
        files=(path,),
    )


def _last_fifth(labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    order = np.argsort(labels, kind="stable")
    counts = np.unique(labels, return_counts=True)[1]
    # How many images of the same label come at or after each, in the order of the labels.
    left = np.repeat(np.cumsum(counts), counts) - np.arange(len(labels))
    tests = np.empty(len(labels), bool)
    tests[order] = left <= np.repeat(counts // _PER_TEST_IMAGE, counts)
    return tests
