"""Stopping when the validation score no longer gets better, and going back to the best."""

from __future__ import annotations

from typing import Generic, TypeVar

State = TypeVar("State")


class EarlyStopping(Generic[State]):
    """Follows a validation score from epoch to epoch, as MLPClassifier does.

    More than `n_iter_no_change` epochs in a row that do not exceed the best score by `tol` end the
    training.
    """

    def __init__(self, n_iter_no_change: float, tol: float) -> None:
        self._n_iter_no_change = n_iter_no_change
        self._tol = tol
        self._n_without_improvement = 0
        self.scores: list[float] = []
        self.best_score = float("-inf")
        self.best_state: State | None = None

    def start_from(self, score: float, state: State) -> None:
        """Begin with the score of a training run that is continued, which must not get worse."""
        self.best_score, self.best_state = score, state

    def is_best(self, score: float) -> bool:
        """Whether this score is higher than all before it."""
        return score > self.best_score

    def update(self, score: float, state: State | None) -> bool:
        """Add the score of an epoch, with its state if it is the best; return whether to stop."""
        self.scores.append(score)
        if score < self.best_score + self._tol:
            self._n_without_improvement += 1
        else:
            self._n_without_improvement = 0
        if self.is_best(score):
            self.best_score, self.best_state = score, state
        return self._n_without_improvement > self._n_iter_no_change
