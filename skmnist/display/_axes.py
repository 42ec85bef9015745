"""The axes in which displays draw: panels, legends and colour bars in their place."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Bbox

PANELS_IN_A_ROW = 3
PAD = 6 / 72  # inches between neighbours
COLOR_BAR = 8 / 72  # inches, the thickness
# At most so much of the height of an axes: a legend in it, and slanted names below it.
LEGEND_HEIGHT, SLANTED_HEIGHT = 0.4, 0.6
# Labels of small axes have letters of at least so many points, other texts at least as
# many as can just be read.
SMALL_POINTS, LEAST_POINTS = 6.0, 4.0


def axes_or_new(ax: Axes | None, figsize: tuple[float, float] | None) -> Axes:
    """Return the axes given, or that of a new figure."""
    from matplotlib.axes import Axes

    if ax is None:
        import matplotlib.pyplot as plt

        return plt.figure(figsize=figsize, layout="constrained").add_subplot()
    if not isinstance(ax, Axes):
        given = type(ax).__name__
        raise ValueError(
            f"ax must be one matplotlib Axes, or None for a new figure, got {given}.",
        )
    return ax


# Sizes ------------------------------------------------------------------------------


def font_points(name: Any) -> float:
    """Return the points of a font size of the style, such as "axes.titlesize"."""
    from matplotlib import rcParams
    from matplotlib.font_manager import FontProperties

    return FontProperties(size=rcParams[name]).get_size_in_points()


def size_in_points(ax: Axes) -> NDArray[np.floating]:
    """Return width and height of an axes after the layout of its figure."""
    (size,) = sizes_in_points([ax])
    return size


def sizes_in_points(axes: Sequence[Axes]) -> list[NDArray[np.floating]]:
    """Return width and height of axes of one figure after its layout."""
    if not len(axes):
        return []
    figure: Any = axes[0].get_figure(root=True)
    figure.draw_without_rendering()
    return [ax.get_window_extent().size * 72 / figure.dpi for ax in axes]


def text_width(texts: Iterable[str]) -> float:
    """Return the width of the widest line, in bold, as a multiple of the font size."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    bold = FontProperties(size=1, weight="bold")
    widest = 1.0
    for line in set("\n".join(texts).splitlines()):
        width, _, _ = text_to_path.get_text_width_height_descent(line, bold, False)
        widest = max(widest, width)
    return widest


class _Decorations:
    """The room that labels and ticks on one side of axes need, as a Divider's size."""

    def __init__(self, axes: Iterable[Axes], side: str) -> None:
        self.axes = list(axes)
        self.side = side

    def get_size(self, renderer: Any) -> tuple[float, float]:
        """Return the relative and the absolute part; the latter is in inches."""
        pixels = max(self._pixels(ax, renderer) for ax in self.axes)
        return 0.0, max(0.0, pixels) / self.axes[0].figure.dpi

    def _pixels(self, ax: Axes, renderer: Any) -> float:
        if self.side == "top":
            if not ax.get_title():
                return 0.0
            return 1.3 * ax.title.get_window_extent(renderer).height

        axis: Any = ax.xaxis if self.side == "bottom" else ax.yaxis
        box = axis.get_tightbbox(renderer)
        if box is None:
            return 0.0
        beyond = {
            "left": ax.bbox.x0 - box.x0,
            "right": box.x1 - ax.bbox.x1,
            "bottom": ax.bbox.y0 - box.y0,
        }
        return beyond[self.side]


def _divider(ax: Axes, horizontal: list[Any], vertical: list[Any], place: Any) -> Any:
    """Return a divider of the place of an axes, which is known when it is drawn."""
    from mpl_toolkits.axes_grid1 import Divider  # type: ignore[import-untyped]

    divider = Divider(ax.figure, None, horizontal, vertical)
    divider.set_locator(place)
    return divider


def _locate(
    ax: Axes,
    divider: Any,
    of: Axes,
    nx: int,
    ny: int,
    nx1: int | None = None,
) -> None:
    """Place an axes in a cell of a divider, as one of the grid that `of` belongs to."""
    locator = divider.new_locator(nx=nx, ny=ny, nx1=nx1)
    locator.get_subplotspec = of.get_subplotspec  # for tight_layout
    ax.set_axes_locator(locator)


def _position(ax: Axes, _: Axes, renderer: Any) -> Bbox:
    return ax.get_position()


def _whole_position(ax: Axes, locator: Any, _: Axes, renderer: Any) -> Bbox:
    """Return the position that an axes has without our divider."""
    if locator is None:
        return ax.get_position(original=True)
    return locator(ax, renderer)


# Panels -----------------------------------------------------------------------------


class Panels(NamedTuple):
    """Axes side by side within an axes that shows nothing itself."""

    outer: Axes
    axes: NDArray[Any]
    divider: Any


def draw_panels(
    ax: Axes | None,
    n_panels: int,
    figsize: tuple[float, float] | None,
    *,
    sharey: bool = False,
) -> Panels:
    """Return panels within an axes, three in a row.

    Like the axes of `twinx`, the panels belong to the place of `ax` in a grid, if it
    has one, so that every layout of matplotlib leaves room for their labels.
    """
    from mpl_toolkits.axes_grid1 import Size

    n_columns = min(n_panels, PANELS_IN_A_ROW)
    n_rows = math.ceil(n_panels / n_columns)
    if figsize is None:
        scale = font_points("axes.labelsize") / 10
        figsize = (scale * (1.5 + 3.5 * n_columns), scale * (0.3 + 3.3 * n_rows))
    outer = axes_or_new(ax, figsize)
    outer.set_axis_off()
    outer.set_navigate(False)

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
        labels = _Decorations(panels[column::n_columns], "left")
        horizontal += [beside, labels, Size.Scaled(1)]

    # From the lowest row upwards.
    vertical: list[Any] = [Size.Scaled(1)]
    for row in range(n_rows - 1, 0, -1):
        titles = _Decorations(panels[row * n_columns :], "top")
        labels = _Decorations(panels[(row - 1) * n_columns : row * n_columns], "bottom")
        vertical += [titles, Size.Fixed(PAD), labels, Size.Scaled(1)]
    vertical += [_Decorations(panels[:n_columns], "top"), Size.Fixed(PAD)]

    divider = _divider(outer, horizontal, vertical, partial(_position, outer))
    for i, panel in enumerate(panels):
        row, column = divmod(i, n_columns)
        _locate(panel, divider, outer, nx=3 * column, ny=4 * (n_rows - 1 - row))
        if sharey and column > 0:
            panel.tick_params(labelleft=False)
    return Panels(outer, np.array(panels, dtype=object), divider)


def _new_panel(outer: Axes, shared: Axes | None) -> Axes:
    place = outer.get_subplotspec()
    if place is None:
        return outer.figure.add_axes(outer.get_position().bounds, sharey=shared)
    return outer.figure.add_subplot(place, sharey=shared)


def draw_legend(panels: Panels) -> Any:
    """Draw one legend for all panels above them, in a size that leaves them room."""
    from mpl_toolkits.axes_grid1 import Size

    entries: dict[str, Any] = {}
    for panel in panels.axes:
        handles, labels = panel.get_legend_handles_labels()
        entries |= dict(zip(labels, handles, strict=True))

    points = font_points("legend.fontsize")
    width, height = size_in_points(panels.outer)
    fits = {}
    for n_columns in range(len(entries), 0, -1):
        drawn = _legend(panels.outer, entries, n_columns, points)
        box = drawn.get_window_extent().size * 72 / drawn.get_figure(root=True).dpi
        fits[n_columns] = min(1.0, width / box[0], LEGEND_HEIGHT * height / box[1])
    # Of equal ones, that with the fewest rows.
    n_columns = max(fits, key=lambda n: fits[n])

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


def fit_labels(axes: Iterable[Axes]) -> None:
    """Write titles and labels of axes in letters that are small enough for them."""
    axes = list(axes)
    sizes = sizes_in_points(axes)
    for ax, (width, height) in zip(axes, sizes, strict=True):
        _fit_letters(ax.title, width)
        _fit_letters(ax.xaxis.label, width)
        _fit_letters(ax.yaxis.label, height)


def _fit_letters(text: Any, length: float) -> None:
    if text.get_text():
        fitting = length / text_width([text.get_text()])
        text.set_fontsize(min(text.get_fontsize(), max(fitting, SMALL_POINTS)))


def slant_long_labels(axes: Sequence[Axes]) -> None:
    """Slant the names of values below axes that are too long to stand side by side."""
    sizes = sizes_in_points(axes)
    for ax, (width, height) in zip(axes, sizes, strict=True):
        _slant_long_labels(ax.get_xticklabels(), width, height)


def _slant_long_labels(labels: Any, width: float, height: float) -> None:
    texts = [label.get_text() for label in labels]
    points, em = labels[0].get_fontsize(), text_width(texts)
    if points * em * len(labels) <= width:
        return

    # They get smaller where they would cover each other, or take most of the height.
    slant = math.sqrt(0.5)
    n_lines = max(len(text.splitlines()) for text in texts)
    between = slant * width / len(labels) / (1.2 * n_lines)
    below = SLANTED_HEIGHT * height / (slant * em)
    points = min(points, max(LEAST_POINTS, min(between, below)))
    for label in labels:
        label.set(
            rotation=45,
            rotation_mode="anchor",
            ha="right",
            va="top",
            fontsize=points,
        )


def keep_within_unit(ax: Axes) -> None:
    """Keep the vertical axis of values between 0 and 1, such as accuracies, there."""
    low, high = ax.dataLim.intervaly
    if low >= 0 and high <= 1:
        bottom, top = ax.get_ylim()
        ax.set_ylim(max(bottom, 0), min(top, 1))


# Colour bars ------------------------------------------------------------------------


def draw_color_bar(ax: Axes, mappable: Any, location: str, **options: Any) -> Any:
    """Draw a colour bar to the right of an axes or at its bottom, in its place.

    `options` are those of matplotlib's `Figure.colorbar`. The axes becomes smaller by
    the colour bar and its labels.
    """
    from mpl_toolkits.axes_grid1 import Size

    bar_ax = ax.inset_axes((0, 0, 1, 1))
    labels = _Decorations([bar_ax], location)
    thickness = Size.Fixed(COLOR_BAR)
    whole = [Size.Scaled(1)]
    part = [Size.Scaled(0.1), Size.Scaled(0.8), Size.Scaled(0.1)]
    place = partial(_whole_position, ax, ax.get_axes_locator())
    if location == "right":
        beside = [Size.Scaled(1), Size.Fixed(PAD), thickness, labels]
        divider = _divider(ax, beside, whole, place)
        _locate(ax, divider, ax, nx=0, ny=0)
        _locate(bar_ax, divider, ax, nx=2, ny=0)
    else:
        below = [labels, thickness, Size.Fixed(PAD), Size.Scaled(1)]
        divider = _divider(ax, part, below, place)
        _locate(ax, divider, ax, nx=0, ny=3, nx1=3)
        _locate(bar_ax, divider, ax, nx=1, ny=1)
    return ax.figure.colorbar(mappable, cax=bar_ax, location=location, **options)
