"""What a search over parameters has found: the score of each candidate, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array, column_or_1d

from skmnist.display._panels import divide
from skmnist.display._scale import Scale
from skmnist.display._search_looks import (
    add_legend,
    fitting_points,
    line_style,
    map_size,
    readable_on,
    score_text,
)
from skmnist.display._search_results import MOST_PARAMS, SearchResults

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.image import AxesImage
    from matplotlib.text import Text

SPARSE = 1 / 3  # a heat map of two numbers with fewer of its cells filled would be mostly holes
LEGEND_ROOM = 0.4  # of the height: a curve leaves a corner free for the legend, categories may not
LEAST_POINTS = 4.5
NOTHING = (0.5, 0.5, 0.5, 0.25)  # a cell without a score: gray on light and on dark backgrounds


class SearchDisplay:
    """The scores of a search's candidates against one or two of the parameters searched.

    For one parameter there are two panels: the test score, each fold as a faint dot and the mean
    as a line, and the time that a fit takes. For two there is a heat map of the mean test score,
    with the values in its cells; two numbers that were drawn at random, and so make no grid, are
    points with the score as their colour. The best candidate is marked, and a candidate without
    a score, because a fit of it failed, is shown as such and not as a low one.

    Numbers that span a factor of ten or more lie on a logarithmic axis, unless they are evenly
    spaced; what is no number is a category, in the order searched.

    It is recommended to use :meth:`from_estimator`.

    Parameters
    ----------
    param_values : mapping of str to sequence of length n_candidates
        The values of the one or two parameters to show, by name. With two, the first is the
        horizontal axis. No two candidates have the same values.
    fold_scores : array-like of shape (n_candidates, n_folds)
        The test score of each fold; NaN where there is none.
    fit_times : array-like of shape (n_candidates,), default=None
        The mean time of a fit, in seconds.
    fit_time_spreads : array-like of shape (n_candidates,), default=None
        Its standard deviation over the folds.
    best_index : int, default=None
        Which candidate is the best. None marks none.
    score_name : str, default="score"
        What the score is called.
    best_over : sequence of str, default=()
        The names of parameters that vary too, and over which each candidate is the best.

    Attributes
    ----------
    mean_scores : ndarray of shape (n_candidates,), dtype=float64
        The mean over the folds; NaN where one of them is.
    axes_ : ndarray of shape (n_panels,), dtype=object
        The matplotlib Axes of the score and, if known, of the fit time; that of the heat map
        alone for two parameters. Set by :meth:`plot`, as are the following.
    lines_ : ndarray of shape (n_panels,), dtype=object
        The matplotlib Line2D of the means, one for each of `axes_`. Empty for two parameters.
    image_ : matplotlib AxesImage, PathCollection or None
        The heat map, or the points. None for one parameter.
    texts_ : ndarray of shape (n_cells,), dtype=object
        The matplotlib Text of each candidate in the heat map.
    best_ : ndarray, dtype=object
        What marks the best candidate: a Line2D in each of `axes_`, a Rectangle in a heat map.
        Empty where none is marked.
    ax_ : matplotlib Axes
        The invisible axes around the panels; for two parameters, the axes of the heat map.
    figure_ : matplotlib Figure
        The figure.

    Raises
    ------
    ValueError
        If there are no candidates, or not one or two parameters, if lengths differ, if two
        candidates have the same values, or if `best_index` is none of them.

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
    >>> [ax.get_title() for ax in display.plot().axes_]
    ['Test accuracy', 'Fit time']
    >>> [text.get_text() for text in display.axes_[0].get_legend().get_texts()]
    ['each of 2 folds', 'their mean', 'best: 0.930 with 64']
    """

    def __init__(
        self,
        param_values: Mapping[str, Sequence[Any]],
        fold_scores: ArrayLike,
        *,
        fit_times: ArrayLike | None = None,
        fit_time_spreads: ArrayLike | None = None,
        best_index: int | None = None,
        score_name: str = "score",
        best_over: Sequence[str] = (),
    ) -> None:
        self.param_values = {name: list(values) for name, values in param_values.items()}
        self.fold_scores: NDArray[np.float64] = check_array(
            fold_scores, dtype=np.float64, ensure_all_finite=False, input_name="fold_scores"
        )
        self.mean_scores: NDArray[np.float64] = self.fold_scores.mean(axis=1)
        self.fit_times = _checked_times(fit_times, "fit_times")
        self.fit_time_spreads = _checked_times(fit_time_spreads, "fit_time_spreads")
        self.best_index = best_index
        self.score_name = score_name
        self.best_over = list(best_over)
        self._check()
        self._scales = {name: Scale.of(values) for name, values in self.param_values.items()}
        cells = np.column_stack([scale.cells for scale in self._scales.values()])
        if len(np.unique(cells, axis=0)) < len(cells):
            raise ValueError(
                f"Two candidates have the same {' and '.join(self.param_values)}: give only the "
                "better of them."
            )

    def _check(self) -> None:
        if not 1 <= len(self.param_values) <= MOST_PARAMS:
            raise ValueError(
                f"param_values must have one or two parameters, got {len(self.param_values)}."
            )
        n_candidates = len(self.fold_scores)
        given = self.param_values | {
            name: getattr(self, name)
            for name in ("fit_times", "fit_time_spreads")
            if getattr(self, name) is not None
        }
        for name, values in given.items():
            if len(values) != n_candidates:
                raise ValueError(
                    f"{name} has {len(values)} values, but fold_scores has {n_candidates} rows: "
                    "which candidates they belong to cannot be told."
                )
        if self.best_index is not None and not 0 <= self.best_index < n_candidates:
            raise ValueError(
                f"best_index must be from 0 to {n_candidates - 1}, got {self.best_index!r}."
            )

    def plot(self, ax: Axes | None = None, *, cmap: str | Colormap | None = None) -> SearchDisplay:
        """Draw the scores.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            The axes whose place the panels take, or in which the heat map is drawn. None makes a
            new figure.
        cmap : str or matplotlib Colormap, default=None
            The colours of the heat map. None takes matplotlib's own.

        Returns
        -------
        display : SearchDisplay
            This display, with the attributes set that are named there.

        Raises
        ------
        ValueError
            If there is one parameter and `ax` has no place in a grid.
        """
        self.lines_ = self.texts_ = np.array([], dtype=object)
        self.image_: AxesImage | PathCollection | None = None
        self._marks: list[Artist] = []
        if len(self._scales) == 1:
            self._draw_lines(ax)
        else:
            self._draw_map(ax, cmap)
        self.figure_: Figure | SubFigure = self.ax_.figure
        self.best_ = np.array(self._marks, dtype=object)
        return self

    @property
    def _marked(self) -> int | None:
        """The best candidate, if it has a score."""
        best = self.best_index
        return None if best is None or np.isnan(self.mean_scores[best]) else best

    # One parameter

    def _draw_lines(self, ax: Axes | None) -> None:
        n_panels = 1 if self.fit_times is None else 2
        self.ax_, panels = divide(
            ax, n_panels, n_panels, figsize=(4.5 * n_panels, 3.8), spacing=(0.3, 0)
        )
        self.axes_ = np.array(panels, dtype=object)
        ((name, scale),) = self._scales.items()
        first = None if self._marked is None else scale.positions[self._marked]
        lines = []
        for panel, draw in zip(panels, (self._draw_scores, self._draw_times), strict=False):
            scale.stretch(panel, "x")
            lines.append(draw(panel))
            panel.set_xlim(panels[0].get_xlim())  # a candidate without a score has its place there
            scale.set_ticks(panel, "x", first=first)
            panel.set_xlabel(self._with_best_over(name))
            panel.grid(alpha=0.3)
            add_legend(panel)
        self.lines_ = np.array(lines, dtype=object)

    def _draw_scores(self, panel: Axes) -> Any:
        from matplotlib.colors import to_hex

        (scale,) = self._scales.values()
        # "C0" itself would take its colour from the style in force when the figure is shown.
        color = to_hex("C0")
        n_folds = self.fold_scores.shape[1]
        if n_folds > 1:
            panel.plot(
                np.repeat(scale.positions, n_folds),
                self.fold_scores.ravel(),
                ".",
                color=color,
                alpha=0.6,
                markersize=8,
                markeredgewidth=0,
                label=f"each of {n_folds} folds",
            )
        order = np.argsort(scale.positions)
        (line,) = panel.plot(
            scale.positions[order],
            self.mean_scores[order],
            line_style(scale),
            color=color,
            label="their mean" if n_folds > 1 else "the only fold",
        )
        missing = np.isnan(self.mean_scores)
        if missing.any():
            panel.plot(
                scale.positions[missing],
                np.full(missing.sum(), 0.04),  # of the height: it has no place among the scores
                "x",
                color=to_hex("C3"),
                transform=panel.get_xaxis_transform(),
                label="no score (NaN)",
            )
        panel.set(title=f"Test {self.score_name}", ylabel=self.score_name)
        if self._marked is not None:
            label = f"best: {score_text(self.mean_scores[self._marked])}"
            self._mark(panel, self.mean_scores, f"{label} with {scale.label_of(self._marked)}")
        if not scale.is_numeric:
            low, high = panel.get_ylim()
            panel.set_ylim(low - LEGEND_ROOM * (high - low), high)
        return line

    def _draw_times(self, panel: Axes) -> Any:
        from matplotlib.colors import to_hex

        (scale,) = self._scales.values()
        # How long it took to fail says nothing about a fit.
        assert self.fit_times is not None
        times = np.where(np.isnan(self.mean_scores), np.nan, self.fit_times)
        order = np.argsort(scale.positions)
        spreads = None if self.fit_time_spreads is None else self.fit_time_spreads[order]
        bars = panel.errorbar(
            scale.positions[order],
            times[order],
            spreads,
            fmt=line_style(scale),
            color=to_hex("C0"),
            capsize=3,
            label="mean" if spreads is None else "mean ± std",
        )
        panel.set(title="Fit time", ylabel="fit time (s)")
        if self._marked is not None:
            self._mark(panel, times, f"best: {score_text(times[self._marked])} s")
        tops = times if self.fit_time_spreads is None else times + self.fit_time_spreads
        highest = np.max(tops, initial=0, where=~np.isnan(tops))
        if highest > 0:
            # From 0, so that twice as long looks twice as high.
            panel.set_ylim(0, highest * (1.08 if scale.is_numeric else 1 + LEGEND_ROOM))
        return bars.lines[0]

    def _mark(self, panel: Axes, heights: NDArray[np.float64], label: str) -> None:
        from matplotlib.colors import to_hex

        (scale,) = self._scales.values()
        best = self._marked
        assert best is not None
        (star,) = panel.plot(
            scale.positions[best],
            heights[best],
            "*",
            color=to_hex("C1"),
            markersize=13,
            label=label,
            zorder=3,
        )
        self._marks.append(star)

    # Two parameters

    def _draw_map(self, ax: Axes | None, cmap: str | Colormap | None) -> None:
        across, down = self._scales.values()
        n_columns, n_rows = len(across.ticks), len(down.ticks)
        is_sparse = len(self.mean_scores) < SPARSE * n_columns * n_rows
        is_cloud = across.is_numeric and down.is_numeric and is_sparse
        if ax is None:
            import matplotlib.pyplot as plt

            size = (5.8, 4.4) if is_cloud else map_size(across, down)
            ax = plt.figure(figsize=size, layout="constrained").add_subplot()
        self.ax_ = ax
        self.axes_ = np.array([ax], dtype=object)
        if is_cloud:
            self._draw_cloud(ax, cmap)
        else:
            self._draw_cells(ax, cmap)
        name_across, name_down = self._scales
        ax.set(
            title=f"Mean test {self.score_name}",
            xlabel=self._with_best_over(name_across),
            ylabel=name_down,
        )

    def _draw_cells(self, ax: Axes, cmap: str | Colormap | None) -> None:
        from matplotlib.patches import Rectangle

        across, down = self._scales.values()
        grid = np.full((len(down.ticks), len(across.ticks)), np.nan)
        grid[down.cells, across.cells] = self.mean_scores
        # Numbers grow upwards; a list is read from the top.
        origin: Literal["lower", "upper"] = "lower" if down.is_numeric else "upper"
        image = ax.imshow(grid, cmap=cmap, origin=origin, aspect="auto", interpolation="nearest")
        self.image_ = image
        ax.set_facecolor(NOTHING)
        across.name_cells(ax, "x")
        down.name_cells(ax, "y")
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        captions = ["NaN" if np.isnan(s) else score_text(s) for s in self.mean_scores]
        best = self._marked
        if best is not None:
            captions[best] = f"★ {captions[best]}"
        points = fitting_points(captions, grid.shape, ax)
        if points < LEAST_POINTS:
            ax.figure.colorbar(image, ax=ax, label=self.score_name)
            captions = ["" for _ in captions]
        texts: list[Text] = []
        for candidate, caption in enumerate(captions):
            column, row = across.cells[candidate], down.cells[candidate]
            text = ax.text(column, row, caption, ha="center", va="center", fontsize=points)
            if not np.isnan(grid[row, column]):
                text.set_color(readable_on(image, grid[row, column]))
            texts.append(text)
        self.texts_ = np.array(texts, dtype=object)
        if best is not None:
            # Inside the cell, where its colour is known to stand out.
            corner = (across.cells[best] - 0.46, down.cells[best] - 0.46)
            color = readable_on(image, self.mean_scores[best])
            frame = Rectangle(corner, 0.92, 0.92, fill=False, edgecolor=color, linewidth=2)
            self._marks.append(ax.add_patch(frame))

    def _draw_cloud(self, ax: Axes, cmap: str | Colormap | None) -> None:
        from matplotlib.colors import to_hex

        across, down = self._scales.values()
        across.stretch(ax, "x")
        down.stretch(ax, "y")
        known = ~np.isnan(self.mean_scores)
        points = ax.scatter(
            across.positions[known],
            down.positions[known],
            s=45,
            c=self.mean_scores[known],
            cmap=cmap,
            edgecolors="0.5",  # the lowest score is almost black, and so may the background be
            linewidths=0.7,
        )
        self.image_ = points
        ax.figure.colorbar(points, ax=ax, label=self.score_name)
        if not known.all():
            ax.plot(
                across.positions[~known],
                down.positions[~known],
                "x",
                color=to_hex("C3"),
                label="no score (NaN)",
            )
        best = self._marked
        if best is not None:
            x, y = across.positions[best], down.positions[best]
            label = f"best: {score_text(self.mean_scores[best])}"
            (ring,) = ax.plot(
                x, y, "o", markersize=14, fillstyle="none", color=to_hex("C1"), label=label
            )
            ring.set_markeredgewidth(2)
            self._marks.append(ring)
        across.set_ticks(ax, "x")
        down.set_ticks(ax, "y")
        ax.grid(alpha=0.3)
        ax.set_axisbelow(True)
        add_legend(ax)

    def _with_best_over(self, name: str) -> str:
        return f"{name}\n(best over {', '.join(self.best_over)})" if self.best_over else name

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
        """Show what a fitted search has found.

        Parameters
        ----------
        search : estimator instance
            A fitted GridSearchCV, RandomizedSearchCV, HalvingGridSearchCV or
            HalvingRandomSearchCV, or a Pipeline that ends with one. Of a halving search, each
            candidate's last iteration is shown.
        param : str or sequence of one or two str, default=None
            The parameters to show, with or without the names of the steps that they belong to:
            "hidden_units" for "mlp__hidden_units". None shows those that vary, if they are one or
            two. Over others that vary too, the best candidate is shown, and the label says so.
        metric : str, default=None
            Which metric to show of a search with several. None shows the one that has chosen the
            best candidate. Of any other, the highest mean is marked.
        ax : matplotlib Axes, default=None
            The axes whose place the panels take, or in which the heat map is drawn. None makes a
            new figure.
        **plot_options
            `cmap`, for :meth:`plot`.

        Returns
        -------
        display : SearchDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If `search` is no search, if `param` is None and more than two parameters vary, or if
            `param` or `metric` is not one of the search's.
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
        >>> display = SearchDisplay.from_estimator(search, param="max_depth")
        >>> display.axes_[0].get_xlabel()
        'max_depth\\n(best over criterion)'
        """
        results = SearchResults.of(search, param, metric)
        return cls(**vars(results)).plot(ax, **plot_options)


def _checked_times(times: ArrayLike | None, name: str) -> NDArray[np.float64] | None:
    return None if times is None else column_or_1d(times, dtype=np.float64, input_name=name)
