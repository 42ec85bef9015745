"""A program that fits classifiers and may be killed: started again, it resumes.

    python resumable_loop.py FOLDER

The folder holds jobs.pkl, a list of ``(name, unfitted classifier, number of epochs)``,
and data.npz, with X and y. Each job's classifier ends in the file ``<name>.skops``.
The program prints a line after each of its steps, so that a test can kill it at a
certain moment.
"""

import pickle
import sys
from pathlib import Path

import numpy as np

from skmnist.persistence import load, save


def main(folder):
    jobs = pickle.loads((folder / "jobs.pkl").read_bytes())
    with np.load(folder / "data.npz") as data:
        X, y = data["X"], data["y"]
    print("ready", flush=True)

    for name, unfitted, n_epochs in jobs:
        path = folder / f"{name}.skops"
        classifier = load(path) if path.exists() else unfitted
        while getattr(classifier, "n_iter_", 0) < n_epochs:
            classifier.fit(X, y)
            print("fitted", flush=True)
            save(classifier, path)
            print("saved", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
