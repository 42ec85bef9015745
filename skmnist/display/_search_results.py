"""What the results of a fitted search hold for a figure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import NDArray
from sklearn.base import is_classifier, is_regressor
from sklearn.utils.validation import check_is_fitted

from skmnist._estimators import unwrap
from skmnist.display._scale import identity, is_number

_FOLD = re.compile(r"split\d+_test_")


def results_of(search: Any) -> Mapping[str, Any]:
    """Return the results of a fitted search, in which there are candidates."""
    name = type(search).__name__
    if not hasattr(search, "cv_results_"):
        check_is_fitted(search)
        raise ValueError(
            f"SearchDisplay only supports searches with cv_results_, got {search!r}.",
        )

    results = search.cv_results_
    if "params" not in results:
        raise ValueError(
            f"cv_results_ of {name} has no 'params', the parameters of each candidate: "
            "pass them and the scores to SearchDisplay(param_values, fold_scores)."
        )
    if not any(results["params"]):
        raise ValueError("The search has no parameters: its grid is empty.")
    return results


def varying_values(candidates: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return the values of each parameter that has several, numbers first."""
    searched = list(dict.fromkeys(name for params in candidates for name in params))
    # Without the names of the steps, unless two parameters have the same name then.
    short = [name.rpartition("__")[2] for name in searched]
    if len(set(short)) < len(short):
        short = searched
    values = {}
    for name, shown_name in zip(searched, short, strict=True):
        values[shown_name] = [params.get(name, "not set") for params in candidates]

    # Numbers make the better horizontal axis, names the better list.
    numbers, others = {}, {}
    for name, column in values.items():
        if len(set(map(identity, column))) == 1:
            continue
        if all(map(is_number, column)):
            numbers[name] = column
        else:
            others[name] = column
    if not numbers and not others:
        first = next(iter(values))
        return {first: values[first]}
    return numbers | others


def fold_scores(results: Mapping[str, Any], metric: str) -> NDArray[np.floating]:
    """Return the test scores, a row for each candidate and a column for each fold."""
    is_fold = re.compile(rf"split\d+_test_{re.escape(metric)}").fullmatch
    return np.column_stack([results[key] for key in results if is_fold(key)])


class FitTimes(NamedTuple):
    """Seconds that the fits of each candidate took; None where they are not known."""

    usual: Any  # of folds without a slow first fit
    mean: Any  # over all folds; None if `usual` is the mean


def fit_times(search: Any) -> FitTimes:
    """Return how long a fit of each candidate takes, apart from slow first fits.

    Each job of a search starts TensorFlow, and compiles or waits for what another job
    compiles, in its first fit of a candidate. The results hold only the mean and the
    standard deviation over the folds. From these, the time of the other folds follows
    if as many folds as there are jobs took longer, all by as much. Otherwise, it is
    about right for one job; for several, it is too low if slow folds differ, and too
    high if a candidate has no other folds, as with more jobs than folds.
    """
    results = search.cv_results_
    mean, std = results.get("mean_fit_time"), results.get("std_fit_time")
    folds = {match[0] for match in map(_FOLD.match, results) if match}
    n_folds = len(folds)
    if mean is None or std is None or n_folds < 2:
        return FitTimes(mean, None)

    n_jobs = effective_n_jobs(getattr(search, "n_jobs", None))
    usual = mean
    for n_slow in range(1, min(n_jobs, n_folds - 1) + 1):
        # If n_slow folds of n took d longer than the others, whose time was t, then
        # mean = t + d n_slow / n and std = d sqrt(n_slow (n - n_slow)) / n.
        shorter = mean - std * math.sqrt(n_slow / (n_folds - n_slow))
        # A time below 0 proves that fewer folds were slow. For one slow fold, whatever
        # the times, it lies between the shortest and the mean of all but the longest.
        usual = np.where(shorter > 0, shorter, usual)
    return FitTimes(usual, mean)


def iteration_names(search: Any) -> dict[int, str]:
    """Return how many samples, or what else, the fits of each iteration had."""
    results = search.cv_results_
    if "n_resources" not in results:
        return {}
    resource = getattr(search, "resource", "n_samples").rpartition("__")[2]
    names = {}
    for iteration, amount in zip(results["iter"], results["n_resources"], strict=True):
        if resource == "n_samples":
            names[int(iteration)] = f"{amount:,} samples"
        else:
            names[int(iteration)] = f"{resource}={amount}"
    return names


def metric_of(search: Any, metric: str | None) -> tuple[str, str]:
    """Return a metric's name in cv_results_ and in the figure."""
    prefix = "mean_test_"
    shown = [key for key in search.cv_results_ if key.startswith(prefix)]
    keys = [key.removeprefix(prefix) for key in shown]
    if metric is None:
        metric = "score" if keys == ["score"] else search.refit

    if metric not in keys:
        raise ValueError(
            f"metric must be one of {', '.join(keys)}, or None if refit is one of "
            f"them, got {metric!r}."
        )
    if metric == "score":
        return metric, _name_of_only_score(search)
    return metric, metric


def _name_of_only_score(search: Any) -> str:
    scoring = getattr(search, "scoring", None)
    if isinstance(scoring, str):
        return scoring
    if scoring is not None:
        return getattr(scoring, "__name__", "score")

    estimator, _ = unwrap(getattr(search, "estimator", None))
    score = getattr(type(estimator), "score", None)
    is_of_sklearn = getattr(score, "__module__", "").startswith("sklearn.")
    if not is_of_sklearn or getattr(estimator, "scoring", None) is not None:
        return "score"
    if is_classifier(estimator):
        return "accuracy"
    if is_regressor(estimator):
        return "R²"
    return "score"
