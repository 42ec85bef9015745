"""Small images in a grid: how large they are, and captions that do not collide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from skmnist.display._text import size_in_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

CAPTION_POINTS = 9
BOLD_LETTER_WIDTH = 0.65  # of DejaVu Sans, matplotlib's own font, in parts of the font size
LINE_HEIGHT = 1.4


def image_inches(images: NDArray[Any], longer_side: float) -> tuple[float, float]:
    """Return the size of an image.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width)
        The images.
    longer_side : float
        What the longer side of an image takes, in inches.

    Returns
    -------
    width, height : float
        In inches.

    Examples
    --------
    >>> import numpy as np
    >>> image_inches(np.zeros((1, 14, 28)), 1.2)
    (1.2, 0.6)
    """
    _, height, width = images.shape
    longer = max(height, width)
    return longer_side * width / longer, longer_side * height / longer


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
    width = _longest_line(captions) * BOLD_LETTER_WIDTH * CAPTION_POINTS / 72
    return width, most_lines * LINE_HEIGHT * CAPTION_POINTS / 72


def caption_points(captions: Sequence[str], n_columns: int, ax: Axes | None) -> float:
    """Return a size of letters with which captions side by side do not collide.

    Parameters
    ----------
    captions : sequence of str
        The captions.
    n_columns : int
        How many of them stand side by side.
    ax : matplotlib Axes or None
        The axes in which they do. None stands for a new figure, which is made as large as its
        captions need.

    Returns
    -------
    points : float
        The font size, `CAPTION_POINTS` at most.
    """
    if ax is None:
        return CAPTION_POINTS
    width = size_in_points(ax)[0] / n_columns
    return min(CAPTION_POINTS, width / (BOLD_LETTER_WIDTH * max(_longest_line(captions), 1)))


def draw_image(
    panel: Axes, pixels: NDArray[Any], caption: str, points: float, **options: Any
) -> AxesImage:
    """Draw an image with a faint frame, and a caption above it.

    Parameters
    ----------
    panel : matplotlib Axes
        The axes to draw in.
    pixels : ndarray of shape (height, width)
        The image.
    caption : str
        The caption.
    points : float
        Its font size.
    **options
        The colours, for `matplotlib.axes.Axes.imshow`.

    Returns
    -------
    image : matplotlib AxesImage
        The image.
    """
    panel.set(xticks=[], yticks=[])
    panel.spines[:].set_alpha(0.3)
    panel.set_title(caption, fontsize=points)
    return panel.imshow(pixels, **options)


def _longest_line(captions: Sequence[str]) -> int:
    return max((len(line) for caption in captions for line in caption.splitlines()), default=0)
