"""A whole script: fit a classifier to the first rows of a file, then fit it again.

`scale.py` runs it, with its settings as JSON. It prints a line after each fit.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from contenders import make

# Rows that are larger as float32 stay uint8, in the file.
MAX_FLOAT_BYTES = 4_000_000_000


def is_mapped(n_rows: int, n_features: int) -> bool:
    """Whether so many rows stay in their file."""
    return n_rows * n_features * np.dtype(np.float32).itemsize > MAX_FLOAT_BYTES


def read(settings: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Read the rows, as float32 from 0 to 1 if they fit into memory, and the labels."""
    folder, n_rows = Path(settings["folder"]), settings["n_rows"]
    X = np.load(folder / "rows.npy", mmap_mode="r")[:n_rows]
    if not is_mapped(*X.shape):
        X = X / np.float32(255)

    n_classes = settings["n_classes"]
    if n_classes is None:
        return X, np.load(folder / "labels.npy")[:n_rows]
    return X, np.arange(n_rows) % n_classes


def peak_megabytes() -> float:
    """Return the peak of this process's memory, pages of mapped files among it.

    `resource.getrusage` counts also what the process that started this one held.
    """
    status = Path("/proc/self/status").read_text()  # on Linux alone
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024 / 1e6


def main() -> None:
    """Fit, and print when and with how much memory; fit again, and print how fast."""
    settings = json.loads(sys.argv[1])
    X, y = read(settings)
    classifier = make(
        settings["name"],
        settings["hidden_units"],
        settings["epochs"],
        batch_size=settings["batch_size"],
    )

    classifier.fit(X, y)
    # Of the clock that all processes share, since the script began before Python did.
    end = time.monotonic()
    print(json.dumps({"end": end, "peak_mb": peak_megabytes()}), flush=True)

    for _ in range(settings["n_warm_fits"]):
        start = time.monotonic()
        classifier.fit(X, y)
        print(json.dumps({"warm": time.monotonic() - start}), flush=True)


if __name__ == "__main__":
    main()
