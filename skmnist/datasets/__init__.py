"""MNIST, and files laid out like it, as arrays for scikit-learn."""

from skmnist.datasets._mnist import load_mnist

__all__ = ["load_mnist"]
