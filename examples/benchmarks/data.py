"""The data as float32 from 0 to 1: scikit-learn's digits, the sample of MNIST, or all of it."""

from __future__ import annotations

import numpy as np


def load(source: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Load "digits", "sample" or "mnist", to train and to test.

    All of MNIST is what `load_mnist()` loads: the file that ``SKMNIST_DATA`` names.
    """
    if source == "digits":
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split

        X, y = load_digits(return_X_y=True)
        X, X_test, y, y_test = train_test_split(X, y, stratify=y, random_state=0)
        return np.float32(X / 16), y, np.float32(X_test / 16), y_test
    from skmnist import load_mnist

    digits = load_mnist("sample" if source == "sample" else None)
    scale = np.float32(255)
    return digits.X_train / scale, digits.y_train, digits.X_test / scale, digits.y_test
