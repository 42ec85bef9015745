"""Text in figures: numbers as one writes them, the room there is, and legends that fit into it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LETTER_WIDTH = 0.62  # of DejaVu Sans, matplotlib's own font, in parts of the font size


def size_in_points(ax: Axes) -> tuple[float, float]:
    """Return about how large an axes is: a layout engine may change it when the figure is drawn.

    Parameters
    ----------
    ax : matplotlib Axes
        The axes.

    Returns
    -------
    width, height : float
        In points.
    """
    figure = ax.get_figure(root=True)
    assert figure is not None
    extent = ax.get_window_extent()
    return extent.width * 72 / figure.dpi, extent.height * 72 / figure.dpi


def number_text(number: float) -> str:
    """Write a score, a loss or a time in seconds with about three digits.

    Parameters
    ----------
    number : float
        The number.

    Returns
    -------
    str
        Its text.

    Examples
    --------
    >>> [number_text(number) for number in (0, 0.00012, 0.9375, 12.34, -4321.0)]
    ['0.000', '0.00012', '0.938', '12.3', '-4,321']
    """
    size = abs(number)
    if size >= 1000:
        return f"{number:,.0f}"
    if size >= 10:
        return f"{number:.1f}"
    return f"{number:.3f}" if size >= 0.001 or size == 0 else f"{number:.2g}"


def wrapped(text: str, ax: Axes) -> str:
    """Break a text between words into lines that are as long as its axes is wide.

    Parameters
    ----------
    text : str
        The text.
    ax : matplotlib Axes
        The axes below which it stands, as the label of the horizontal axis.

    Returns
    -------
    str
        Its lines.
    """
    points = float(ax.xaxis.label.get_fontsize())
    letters = int(size_in_points(ax)[0] / (LETTER_WIDTH * points))
    return textwrap.fill(text, max(letters, 1), break_long_words=False, break_on_hyphens=False)


def add_legend(ax: Axes) -> None:
    """Add the legend, with the best last and in letters that leave it inside the axes.

    Parameters
    ----------
    ax : matplotlib Axes
        The axes. Without anything that has a label it gets no legend.
    """
    handles, labels = ax.get_legend_handles_labels()
    if not handles:
        return
    # The best comes last in every panel; error bars would be put behind it.
    order = sorted(range(len(labels)), key=lambda i: labels[i].startswith("best"))
    shown = [handles[i] for i in order], [labels[i] for i in order]
    points = float(ax.legend(*shown).get_texts()[0].get_fontsize())
    letters = LETTER_WIDTH * max(map(len, labels)) + 5  # with the symbols and the frame
    width, _ = size_in_points(ax)
    if width < letters * points:
        ax.legend(*shown, fontsize=width / letters)
