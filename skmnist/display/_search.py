"""The results of a search over parameters: the score of each candidate, and its fit time."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from skmnist.display import _drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

MANY_NUMBERS = 8  # more than these have an axis of numbers instead of a place each
CELL_POINTS, LEAST_POINTS = 10.0, 4.5
NOTHING = (0.5, 0.5, 0.5, 0.25)  # a cell without a score: gray on light and on dark backgrounds


class SearchDisplay:
    """The scores of a search's candidates against the parameters searched.

    For one parameter there are two panels: the test score, each fold as a faint dot and the mean
    as a line, and the fit time. For two there is a heat map of the mean test score. For three and
    more, or two whose values were drawn at random, each parameter has a panel of the scores: the
    best over the other parameters. The best candidate is marked.

    Up to eight numbers stand side by side, in ascending order; more of them have a linear or a
    logarithmic axis. Other values are categories, in the order searched.

    Parameters
    ----------
    param_values : mapping of str to sequence of length n_candidates
        The values of the parameters to show, by name. With two, the first is the horizontal axis.
        Of candidates with the same values, the best is shown: that of `best_index`, or else that
        of the last iteration with the highest mean score.
    fold_scores : array-like of shape (n_candidates, n_folds)
        The test score of each fold; NaN where there is none.
    fit_times : array-like of shape (n_candidates,) or (n_candidates, n_folds), default=None
        The mean time of a fit, or the time of each, in seconds. Of the latter the median is drawn,
        which a first fit that compiles does not change, and a dot for each fold.
    best_index : int, default=None
        The number of the best candidate. None marks none.
    score_name : str, default="score"
        The name of the score.
    iterations : array-like of shape (n_candidates,), default=None
        The iteration of a halving search in which each candidate was tested. None means the same
        for all.

    Attributes
    ----------
    mean_scores : ndarray of shape (n_candidates,), dtype=float64
        The mean over the folds; NaN where one of them is.
    axes_ : ndarray of shape (n_panels,), dtype=object
        The matplotlib Axes of the panels, or that of the heat map. Set by :meth:`plot`, as are the
        following.
    lines_ : list of length n_panels
        The matplotlib Line2D of the means, one for each of `axes_`. Empty for a heat map.
    image_ : matplotlib AxesImage or None
        The heat map; it has a colour bar if its cells are too small for numbers. None for panels.
    best_ : list
        The marks of the best candidate: a Line2D in each of `axes_`, a Rectangle in a heat map.
    legend_ : matplotlib Legend or None
        The legend of all panels, above them. None for a heat map.
    figure_ : matplotlib Figure
        The figure.

    Raises
    ------
    ValueError
        If lengths differ.

    Examples
    --------
    >>> from skmnist import SearchDisplay
    >>> display = SearchDisplay(
    ...     {"hidden_units": [5, 16, 64]},
    ...     [[0.80, 0.82], [0.88, 0.90], [0.92, 0.94]],
    ...     fit_times=[0.4, 0.5, 0.9],
    ...     best_index=2,
    ...     score_name="accuracy",
    ... )
    >>> display
    SearchDisplay(hidden_units: 3 candidates, best accuracy 0.930)
    >>> [ax.get_ylabel() for ax in display.plot().axes_]
    ['test accuracy', 'mean fit time (s)']
    >>> [text.get_text() for text in display.legend_.get_texts()]
    ['mean', 'each of 2 folds', 'best: 0.930 with 64']
    """

    def __init__(
        self,
        param_values: Mapping[str, Sequence[Any]],
        fold_scores: ArrayLike,
        *,
        fit_times: ArrayLike | None = None,
        best_index: int | None = None,
        score_name: str = "score",
        iterations: ArrayLike | None = None,
    ) -> None:
        self.param_values = {name: list(values) for name, values in param_values.items()}
        self.fold_scores = np.array(fold_scores, dtype=np.float64, ndmin=2)
        self.mean_scores: NDArray[np.float64] = self.fold_scores.mean(axis=1)
        same = np.zeros(len(self.mean_scores))
        self.iterations = same if iterations is None else np.asarray(iterations)
        self.fit_times = None
        if fit_times is not None:
            times = np.asarray(fit_times, dtype=np.float64)
            self.fit_times = times[:, np.newaxis] if times.ndim == 1 else times
        if best_index is not None and np.isnan(self.mean_scores[best_index]):
            best_index = None
        self.best_index = best_index
        self.score_name = score_name
        values = self.param_values.values()
        check_consistent_length(self.fold_scores, self.fit_times, self.iterations, *values)

    def __repr__(self) -> str:
        best = self.best_index
        text = "" if best is None else f", best {self.score_name} {self.mean_scores[best]:.3f}"
        names = ", ".join(self.param_values)
        return f"{type(self).__name__}({names}: {len(self.mean_scores)} candidates{text})"

    def plot(
        self,
        ax: Axes | None = None,
        *,
        cmap: str | Colormap | None = None,
        figsize: tuple[float, float] | None = None,
    ) -> SearchDisplay:
        """Draw the scores.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            The axes whose place the panels take, or in which the heat map is drawn. None makes a
            new figure.
        cmap : str or matplotlib Colormap, default=None
            The colours of the heat map. None takes matplotlib's own.
        figsize : tuple of float, default=None
            Width and height in inches of a new figure, if `ax` is None.

        Returns
        -------
        display : SearchDisplay
            This display, drawn.
        """
        self.image_: Any = None
        self.legend_: Any = None
        self.lines_: list[Any] = []
        self.best_: list[Any] = []
        scales = [_Scale(name, values) for name, values in self.param_values.items()]
        n_cells = math.prod(len(scale.labels) for scale in scales)
        if len(scales) == 2 and 3 * len(self._best_of_each(*scales)) > n_cells:
            self._draw_map(ax, figsize, cmap, *scales)
        else:
            self._draw_panels(ax, figsize, scales)
        self.figure_ = self.axes_[0].get_figure(root=True)
        return self

    def _draw_panels(self, ax: Any, figsize: Any, scales: list[_Scale]) -> None:
        is_alone = len(scales) == 1
        times = self.fit_times if is_alone else None
        n_panels = len(scales) + (times is not None)
        self.axes_ = panels = _drawing.draw_panels(ax, n_panels, figsize, sharey=not is_alone)
        middle = "mean" if is_alone else "mean, the best over the others"
        for panel, scale in zip(panels, scales, strict=False):
            self._draw_curve(panel, scale, self.fold_scores, self.mean_scores, middle)
        _drawing.keep_within_unit(panels[0])
        for panel in panels[::3]:
            panel.set_ylabel(f"test {self.score_name}")
        if times is not None:
            # The time until a fit failed is not that of a fit.
            times = np.where(np.isnan(self.mean_scores)[:, np.newaxis], np.nan, times)
            self._draw_curve(panels[1], scales[0], times, np.median(times, axis=1), middle)
            # From 0, so that twice as long looks twice as high.
            panels[1].set_ylim(0, 1.08 * (np.nanmax(times, initial=0) or 1))
            panels[1].set_ylabel(f"{'mean' if times.shape[1] == 1 else 'median'} fit time (s)")
        self.legend_ = _drawing.draw_legend(panels)
        for panel, scale in zip(panels, scales * 2, strict=False):
            if not scale.has_axis:
                _drawing.slant_long_labels(panel)

    def _draw_curve(self, panel: Axes, scale: _Scale, folds: Any, middle: Any, label: str) -> None:
        """Draw numbers for each fold, their middle and that of the best candidate."""
        best = self.best_index
        rows = self._best_of_each(scale)
        places, n_folds = scale.places[rows], folds.shape[1]
        # Nothing is between categories, and only noise between values drawn at random.
        is_grid = len(self.param_values) == 1 or 2 * len(rows) <= len(folds)
        style = "o-" if scale.is_numeric and is_grid else "o"
        (line,) = panel.plot(places, middle[rows], style, label=label)
        self.lines_.append(line)
        if n_folds > 1:
            dots: dict[str, Any] = {"color": line.get_color(), "alpha": 0.5, "markeredgewidth": 0}
            dots |= {"markersize": 8, "clip_on": False, "label": f"each of {n_folds} folds"}
            panel.plot(np.repeat(places, n_folds), folds[rows].ravel(), ".", **dots)
        if best is not None:
            text = f"best: {self.mean_scores[best]:#.3g}"
            if len(self.param_values) == 1:
                text += f" with {scale.labels[scale.cells[best]]}"
            self.best_ += panel.plot(scale.places[best], middle[best], label=text, **_drawing.STAR)
        panel.grid(alpha=0.3)
        panel.set(xlabel=scale.name, xscale="log" if scale.is_log else "linear")
        if not scale.has_axis:
            panel.set_xticks(range(len(scale.labels)), scale.labels)
            panel.set_xlim(-0.5, len(scale.labels) - 0.5)

    def _best_of_each(self, *scales: _Scale) -> NDArray[np.integer]:
        """Return the best of all, or the one tested last with the highest score, for each value."""
        rows = np.arange(len(self.mean_scores))
        scores = np.nan_to_num(self.mean_scores, nan=-np.inf)
        order = np.lexsort((-rows, scores, self.iterations, rows == self.best_index))[::-1]
        cells = np.column_stack([scale.cells[order] for scale in scales])
        return order[np.unique(cells, axis=0, return_index=True)[1]]

    def _draw_map(self, ax: Any, figsize: Any, cmap: Any, across: _Scale, down: _Scale) -> None:
        from matplotlib.patches import Rectangle

        rows = self._best_of_each(across, down)
        n_columns, n_rows = len(across.labels), len(down.labels)
        ax = _drawing.axes_or_new(ax, figsize)
        self.axes_ = np.array([ax], dtype=object)
        grid = np.full((n_rows, n_columns), np.nan)
        grid[down.cells[rows], across.cells[rows]] = self.mean_scores[rows]
        # Numbers grow upwards; a list is read from the top.
        origin = "lower" if down.is_numeric else "upper"
        self.image_ = image = ax.imshow(grid, cmap=cmap, origin=origin, aspect="auto")
        ax.set(title=f"Mean test {self.score_name}", facecolor=NOTHING)
        ax.set(xlabel=across.name, ylabel=down.name)
        ax.set_xticks(range(n_columns), across.labels)
        ax.set_yticks(range(n_rows), down.labels)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        _drawing.slant_long_labels(ax)
        captions = ["NaN" if np.isnan(x) else f"{x:#.3g}" for x in self.mean_scores]
        width, height = _drawing.size_in_points(ax) / (n_columns, n_rows)
        points = min(CELL_POINTS, 0.85 * width / _drawing.text_width(captions), 0.7 * height)
        if points < LEAST_POINTS:
            ax.figure.colorbar(image, ax=ax, label=self.score_name)
            rows = rows[:0]
        for row in rows:
            score, place = self.mean_scores[row], (across.cells[row], down.cells[row])
            color = None if np.isnan(score) else _drawing.readable_on(image, score)
            text: Any = {"ha": "center", "va": "center", "fontsize": points, "color": color}
            ax.text(*place, captions[row], **text)
        if self.best_index is not None:
            # Inside the cell, whose colour is known.
            x, y = across.cells[self.best_index], down.cells[self.best_index]
            color = _drawing.readable_on(image, self.mean_scores[self.best_index])
            frame: Any = {"fill": False, "edgecolor": color, "linewidth": 2}
            self.best_.append(ax.add_patch(Rectangle((x - 0.46, y - 0.46), 0.92, 0.92, **frame)))

    @classmethod
    def from_estimator(
        cls, search: Any, *, metric: str | None = None, **plot_options: Any
    ) -> SearchDisplay:
        """Show the results of a fitted search.

        Parameters
        ----------
        search : estimator instance
            A fitted GridSearchCV, RandomizedSearchCV, HalvingGridSearchCV or
            HalvingRandomSearchCV, or a Pipeline that ends with one. Of a halving search, each
            candidate's last iteration is shown.
        metric : str, default=None
            Which metric to show of a search with several. None shows the one that has chosen the
            best candidate, which is marked for all metrics.
        **plot_options
            `ax`, `cmap` and `figsize`, for :meth:`plot`.

        Returns
        -------
        display : SearchDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If `search` is not a search, or if `metric` is not one of the search's.
        sklearn.exceptions.NotFittedError
            If `search` is not fitted.

        Examples
        --------
        >>> from skmnist import SearchDisplay
        >>> from sklearn.datasets import load_digits
        >>> from sklearn.model_selection import GridSearchCV
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> X, y = load_digits(return_X_y=True)
        >>> grid = {"max_depth": [2, 4, 8], "criterion": ["gini", "entropy"]}
        >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid, cv=2).fit(X, y)
        >>> SearchDisplay.from_estimator(search).image_.get_array().shape
        (2, 3)
        """
        while isinstance(search, Pipeline):
            search = search.steps[-1][1]
        if not hasattr(search, "cv_results_"):
            check_is_fitted(search)
            raise ValueError(f"SearchDisplay only supports searches, got {search!r}.")
        results = search.cv_results_
        candidates = results["params"]
        if not any(candidates):
            raise ValueError("The search has no parameters: its grid is empty.")
        searched = list(dict.fromkeys(name for candidate in candidates for name in candidate))
        # Without the names of the steps, unless two parameters have the same name then.
        short = {name: name.rpartition("__")[2] for name in searched}
        if len(set(short.values())) < len(short):
            short = {name: name for name in searched}
        values = {short[name]: [c.get(name, "not set") for c in candidates] for name in searched}
        varying = [name for name in values if len(set(map(_identity, values[name]))) > 1]
        # Numbers make the better horizontal axis, names the better list.
        shown = sorted(varying, key=lambda name: not all(map(_is_number, values[name])))
        metric, score_name = _metric(search, metric)
        is_fold = re.compile(rf"split\d+_test_{re.escape(metric)}").fullmatch
        display = cls(
            {name: values[name] for name in shown or list(values)[:1]},
            np.column_stack([results[key] for key in results if is_fold(key)]),
            fit_times=results["mean_fit_time"],
            best_index=getattr(search, "best_index_", None),
            score_name=score_name,
            iterations=results.get("iter"),
        )
        return display.plot(**plot_options)


def _metric(search: Any, metric: str | None) -> tuple[str, str]:
    """Return a metric's name in cv_results_ and in the figure."""
    prefix = "mean_test_"
    keys = [key.removeprefix(prefix) for key in search.cv_results_ if key.startswith(prefix)]
    if metric is None:
        metric = "score" if keys == ["score"] else search.refit
    if metric not in keys:
        raise ValueError(
            f"metric must be one of {', '.join(keys)}, or None if refit is one of them, "
            f"got {metric!r}."
        )
    is_named = metric == "score" and isinstance(search.scoring, str)
    return metric, search.scoring if is_named else metric


def _is_number(value: Any) -> bool:
    """Whether a value is a finite real number; True and False are not."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _identity(value: Any) -> Any:
    """Return a key that is the same for equal values, such as lists and estimators."""
    return float(value) if _is_number(value) else repr(value)


class _Scale:
    """The places of a parameter's values along an axis, and their texts."""

    def __init__(self, name: str, values: Sequence[Any]) -> None:
        self.name = name
        texts = {_identity(value): getattr(value, "__name__", str(value)) for value in values}
        keys = list(texts)
        self.is_numeric = all(map(_is_number, values))
        if self.is_numeric:
            keys.sort()
            texts = {key: f"{key:.6g}" for key in keys}
        self.labels = list(texts.values())
        self.cells = np.array([keys.index(_identity(value)) for value in values])
        self.has_axis = self.is_numeric and len(keys) > MANY_NUMBERS
        self.places = np.array(keys)[self.cells] if self.has_axis else self.cells
        low, middle, high = np.quantile(keys, [0, 0.5, 1]) if self.has_axis else (0, 0, 0)
        # Numbers that look more like powers than like evenly spaced ones.
        is_geometric = middle**2 < math.sqrt(max(low, 0) * high) * (low + high) / 2
        self.is_log = low > 0 and high >= 10 * low and is_geometric
