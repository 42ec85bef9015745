"""Early stopping by a validation score."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


class EarlyStopping:
    """Follows a validation score from epoch to epoch, as MLPClassifier does.

    More than `n_iter_no_change` epochs in a row that do not exceed the best score by
    `tol` end the training.
    """

    def __init__(self, n_iter_no_change: float, tol: float) -> None:
        self._n_iter_no_change = n_iter_no_change
        self._tol = tol
        self._n_without_improvement = 0
        self.scores: list[float] = []
        self.best_score = float("-inf")
        # Weights and optimizer state.
        self.best: tuple[list[np.ndarray], list[np.ndarray]] | None = None

    def update(self, score: float) -> bool:
        """Add the score of an epoch; return whether to stop."""
        self.scores.append(score)

        if score >= self.best_score + self._tol:
            self._n_without_improvement = 0
        else:
            self._n_without_improvement += 1

        return self._n_without_improvement > self._n_iter_no_change

    def keep_if_best(
        self,
        score: float,
        weights: list[np.ndarray],
        optimizer_state: Callable[[], list[np.ndarray]],
    ) -> None:
        """Keep weights whose score is higher than all before."""
        if score > self.best_score:
            self.best_score = score
            self.best = (weights, optimizer_state())
