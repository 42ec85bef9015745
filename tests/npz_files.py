"""Small files in the layout of Keras's mnist.npz, for the tests of load_mnist."""

import numpy as np

NAMES = ("x_train", "y_train", "x_test", "y_test")


def small_arrays():
    rng = np.random.default_rng(0)
    return {
        "x_train": rng.integers(0, 256, (6, 5, 4), dtype=np.uint8),
        "y_train": np.array([3, 8, 3, 8, 3, 8], dtype=np.uint8),
        "x_test": rng.integers(0, 256, (2, 5, 4), dtype=np.uint8),
        "y_test": np.array([8, 3], dtype=np.uint8),
    }


def write_npz(path, **changes):
    """Write a valid small file, but for the arrays in ``changes``; None leaves one out."""
    arrays = {**small_arrays(), **changes}
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


def assert_holds(data, arrays):
    """The Bunch holds the arrays, which have the names of the file."""
    for name in NAMES:
        key = name.replace("x_", "images_")
        np.testing.assert_array_equal(data[key], arrays[name])
