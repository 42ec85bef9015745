"""Panels in the place of one axes, with one legend."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmnist.display._axes import (
    axes_or_new,
    fix_ticks,
    font_points,
    size_in_points,
    style_for,
    usual_size,
)
from skmnist.display._divider import PAD, Decorations, divide, locate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Bbox

PANELS_IN_A_ROW = 3
LEGEND_WIDTH, LEGEND_HEIGHT = 0.95, 0.4  # of the axes, at most
# A legend of fewer rows is better as long as its letters keep this part of their size.
READABLE = 0.75


class Panels(NamedTuple):
    """Axes side by side within an axes that shows nothing itself."""

    outer: Axes
    axes: NDArray[Any]
    divider: Any


@contextmanager
def draw_panels(
    ax: Axes | None,
    n_panels: int,
    figsize: tuple[float, float] | None,
    *,
    sharey: bool = False,
) -> Iterator[Panels]:
    """Yield panels within an axes, three in a row, and a style that suits their size.

    Like the axes of `twinx`, the panels belong to the place of `ax` in a grid, if it
    has one, so that every layout of matplotlib leaves room for their labels.
    """
    n_columns = min(n_panels, PANELS_IN_A_ROW)
    n_rows = math.ceil(n_panels / n_columns)
    usual = usual_size(1.5 + 3.5 * n_columns, 0.3 + 3.3 * n_rows)
    outer = axes_or_new(ax, figsize or usual)
    outer.set_axis_off()
    outer.set_navigate(False)
    with style_for(outer, usual):
        yield _new_panels(outer, n_panels, n_columns, sharey)


def _new_panels(outer: Axes, n_panels: int, n_columns: int, sharey: bool) -> Panels:
    from mpl_toolkits.axes_grid1 import Size  # type: ignore[import-untyped]

    n_rows = math.ceil(n_panels / n_columns)
    panels: list[Any] = []
    for _ in range(n_panels):
        shared = panels[0] if sharey and panels else None
        panels.append(_new_panel(outer, shared))
    if outer in outer.figure.axes:
        # What is drawn next with pyplot, such as a title, is that of all panels.
        outer.figure.sca(outer)

    beside = Size.Fixed(font_points("axes.labelsize") / 72)
    horizontal: list[Any] = [Size.Scaled(1)]
    for column in range(1, n_columns):
        labels = Decorations(panels[column::n_columns], "left")
        horizontal += [beside, labels, Size.Scaled(1)]

    # From the lowest row upwards.
    vertical: list[Any] = [Size.Scaled(1)]
    for row in range(n_rows - 1, 0, -1):
        titles = Decorations(panels[row * n_columns :], "top")
        labels = Decorations(panels[(row - 1) * n_columns : row * n_columns], "bottom")
        vertical += [titles, Size.Fixed(PAD), labels, Size.Scaled(1)]
    vertical += [Decorations(panels[:n_columns], "top"), Size.Fixed(PAD)]

    divider = divide(outer, horizontal, vertical, partial(_position, outer))
    for i, panel in enumerate(panels):
        row, column = divmod(i, n_columns)
        locate(panel, divider, outer, nx=3 * column, ny=4 * (n_rows - 1 - row))
        if sharey and column > 0:
            panel.tick_params(labelleft=False)
    return Panels(outer, np.array(panels, dtype=object), divider)


def _new_panel(outer: Axes, shared: Axes | None) -> Axes:
    place = outer.get_subplotspec()
    if place is None:
        panel = outer.figure.add_axes(outer.get_position().bounds, sharey=shared)
    else:
        panel = outer.figure.add_subplot(place, sharey=shared)
    fix_ticks(panel)
    return panel


def draw_legend(panels: Panels) -> Any:
    """Draw one legend for all panels above them, in a size that leaves them room."""
    from mpl_toolkits.axes_grid1 import Size

    entries: dict[str, Any] = {}
    for panel in panels.axes:
        handles, labels = panel.get_legend_handles_labels()
        entries |= dict(zip(labels, handles, strict=True))

    points = font_points("legend.fontsize")
    width, height = size_in_points(panels.outer)
    room = np.array([LEGEND_WIDTH * width, LEGEND_HEIGHT * height])
    fits = {}
    for n_columns in range(len(entries), 0, -1):
        drawn = _legend(panels.outer, entries, n_columns, points)
        box = drawn.get_window_extent().size * 72 / drawn.get_figure(root=True).dpi
        fits[n_columns] = min(1.0, float(np.min(room / box)))

    def rank(n_columns: int) -> tuple[float, float, float]:
        """Rank readable letters first, then few rows, then large letters."""
        fit = fits[n_columns]
        return min(READABLE, fit), -math.ceil(len(entries) / n_columns), fit

    n_columns = max(fits, key=rank)
    legend = _legend(panels.outer, entries, n_columns, points * fits[n_columns])
    panels.divider.append_size("top", Size.MaxHeight([legend]))
    return legend


def _legend(ax: Axes, entries: dict[str, Any], n_columns: int, points: float) -> Any:
    legend = ax.legend(
        entries.values(),
        entries,
        loc="upper center",
        ncols=n_columns,
        fontsize=points,
        markerscale=points / font_points("legend.fontsize"),
        frameon=False,
        borderaxespad=0,
        columnspacing=1.5,
        handletextpad=0.5,
    )

    # It lies within the axes, whose width should not depend on it.
    legend.set_in_layout(False)
    return legend


def draw_star(panel: Axes, x: Any, y: Any, *, label: str, color: Any = None) -> Any:
    """Mark what was chosen."""
    from matplotlib import rcParams

    (star,) = panel.plot(
        x,
        y,
        marker="*",
        markersize=2.2 * rcParams["lines.markersize"],
        linestyle="none",
        color=color,
        label=label,
        clip_on=False,
        zorder=3,
    )
    return star


def _position(ax: Axes, _: Axes, renderer: Any) -> Bbox:
    return ax.get_position()
