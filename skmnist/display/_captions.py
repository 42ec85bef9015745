"""Captions above small images: how much room they take, and the letters that fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CAPTION_POINTS = 9
# Of bold DejaVu Sans, matplotlib's own font, in parts of the font size.
LETTER_WIDTH = 0.65
LINE_HEIGHT = 1.4


def caption_inches(captions: Sequence[str]) -> tuple[float, float]:
    """Return the room that the longest and the highest of the captions take.

    Parameters
    ----------
    captions : sequence of str
        The captions, of one or more lines each.

    Returns
    -------
    width, height : float
        In inches.

    Examples
    --------
    >>> width, height = caption_inches(["a 7", "a 4\\nwrong"])
    >>> print(f"{width:.2f} {height:.2f}")
    0.41 0.35
    """
    most_lines = max(len(caption.splitlines()) for caption in captions)
    width = _longest_line(captions) * LETTER_WIDTH * CAPTION_POINTS / 72
    return width, most_lines * LINE_HEIGHT * CAPTION_POINTS / 72


def fitting_points(captions: Sequence[str], n_columns: int, ax: Axes) -> float:
    """Return a size of letters with which captions in somebody else's axes do not collide.

    Parameters
    ----------
    captions : sequence of str
        The captions.
    n_columns : int
        How many of them stand side by side.
    ax : matplotlib Axes
        The axes in which they do.

    Returns
    -------
    points : float
        The font size, `CAPTION_POINTS` at most.
    """
    cell_points = 72 * ax.get_window_extent().width / ax.figure.dpi / n_columns
    return min(CAPTION_POINTS, cell_points / (LETTER_WIDTH * max(_longest_line(captions), 1)))


def _longest_line(captions: Sequence[str]) -> int:
    return max((len(line) for caption in captions for line in caption.splitlines()), default=0)
