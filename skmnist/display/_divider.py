"""Axes in cells of the place of another axes, with room for their labels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Bbox

PAD = 6 / 72  # inches between neighbours


class Decorations:
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


class _WholeFigure:
    """The size of a figure, as a Divider reads it, while only a part of it is saved.

    `savefig(bbox_inches="tight")` makes the figure smaller, but not its axes.
    """

    def __init__(self, figure: Any) -> None:
        self.figure = figure

    @property
    def dpi(self) -> float:
        return self.figure.dpi

    @property
    def bbox(self) -> Bbox:
        from matplotlib.transforms import Bbox

        return Bbox.unit().transformed(self.figure.transSubfigure)


def divide(ax: Axes, horizontal: list[Any], vertical: list[Any], place: Any) -> Any:
    """Return a divider of the place of an axes, which is known when it is drawn."""
    from mpl_toolkits.axes_grid1 import Divider  # type: ignore[import-untyped]

    divider = Divider(_WholeFigure(ax.figure), None, horizontal, vertical)
    divider.set_locator(place)
    return divider


def locate(
    ax: Axes,
    divider: Any,
    of: Axes,
    nx: int,
    ny: int,
    nx1: int | None = None,
) -> None:
    """Place an axes in a cell of a divider, as one of the grid that `of` belongs to."""
    locator = divider.new_locator(nx=nx, ny=ny, nx1=nx1)
    locator.get_subplotspec = of.get_subplotspec  # which tight_layout reads
    ax.set_axes_locator(locator)
