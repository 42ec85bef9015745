"""Grids of images with captions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from skmnist.display._axes import (
    LEAST_POINTS,
    axes_or_new,
    font_points,
    root_figure,
    size_in_points,
    text_width,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

# The longer side of an image in a new figure, and how wide the figure is at least and
# at most, in points, where captions have letters of CAPTION_POINTS.
IMAGE_POINTS, MIN_WIDTH, MAX_WIDTH = 90.0, 250.0, 900.0
CAPTION_POINTS = 9.0
LINE = 4 / 3  # the distance of a caption's lines, as a multiple of its letters
CAPTION_GAP = 2.0  # points between an image and its caption
GAP = 0.1  # between images, as a part of their longer side


def caption_points() -> float:
    """Return the size of a caption's letters: a little less than that of a title."""
    return 0.75 * font_points("axes.titlesize")


def in_columns(n_images: int, n_columns: int) -> NDArray[np.integer]:
    """Return row and column of each image."""
    return np.column_stack(np.divmod(np.arange(n_images), n_columns))


def _usual_columns(n_images: int) -> int:
    """Return about as many columns as rows, which leave the fewest places empty."""
    if n_images <= 5:
        return n_images
    root = math.sqrt(n_images)
    possible = range(math.ceil(root), math.floor(1.6 * root) + 1)
    return min(possible, key=lambda n_columns: -n_images % n_columns)


class _Fit(NamedTuple):
    """How large images and letters are in a grid, in points."""

    side: float  # the longer side of an image
    letter: float
    head: float  # the lines above an image


class _Cell(NamedTuple):
    """What a cell of a grid holds: an image, lines above it, and room below it."""

    wide: float  # parts of the longer side of an image
    high: float
    below: float
    n_lines: int
    em: float  # the width of the lines, as a multiple of their letters

    def fit(self, size: NDArray[np.floating], n_rows: int, n_columns: int) -> _Fit:
        """Return the largest images and letters in a grid of so many points."""
        width, height = size / (n_columns, n_rows)
        line = min(LINE * caption_points(), 0.4 * height / self.n_lines)
        letter = min(line / LINE, width / self.em)
        head = self.n_lines * line + CAPTION_GAP
        side = min(width / (1 + GAP), (height - head) / (self.high + self.below + GAP))
        return _Fit(side, letter, head)

    def arrange(self, size: NDArray[np.floating], n_images: int) -> Any:
        """Return row and column of each image, so that the images are the largest."""

        def side(n_columns: int) -> float:
            return self.fit(size, math.ceil(n_images / n_columns), n_columns).side

        best = max(range(1, n_images + 1), key=side)
        return in_columns(n_images, best)


class ImageGrid:
    """A display of images with captions, all in one axes.

    The unit of the axes is the longer side of an image. An axes for each image would
    take half a minute for 256 of them.
    """

    _pixels: NDArray[Any]

    def plot(
        self,
        ax: Axes | None = None,
        *,
        cmap: str | Colormap | None = None,
        figsize: tuple[float, float] | None = None,
    ) -> Self:
        """Draw the images.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            The axes to draw in. None makes a new figure.
        cmap : str or matplotlib Colormap, default=None
            The colours, from the lowest value to the highest. None takes colours that
            suit the background: of ink on paper for digits, and blue and red for
            weights.
        figsize : tuple of float, default=None
            Width and height in inches of a new figure. None makes it as large as its
            images need.

        Returns
        -------
        display : object
            This display, drawn.
        """
        self.ax_ = axes_or_new(ax, figsize)
        self.figure_ = root_figure(self.ax_)
        self._is_new = ax is None and figsize is None
        self._draw(cmap)
        return self

    def _draw(self, cmap: Any) -> None:
        raise NotImplementedError

    def _caption(self, position: int, *, is_short: bool = False) -> str:
        """Return the text above an image; a short one where images are very small."""
        raise NotImplementedError

    def _draw_grid(
        self,
        *,
        side: float = IMAGE_POINTS,
        cells: NDArray[np.integer] | None = None,
        headings: Sequence[str] = (),
        below: float = 0.0,
        foot: float = 0.0,
        **options: Any,
    ) -> float:
        """Draw images with room `below` each, a part of their longer side.

        `cells` are row and column of each image. A figure without a size of its own
        gets the one that images of `side` points and a `foot` need. Return the longer
        side of an image in points.
        """
        positions = range(len(self._pixels))
        captions = [self._caption(position) for position in positions]
        cell = self._cell(captions, headings, below, cells)
        if self._is_new:
            cells = self._resize_figure(cell, cells, side, foot)

        size = size_in_points(self.ax_)
        if cells is None:
            cells = cell.arrange(size, len(captions))
        n_rows, n_columns = cells.max(axis=0) + 1
        fit = cell.fit(size, n_rows, n_columns)
        if fit.letter < LEAST_POINTS:
            captions = [
                self._caption(position, is_short=True) for position in positions
            ]
            cell = self._cell(captions, headings, below, cells)
            fit = cell.fit(size, n_rows, n_columns)

        # From here on, lengths are parts of an image's longer side.
        head = fit.head / fit.side
        cell_width = max(1 + GAP, fit.letter * cell.em / fit.side)
        cell_height = head + cell.high + below + GAP
        lefts = cells[:, 1] * cell_width + (cell_width - cell.wide) / 2
        tops = cells[:, 0] * cell_height + head
        self._draw_images(lefts, tops, cell, **options)
        self._draw_captions(lefts + cell.wide / 2, tops, captions, fit)
        for row, heading in enumerate(headings):
            self.ax_.text(
                (cell_width - cell.wide) / 2,
                row * cell_height,
                heading,
                fontsize=fit.letter,
                fontweight="bold",
                va="top",
                in_layout=False,
            )
        self.ax_.set(xlim=(0, n_columns * cell_width), ylim=(n_rows * cell_height, 0))
        self.ax_.set_axis_off()
        return fit.side

    def _cell(
        self,
        captions: Sequence[str],
        headings: Sequence[str],
        below: float,
        cells: NDArray[np.integer] | None,
    ) -> _Cell:
        height, width = self._pixels.shape[1:]
        longer = max(height, width)

        n_lines = max(len(caption.splitlines()) for caption in captions)
        em = text_width(captions) / 0.95
        if headings and cells is not None:
            n_lines += 1
            n_columns = cells[:, 1].max() + 1
            em = max(em, text_width(headings) / n_columns)
        return _Cell(width / longer, height / longer, below, max(n_lines, 1), em)

    def _resize_figure(
        self, cell: _Cell, cells: NDArray[np.integer] | None, side: float, foot: float
    ) -> NDArray[np.integer]:
        """Make a new figure as large as its images need, and return their cells."""
        if cells is None:
            n_images = len(self._pixels)
            cells = in_columns(n_images, _usual_columns(n_images))
        n_rows, n_columns = cells.max(axis=0) + 1

        scale = caption_points() / CAPTION_POINTS
        side = scale * np.clip(side, MIN_WIDTH / n_columns, MAX_WIDTH / n_columns)
        head = cell.n_lines * LINE * caption_points() + CAPTION_GAP
        width = n_columns * side * (1 + GAP)
        height = n_rows * (side * (cell.high + cell.below + GAP) + head) + foot
        # matplotlib's layout leaves a twentieth of an inch at each edge.
        self.figure_.set_size_inches(width / 72 + 0.1, height / 72 + 0.1)
        return cells

    def _draw_images(
        self,
        lefts: NDArray[np.floating],
        tops: NDArray[np.floating],
        cell: _Cell,
        **options: Any,
    ) -> None:
        from matplotlib import rcParams
        from matplotlib.patches import Rectangle

        self.images_, self.frames_ = [], []
        for x, y, pixels in zip(lefts, tops, self._pixels, strict=True):
            extent = (x, x + cell.wide, y + cell.high, y)
            self.images_.append(self.ax_.imshow(pixels, extent=extent, **options))
            frame = Rectangle(
                (x, y),
                cell.wide,
                cell.high,
                fill=False,
                edgecolor=rcParams["axes.edgecolor"],
                linewidth=0.8,
                alpha=0.3,
            )
            self.frames_.append(self.ax_.add_patch(frame))

    def _draw_captions(
        self,
        middles: NDArray[np.floating],
        tops: NDArray[np.floating],
        captions: Sequence[str],
        fit: _Fit,
    ) -> None:
        self.captions_ = []
        for x, y, caption in zip(middles, tops, captions, strict=True):
            text = self.ax_.text(
                x,
                y - CAPTION_GAP / fit.side,
                caption,
                fontsize=fit.letter,
                ha="center",
                va="bottom",
                in_layout=False,
            )
            self.captions_.append(text)
