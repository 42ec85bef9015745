"""MNIST, files laid out like it, and digits of one's own, as arrays for scikit-learn."""

from skmnist.datasets._handwriting import read_digit
from skmnist.datasets._mnist import load_mnist

__all__ = ["load_mnist", "read_digit"]
