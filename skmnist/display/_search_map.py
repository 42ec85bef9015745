"""The scores of a search over two parameters: a map of cells, or points with colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from skmnist.display._colors import readable_on, style_color
from skmnist.display._panels import given_or_new
from skmnist.display._text import LETTER_WIDTH, add_legend, number_text, size_in_points

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.colors import Colormap
    from matplotlib.image import AxesImage
    from matplotlib.text import Text

    from skmnist.display._scale import Scale

SPARSE = 1 / 3  # a map of two numbers with fewer of its cells filled would be mostly holes
CELL_POINTS = 10
LEGEND_ROOM = 0.2  # of the height that the points take
LEAST_POINTS = 4.5
NOTHING = (0.5, 0.5, 0.5, 0.25)  # a cell without a score: gray on light and on dark backgrounds


def draw_map(
    ax: Axes | None,
    across: Scale,
    down: Scale,
    scores: NDArray[np.float64],
    *,
    best: int | None,
    score_name: str,
    cmap: str | Colormap | None,
) -> tuple[Axes, AxesImage | PathCollection, list[Text], list[Artist]]:
    """Draw the scores as the colours of cells or, where these would be mostly empty, of points.

    Parameters
    ----------
    ax : matplotlib Axes or None
        The axes to draw in. None makes a new figure.
    across, down : Scale
        Where each candidate lies.
    scores : ndarray of shape (n_candidates,)
        The mean test score; NaN where there is none.
    best : int or None
        The candidate to mark. It has a score.
    score_name : str
        What the score is called.
    cmap : str, matplotlib Colormap or None
        The colours. None takes matplotlib's own.

    Returns
    -------
    ax : matplotlib Axes
        The axes.
    image : matplotlib AxesImage or PathCollection
        The cells or the points.
    texts : list of matplotlib Text
        What stands in the cell of each candidate. None of points.
    marks : list of matplotlib Artist
        What marks the best candidate, if there is one.
    """
    n_cells = len(across.ticks) * len(down.ticks)
    is_cloud = across.is_numeric and down.is_numeric and len(scores) < SPARSE * n_cells
    ax = given_or_new(ax, (5.8, 4.4) if is_cloud else _map_size(across, down))
    ax.set_title(f"Mean test {score_name}")
    if is_cloud:
        return ax, *_draw_cloud(ax, across, down, scores, best, score_name, cmap)
    return ax, *_draw_cells(ax, across, down, scores, best, score_name, cmap)


def _draw_cells(
    ax: Axes,
    across: Scale,
    down: Scale,
    scores: NDArray[np.float64],
    best: int | None,
    score_name: str,
    cmap: str | Colormap | None,
) -> tuple[AxesImage, list[Text], list[Artist]]:
    from matplotlib.patches import Rectangle

    grid = np.full((len(down.ticks), len(across.ticks)), np.nan)
    grid[down.cells, across.cells] = scores
    # Numbers grow upwards; a list is read from the top.
    origin: Literal["lower", "upper"] = "lower" if down.is_numeric else "upper"
    image = ax.imshow(grid, cmap=cmap, origin=origin, aspect="auto", interpolation="nearest")
    ax.set_facecolor(NOTHING)
    across.name_cells(ax, "x")
    down.name_cells(ax, "y")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    captions = ["NaN" if np.isnan(score) else number_text(score) for score in scores]
    if best is not None:
        captions[best] = f"★ {captions[best]}"
    points = _fitting_points(captions, grid.shape, ax)
    if points < LEAST_POINTS:
        ax.figure.colorbar(image, ax=ax, label=score_name)
        captions = ["" for _ in captions]
    texts: list[Text] = []
    for column, row, score, caption in zip(across.cells, down.cells, scores, captions, strict=True):
        text = ax.text(column, row, caption, ha="center", va="center", fontsize=points)
        if not np.isnan(score):
            text.set_color(readable_on(image, score))
        texts.append(text)
    if best is None:
        return image, texts, []
    # Inside the cell, where its colour is known to stand out.
    corner = (across.cells[best] - 0.46, down.cells[best] - 0.46)
    color = readable_on(image, scores[best])
    frame = Rectangle(corner, 0.92, 0.92, fill=False, edgecolor=color, linewidth=2)
    return image, texts, [ax.add_patch(frame)]


def _draw_cloud(
    ax: Axes,
    across: Scale,
    down: Scale,
    scores: NDArray[np.float64],
    best: int | None,
    score_name: str,
    cmap: str | Colormap | None,
) -> tuple[PathCollection, list[Text], list[Artist]]:
    across.stretch(ax, "x")
    down.stretch(ax, "y")
    known = ~np.isnan(scores)
    points = ax.scatter(
        across.positions[known],
        down.positions[known],
        s=45,
        c=scores[known],
        cmap=cmap,
        edgecolors="0.5",  # the lowest score is almost black, and so may the background be
        linewidths=0.7,
    )
    ax.figure.colorbar(points, ax=ax, label=score_name)
    if not known.all():
        ax.plot(
            across.positions[~known],
            down.positions[~known],
            "x",
            color=style_color("C3"),
            label="no score (NaN)",
        )
    marks: list[Artist] = []
    if best is not None:
        (ring,) = ax.plot(
            across.positions[best],
            down.positions[best],
            "o",
            markersize=14,
            markeredgewidth=2,
            fillstyle="none",
            color=style_color("C1"),
            label=f"best: {number_text(scores[best])}",
        )
        marks.append(ring)
    if ax.get_legend_handles_labels()[0]:
        # Points lie anywhere, and leave no corner free for the legend.
        ax.get_ylim()  # which takes note of all that is drawn
        top = ax.transAxes.transform((0, 1 + LEGEND_ROOM))
        ax.set_ylim(top=ax.transData.inverted().transform(top)[1])
    across.set_ticks(ax, "x")
    down.set_ticks(ax, "y")
    ax.grid(alpha=0.3)
    ax.set_axisbelow(True)
    add_legend(ax)
    return points, [], marks


def _map_size(across: Scale, down: Scale) -> tuple[float, float]:
    """Return the size of a new figure, in inches, in which the cells have room for their text."""
    letters = max(map(len, down.labels))
    width = 1.2 + 0.09 * letters + 0.85 * len(across.ticks)
    height = 1.4 + 0.5 * len(down.ticks)
    slanted = across.slanted_inches(0.85)
    return min(max(width, 4.5), 14), min(max(height, 3), 10) + slanted


def _fitting_points(captions: Sequence[str], shape: tuple[int, int], ax: Axes) -> float:
    """Return the font size in which every caption, with its star, stays in its cell."""
    n_rows, n_columns = shape
    width, height = size_in_points(ax)
    letters = 1.2 * LETTER_WIDTH * max(map(len, captions))
    return min(CELL_POINTS, 0.9 * width / n_columns / letters, 0.7 * height / n_rows)
