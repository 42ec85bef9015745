"""Axes, colours that suit their background, and grids of images with captions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skmnist.display._inputs import check_count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

CAPTION_POINTS, LEGEND_POINTS = 9.0, 16.0
IMAGE_POINTS = 90.0  # the longer side of an image in a new figure …
MIN_WIDTH, MAX_WIDTH = 280.0, 900.0  # … whose width is between these


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


def divide(
    ax: Axes | None, n_panels: int, figsize: tuple[float, float] | None
) -> tuple[Axes, list[Axes], Axes]:
    """Replace an axes by panels, three in a row, and by one above them for their legend."""
    n_columns = min(n_panels, 3)
    n_rows = math.ceil(n_panels / n_columns)
    ax = axes_or_new(ax, figsize or ([4.5, 9, 11.4][n_columns - 1], 3.3 * n_rows + 0.3))
    place, figure = ax.get_subplotspec(), ax.figure
    if place is None:
        raise ValueError("ax must be part of a grid of axes, such as one made by plt.subplots().")
    gaps = {} if figure.get_layout_engine() else {"wspace": 0.35, "hspace": 0.4}
    heights = [LEGEND_POINTS, max(size_in_points(ax)[1], 2 * LEGEND_POINTS) - LEGEND_POINTS]
    halves = place.subgridspec(2, 1, height_ratios=heights, hspace=0.0)
    grid = halves[1].subgridspec(n_rows, n_columns, **gaps)
    ax.set_axis_off()
    legend_ax = figure.add_subplot(halves[0])
    legend_ax.set_axis_off()
    cells = [divmod(i, n_columns) for i in range(n_panels)]
    return ax, [figure.add_subplot(grid[cell]) for cell in cells], legend_ax


def size_in_points(ax: Axes) -> NDArray[np.floating]:
    figure: Any = ax.get_figure(root=True)
    if engine := figure.get_layout_engine():
        engine.execute(figure)
    box: Any = ax.get_window_extent()
    return box.size * 72 / figure.dpi


def text_size(ax: Axes, texts: Sequence[str], points: float) -> NDArray[np.floating]:
    """Return the width of the widest and the height of the highest text, in points."""
    figure: Any = ax.get_figure(root=True)
    probe: Any = ax.text(0, 0, "", fontsize=points, fontweight="bold")
    sizes = [np.zeros(2)]
    for text in set(texts):
        probe.set_text(text)
        sizes.append(probe.get_window_extent().size * 72 / figure.dpi)
    probe.remove()
    return np.max(sizes, axis=0)


def draw_legend(ax: Axes, panels: Sequence[Axes]) -> Any:
    """Draw one legend for all panels, in letters small enough for its axes."""
    entries: dict[str, Any] = {}
    for panel in panels:
        entries |= dict(zip(*reversed(panel.get_legend_handles_labels()), strict=True))
    options: dict[str, Any] = {"loc": "center", "ncols": len(entries), "borderpad": 0}
    options |= {"frameon": False, "columnspacing": 1.5, "handletextpad": 0.5}
    size_in_points(ax)  # computes the layout
    legend = ax.legend(entries.values(), entries, **options)
    room = ax.get_window_extent().width / legend.get_window_extent().width
    if room < 1:
        points = room * legend.get_texts()[0].get_fontsize()  # type: ignore[operator]
        legend = ax.legend(entries.values(), entries, fontsize=points, **options)
    legend.set_in_layout(False)
    return legend


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

    for color in (ax.get_facecolor(), ax.figure.get_facecolor()):
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
    """Return row and column of each image.

    None means a number of columns near the square root that leaves few places empty.
    """
    if n_columns is not None:
        check_count(n_columns, "n_columns")
    elif n_images <= 5:
        n_columns = n_images
    else:
        root = math.sqrt(n_images)
        possible = range(math.ceil(root), math.floor(1.6 * root) + 1)
        n_columns = min(possible, key=lambda n: -n_images % n)
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
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Draw images with captions in cells, given by row and column; the unit is a point.

    All images are in one axes: an axes for each takes half a minute for 256 of them. With
    `new_side`, the figure is new, and the longer side of an image is to be so long. `headings` are
    texts before the rows, `below` is room below each image, as a part of its longer side, and
    `foot` is room below the grid. Returns the images, their frames and the captions.
    """
    from matplotlib import rcParams
    from matplotlib.patches import Rectangle

    figure: Any = ax.get_figure(root=True)
    n_rows, n_columns = cells.max(axis=0) + 1
    wide, high = np.array(pixels.shape[:0:-1]) / max(pixels.shape[1:])
    caption_width, caption_height = text_size(ax, captions, CAPTION_POINTS)
    margin = text_size(ax, headings, CAPTION_POINTS)[0] + 12 if headings else 0.0
    ax.set_axis_off()
    if new_side is not None:
        side = min(new_side, MAX_WIDTH / n_columns / wide)
        cell_width = max(1.12 * side * wide, min(caption_width + 8, IMAGE_POINTS))
        cell_height = 1.05 * side * (high + below) + caption_height + 8
        width = max(margin + n_columns * cell_width, MIN_WIDTH if foot else 0)
        figure.set_size_inches(width / 72 + 0.1, (n_rows * cell_height + foot) / 72 + 0.1)
    width, height = size_in_points(ax)
    cell_width, cell_height = (width - margin) / n_columns, (height - foot) / n_rows
    room = 0.92 * cell_width / max(caption_width, 1), 0.4 * cell_height / max(caption_height, 1)
    shrink = min(1, *room)
    caption_height = caption_height * shrink + 5
    side = min(cell_width / wide / 1.08, (cell_height - caption_height) / (high + below) / 1.04)
    side = max(side, 1)
    image_width, image_height = side * wide, side * high
    cell_width = min(cell_width, 1.15 * max(image_width, caption_width * shrink))
    cell_height = min(cell_height, 1.06 * side * (high + below) + caption_height + 6)
    images, frames, texts = [], [], []
    frame = {"fill": False, "edgecolor": rcParams["axes.edgecolor"], "linewidth": 0.8, "alpha": 0.3}
    letters = {"fontsize": CAPTION_POINTS * shrink, "ha": "center", "va": "bottom"}
    for (row, column), image, caption in zip(cells, pixels, captions, strict=True):
        x = margin + (column + 0.5) * cell_width - image_width / 2
        y = -row * cell_height - caption_height - image_height
        extent = (x, x + image_width, y, y + image_height)
        images.append(ax.imshow(image, extent=extent, origin="upper", **options))
        frames.append(ax.add_patch(Rectangle((x, y), image_width, image_height, **frame)))
        texts.append(ax.text(x + image_width / 2, y + image_height + 3, caption, **letters))
    for row, heading in enumerate(headings):
        y = -row * cell_height - caption_height - image_height / 2
        ax.text(0, y, heading, fontsize=CAPTION_POINTS * shrink, fontweight="bold", va="center")
    ax.set(xlim=(0, margin + n_columns * cell_width), ylim=(-n_rows * cell_height - foot, 0))
    for artist in ax.get_children():
        artist.set_in_layout(False)  # all of them are inside the axes
    return np.array(images), np.array(frames), np.array(texts)
