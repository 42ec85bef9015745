"""MNIST, files laid out like it, and digits of one's own, as arrays for scikit-learn."""

from skmnist.datasets._mnist import load_mnist
from skmnist.datasets._own_digit import read_digit

__all__ = ["load_mnist", "read_digit"]
