"""Stopping when the validation score no longer gets better, and going back to the best."""

from __future__ import annotations

from typing import Generic, TypeVar

State = TypeVar("State")


class EarlyStopping(Generic[State]):
    """Follows a validation score from epoch to epoch, as MLPClassifier does.

    Parameters
    ----------
    n_iter_no_change : int
        Number of epochs in a row without improvement that are tolerated.
    tol : float
        By how much a score must exceed the best one to count as an improvement.

    Attributes
    ----------
    scores : list of float
        The score of each epoch.
    best_score : float
        The highest of them, and of the score of the start; minus infinity before the first.
    best_state : State or None
        What was remembered with it.
    """

    def __init__(self, n_iter_no_change: int, tol: float) -> None:
        self._n_iter_no_change = n_iter_no_change
        self._tol = tol
        self._n_without_improvement = 0
        self.scores: list[float] = []
        self.best_score = float("-inf")
        self.best_state: State | None = None

    def start_from(self, score: float, state: State) -> None:
        """Take a training that goes on for the best so far: it must not end worse."""
        self.best_score, self.best_state = score, state

    def is_best(self, score: float) -> bool:
        """Whether this score is higher than all before it."""
        return score > self.best_score

    def update(self, score: float, state: State | None) -> bool:
        """Take note of an epoch.

        Parameters
        ----------
        score : float
            Its validation score.
        state : State or None
            What to remember if it is the best; needed only then.

        Returns
        -------
        bool
            Whether to stop.
        """
        self.scores.append(score)
        if score < self.best_score + self._tol:
            self._n_without_improvement += 1
        else:
            self._n_without_improvement = 0
        if self.is_best(score):
            self.best_score, self.best_state = score, state
        return self._n_without_improvement > self._n_iter_no_change
