"""Panels with a legend, grids of images with captions, and colours that suit their background."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

POINTS, LINE_POINTS = 9.0, 12.0  # letters of a caption, and the distance of its lines
# The longer side of an image in a new figure, and how wide the figure is at least and at most.
IMAGE_POINTS, MIN_WIDTH, MAX_WIDTH = 90.0, 250.0, 900.0
STAR: Any = {"marker": "*", "markersize": 13, "clip_on": False, "zorder": 3}  # what was chosen
GAP = 0.1  # between images, as a part of their longer side


def axes_or_new(ax: Axes | None, figsize: tuple[float, float] | None) -> Axes:
    """Return the axes given, or that of a new figure."""
    from matplotlib.axes import Axes

    if ax is None:
        import matplotlib.pyplot as plt

        return plt.figure(figsize=figsize, layout="constrained").add_subplot()
    if not isinstance(ax, Axes):
        given = type(ax).__name__
        raise ValueError(f"ax must be one matplotlib Axes, or None for a new figure, got {given}.")
    return ax


def draw_panels(
    ax: Axes | None, n_panels: int, figsize: tuple[float, float] | None, **options: Any
) -> NDArray[Any]:
    """Put a subfigure in the place of an axes, with panels in it, three in a row."""
    n_columns = min(n_panels, 3)
    n_rows = math.ceil(n_panels / n_columns)
    ax = axes_or_new(ax, figsize or (1.5 + 3.5 * n_columns, 0.3 + 3.3 * n_rows))
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError("ax must be part of a grid of axes, such as one made by plt.subplots().")
    ax.set_axis_off()
    subfigure: Any = ax.figure.add_subfigure(place)
    panels = subfigure.subplots(n_rows, n_columns, squeeze=False, **options).ravel()
    if not subfigure.get_layout_engine():
        subfigure.subplots_adjust(wspace=0.4, hspace=0.4)
    for unused in panels[n_panels:]:
        unused.remove()
    return panels[:n_panels]


def draw_legend(panels: NDArray[Any]) -> Any:
    """Draw one legend for all panels above them, in letters small enough for their width."""
    figure = panels[0].figure
    entries: dict[str, Any] = {}
    for panel in panels:
        entries |= dict(zip(*reversed(panel.get_legend_handles_labels()), strict=True))
    options: dict[str, Any] = {"loc": "outside upper center", "ncols": len(entries)}
    options |= {"frameon": False, "columnspacing": 1.5, "handletextpad": 0.5}
    legend = figure.legend(entries.values(), entries, **options)
    room = figure.bbox.width / legend.get_window_extent().width
    if room < 1:
        legend.remove()
        points = room * legend.get_texts()[0].get_fontsize()
        legend = figure.legend(entries.values(), entries, fontsize=points, **options)
    return legend


def size_in_points(ax: Axes) -> NDArray[np.floating]:
    """Return width and height of an axes after the layout of its figure."""
    figure: Any = ax.get_figure(root=True)
    figure.draw_without_rendering()
    return ax.get_window_extent().size * 72 / figure.dpi


def text_width(texts: Iterable[str]) -> float:
    """Return the width of the widest line, in bold, as a multiple of the font size."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    bold = FontProperties(size=1, weight="bold")
    measure = text_to_path.get_text_width_height_descent
    lines = set("\n".join(texts).splitlines())
    return max([1.0, *(measure(line, bold, ismath=False)[0] for line in lines)])


def slant_long_labels(ax: Axes) -> None:
    """Slant the names of values below an axes that are too long to stand side by side."""
    labels: Any = ax.get_xticklabels()
    width = labels[0].get_fontsize() * text_width(label.get_text() for label in labels)
    if width * len(labels) > size_in_points(ax)[0]:
        for label in labels:
            label.set(rotation=45, rotation_mode="anchor", ha="right", va="top")


def keep_within_unit(ax: Axes) -> None:
    """Let the vertical axis of values between 0 and 1, such as accuracies, stay between them."""
    low, high = ax.dataLim.intervaly
    if low >= 0 and high <= 1:
        bottom, top = ax.get_ylim()
        ax.set_ylim(max(bottom, 0), min(top, 1))


# Colours ----------------------------------------------------------------------------------------


def is_dark() -> bool:
    """Whether the style has light letters, for a dark background."""
    from matplotlib import rcParams
    from matplotlib.colors import to_rgb

    return sum(to_rgb(rcParams["text.color"])) > 1.5


def readable_on(image: Any, value: float) -> str:
    """Return the colour of a text on the colour that an image gives to a value."""
    # The weights of the luma: green looks brighter than as much blue.
    return "black" if image.to_rgba([value])[0, :3] @ (0.299, 0.587, 0.114) > 0.5 else "white"


# Grids of images --------------------------------------------------------------------------------


def in_columns(n_images: int) -> NDArray[np.integer]:
    """Return row and column of each image, in about as many columns as rows."""
    n_columns = n_images
    if n_images > 5:
        root = math.sqrt(n_images)
        possible = range(math.ceil(root), math.floor(1.6 * root) + 1)
        n_columns = min(possible, key=lambda n: -n_images % n)  # leaves the fewest places empty
    return np.column_stack(np.divmod(np.arange(n_images), n_columns))


class ImageGrid:
    """A display of images with captions, all in one axes.

    The unit of the axes is the longer side of an image. An axes for each image would take half a
    minute for 256 of them.
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
            The colours, from the lowest value to the highest. None takes colours that suit the
            background: of ink on paper for digits, and blue and red for weights.
        figsize : tuple of float, default=None
            Width and height in inches of a new figure. None makes it as large as its images need.

        Returns
        -------
        display : object
            This display, drawn.
        """
        self.ax_ = axes_or_new(ax, figsize)
        self.figure_ = self.ax_.figure
        self._is_new = ax is None and figsize is None
        self._draw(cmap)
        return self

    def _draw(self, cmap: Any) -> None:
        raise NotImplementedError

    def _caption(self, position: int) -> str:
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
        """Draw images with room `below` each, a part of their longer side; return that in points.

        `cells` are row and column of each image. A figure without a size of its own gets the one
        that images of `side` points and a `foot` need.
        """
        from matplotlib import rcParams
        from matplotlib.patches import Rectangle

        cells = in_columns(len(self._pixels)) if cells is None else cells
        n_rows, n_columns = cells.max(axis=0) + 1
        wide, high = np.array(self._pixels.shape[:0:-1]) / max(self._pixels.shape[1:])
        captions = [self._caption(position) for position in range(len(cells))]
        n_lines = max(len(caption.splitlines()) for caption in captions) + bool(headings) or 1
        text = max(text_width(captions) / 0.95, text_width(headings) / n_columns)
        if self._is_new:
            side = np.clip(side, MIN_WIDTH / n_columns, MAX_WIDTH / n_columns)
            height = n_rows * (side * (high + below + GAP) + n_lines * LINE_POINTS) + foot
            figure: Any = self.ax_.get_figure(root=True)
            figure.set_size_inches(n_columns * side * (1 + GAP) / 72 + 0.1, height / 72 + 0.1)
        room, height = size_in_points(self.ax_) / (n_columns, n_rows)
        line = min(LINE_POINTS, 0.4 * height / n_lines)
        points = min(POINTS * line / LINE_POINTS, room / text)
        side = min(room / (1 + GAP), (height - n_lines * line) / (high + below + GAP))
        # From here on, lengths are parts of an image's longer side.
        head = n_lines * line / side
        cell = np.array([max(1 + GAP, points * text / side), head + high + below + GAP])
        frame: Any = {"fill": False, "linewidth": 0.8, "alpha": 0.3}
        frame["edgecolor"] = rcParams["axes.edgecolor"]
        letters: Any = {"fontsize": points, "in_layout": False}
        centred = letters | {"ha": "center", "va": "bottom"}
        self.images_, self.frames_, self.captions_ = [], [], []
        for (row, column), pixels, caption in zip(cells, self._pixels, captions, strict=True):
            x, y = column * cell[0] + (cell[0] - wide) / 2, row * cell[1] + head
            extent = x, x + wide, y + high, y
            self.images_.append(self.ax_.imshow(pixels, extent=extent, **options))
            self.frames_.append(self.ax_.add_patch(Rectangle((x, y), wide, high, **frame)))
            self.captions_.append(self.ax_.text(x + wide / 2, y - 0.03, caption, **centred))
        for row, heading in enumerate(headings):
            place = (cell[0] - wide) / 2, row * cell[1]
            self.ax_.text(*place, heading, fontweight="bold", va="top", **letters)
        self.ax_.set(xlim=(0, n_columns * cell[0]), ylim=(n_rows * cell[1], 0))
        self.ax_.set_axis_off()
        return side
