"""The estimator inside Pipelines and fitted searches."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline


def unwrap(estimator: Any) -> tuple[Any, list[Any]]:
    """Return the estimator inside Pipelines and searches, and the steps before it."""
    steps: list[Any] = []

    while True:
        if isinstance(estimator, Pipeline):
            *before, (_, last) = estimator.steps
            for _, step in before:
                if step not in (None, "passthrough"):
                    steps.append(step)
            estimator = last
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        else:
            return estimator, steps
