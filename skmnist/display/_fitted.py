"""Finding the estimator that was trained inside what scikit-learn wraps around it."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline


def innermost(estimator: Any) -> Any:
    """Look through Pipelines and fitted searches for the estimator that does the work.

    Parameters
    ----------
    estimator : estimator instance
        A bare estimator, a Pipeline, a fitted search such as GridSearchCV, or these in each other.

    Returns
    -------
    estimator : estimator instance
        The last step of the last Pipeline, or the best estimator of the last search.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import MinMaxScaler
    >>> innermost(make_pipeline(MinMaxScaler(), LogisticRegression()))
    LogisticRegression()
    """
    while True:
        if isinstance(estimator, Pipeline):
            estimator = estimator.steps[-1][1]
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        else:
            return estimator
