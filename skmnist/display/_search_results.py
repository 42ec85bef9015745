"""The part of a search's cv_results_ to show, and the places of values along an axis."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

MANY_NUMBERS = 8  # more than these have an axis of numbers instead of a place each


def read_search(
    search: Any, param: str | Sequence[str] | None, metric: str | None
) -> dict[str, Any]:
    """Return what a fitted search found, as arguments of SearchDisplay."""
    while isinstance(search, Pipeline):
        search = search.steps[-1][1]
    if not hasattr(search, "cv_results_"):
        if hasattr(search, "refit"):
            check_is_fitted(search)
        raise ValueError(
            f"SearchDisplay only supports searches such as GridSearchCV, got {search!r}."
        )
    results: Mapping[str, Any] = search.cv_results_
    candidates: list[dict[str, Any]] = list(results["params"])
    searched = list(dict.fromkeys(name for candidate in candidates for name in candidate))
    if not searched:
        raise ValueError("The search has no parameters: its grid is empty.")
    values = {name: [c.get(name, "not set") for c in candidates] for name in searched}
    varying = [name for name in searched if len(set(map(identity, values[name]))) > 1]
    if param is None:
        # Numbers make the better horizontal axis, names the better list.
        shown = sorted(varying, key=lambda name: not all(map(is_number, values[name])))
        shown = shown or searched[:1]
    else:
        shown = _full_names(param, searched)
    metric, score_name = _metric(search, metric)
    folds: list[Any] = []
    while (key := f"split{len(folds)}_test_{metric}") in results:
        folds.append(np.asarray(results[key], dtype=np.float64))
    scores = np.column_stack(folds)
    iterations = np.asarray(results.get("iter", np.zeros(len(candidates), dtype=int)))
    short = _short_names(searched)
    return {
        "param_values": {short[name]: values[name] for name in shown},
        "fold_scores": scores,
        "fit_times": np.asarray(results["mean_fit_time"], dtype=np.float64),
        "best_index": _best(search, metric, scores, iterations),
        "score_name": score_name,
        "best_over": [short[name] for name in varying if name not in shown],
        "iterations": iterations,
    }


def _full_names(param: str | Sequence[str], searched: Sequence[str]) -> list[str]:
    given = [param] if isinstance(param, str) or not isinstance(param, Iterable) else list(param)
    names = []
    for name in given:
        matching = [full for full in searched if name in (full, full.rpartition("__")[2])]
        if len(matching) != 1 and name not in searched:
            problem = "has several parameters" if matching else "has no parameter"
            raise ValueError(
                f"The search {problem} {name!r}: it went over {', '.join(matching or searched)}."
            )
        names.append(name if name in searched else matching[0])
    if not 1 <= len(set(names)) == len(names):
        raise ValueError(f"param must name one or more different parameters, got {param!r}.")
    return names


def _short_names(searched: Sequence[str]) -> dict[str, str]:
    """Drop the names of the steps, unless two parameters have the same name then."""
    last = [name.rpartition("__")[2] for name in searched]
    named = zip(searched, last, strict=True)
    return {name: short if last.count(short) == 1 else name for name, short in named}


def _metric(search: Any, metric: str | None) -> tuple[str, str]:
    """Return the name of the metric in cv_results_, and that in the figure."""
    prefix = "mean_test_"
    known = [key.removeprefix(prefix) for key in search.cv_results_ if key.startswith(prefix)]
    scoring, refit = getattr(search, "scoring", None), getattr(search, "refit", None)
    names = dict(zip(known, known, strict=True))
    if known == ["score"] and isinstance(scoring, str):
        names = {scoring: "score"}
    if metric is None:
        metric = refit if isinstance(refit, str) and refit in names else next(iter(names))
        if metric != refit and len(names) > 1:
            raise ValueError(
                f"The search has several metrics ({', '.join(names)}) and none of them chose the "
                f"best candidate. Name the one to show, such as metric={metric!r}."
            )
    if metric not in names:
        raise ValueError(f"The search has no metric {metric!r}, only {', '.join(names)}.")
    return names[metric], metric


def _best(search: Any, metric: str, scores: NDArray[Any], iterations: NDArray[Any]) -> int | None:
    """Return the search's own best candidate or, for another metric, that of the highest mean."""
    refit = getattr(search, "refit", None)
    is_chosen_by_it = metric == "score" or not isinstance(refit, str) or refit == metric
    if is_chosen_by_it and hasattr(search, "best_index_"):
        return int(search.best_index_)
    means = np.where(iterations == iterations.max(), scores.mean(axis=1), np.nan)
    return None if np.isnan(means).all() else int(np.nanargmax(means))


def best_of_each(
    values: Sequence[Sequence[Any]],
    scores: NDArray[np.float64],
    iterations: NDArray[Any],
    best: int | None,
) -> NDArray[np.integer]:
    """Return the best candidate for each combination of values, in the order searched.

    It is the best of all, or else that which a halving search kept the longest, or else that with
    the highest score.
    """
    known = np.nan_to_num(scores, nan=-np.inf)
    chosen: dict[Any, int] = {}
    for row, combination in enumerate(zip(*values, strict=True)):
        key = tuple(map(identity, combination))
        rivals = [chosen.get(key, row), row]
        chosen[key] = max(rivals, key=lambda i: (i == best, iterations[i], known[i]))
    return np.array(list(chosen.values()))


def is_number(value: Any) -> bool:
    """Whether a value is a finite real number; True and False are not."""
    is_real = isinstance(value, Real) and not isinstance(value, (bool, np.bool_))
    return is_real and math.isfinite(value)


def identity(value: Any) -> Any:
    """Return a key that is the same for equal values, such as lists and estimators."""
    return float(value) if is_number(value) else repr(value)


class Scale:
    """The places of a parameter's values along an axis, and their texts."""

    def __init__(self, values: Sequence[Any]) -> None:
        first = {identity(value): value for value in reversed(values)}
        keys = list(dict.fromkeys(map(identity, values)))
        self.is_numeric = all(map(is_number, values))
        if self.is_numeric:
            keys.sort()
            self.labels = [f"{key:.6g}" for key in keys]
        else:
            texts = [getattr(first[key], "__name__", str(first[key])) for key in keys]
            self.labels = [" ".join(text.split()) for text in texts]
        self.cells = np.array([keys.index(identity(value)) for value in values])
        self.has_axis = self.is_numeric and len(keys) > MANY_NUMBERS
        self.places = np.array(keys)[self.cells] if self.has_axis else self.cells
        low, middle, high = np.quantile(keys, [0, 0.5, 1]) if self.has_axis else (0, 0, 0)
        # Numbers that look more like powers than like evenly spaced ones.
        is_geometric = middle**2 < math.sqrt(max(low, 0) * high) * (low + high) / 2
        self.is_log = low > 0 and high >= 10 * low and is_geometric
