"""The scores of a search along one parameter, and the times of the fits beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from skmnist.display._colors import style_color
from skmnist.display._panels import divide
from skmnist.display._text import add_legend, number_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from skmnist.display._scale import Scale

LEGEND_ROOM = 0.4  # of the height: a curve leaves a corner free for the legend, categories may not


def draw_lines(
    ax: Axes | None,
    scale: Scale,
    fold_scores: NDArray[np.float64],
    *,
    fit_times: NDArray[np.float64] | None,
    fit_time_spreads: NDArray[np.float64] | None,
    best: int | None,
    score_name: str,
) -> tuple[Axes, list[Axes], list[Line2D], list[Line2D]]:
    """Draw a panel of the scores and, if they are known, one of the fit times.

    Parameters
    ----------
    ax : matplotlib Axes or None
        The axes whose place the panels take. None makes a new figure.
    scale : Scale
        Where each candidate lies.
    fold_scores : ndarray of shape (n_candidates, n_folds)
        The test score of each fold.
    fit_times, fit_time_spreads : ndarray of shape (n_candidates,) or None
        The mean and the standard deviation over the folds, in seconds.
    best : int or None
        The candidate to mark. It has a score.
    score_name : str
        What the score is called.

    Returns
    -------
    bounding_ax : matplotlib Axes
        The axes around the panels.
    panels : list of matplotlib Axes
        The panels.
    lines : list of matplotlib Line2D
        The means, one for each panel.
    stars : list of matplotlib Line2D
        What marks the best candidate: one for each panel, or none.

    Raises
    ------
    ValueError
        If `ax` has no place in a grid.
    """
    n_panels = 1 if fit_times is None else 2
    height = 3.8 + scale.slanted_inches(3.7 / len(scale.ticks))
    bounding_ax, panels = divide(
        ax, n_panels, n_panels, figsize=(4.5 * n_panels, height), spacing=(0.3, 0)
    )
    for panel in panels:
        scale.stretch(panel, "x")
    line, stars = _draw_scores(panels[0], scale, fold_scores, best, score_name)
    lines = [line]
    if fit_times is not None:
        # How long it took to fail says nothing about a fit.
        times = np.where(np.isnan(fold_scores.mean(axis=1)), np.nan, fit_times)
        line, more = _draw_times(panels[1], scale, times, fit_time_spreads, best)
        lines.append(line)
        stars += more
    for panel in panels:
        panel.set_xlim(panels[0].get_xlim())  # a candidate without a score has its place there
        scale.set_ticks(panel, "x", keep=best)
        panel.grid(alpha=0.3)
        add_legend(panel)
    return bounding_ax, panels, lines, stars


def _draw_scores(
    panel: Axes,
    scale: Scale,
    fold_scores: NDArray[np.float64],
    best: int | None,
    score_name: str,
) -> tuple[Line2D, list[Line2D]]:
    n_folds = fold_scores.shape[1]
    means = fold_scores.mean(axis=1)
    color = style_color("C0")
    if n_folds > 1:
        panel.plot(
            np.repeat(scale.positions, n_folds),
            fold_scores.ravel(),
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
        means[order],
        _line_style(scale),
        color=color,
        label="their mean" if n_folds > 1 else "the only fold",
    )
    missing = np.isnan(means)
    if missing.any():
        panel.plot(
            scale.positions[missing],
            np.full(missing.sum(), 0.04),  # of the height: it has no place among the scores
            "x",
            color=style_color("C3"),
            transform=panel.get_xaxis_transform(),
            label="no score (NaN)",
        )
    panel.set(title=f"Test {score_name}", ylabel=score_name)
    stars = []
    if best is not None:
        label = f"best: {number_text(means[best])} with {scale.label_of(best)}"
        stars.append(_mark(panel, scale.positions[best], means[best], label))
    if not scale.is_numeric:
        low, high = panel.get_ylim()
        panel.set_ylim(low - LEGEND_ROOM * (high - low), high)
    return line, stars


def _draw_times(
    panel: Axes,
    scale: Scale,
    times: NDArray[np.float64],
    spreads: NDArray[np.float64] | None,
    best: int | None,
) -> tuple[Line2D, list[Line2D]]:
    order = np.argsort(scale.positions)
    bars = panel.errorbar(
        scale.positions[order],
        times[order],
        None if spreads is None else spreads[order],
        fmt=_line_style(scale),
        color=style_color("C0"),
        capsize=3,
        label="mean" if spreads is None else "mean ± std",
    )
    panel.set(title="Fit time", ylabel="fit time (s)")
    stars = []
    if best is not None:
        label = f"best candidate: {number_text(times[best])} s"  # which may be the slowest
        stars.append(_mark(panel, scale.positions[best], times[best], label))
    tops = times if spreads is None else times + spreads
    highest = np.max(tops, initial=0, where=~np.isnan(tops)) or 1
    # From 0, so that twice as long looks twice as high.
    panel.set_ylim(0, highest * (1.08 if scale.is_numeric else 1 + LEGEND_ROOM))
    return bars.lines[0], stars


def _mark(panel: Axes, place: float, height: float, label: str) -> Line2D:
    (star,) = panel.plot(
        place,
        height,
        "*",
        color=style_color("C1"),
        markersize=13,
        label=label,
        zorder=3,
    )
    return star


def _line_style(scale: Scale) -> str:
    return "o-" if scale.is_numeric else "o"  # between two categories there is nothing
