"""The axes in which displays draw, and the sizes of what is drawn there."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SLANTED_HEIGHT = 0.6  # of an axes, at most, for the slanted names below it
# Small axes have letters of at least so many points; texts that would not fit, at least
# as many as can just be read.
SMALL_POINTS, LEAST_POINTS = 6.0, 4.0
# An axes with less than this part of its usual width or height gets smaller letters.
ROOMY = 0.6
# What a style sets in points.
FONT_SIZES = ["axes.labelsize", "axes.titlesize", "legend.fontsize"]
FONT_SIZES += ["xtick.labelsize", "ytick.labelsize"]
LENGTHS = ["lines.linewidth", "lines.markersize", "axes.linewidth", "grid.linewidth"]
LENGTHS += ["axes.labelpad", "axes.titlepad"]
for _tick in ("xtick.major", "xtick.minor", "ytick.major", "ytick.minor"):
    LENGTHS += [f"{_tick}.size", f"{_tick}.width", f"{_tick}.pad"]


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


def root_figure(ax: Axes) -> Figure:
    """Return the figure of an axes, also where it is in a subfigure."""
    figure: Any = ax.get_figure(root=True)
    return figure


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
    figure: Any = root_figure(axes[0])
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


def usual_size(width: float, height: float) -> tuple[float, float]:
    """Return inches for letters of the style, given those for letters of 10 points."""
    scale = font_points("axes.labelsize") / 10
    return scale * width, scale * height


@contextmanager
def style_for(ax: Axes, usual: tuple[float, float]) -> Iterator[None]:
    """Make what is drawn meanwhile smaller if an axes is much smaller than usual.

    `usual` are its usual width and height in inches. Letters, lines and marks, which a
    style sets in points, are all made smaller by the same factor.
    """
    from matplotlib import rc_context, rcParams

    room = float(np.min(size_in_points(ax) / np.multiply(usual, 72)))
    least = SMALL_POINTS / font_points("axes.labelsize")
    factor = min(1.0, max(room / ROOMY, least))

    style: dict[Any, Any] = rcParams
    smaller: dict[Any, float] = {}
    for name in FONT_SIZES:
        smaller[name] = factor * font_points(name)
    for name in LENGTHS:
        smaller[name] = factor * style[name]
    with rc_context(smaller):
        yield


def fix_ticks(ax: Axes) -> None:
    """Set ticks as the style says now, not as it says when the figure is drawn."""
    from matplotlib import rcParams

    style: dict[Any, Any] = rcParams
    for axis in (ax.xaxis, ax.yaxis):
        ticks = f"{axis.axis_name}tick"
        for kind in ("major", "minor"):
            axis.set_tick_params(
                which=kind,
                labelsize=style[f"{ticks}.labelsize"],
                length=style[f"{ticks}.{kind}.size"],
                width=style[f"{ticks}.{kind}.width"],
                pad=style[f"{ticks}.{kind}.pad"],
            )


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
