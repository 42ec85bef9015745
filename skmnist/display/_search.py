"""The results of a search over parameters: scores and fit times of candidates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_consistent_length, column_or_1d

from skmnist.display._axes import (
    LEAST_POINTS,
    axes_or_new,
    fix_ticks,
    font_points,
    keep_within_unit,
    root_figure,
    size_in_points,
    slant_long_labels,
    style_for,
    text_width,
    usual_size,
)
from skmnist.display._color_bar import draw_color_bar
from skmnist.display._colors import readable_on
from skmnist.display._panels import PANELS_IN_A_ROW, draw_legend, draw_panels, draw_star
from skmnist.display._scale import Scale
from skmnist.display._search_results import (
    fit_times,
    fold_scores,
    iteration_names,
    metric_of,
    results_of,
    varying_values,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

MAP_SIZE = (6.4, 4.8)  # inches, for letters of 10 points
# A cell without a score: gray on light and on dark backgrounds.
NOTHING = (0.5, 0.5, 0.5, 0.25)
# First fits were slow if the mean is higher than the usual time by this part of it, and
# by so many seconds.
MUCH_LONGER, LONGER = 0.2, 0.05
MOST_OF_SLOW_FITS = 2  # times as high as the longest usual time, at most


class _Curve(NamedTuple):
    """A line, and the candidates on it: one for each value of a parameter."""

    rows: NDArray[np.integer]
    line: Any


class SearchDisplay:
    """The scores of a search's candidates against the parameters searched.

    For one parameter there are two panels: the test score, each fold as a faint dot and
    the mean as a line, and the fit time. For two there is a heat map of the mean test
    score. For three and more, or two whose values were drawn at random, each parameter
    has a panel of the scores: the best over the other parameters. The best candidate is
    marked.

    The first fits of a search take longer: they start TensorFlow, and compile. The fit
    time shown is that of the other folds, and a pale column leads up to the mean. As a
    search keeps only the mean and the standard deviation over the folds, this time is
    computed as if as many folds had been slow as the search has jobs.

    Of a halving search, each number of samples has a line of its own, in panels for two
    parameters too: scores and times of different numbers of samples are not comparable.

    Up to eight numbers stand side by side, in ascending order; more of them have a
    linear or a logarithmic axis. Other values are categories, in the order searched. Of
    dicts and of objects of one class, only what differs is written.

    Parameters
    ----------
    param_values : mapping of str to sequence of length n_candidates
        The values of the parameters to show, by name. With two, the first is the
        horizontal axis. Of candidates with the same values, the best is shown: that of
        `best_index`, or else that of the last iteration with the highest mean score.
    fold_scores : array-like of shape (n_candidates, n_folds)
        The test score of each fold; NaN where there is none.
    fit_times : array-like of shape (n_candidates,), default=None
        The time of a fit, in seconds.
    mean_fit_times : array-like of shape (n_candidates,), default=None
        The mean over the folds, where `fit_times` leaves out what first fits took
        longer, such as to compile. A pale column is drawn up to a mean that is higher
        by more than a fifth. None means that `fit_times` leaves out nothing.
    best_index : int, default=None
        The number of the best candidate. None marks none.
    score_name : str, default="score"
        The name of the score.
    iterations : array-like of shape (n_candidates,), default=None
        The iteration of a halving search in which each candidate was tested. None means
        the same for all.
    iteration_names : mapping of int to str, default=None
        What the fits of each iteration have in common, such as "500 samples".
        Iterations of the same name share a line. None means "iteration 0",
        "iteration 1", …

    Attributes
    ----------
    mean_scores : ndarray of shape (n_candidates,), dtype=float64
        The mean over the folds; NaN where one of them is.
    axes_ : ndarray of shape (n_panels,), dtype=object
        The matplotlib Axes of the panels, or that of the heat map. Set by :meth:`plot`,
        as are the following.
    lines_ : list of length n_panels
        The matplotlib Line2D of the means, one for each of `axes_`; of a halving
        search, one for each number of samples in each of `axes_`. Empty for a heat map.
    image_ : matplotlib AxesImage or None
        The heat map; it has a colour bar if its cells are too small for numbers. None
        for panels.
    best_ : list
        The marks of the best candidate: a Line2D in each of `axes_`, a Rectangle in a
        heat map.
    legend_ : matplotlib Legend or None
        The legend of all panels, above them. None for a heat map.
    figure_ : matplotlib Figure
        The figure.

    Raises
    ------
    ValueError
        If lengths differ, or if times are given of each fold.

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
        mean_fit_times: ArrayLike | None = None,
        best_index: int | None = None,
        score_name: str = "score",
        iterations: ArrayLike | None = None,
        iteration_names: Mapping[int, str] | None = None,
    ) -> None:
        self.param_values: dict[str, list[Any]] = {}
        for name, values in param_values.items():
            self.param_values[name] = list(values)

        self.fold_scores = np.array(fold_scores, dtype=np.float64, ndmin=2)
        self.mean_scores: NDArray[np.float64] = self.fold_scores.mean(axis=1)
        self.fit_times = _as_seconds(fit_times)
        self.mean_fit_times = _as_seconds(mean_fit_times)

        if iterations is None:
            iterations = np.zeros(len(self.mean_scores), dtype=int)
        self.iterations = np.asarray(iterations)
        self.iteration_names = dict(iteration_names or {})
        if best_index is not None and np.isnan(self.mean_scores[best_index]):
            best_index = None
        self.best_index = best_index
        self.score_name = score_name

        check_consistent_length(
            self.fold_scores,
            self.fit_times,
            self.mean_fit_times,
            self.iterations,
            *self.param_values.values(),
        )

    def __repr__(self) -> str:
        names = ", ".join(self.param_values)
        text = f"{names}: {len(self.mean_scores)} candidates"
        if self.best_index is not None:
            best = self.mean_scores[self.best_index]
            text += f", best {self.score_name} {best:.3f}"
        return f"{type(self).__name__}({text})"

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
            The axes whose place the panels take, or in which the heat map is drawn.
            None makes a new figure.
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

        scales = [Scale(name, values) for name, values in self.param_values.items()]
        if len(scales) == 2 and self._fill_a_map(*scales):
            self._draw_map(ax, figsize, cmap, *scales)
        else:
            self._draw_panels(ax, figsize, scales)
        self.figure_ = root_figure(self.axes_[0])
        return self

    def _groups(self) -> dict[str, NDArray[np.integer]]:
        """Return the candidates that can be compared, by the name of iterations."""
        groups: dict[str, list[int]] = {}
        for row in np.argsort(self.iterations, kind="stable"):
            iteration = self.iterations[row].item()
            name = self.iteration_names.get(iteration, f"iteration {iteration}")
            groups.setdefault(name, []).append(row)
        return {name: np.array(rows) for name, rows in groups.items()}

    def _best_of_each(
        self,
        rows: NDArray[np.integer],
        *scales: Scale,
    ) -> NDArray[np.integer]:
        """Return one of the candidates in `rows` for each value, or pair of values.

        It is the best of all, or the one tested last with the highest score.
        """
        scores = np.nan_to_num(self.mean_scores[rows], nan=-np.inf)
        is_best = rows == self.best_index
        order = np.lexsort((-rows, scores, self.iterations[rows], is_best))
        ranked = rows[order[::-1]]
        cells = np.column_stack([scale.cells[ranked] for scale in scales])
        _, first = np.unique(cells, axis=0, return_index=True)
        return ranked[first]

    def _fill_a_map(self, across: Scale, down: Scale) -> bool:
        """Whether a heat map would be comparable scores, and not mostly empty."""
        groups = list(self._groups().values())
        if len(groups) > 1:
            return False
        n_cells = len(across.labels) * len(down.labels)
        return 3 * len(self._best_of_each(groups[0], across, down)) > n_cells

    def _draw_panels(self, ax: Any, figsize: Any, scales: list[Scale]) -> None:
        is_alone = len(scales) == 1
        has_times = is_alone and self.fit_times is not None
        n_panels = len(scales) + has_times
        with draw_panels(ax, n_panels, figsize, sharey=not is_alone) as panels:
            self.axes_ = panels.axes
            for panel, scale in zip(panels.axes, scales, strict=False):
                self._draw_scores(panel, scale)
            keep_within_unit(panels.axes[0])
            for panel in panels.axes[::PANELS_IN_A_ROW]:
                panel.set_ylabel(f"test {self.score_name}")
            if has_times:
                self._draw_times(panels.axes[1], scales[0])
            self.legend_ = draw_legend(panels)

            # Once the legend has taken its room.
            named = []
            for panel, scale in zip(panels.axes, scales * 2, strict=False):
                if scale.is_log:
                    scale.fit_ticks(panel)
                if not scale.has_axis:
                    named.append(panel)
            slant_long_labels(named)

    def _draw_scores(self, panel: Axes, scale: Scale) -> None:
        curves = self._draw_curves(panel, scale, self.mean_scores)
        if self.fold_scores.shape[1] > 1:
            for curve in curves:
                self._draw_folds(panel, scale, curve)
        self._draw_best(panel, scale, self.mean_scores)

    def _draw_times(self, panel: Axes, scale: Scale) -> None:
        # The time until a fit failed is not that of a fit.
        failed = np.isnan(self.mean_scores)
        times = np.where(failed, np.nan, self.fit_times)
        curves = self._draw_curves(panel, scale, times)
        longest = float(np.nanmax(times, initial=0))
        if self.mean_fit_times is None:
            panel.set_ylabel("mean fit time (s)")
        else:
            panel.set_ylabel("usual fit time (s)")
            highest = self._draw_slow_fits(panel, scale, times, curves)
            # Their columns may end beyond the panel: usual times should be readable.
            longest = max(longest, min(highest, MOST_OF_SLOW_FITS * longest))
        self._draw_best(panel, scale, times)

        # From 0, so that twice as long looks twice as high.
        top = 1.08 * longest if longest > 0 else 1.0
        panel.set_ylim(0, top)

    def _draw_slow_fits(
        self,
        panel: Axes,
        scale: Scale,
        usual: NDArray[np.floating],
        curves: list[_Curve],
    ) -> float:
        """Draw columns from usual times up to means, and return the highest mean."""
        means = self.mean_fit_times
        is_slow = means - usual > np.maximum(MUCH_LONGER * usual, LONGER)
        highest = float(np.max(means, where=is_slow, initial=0))

        for curve in curves:
            rows = curve.rows[is_slow[curve.rows]]
            if not len(rows):
                continue
            panel.vlines(
                scale.places[rows],
                usual[rows],
                means[rows],
                color=curve.line.get_color(),
                alpha=0.4,
                linewidth=curve.line.get_markersize(),
                zorder=1.5,  # below lines, above the grid
                label=f"mean with slow first fits, up to {highest:.2g} s",
            )
        return highest

    def _draw_curves(
        self,
        panel: Axes,
        scale: Scale,
        numbers: NDArray[np.floating],
    ) -> list[_Curve]:
        """Draw a number of each candidate: a line, or one for each iteration."""
        groups = self._groups()
        curves = []
        for name, candidates in groups.items():
            rows = self._best_of_each(candidates, scale)
            if len(groups) > 1:
                label = name
            elif len(self.param_values) == 1:
                label = "mean"
            else:
                label = "mean, the best over the others"
            # Nothing is between categories, and only noise between random values.
            is_grid = len(self.param_values) == 1 or 2 * len(rows) <= len(candidates)
            style = "o-" if scale.is_numeric and is_grid else "o"
            (line,) = panel.plot(scale.places[rows], numbers[rows], style, label=label)
            curves.append(_Curve(rows, line))

        self.lines_ += [curve.line for curve in curves]
        panel.grid(alpha=0.3)
        scale.label_axis(panel)
        return curves

    def _draw_folds(self, panel: Axes, scale: Scale, curve: _Curve) -> None:
        n_folds = self.fold_scores.shape[1]
        places = np.repeat(scale.places[curve.rows], n_folds)

        panel.plot(
            places,
            self.fold_scores[curve.rows].ravel(),
            ".",
            color=curve.line.get_color(),
            alpha=0.5,
            markeredgewidth=0,
            markersize=1.3 * curve.line.get_markersize(),
            clip_on=False,
            label=f"each of {n_folds} folds",
        )

    def _draw_best(
        self,
        panel: Axes,
        scale: Scale,
        numbers: NDArray[np.floating],
    ) -> None:
        best = self.best_index
        if best is None:
            return

        label = f"best: {self.mean_scores[best]:#.3g}"
        value = scale.labels[scale.cells[best]]
        is_short = "\n" not in value
        if len(self.param_values) == 1 and is_short:
            label += f" with {value}"

        star = draw_star(panel, scale.places[best], numbers[best], label=label)
        self.best_.append(star)

    def _draw_map(
        self,
        ax: Any,
        figsize: Any,
        cmap: Any,
        across: Scale,
        down: Scale,
    ) -> None:
        candidates = np.arange(len(self.mean_scores))
        rows = self._best_of_each(candidates, across, down)
        grid = np.full((len(down.labels), len(across.labels)), np.nan)
        grid[down.cells[rows], across.cells[rows]] = self.mean_scores[rows]

        ax = axes_or_new(ax, figsize)
        self.axes_ = np.array([ax], dtype=object)
        # Numbers grow upwards; a list is read from the top.
        origin = "lower" if down.is_numeric else "upper"
        self.image_ = ax.imshow(grid, cmap=cmap, origin=origin, aspect="auto")
        ax.set_facecolor(NOTHING)
        ax.grid(visible=False)
        ax.spines[:].set_visible(False)

        with style_for(ax, usual_size(*MAP_SIZE)):
            fix_ticks(ax)
            ax.tick_params(length=0)
            ax.set_title(
                f"Mean test {self.score_name}",
                fontsize=font_points("axes.titlesize"),
            )
            points = font_points("axes.labelsize")
            ax.set_xlabel(across.name, fontsize=points)
            ax.set_ylabel(down.name, fontsize=points)
            _label_cells(ax, across, down)
            self._write_scores(rows, across, down)
        if self.best_index is not None:
            self._frame_best(self.best_index, across, down)

    def _write_scores(
        self,
        rows: NDArray[np.integer],
        across: Scale,
        down: Scale,
    ) -> None:
        """Write the score into each cell, or draw a colour bar if cells are small."""
        (ax,) = self.axes_
        captions = {}
        for row in rows:
            score = self.mean_scores[row]
            captions[row] = "NaN" if np.isnan(score) else f"{score:#.3g}"

        n_cells = (len(across.labels), len(down.labels))
        width, height = size_in_points(ax) / n_cells
        fitting = min(0.85 * width / text_width(captions.values()), 0.7 * height)
        points = min(font_points("xtick.labelsize"), fitting)
        if points < LEAST_POINTS:
            draw_color_bar(ax, self.image_, "right", label=self.score_name)
            return

        for row, caption in captions.items():
            score = self.mean_scores[row]
            color = None if np.isnan(score) else readable_on(self.image_, score)
            ax.text(
                across.cells[row],
                down.cells[row],
                caption,
                ha="center",
                va="center",
                fontsize=points,
                color=color,
            )

    def _frame_best(self, best: int, across: Scale, down: Scale) -> None:
        from matplotlib.patches import Rectangle

        x, y = across.cells[best], down.cells[best]
        frame = Rectangle(
            # Inside the cell, whose colour is known.
            (x - 0.46, y - 0.46),
            0.92,
            0.92,
            fill=False,
            edgecolor=readable_on(self.image_, self.mean_scores[best]),
            linewidth=2,
        )
        self.best_.append(self.axes_[0].add_patch(frame))

    @classmethod
    def from_estimator(
        cls,
        search: Any,
        *,
        metric: str | None = None,
        **plot_options: Any,
    ) -> SearchDisplay:
        """Show the results of a fitted search.

        Parameters
        ----------
        search : estimator instance
            A fitted GridSearchCV, RandomizedSearchCV, HalvingGridSearchCV or
            HalvingRandomSearchCV, or a Pipeline that ends with one. Fit times of
            several jobs need its `n_jobs`, or the same ``joblib.parallel_config``
            as its fit.
        metric : str, default=None
            Which metric to show of a search with several. None shows the one that has
            chosen the best candidate, which is marked for all metrics.
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
        >>> tree = DecisionTreeClassifier(random_state=0)
        >>> search = GridSearchCV(tree, grid, cv=2).fit(X, y)
        >>> SearchDisplay.from_estimator(search).image_.get_array().shape
        (2, 3)
        """
        while isinstance(search, Pipeline):
            search = search.steps[-1][1]
        results = results_of(search)
        metric, score_name = metric_of(search, metric)
        times = fit_times(search)

        display = cls(
            varying_values(results["params"]),
            fold_scores(results, metric),
            fit_times=times.usual,
            mean_fit_times=times.mean,
            best_index=getattr(search, "best_index_", None),
            score_name=score_name,
            iterations=results.get("iter"),
            iteration_names=iteration_names(search),
        )
        return display.plot(**plot_options)


def _label_cells(ax: Axes, across: Scale, down: Scale) -> None:
    """Label the columns and rows of a heat map, or some of them, if they are many."""
    ax.set_xticks(range(len(across.labels)), across.labels)
    ax.set_yticks(range(len(down.labels)), down.labels)
    width, height = size_in_points(ax)
    n_across = width / (1.7 * font_points("xtick.labelsize"))
    n_down = height / (1.2 * font_points("ytick.labelsize"))

    every = math.ceil(len(across.labels) / max(n_across, 1))
    ax.set_xticks(range(len(across.labels))[::every], across.labels[::every])
    every = math.ceil(len(down.labels) / max(n_down, 1))
    ax.set_yticks(range(len(down.labels))[::every], down.labels[::every])
    slant_long_labels([ax])


def _as_seconds(times: Any) -> Any:
    if times is None:
        return None
    return column_or_1d(times, dtype=np.float64)
