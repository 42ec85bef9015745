"""A whole script: search the number of hidden units, and print the accuracy of the
best.

python examples/benchmarks/search.py skmnist mnist 5 "two threads"
"""

import sys

import joblib
from contenders import make
from data import load
from sklearn.model_selection import GridSearchCV

BACKENDS = {
    "one job": "sequential",
    "two threads": "threading",
    "two processes": "loky",
}

if __name__ == "__main__":
    name, source, epochs, way = sys.argv[1:]
    X, y, X_test, y_test = load(source)
    widths = [5, 16, 64, 128]
    grid = {"hidden_units": widths}
    if name == "MLPClassifier":
        grid = {"hidden_layer_sizes": [(units,) for units in widths]}
    with joblib.parallel_config(BACKENDS[way], n_jobs=2):
        search = GridSearchCV(make(name, 5, int(epochs)), grid, cv=3).fit(X, y)
    print(f"{search.score(X_test, y_test):.3f}")
