"""What a search over parameters has found: the score of each candidate, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array

from skmnist.display._checks import checked_column, is_int
from skmnist.display._scale import Scale
from skmnist.display._search_lines import draw_lines
from skmnist.display._search_map import draw_map
from skmnist.display._search_results import MOST_PARAMS, SearchResults
from skmnist.display._text import wrapped

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.image import AxesImage
    from matplotlib.lines import Line2D
    from matplotlib.text import Text


class SearchDisplay:
    """The scores of a search's candidates against one or two of the parameters searched.

    For one parameter there are two panels: the test score, each fold as a faint dot and the mean
    as a line, and the time that a fit takes. For two there is a heat map of the mean test score,
    with the values in its cells; two numbers that were drawn at random, and so make no grid, are
    points with the score as their colour. The best candidate is marked, and a candidate without
    a score, because a fit of it failed, is shown as such and not as a low one.

    Numbers that span a factor of ten or more lie on a logarithmic axis, unless they are evenly
    spaced; what is no number is a category, in the order searched.

    It is recommended to use :meth:`from_estimator`. The parameters are attributes too, by the same
    names.

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
        if not isinstance(param_values, Mapping):
            raise ValueError(
                "param_values must be a mapping of names to the values of the candidates, got "
                f"{param_values!r}."
            )
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
        best = self.best_index
        if best is not None and not (is_int(best) and 0 <= best < n_candidates):
            raise ValueError(f"best_index must be from 0 to {n_candidates - 1}, got {best!r}.")

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
            This display, with `axes_`, `lines_`, `image_`, `texts_`, `best_`, `ax_` and `figure_`
            set.

        Raises
        ------
        ValueError
            If `ax` is no Axes or, for one parameter, has no place in a grid.
        """
        self.image_: AxesImage | PathCollection | None = None
        lines: list[Line2D] = []
        texts: list[Text] = []
        marks: Sequence[Artist]
        names, scales = list(self._scales), list(self._scales.values())
        best = self.best_index
        if best is not None and np.isnan(self.mean_scores[best]):
            best = None
        if len(scales) == 1:
            self.ax_, panels, lines, marks = draw_lines(
                ax,
                scales[0],
                self.fold_scores,
                fit_times=self.fit_times,
                fit_time_spreads=self.fit_time_spreads,
                best=best,
                score_name=self.score_name,
            )
        else:
            across, down = scales
            self.ax_, self.image_, texts, marks = draw_map(
                ax,
                across,
                down,
                self.mean_scores,
                best=best,
                score_name=self.score_name,
                cmap=cmap,
            )
            self.ax_.set_ylabel(names[1])
            panels = [self.ax_]
        for panel in panels:
            panel.set_xlabel(names[0])
            if self.best_over:
                over = wrapped(f"(best over {', '.join(self.best_over)})", panel)
                panel.set_xlabel(f"{names[0]}\n{over}")
        self.axes_ = np.array(panels, dtype=object)
        self.lines_ = np.array(lines, dtype=object)
        self.texts_ = np.array(texts, dtype=object)
        self.best_ = np.array(marks, dtype=object)
        self.figure_: Figure | SubFigure = self.ax_.figure
        return self

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
            If `search` is no search, if `param` is None and more than two parameters vary, if
            `param` or `metric` is not one of the search's, or if `metric` is None and none of
            several has chosen the best candidate. Also in the cases of :meth:`plot`.
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
    return None if times is None else checked_column(times, name, np.float64)
