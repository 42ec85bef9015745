"""What a figure is drawn on: light paper, or a dark notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap


def is_dark(ax: Axes) -> bool:
    """Tell whether the background of an axes is rather black than white.

    Parameters
    ----------
    ax : matplotlib Axes
        The axes.

    Returns
    -------
    bool
        True for a dark background.
    """
    from matplotlib.colors import to_rgb

    return sum(to_rgb(ax.get_facecolor())) < 1.5


def ink_on(ax: Axes) -> str:
    """Return the gray colour map that draws digits like ink: the more ink, the more contrast.

    Parameters
    ----------
    ax : matplotlib Axes
        The axes to draw in.

    Returns
    -------
    str
        The name of a colour map of matplotlib.
    """
    return "gray" if is_dark(ax) else "gray_r"


def diverging_on(ax: Axes) -> str | Colormap:
    """Return a colour map from blue to red whose middle is the background.

    Parameters
    ----------
    ax : matplotlib Axes
        The axes to draw in.

    Returns
    -------
    str or matplotlib Colormap
        The colour map. Those of matplotlib with a dark middle came with 3.10, which is not needed
        otherwise.
    """
    from matplotlib.colors import LinearSegmentedColormap

    if not is_dark(ax):
        return "RdBu_r"
    colors = ["#9ecbff", "#3d8fe0", "#123a63", "#000000", "#6b1410", "#e0533d", "#ffbfa8"]
    return LinearSegmentedColormap.from_list("blue_black_red", colors)
