"""A whole script: load a saved Pipeline and predict the probabilities of 10,000 rows.

python examples/benchmarks/predict.py digits.skops rows.npy
"""

import sys

import numpy as np

if __name__ == "__main__":
    path, rows = sys.argv[1:]
    if path.endswith(".skops"):
        from skmnist.persistence import load
    else:
        from joblib import load
    print(load(path).predict_proba(np.load(rows)).shape)
