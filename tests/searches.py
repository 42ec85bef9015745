"""Searches that take no time, to be drawn."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV

ROWS = np.arange(60, dtype=float).reshape(-1, 1), np.zeros(60)


class Scored(BaseEstimator):
    """Needs no data to tell how good its parameters are, and refuses width=0 and height=0."""

    def __init__(self, width=1, height=1, kind="plain", part=None):
        self.width = width
        self.height = height
        self.kind = kind
        self.part = part

    def fit(self, X, y):
        if 0 in (self.width, self.height):
            raise ValueError("refused")
        self.n_rows_ = len(X)
        return self

    def score(self, X, y):
        size = sum(self.width) if isinstance(self.width, (tuple, list)) else self.width
        bonus = {"plain": 0, "fancy": 7, "odd": -7}[self.kind]
        # The rows tell the folds of a search, and the iterations of a halving one, apart.
        return size * self.height + bonus + X.mean() / 100 + self.n_rows_ / 1000


def searched(grid, estimator=None, *, cls=GridSearchCV, **options):
    return cls(estimator or Scored(), grid, **({"cv": 3} | options)).fit(*ROWS)
