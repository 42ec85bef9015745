"""Print numbers that the guide states: ``python docs/measure.py``.

A test compares the accuracies and the sizes with the pages. The times depend on the
machine: those of the pages are of two cores.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from skmnist import SimpleMLPClassifier, load_mnist
from skmnist.persistence import save, to_html, to_onnx

SEEDS = range(5)


def accuracies() -> Iterator[tuple[str, float, float]]:
    """Yield the lowest and highest accuracy of five seeds, as in Troubleshooting."""
    digits = load_mnist("sample")
    larger = {"hidden_units": 32, "learning_rate": 0.01}
    for name, parameters, divisor in [
        ("32 units, `learning_rate=0.01`, pixels from 0 to 255", larger, 1),
        ("32 units, `learning_rate=0.01`, pixels divided by 255", larger, 255),
        ("the defaults, pixels divided by 255", {}, 255),
    ]:
        scores = []
        for seed in SEEDS:
            network = SimpleMLPClassifier(**parameters, random_state=seed)
            network.fit(digits.X_train / divisor, digits.y_train)
            scores.append(network.score(digits.X_test / divisor, digits.y_test))
        yield name, min(scores), max(scores)


def sizes() -> Iterator[tuple[str, float]]:
    """Yield the size in kB of the default network in each format, as in Saving."""
    digits = load_mnist("sample")
    network = SimpleMLPClassifier(random_state=0)
    network.fit(digits.X_train / 255, digits.y_train)
    with TemporaryDirectory() as folder:
        path = Path(folder, "digits")
        save(network, path)
        yield "`save`", path.stat().st_size / 1000
        yield "`pickle`, `joblib`, `cloudpickle`", len(pickle.dumps(network)) / 1000
        to_onnx(network, path)
        yield "`to_onnx`", path.stat().st_size / 1000
        to_html(network, path)
        yield "`to_html`", path.stat().st_size / 1000
        network.model_.save(path.with_suffix(".keras"))
        size = path.with_suffix(".keras").stat().st_size / 1000
        yield '`model_.save("digits.keras")`', size


def epoch_times() -> Iterator[tuple[int, float]]:
    """Yield the seconds of an epoch of 60,000 digits in blocks, as in Searching."""
    digits = load_mnist("sample")
    X, y = np.tile(digits.X_train, (15, 1)), np.tile(digits.y_train, 15)
    for size in (1000, 8000):
        network = SimpleMLPClassifier(32, random_state=0)
        network.partial_fit(X[:size], y[:size], classes=np.arange(10))  # compiles
        start = perf_counter()
        for first in range(0, len(X), size):
            block = slice(first, first + size)
            network.partial_fit(X[block] / np.float32(255), y[block])
        yield size, perf_counter() - start


if __name__ == "__main__":
    for name, low, high in accuracies():
        print(f"{name}: accuracy {low:.2f} to {high:.2f}")
    for name, size in sizes():
        print(f"{name}: {size:.0f} kB")
    for size, seconds in epoch_times():
        print(f"an epoch in blocks of {size}: {seconds:.1f} s")
