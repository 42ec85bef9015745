"""Panels with a legend, grids of images with captions, and colours that suit their background."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_scalar

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

POINTS, LINE_POINTS = 9.0, 12.0  # letters of a caption, and the distance of its lines
# The longer side of an image in a new figure, and how wide the figure is at least and at most.
IMAGE_POINTS, MIN_WIDTH, MAX_WIDTH = 90.0, 250.0, 900.0
GAP = 0.1  # between images, as a part of their longer side


def axes_or_new(ax: Axes | None, figsize: tuple[float, float] | None) -> Axes:
    """Return the axes given, or that of a new figure."""
    from matplotlib.axes import Axes

    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.figure(figsize=figsize, layout="constrained").add_subplot()
    if not isinstance(ax, Axes):
        given = type(ax).__name__
        raise ValueError(f"ax must be one matplotlib Axes, or None for a new figure, got {given}.")
    return ax


def draw_panels(
    ax: Axes | None, n_panels: int, figsize: tuple[float, float] | None, **options: Any
) -> tuple[Axes, NDArray[Any]]:
    """Put a subfigure in the place of an axes, with panels in it, three in a row."""
    n_columns = min(n_panels, 3)
    n_rows = math.ceil(n_panels / n_columns)
    ax = axes_or_new(ax, figsize or ([4.5, 9, 11.4][n_columns - 1], 3.3 * n_rows + 0.3))
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError("ax must be part of a grid of axes, such as one made by plt.subplots().")
    ax.set_axis_off()
    figure: Any = ax.get_figure(root=True)
    options["gridspec_kw"] = {} if figure.get_layout_engine() else {"wspace": 0.4, "hspace": 0.4}
    subfigure = ax.figure.add_subfigure(place)
    panels = subfigure.subplots(n_rows, n_columns, squeeze=False, **options).ravel()
    for unused in panels[n_panels:]:
        unused.remove()
    return ax, panels[:n_panels]


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
        points = room * legend.get_texts()[0].get_fontsize()
        legend.remove()
        legend = figure.legend(entries.values(), entries, fontsize=points, **options)
    return legend


def compute_layout(ax: Axes) -> NDArray[np.floating]:
    """Return width and height of an axes in points, once the figure's layout is computed."""
    figure: Any = ax.get_figure(root=True)
    if engine := figure.get_layout_engine():
        engine.execute(figure)
    ax.apply_aspect()
    return ax.get_window_extent().size * 72 / figure.dpi


def text_width(texts: Iterable[str]) -> float:
    """Return the width of the widest line, in bold, as a multiple of the font size."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    bold = FontProperties(size=1, weight="bold")
    lines = {line for text in texts for line in text.splitlines()}
    measure = text_to_path.get_text_width_height_descent
    return max((measure(line, bold, ismath=False)[0] for line in lines), default=0.0) or 0.1


def slant_long_labels(ax: Axes) -> None:
    """Slant the names of values below an axes that are too long to stand side by side."""
    labels: Any = ax.get_xticklabels()
    room = compute_layout(ax)[0] / len(labels)
    if room < labels[0].get_fontsize() * text_width(label.get_text() for label in labels):
        ax.tick_params(axis="x", rotation=45)
        for label in labels:
            label.set(ha="right", va="top", rotation_mode="anchor")


def draw_star(panel: Axes, x: float, y: float, label: str, **options: Any) -> Any:
    """Mark what was chosen."""
    options |= {"markersize": 13, "clip_on": False, "zorder": 3, "label": label}
    return panel.plot(x, y, "*", **options)


def keep_within_unit(ax: Axes, values: NDArray[np.floating]) -> None:
    """Let the vertical axis of values between 0 and 1, such as accuracies, stay between them."""
    low, high = ax.get_ylim()
    if np.nanmin(values, initial=0) >= 0 and np.nanmax(values, initial=1) <= 1:
        ax.set_ylim(max(low, 0), min(high, 1))


def number_text(number: float) -> str:
    """Write a score or a loss with about three digits."""
    is_plain = 0.001 <= abs(number) < 10 or number == 0
    return f"{number:.3f}" if is_plain else f"{number:,.4g}"


# Colours ----------------------------------------------------------------------------------------


def is_dark(ax: Axes) -> bool:
    from matplotlib.colors import to_rgba

    figure: Any = ax.get_figure(root=True)
    for color in (ax.get_facecolor(), figure.get_facecolor()):
        *rgb, alpha = to_rgba(color)
        if alpha > 0.5:
            return sum(rgb) < 1.5
    return False  # the page behind a transparent figure is white, as far as is known


def red_on(ax: Axes) -> str:
    return "#ff7b72" if is_dark(ax) else "tab:red"


def diverging_on(ax: Axes) -> Colormap:
    """Return a colour map from blue to red with the background's colour in the middle."""
    from matplotlib import colormaps
    from matplotlib.colors import LinearSegmentedColormap

    if not is_dark(ax):
        return colormaps["RdBu_r"]
    # matplotlib's own with a dark middle, "berlin", goes to brown.
    colors = ["#9ecbff", "#3d8fe0", "#123a63", "#000000", "#6b1410", "#e0533d", "#ffbfa8"]
    return LinearSegmentedColormap.from_list("blue_black_red", colors)


def readable_on(image: Any, value: float) -> str:
    """Return the colour of a text on the colour that an image gives to a value."""
    # The weights of the luma: green looks brighter than as much blue.
    return "black" if image.to_rgba([value])[0, :3] @ (0.299, 0.587, 0.114) > 0.5 else "white"


# Grids of images --------------------------------------------------------------------------------


def in_columns(n_images: int, n_columns: int | None) -> NDArray[np.integer]:
    """Return row and column of each image; None means about as many columns as rows."""
    if n_columns is not None:
        check_scalar(n_columns, "n_columns", Integral, min_val=1)
    elif n_images <= 5:
        n_columns = n_images
    else:
        root = math.sqrt(n_images)
        possible = range(math.ceil(root), math.floor(1.6 * root) + 1)
        n_columns = min(possible, key=lambda n: -n_images % n)  # leaves the fewest places empty
    return np.column_stack(np.divmod(np.arange(n_images), n_columns))


def draw_grid(
    ax: Axes,
    pixels: NDArray[Any],
    captions: Sequence[str],
    cells: NDArray[np.integer],
    *,
    new_side: float | None,
    headings: Sequence[str] = (),
    below: float = 0.0,
    foot: float = 0.0,
    **options: Any,
) -> tuple[list[Any], list[Any], list[Any], float]:
    """Draw images with captions in cells, given by row and column, and headings before the rows.

    The unit of the axes is the longer side of an image, and `below` is room below each. All images
    are in one axes: an axes for each takes half a minute for 256 of them. With `new_side`, the
    figure is new and gets the size that images of so many points and a `foot` need. Returns the
    images, their frames, the captions and the unit in points.
    """
    from matplotlib import rcParams
    from matplotlib.patches import Rectangle

    n_rows, n_columns = cells.max(axis=0) + 1
    wide, high = np.array(pixels.shape[:0:-1]) / max(pixels.shape[1:])
    n_lines = max(1 + caption.count("\n") for caption in captions)
    caption_width = text_width(captions)
    margin = POINTS * (text_width(headings) + 1 if headings else 0)
    if new_side is not None:
        side = min(max(new_side, MIN_WIDTH / n_columns), MAX_WIDTH / n_columns)
        row_height = side * (high + below + GAP) + n_lines * LINE_POINTS
        size = np.array([margin + n_columns * side * (1 + GAP), n_rows * row_height + foot])
        figure: Any = ax.get_figure(root=True)
        figure.set_size_inches(size / 72 + 0.1)
    width, height = compute_layout(ax)
    room = (width - margin) / n_columns
    line = min(LINE_POINTS, 0.4 * height / n_rows / n_lines)
    points = min(POINTS * line / LINE_POINTS, 0.95 * room / caption_width)
    side = min(room / (1 + GAP), (height / n_rows - n_lines * line) / (high + below + GAP))
    # From here on, lengths are parts of an image's longer side.
    head, margin = n_lines * line / side, margin * points / POINTS / side
    cell = np.array([max(1 + GAP, points * caption_width / 0.95 / side), head + high + below + GAP])
    width, height = (n_columns, n_rows) * cell
    frame = {"fill": False, "edgecolor": rcParams["axes.edgecolor"], "linewidth": 0.8, "alpha": 0.3}
    letters: Any = {"fontsize": points, "in_layout": False}
    images, frames, texts = [], [], []
    for (row, column), image, caption in zip(cells, pixels, captions, strict=True):
        x, y = column * cell[0] + (cell[0] - wide) / 2, row * cell[1] + head
        images.append(ax.imshow(image, extent=(x, x + wide, y + high, y), **options))
        frames.append(ax.add_patch(Rectangle((x, y), wide, high, **frame)))
        texts.append(ax.text(x + wide / 2, y - 0.03, caption, ha="center", va="bottom", **letters))
    for row, heading in enumerate(headings):
        y = row * cell[1] + head + high / 2
        ax.text(-margin, y, heading, fontweight="bold", va="center", **letters)
    ax.set(xlim=(-margin, width), ylim=(height, 0))
    ax.set_axis_off()
    return images, frames, texts, side
