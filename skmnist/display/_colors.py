"""Colours that suit what they are drawn on: light paper, a dark notebook, a coloured cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Colormap


def style_color(name: str) -> str:
    """Return what a colour of the style in force is now.

    Parameters
    ----------
    name : str
        "C0", "C1" …: a place in the style's cycle of colours. matplotlib itself would look such a
        name up when the figure is shown, in whatever style is in force then.

    Returns
    -------
    str
        The colour, as "#rrggbb".
    """
    from matplotlib.colors import to_hex

    return to_hex(name)


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
    from matplotlib.colors import to_rgba

    for color in (ax.get_facecolor(), ax.figure.get_facecolor()):
        *rgb, alpha = to_rgba(color)
        if alpha > 0.5:
            return sum(rgb) < 1.5
    return False  # nothing is known of what shines through but that paper is white


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
        The colour map. Of those of matplotlib with a dark middle, that from blue to red, "berlin",
        has a brown one.
    """
    from matplotlib.colors import LinearSegmentedColormap

    if not is_dark(ax):
        return "RdBu_r"
    colors = ["#9ecbff", "#3d8fe0", "#123a63", "#000000", "#6b1410", "#e0533d", "#ffbfa8"]
    return LinearSegmentedColormap.from_list("blue_black_red", colors)


def readable_on(image: ScalarMappable, value: float) -> str:
    """Return the colour of a text on the colour that an image gives to a value.

    Parameters
    ----------
    image : matplotlib ScalarMappable
        The image.
    value : float
        One of its values.

    Returns
    -------
    {"black", "white"}
        Whichever stands out.
    """
    red, green, blue, _ = image.to_rgba(np.array([value]))[0]
    # The weights of the luma: green looks brighter than as much blue.
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"
