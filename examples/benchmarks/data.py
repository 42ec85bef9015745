"""Rows to train on and to test: scikit-learn's digits, the sample of MNIST, all of it.

All of MNIST is what `load_mnist()` loads: the file that ``SKMNIST_DATA`` names.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np


def load(source: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Load "digits", "sample" or "mnist", to train and to test: float32 from 0 to 1."""
    if source == "digits":
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split

        X, y = load_digits(return_X_y=True)
        X, X_test, y, y_test = train_test_split(X, y, stratify=y, random_state=0)
        return np.float32(X / 16), y, np.float32(X_test / 16), y_test

    digits = _load_mnist(source)
    scale = np.float32(255)
    return digits.X_train / scale, digits.y_train, digits.X_test / scale, digits.y_test


def load_all_of_mnist() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Load 60,000 images to train on and 10,000 to test with; never the sample."""
    X, y, X_test, y_test = load("mnist")
    if len(X) != 60_000:
        raise SystemExit("SKMNIST_DATA has to name a file with all of MNIST.")
    return X, y, X_test, y_test


def write_shifted(folder: Path, n_rows: int, source: str) -> None:
    """Write rows.npy and labels.npy: the images again and again, shifted each time.

    The first of them are the images as they are, later ones are moved by up to two
    pixels. The rows are uint8, and are written piece by piece: they may be more than
    the memory holds.
    """
    digits = _load_mnist(source)
    images = digits.images_train
    n_images = len(images)
    rows = np.lib.format.open_memmap(
        folder / "rows.npy", mode="w+", dtype=np.uint8, shape=(n_rows, 28 * 28)
    )

    shifts = sorted(itertools.product(range(-2, 3), repeat=2), key=np.linalg.norm)
    starts = range(0, n_rows, n_images)
    for start, shift in zip(starts, itertools.cycle(shifts), strict=False):
        piece = rows[start : start + n_images]
        shifted = np.roll(images, shift, axis=(1, 2))
        piece[:] = shifted.reshape(n_images, -1)[: len(piece)]

    rows.flush()
    np.save(folder / "labels.npy", np.resize(digits.y_train, n_rows))


def _load_mnist(source: str) -> Any:
    from skmnist import load_mnist

    return load_mnist("sample" if source == "sample" else None)
