"""Finding the estimator that was trained inside what scikit-learn wraps around it."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline


def unwrapped(estimator: Any) -> tuple[Any, list[Any]]:
    """Look through Pipelines and fitted searches for the estimator that does the work.

    Parameters
    ----------
    estimator : estimator instance
        A bare estimator, a Pipeline, a fitted search such as GridSearchCV, or these in each other.

    Returns
    -------
    estimator : estimator instance
        The last step of the last Pipeline, or the best estimator of the last search.
    transformers : list of estimator instances
        What the samples go through before it, in this order.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import MinMaxScaler
    >>> unwrapped(make_pipeline(MinMaxScaler(), "passthrough", LogisticRegression()))
    (LogisticRegression(), [MinMaxScaler()])
    """
    transformers: list[Any] = []
    while True:
        if isinstance(estimator, Pipeline):
            *before, (_, last) = estimator.steps
            transformers += [step for _, step in before if step not in (None, "passthrough")]
            estimator = last
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        else:
            return estimator, transformers


def innermost(estimator: Any) -> Any:
    """Return the estimator that `unwrapped` finds, alone.

    Parameters
    ----------
    estimator : estimator instance
        As of `unwrapped`.

    Returns
    -------
    estimator : estimator instance
        The last step of the last Pipeline, or the best estimator of the last search.
    """
    return unwrapped(estimator)[0]
