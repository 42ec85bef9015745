"""What of a search's cv_results_ is shown: which parameters, which metric, which candidates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline

from skmnist.display._scale import identity, is_number

MOST_PARAMS = 2


class _NotSet:
    """Stands for a parameter that some candidates have and others have not."""

    def __repr__(self) -> str:
        return "not set"


NOT_SET = _NotSet()


@dataclass(frozen=True)
class SearchResults:
    """One row for each shown combination of values: the arguments of SearchDisplay.

    Attributes
    ----------
    param_values : dict of str to list of length n_candidates
        The values of the shown parameters, by the shortest names that tell them apart.
    fold_scores : ndarray of shape (n_candidates, n_folds), dtype=float64
        The test score of each fold.
    fit_times, fit_time_spreads : ndarray of shape (n_candidates,), dtype=float64
        The mean and the standard deviation over the folds, in seconds.
    best_index : int or None
        Which candidate is the best.
    score_name : str
        What the score is called.
    best_over : list of str
        The parameters that vary but are not shown.
    """

    param_values: dict[str, list[Any]]
    fold_scores: NDArray[np.float64]
    fit_times: NDArray[np.float64]
    fit_time_spreads: NDArray[np.float64]
    best_index: int | None
    score_name: str
    best_over: list[str]

    @classmethod
    def of(
        cls, search: Any, param: str | Sequence[str] | None, metric: str | None
    ) -> SearchResults:
        """Read a fitted search.

        Parameters
        ----------
        search : estimator instance
            A fitted search, or a Pipeline that ends with one.
        param : str, sequence of one or two str, or None
            The parameters to show. None means those that vary.
        metric : str or None
            The metric to show. None means the one of the refit, or the only one.

        Returns
        -------
        results : SearchResults
            The rows. Where several candidates share the shown values there is one row: that of
            the best of them.

        Raises
        ------
        ValueError
            If `search` is no search, or `param` or `metric` does not say what to show.
        sklearn.exceptions.NotFittedError
            If it is not fitted.
        """
        search = _fitted_search(search)
        results: Mapping[str, Any] = search.cv_results_
        candidates: list[dict[str, Any]] = list(results["params"])
        searched = list(dict.fromkeys(name for candidate in candidates for name in candidate))
        shown, others = _shown_and_others(candidates, searched, param)
        metric, score_name = _metric(search, metric)
        scores = _fold_scores(results, metric)
        iterations = np.asarray(results.get("iter", np.zeros(len(candidates))))
        best = _best(search, metric, scores, iterations)
        rows = _best_of_each(candidates, shown, scores, iterations, best)
        short = dict(zip(searched, _short_names(searched), strict=True))
        return cls(
            {short[name]: [_value(candidates[row], name) for row in rows] for name in shown},
            scores[rows],
            np.asarray(results["mean_fit_time"], dtype=np.float64)[rows],
            np.asarray(results["std_fit_time"], dtype=np.float64)[rows],
            None if best is None else rows.index(best),
            score_name,
            [short[name] for name in others],
        )


def _fitted_search(estimator: Any) -> Any:
    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[-1][1]
    if hasattr(estimator, "cv_results_"):
        return estimator
    if isinstance(estimator, BaseSearchCV):
        raise NotFittedError(
            f"This {type(estimator).__name__} is not fitted yet: it has no results to show. "
            "Call its fit first."
        )
    raise ValueError(
        "SearchDisplay.from_estimator only supports searches such as GridSearchCV, "
        f"got {estimator!r}."
    )


def _value(candidate: Mapping[str, Any], name: str) -> Any:
    return candidate.get(name, NOT_SET)


def _shown_and_others(
    candidates: Sequence[Mapping[str, Any]],
    searched: Sequence[str],
    param: str | Sequence[str] | None,
) -> tuple[list[str], list[str]]:
    """Return the parameters to show, and those that vary besides."""
    if not searched:
        raise ValueError("The search has no parameters: its grid is empty.")
    values = {name: [_value(candidate, name) for candidate in candidates] for name in searched}
    varying = [name for name in searched if len(set(map(identity, values[name]))) > 1]
    if param is None:
        if len(varying) > MOST_PARAMS:
            names = _short_names(searched)
            example = names[searched.index(varying[0])]
            raise ValueError(
                f"The search varies {len(varying)} parameters ({', '.join(varying)}), and a "
                f"figure shows at most two. Name one or two of them, such as param={example!r}: "
                "the best over the others is shown."
            )
        # Numbers make the better horizontal axis, names the better list.
        shown = sorted(varying, key=lambda name: not all(map(is_number, values[name])))
        shown = shown or list(searched[:1])
    else:
        given = (
            list(param) if not isinstance(param, str) and isinstance(param, Iterable) else [param]
        )
        shown = [_full_name(name, searched) for name in given]
        if not 1 <= len(set(shown)) == len(shown) <= MOST_PARAMS:
            raise ValueError(f"param must name one parameter or two different ones, got {param!r}.")
    return shown, [name for name in varying if name not in shown]


def _full_name(name: str, searched: Sequence[str]) -> str:
    matching = [full for full in searched if f"__{full}".endswith(f"__{name}")]
    if name in searched:
        return name
    if len(matching) != 1:
        problem = "has several parameters" if matching else "has no parameter"
        raise ValueError(
            f"The search {problem} {name!r}: it went over {', '.join(matching or searched)}."
        )
    return matching[0]


def _short_names(searched: Sequence[str]) -> list[str]:
    """Drop as many steps from the front of each name as leaves it the only one of its kind."""
    short = []
    for name in searched:
        steps = name.split("__")
        endings = ["__".join(steps[start:]) for start in reversed(range(len(steps)))]
        is_shared = [sum(f"__{o}".endswith(f"__{e}") for o in searched) > 1 for e in endings]
        short.append(endings[is_shared.index(False)] if False in is_shared else name)
    return short


def _metric(search: Any, metric: str | None) -> tuple[str, str]:
    """Return the metric as cv_results_ calls it, and as a figure does."""
    prefix = "mean_test_"
    known = [key.removeprefix(prefix) for key in search.cv_results_ if key.startswith(prefix)]
    scoring, refit = getattr(search, "scoring", None), getattr(search, "refit", None)
    if known == ["score"]:
        name = scoring if isinstance(scoring, str) else "score"
        if metric not in (None, "score", name):
            raise ValueError(f"The search has no metric {metric!r}, only {name!r}.")
        return "score", name
    if metric is None:
        if len(known) == 1:
            return known[0], known[0]
        if isinstance(refit, str):
            return refit, refit
        raise ValueError(
            f"The search has several metrics ({', '.join(known)}) and none of them chose the best "
            f"candidate. Name the one to show, such as metric={known[0]!r}."
        )
    if metric not in known:
        raise ValueError(f"The search has no metric {metric!r}, only {', '.join(known)}.")
    return metric, metric


def _fold_scores(results: Mapping[str, Any], metric: str) -> NDArray[np.float64]:
    folds: list[NDArray[np.float64]] = []
    while (key := f"split{len(folds)}_test_{metric}") in results:
        folds.append(np.asarray(results[key], dtype=np.float64))
    return np.column_stack(folds)


def _best(
    search: Any, metric: str, scores: NDArray[np.float64], iterations: NDArray[Any]
) -> int | None:
    refit = getattr(search, "refit", None)
    is_chosen_by_it = metric == "score" or not isinstance(refit, str) or refit == metric
    if is_chosen_by_it and hasattr(search, "best_index_"):
        return int(search.best_index_)
    means = np.where(iterations == iterations.max(), scores.mean(axis=1), np.nan)
    return None if np.isnan(means).all() else int(np.nanargmax(means))


def _best_of_each(
    candidates: Sequence[Mapping[str, Any]],
    shown: Iterable[str],
    scores: NDArray[np.float64],
    iterations: NDArray[Any],
    best: int | None,
) -> list[int]:
    """Return the row to show for each combination of the shown values, in the order searched.

    It is that of the search's own best candidate, or else of the one that a halving search has
    kept the longest, in its last iteration, or else of the one with the highest score.
    """
    means = np.nan_to_num(scores.mean(axis=1), nan=-np.inf)
    chosen: dict[Any, int] = {}
    for row, candidate in enumerate(candidates):
        key = tuple(identity(_value(candidate, name)) for name in shown)
        rivals = [row] if key not in chosen else [chosen[key], row]
        chosen[key] = max(rivals, key=lambda i: (i == best, iterations[i], means[i]))
    return list(chosen.values())
