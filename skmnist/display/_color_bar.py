"""A colour bar in the place of the axes that it belongs to."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from skmnist.display._axes import fix_ticks
from skmnist.display._divider import PAD, Decorations, divide, locate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Bbox

THICKNESS = 8 / 72  # inches


def draw_color_bar(ax: Axes, mappable: Any, location: str, **options: Any) -> Any:
    """Draw a colour bar to the right of an axes or at its bottom, in its place.

    `options` are those of matplotlib's `Figure.colorbar`. The axes becomes smaller by
    the colour bar and its labels.
    """
    from mpl_toolkits.axes_grid1 import Size  # type: ignore[import-untyped]

    bar_ax = ax.inset_axes((0, 0, 1, 1))
    fix_ticks(bar_ax)
    labels = Decorations([bar_ax], location)
    thickness = Size.Fixed(THICKNESS)
    whole = [Size.Scaled(1)]
    part = [Size.Scaled(0.1), Size.Scaled(0.8), Size.Scaled(0.1)]
    place = partial(_whole_position, ax, ax.get_axes_locator())
    if location == "right":
        beside = [Size.Scaled(1), Size.Fixed(PAD), thickness, labels]
        divider = divide(ax, beside, whole, place)
        locate(ax, divider, ax, nx=0, ny=0)
        locate(bar_ax, divider, ax, nx=2, ny=0)
    else:
        below = [labels, thickness, Size.Fixed(PAD), Size.Scaled(1)]
        divider = divide(ax, part, below, place)
        locate(ax, divider, ax, nx=0, ny=3, nx1=3)
        locate(bar_ax, divider, ax, nx=1, ny=1)
    return ax.figure.colorbar(mappable, cax=bar_ax, location=location, **options)


def _whole_position(ax: Axes, locator: Any, _: Axes, renderer: Any) -> Bbox:
    """Return the position that an axes has without our divider."""
    if locator is None:
        return ax.get_position(original=True)
    return locator(ax, renderer)
