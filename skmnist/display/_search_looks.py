"""Sizes, letters and legends of the figures of a search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from skmnist.display._scale import LETTER_WIDTH, Scale, size_in_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

CELL_POINTS = 10


def line_style(scale: Scale) -> str:
    """Return matplotlib's format of a line: between two categories there is nothing."""
    return "o-" if scale.is_numeric else "o"  # between two categories there is nothing


def add_legend(ax: Axes) -> None:
    """Add the legend, with the best last and in letters that leave it inside the axes."""
    handles, labels = ax.get_legend_handles_labels()
    if handles:
        # The best comes last in every panel; error bars would be put behind it.
        order = sorted(range(len(labels)), key=lambda i: labels[i].startswith("best"))
        shown = [handles[i] for i in order], [labels[i] for i in order]
        points = float(ax.legend(*shown).get_texts()[0].get_fontsize())
        letters = LETTER_WIDTH * max(map(len, labels)) + 5  # with the symbols and the frame
        width, _ = size_in_points(ax)
        if width < letters * points:
            ax.legend(*shown, fontsize=width / letters)


def score_text(score: float) -> str:
    """Write a score, or a time in seconds, with about three digits."""
    size = abs(score)
    if size >= 1000:
        return f"{score:,.0f}"
    if size >= 10:
        return f"{score:.1f}"
    return f"{score:.3f}" if size >= 0.001 or size == 0 else f"{score:.2g}"


def map_size(across: Scale, down: Scale) -> tuple[float, float]:
    """Return the size of a new figure, in inches, in which the cells have room for their text."""
    letters = max(map(len, down.labels))
    width = 1.2 + 0.09 * letters + 0.85 * len(across.ticks)
    height = 1.4 + 0.5 * len(down.ticks)
    return min(max(width, 4.5), 14), min(max(height, 3), 10)


def fitting_points(captions: Sequence[str], shape: tuple[int, int], ax: Axes) -> float:
    """Return the font size in which every caption, the bold one too, stays in its cell."""
    n_rows, n_columns = shape
    width, height = size_in_points(ax)
    letters = 1.2 * LETTER_WIDTH * max(map(len, captions))
    return min(CELL_POINTS, 0.9 * width / n_columns / letters, 0.7 * height / n_rows)


def readable_on(image: AxesImage, value: float) -> str:
    """Return the colour of a text on the colour that an image gives to a value."""
    red, green, blue, _ = image.to_rgba(np.array([value]))[0]
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"
