"""The results of a search over parameters: the score of each candidate, and its fit time."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array, check_scalar
from sklearn.utils.validation import check_consistent_length

from skmnist.display._drawing import (
    axes_or_new,
    divide,
    draw_legend,
    keep_within_unit,
    number_text,
    readable_on,
    red_on,
    size_in_points,
    text_size,
)
from skmnist.display._search_results import Scale, best_of_each, read_search

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.image import AxesImage
    from matplotlib.legend import Legend

CELL_POINTS, LEAST_POINTS = 10.0, 4.5
NOTHING = (0.5, 0.5, 0.5, 0.25)  # a cell without a score: gray on light and on dark backgrounds


class SearchDisplay:
    """The scores of a search's candidates against the parameters searched.

    For one parameter there are two panels: the test score, each fold as a faint dot and the mean
    as a line, and the fit time. For two there is a heat map of the mean test score. For three and
    more, or two whose values were drawn at random, each parameter has a panel of the scores: the
    best over the other parameters. The best candidate is marked, and a candidate without a score,
    because a fit of it failed, is marked as such.

    Up to eight numbers stand side by side, in ascending order; more of them have a linear or a
    logarithmic axis. Other values are categories, in the order searched.

    It is recommended to use :meth:`from_estimator`. The parameters are attributes too, by the same
    names.

    Parameters
    ----------
    param_values : mapping of str to sequence of length n_candidates
        The values of the parameters to show, by name. With two, the first is the horizontal axis.
        Of candidates with the same values, the best is shown: that of the last iteration with
        the highest mean score, or that of `best_index`.
    fold_scores : array-like of shape (n_candidates, n_folds)
        The test score of each fold; NaN where there is none.
    fit_times : array-like of shape (n_candidates,) or (n_candidates, n_folds), default=None
        The mean time of a fit, or the time of each, in seconds. Of the latter the median is drawn,
        which a first fit that compiles does not change, and a dot for each fold.
    best_index : int, default=None
        The number of the best candidate. None marks none.
    score_name : str, default="score"
        The name of the score.
    best_over : sequence of str, default=()
        The names of parameters that vary too, but are not shown.
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
    lines_ : ndarray of shape (n_panels,), dtype=object
        The matplotlib Line2D of the means, one for each of `axes_`. Empty for a heat map.
    image_ : matplotlib AxesImage or None
        The heat map. None for panels.
    texts_ : ndarray of shape (n_candidates,), dtype=object
        The matplotlib Text of each candidate in the heat map. Empty for panels, and where the
        cells are too small: they have a colour bar then.
    best_ : ndarray, dtype=object
        The marks of the best candidate: a Line2D in each of `axes_`, a Rectangle in a heat map.
        Empty where none is marked.
    legend_ : matplotlib Legend or None
        The legend of all panels, above them. None for a heat map.
    ax_ : matplotlib Axes
        The invisible axes around the panels; for two parameters, the axes of the heat map.
    figure_ : matplotlib Figure
        The figure.

    Raises
    ------
    ValueError
        If there are no candidates or no parameters, if lengths differ, or if `best_index` is not
        the number of a candidate.

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
        best_over: Sequence[str] = (),
        iterations: ArrayLike | None = None,
    ) -> None:
        if not isinstance(param_values, Mapping) or not param_values:
            raise ValueError(
                "param_values must be a mapping of one or more names to the values of the "
                f"candidates, got {param_values!r}."
            )
        self.param_values = {name: list(values) for name, values in param_values.items()}
        self.fold_scores = _check_numbers(fold_scores, "fold_scores")
        self.mean_scores: NDArray[np.float64] = self.fold_scores.mean(axis=1)
        n_candidates = len(self.mean_scores)
        self.iterations: NDArray[np.integer] = np.zeros(n_candidates, dtype=int)
        if iterations is not None:
            self.iterations = np.asarray(iterations)
        self.fit_times: NDArray[np.float64] | None = None
        if fit_times is not None:
            columns = fit_times if np.ndim(fit_times) == 2 else np.reshape(fit_times, (-1, 1))
            self.fit_times = _check_numbers(columns, "fit_times")
        self.best_index = best_index
        if best_index is not None:
            check_scalar(best_index, "best_index", Integral, min_val=0, max_val=n_candidates - 1)
        self.score_name = score_name
        self.best_over = list(best_over)
        values = self.param_values.values()
        check_consistent_length(self.fold_scores, self.fit_times, self.iterations, *values)

    def __repr__(self) -> str:
        best = self._best_with_score
        text = "" if best is None else f", best {self.score_name} {self.mean_scores[best]:.3f}"
        names = ", ".join(self.param_values)
        return f"{type(self).__name__}({names}: {len(self.mean_scores)} candidates{text})"

    @property
    def _best_with_score(self) -> int | None:
        best = self.best_index
        return None if best is None or np.isnan(self.mean_scores[best]) else best

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
            This display, with `axes_`, `lines_`, `image_`, `texts_`, `best_`, `legend_`, `ax_`
            and `figure_` set.

        Raises
        ------
        ValueError
            If `ax` is not an Axes or, for panels, not part of a grid.
        """
        self.image_: AxesImage | None = None
        self.legend_: Legend | None = None
        self.lines_ = self.texts_ = self.best_ = np.array([], dtype=object)
        names = list(self.param_values)
        scales = [Scale(values) for values in self.param_values.values()]
        n_filled = len(set(zip(*(scale.cells for scale in scales), strict=True)))
        if len(scales) == 2 and 3 * n_filled > math.prod(len(scale.labels) for scale in scales):
            self._draw_map(ax, figsize, names, scales, cmap)
        else:
            times = None if len(names) > 1 else self.fit_times
            self.ax_, panels, legend_ax = divide(ax, len(names) + (times is not None), figsize)
            self.axes_ = np.array(panels, dtype=object)
            middle = "mean" if self.fold_scores.shape[1] > 1 else "the only fold"
            middle += ", the best over the others" * (len(names) > 1)
            for panel, name, scale in zip(panels, names, scales, strict=False):
                if panel is not panels[0]:
                    panel.sharey(panels[0])
                self._draw_curve(panel, name, scale, self.fold_scores, self.mean_scores, middle)
            keep_within_unit(panels[0], self.fold_scores)
            for panel in panels[::3]:
                panel.set_ylabel(f"test {self.score_name}")
            if times is not None:
                # The time until a fit failed is not that of a fit.
                times = np.where(np.isnan(self.mean_scores)[:, np.newaxis], np.nan, times)
                medians = np.median(times, axis=1)
                self._draw_curve(panels[1], names[0], scales[0], times, medians, middle)
                # From 0, so that twice as long looks twice as high.
                panels[1].set_ylim(0, 1.08 * (np.nanmax(times, initial=0) or 1))
                what = "mean" if times.shape[1] == 1 else "median"
                panels[1].set_ylabel(f"{what} fit time (s)")
            self.legend_ = draw_legend(legend_ax, panels)
        self.figure_: Figure | SubFigure = self.ax_.figure
        return self

    def _draw_curve(
        self, panel: Axes, name: str, scale: Scale, folds: Any, middle: Any, label: str
    ) -> None:
        """Draw numbers for each fold, their middle and that of the best candidate."""
        best = self._best_with_score
        rows = best_of_each([self.param_values[name]], self.mean_scores, self.iterations, best)
        rows = rows[np.argsort(scale.places[rows])]
        places, n_folds = scale.places[rows], folds.shape[1]
        # Nothing is between categories, and only noise between values drawn at random.
        is_grid = len(self.param_values) == 1 or 2 * len(rows) <= len(folds)
        style = "o-" if scale.is_numeric and is_grid else "o"
        if scale.is_log:
            panel.set_xscale("log")
        (line,) = panel.plot(places, middle[rows], style, label=label)
        if n_folds > 1:
            dots: dict[str, Any] = {"color": line.get_color(), "alpha": 0.5, "markeredgewidth": 0}
            dots |= {"markersize": 8, "clip_on": False, "label": f"each of {n_folds} folds"}
            panel.plot(np.repeat(places, n_folds), folds[rows].ravel(), ".", **dots)
        self.lines_ = np.array([*self.lines_, line], dtype=object)
        if best is not None:
            star: dict[str, Any] = {"markersize": 13, "clip_on": False, "zorder": 3}
            star["label"] = f"best: {number_text(self.mean_scores[best])}"
            if len(self.param_values) == 1:
                star["label"] += f" with {scale.labels[scale.cells[best]]}"
            marks = panel.plot(scale.places[best], middle[best], "*", **star)
            self.best_ = np.array([*self.best_, *marks], dtype=object)
        missing = places[np.isnan(middle[rows])]
        if len(missing):
            # At the bottom: it has no place among the scores.
            cross: Any = {"color": red_on(panel), "transform": panel.get_xaxis_transform()}
            panel.plot(missing, np.full(len(missing), 0.04), "x", label="no score (NaN)", **cross)
        panel.grid(alpha=0.3)
        panel.set_xlabel(self._label(name))
        if not scale.has_axis:
            panel.set_xlim(-0.5, len(scale.labels) - 0.5)
            _name_columns(panel, scale.labels)

    def _label(self, name: str) -> str:
        over = f"(best over {', '.join(self.best_over)})" * bool(self.best_over)
        return "\n".join([name, *textwrap.wrap(over, 40)])

    def _draw_map(
        self, ax: Any, figsize: Any, names: list[str], scales: list[Scale], cmap: Any
    ) -> None:
        from matplotlib.patches import Rectangle

        best = self._best_with_score
        values = list(self.param_values.values())
        rows = best_of_each(values, self.mean_scores, self.iterations, best)
        across, down = scales
        n_columns, n_rows = len(across.labels), len(down.labels)
        size = 1.2 + 0.09 * max(map(len, down.labels)) + 0.85 * n_columns, 1.4 + 0.5 * n_rows
        ax = axes_or_new(ax, figsize or tuple(np.clip(size, (4.5, 3), (14, 10))))
        grid = np.full((n_rows, n_columns), np.nan)
        grid[down.cells[rows], across.cells[rows]] = self.mean_scores[rows]
        # Numbers grow upwards; a list is read from the top.
        origin = "lower" if down.is_numeric else "upper"
        image = ax.imshow(grid, cmap=cmap, origin=origin, aspect="auto", interpolation="nearest")
        ax.set(title=f"Mean test {self.score_name}", facecolor=NOTHING)
        ax.set(xlabel=self._label(names[0]), ylabel=names[1])
        ax.set_yticks(range(n_rows), down.labels)
        _name_columns(ax, across.labels)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        captions = [
            "NaN" if np.isnan(score) else "★ " * (row == best) + number_text(score)
            for row, score in enumerate(self.mean_scores)
        ]
        cell = size_in_points(ax) / (n_columns, n_rows)
        room = 0.85 * cell / text_size(ax, captions, CELL_POINTS)
        points = CELL_POINTS * min(1, *room)
        if points < LEAST_POINTS:
            ax.figure.colorbar(image, ax=ax, label=self.score_name)
            rows = rows[:0]
        texts = []
        for row in rows:
            place, score = (across.cells[row], down.cells[row]), self.mean_scores[row]
            texts.append(ax.text(*place, captions[row], ha="center", va="center", fontsize=points))
            if not np.isnan(score):
                texts[-1].set_color(readable_on(image, score))
        if best is not None:
            # Inside the cell, whose colour is known.
            corner = (across.cells[best] - 0.46, down.cells[best] - 0.46)
            frame: Any = {"edgecolor": readable_on(image, self.mean_scores[best]), "linewidth": 2}
            mark = ax.add_patch(Rectangle(corner, 0.92, 0.92, fill=False, **frame))
            self.best_ = np.array([mark], dtype=object)
        self.ax_, self.image_, self.axes_ = ax, image, np.array([ax], dtype=object)
        self.texts_ = np.array(texts, dtype=object)

    @classmethod
    def from_estimator(
        cls,
        search: Any,
        *,
        param: str | Sequence[str] | None = None,
        metric: str | None = None,
        ax: Axes | None = None,
        **plot_options: Any,
    ) -> SearchDisplay:
        """Show the results of a fitted search.

        Parameters
        ----------
        search : estimator instance
            A fitted GridSearchCV, RandomizedSearchCV, HalvingGridSearchCV or
            HalvingRandomSearchCV, or a Pipeline that ends with one. Of a halving search, each
            candidate's last iteration is shown.
        param : str or sequence of str, default=None
            The parameters to show, with or without the names of the steps that they belong to:
            "hidden_units" for "mlp__hidden_units". None shows all that vary. Over others that vary
            too, the best candidate is shown, and the label names them.
        metric : str, default=None
            Which metric to show of a search with several. None shows the one that has chosen the
            best candidate. Of any other, the highest mean is marked.
        ax : matplotlib Axes, default=None
            The axes whose place the panels take, or in which the heat map is drawn. None makes a
            new figure.
        **plot_options
            `cmap` and `figsize`, for :meth:`plot`.

        Returns
        -------
        display : SearchDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If `search` is not a search, if `param` or `metric` is not one of the search's, or if
            `metric` is None and none of several has chosen the best candidate. Also in the cases
            of :meth:`plot`.
        sklearn.exceptions.NotFittedError
            If `search` is not fitted.

        Notes
        -----
        ``cv_results_`` holds the mean of the fit times, not that of each fold. Where a first fit
        compiles a program that the others share, the mean is longer than the time of most.

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
        >>> display = SearchDisplay.from_estimator(search, param="max_depth")
        >>> display.axes_[0].get_xlabel()
        'max_depth\\n(best over criterion)'
        """
        return cls(**read_search(search, param, metric)).plot(ax, **plot_options)


def _check_numbers(numbers: ArrayLike, name: str) -> NDArray[np.float64]:
    return check_array(numbers, dtype=np.float64, ensure_all_finite=False, input_name=name)


def _name_columns(ax: Axes, labels: list[str]) -> None:
    """Write values below their places, slanted where they are too long."""
    ax.set_xticks(range(len(labels)), labels)
    points: Any = ax.get_xticklabels()[0].get_fontsize()
    room = size_in_points(ax)[0] / len(labels)
    if text_size(ax, labels, points)[0] > room:
        slant, va = (30, "top") if room > 2 * points else (90, "center")
        slanted: Any = {"rotation": slant, "ha": "right", "va": va, "rotation_mode": "anchor"}
        ax.set_xticks(range(len(labels)), labels, **slanted)
