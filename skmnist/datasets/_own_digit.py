"""`read_digit`: from a picture of a handwritten digit to the form that MNIST's digits have."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skmnist.datasets._ink import Ink, find_ink
from skmnist.datasets._picture import open_picture

if TYPE_CHECKING:
    from PIL.Image import Image

_SIZE = 28
_BOX = 20
# MNIST's centres of mass lie within half a pixel of row 14 and column 14, counted from 0.
_CENTRE = 14
# The widths of strokes in MNIST's pixels, measured as here: half of its digits are between 2.1 and
# 2.9, and one in twenty above 3.8. A pen that is thinner becomes one of the middle.
_THINNEST, _THICKEST = 2.3, 4.0

_WORKING_SIDE = 500  # pixels: a pen is still wider than one of them, and a second look is finer
_LOWEST_DIGIT = 6


def read_digit(
    path_or_array: str | os.PathLike[str] | NDArray[np.uint8] | NDArray[np.floating[Any]],
) -> NDArray[np.uint8]:
    """Turn a picture of one handwritten digit into the form of MNIST's.

    The picture is a photo, a scan or a drawing: dark on light or light on dark, in any colour and
    of any size, of nothing but the paper and the digit. What is done with it:

    - The margin says what the paper looks like, and where the light is uneven, what goes over into
      it gradually is paper too. What differs from that the most is the ink, whether it is darker
      or lighter.
    - Ink is told from paper by Otsu's threshold [2]_. Specks, soft shadows, pale lines on the paper
      and, beside a digit that lies free, what comes in from the edge of the picture are left out.
      Strokes that do not touch, as the top of a 5 may not, are taken together: all that is left
      counts as one digit, two digits side by side too.
    - As MNIST's makers did [1]_, the digit is fitted into 20 x 20 pixels, its aspect ratio kept
      and its edges smoothed, and is placed in 28 x 28 pixels so that its centre of mass is at
      their centre, to the nearest pixel. It is not turned or straightened.
    - A stroke thinner than 2.3 of these pixels is thickened to that, and one thicker than 4 is
      thinned, as far as its thin parts allow: few of MNIST's digits are beyond, and a fine pen on
      a large page would fade away.

    Parameters
    ----------
    path_or_array : str, os.PathLike or ndarray of shape (h, w), (h, w, 3) or (h, w, 4)
        A PNG, JPEG or any other picture that Pillow reads; of an animation or of many pages, the
        first one is taken. A photo is turned upright as its Exif data say. ``~`` stands for the
        home folder. Or an array of grey levels, of RGB or of RGBA: uint8, or floats from 0 to 1.
        Transparent pixels are paper. At least 8 x 8 pixels, and at most Pillow's limit,
        ``PIL.Image.MAX_IMAGE_PIXELS``.

    Returns
    -------
    digit : ndarray of shape (28, 28), uint8
        From 0 (background) to 255 (ink). ``digit.reshape(1, -1)`` is a row for a classifier that
        was trained on MNIST's rows.

    Raises
    ------
    TypeError
        If `path_or_array` is neither a path nor an array.
    OSError
        If the file does not exist, or cannot be opened.
    ValueError
        If it is no picture, or is damaged, too small or too large; if the array has another shape,
        dtype or range; if nothing is drawn, or that is less than 6 pixels high and wide.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to
       document recognition", Proceedings of the IEEE 86(11), 2278-2324, 1998;
       http://yann.lecun.com/exdb/mnist/
    .. [2] N. Otsu, "A threshold selection method from gray-level histograms", IEEE Transactions
       on Systems, Man, and Cybernetics 9(1), 62-66, 1979.

    Examples
    --------
    >>> import numpy as np
    >>> from skmnist import read_digit
    >>> page = np.full((400, 300), 255, dtype=np.uint8)
    >>> page[80:320, 140:160] = 0  # a stroke from the top to the bottom
    >>> digit = read_digit(page)
    >>> digit.shape, digit.dtype
    ((28, 28), dtype('uint8'))
    >>> int(digit.any(axis=1).sum()), int(digit.min()), int(digit.max())
    (20, 0, 255)
    """
    image, name = open_picture(path_or_array)
    ink = _look(image)
    if ink is None:
        raise ValueError(
            f"{name} shows nothing drawn: nothing in it stands out from the paper. Expected a "
            "picture of one digit, with a margin around it."
        )
    if _longer_side(ink) < _LOWEST_DIGIT:
        raise ValueError(
            f"{name} shows something {_longer_side(ink)} pixels high or wide; expected a digit of "
            f"at least {_LOWEST_DIGIT}."
        )
    return _centred(_boxed(ink))


def _look(image: Image) -> Ink | None:
    """Find the ink; if it is a small part of the picture, look closer."""
    ink = find_ink(_pixels(image))
    scale = max(image.size) / _WORKING_SIDE
    if ink is None or scale <= 1 or _longer_side(ink) > 0.4 * _WORKING_SIDE:
        return ink
    left, top, right, bottom = (scale * edge for edge in ink.box)
    margin = max(right - left, bottom - top)
    part = image.crop(
        (
            max(0, int(left - margin)),
            max(0, int(top - margin)),
            min(image.width, int(right + margin)),
            min(image.height, int(bottom + margin)),
        )
    )
    return find_ink(_pixels(part)) or ink


def _pixels(image: Image) -> NDArray[np.float32]:
    image = image.copy()
    image.thumbnail((_WORKING_SIDE, _WORKING_SIDE))
    pixels: NDArray[np.float32] = np.asarray(image, dtype=np.float32) / np.float32(255)
    return pixels


def _longer_side(ink: Ink) -> int:
    left, top, right, bottom = ink.box
    return max(right - left, bottom - top)


def _boxed(ink: Ink) -> NDArray[np.uint8]:
    """Fit the digit into 20 x 20 pixels, with strokes about as wide as MNIST's."""
    from PIL import Image  # here, because loading MNIST needs neither Pillow nor scipy
    from scipy import ndimage

    # Fine enough for the edge of a stroke to be anywhere in one of the 20 x 20 pixels.
    square = _square(ink)
    side = round(max(1.0, 8 * _BOX / _longer_side(ink)) * len(square))
    fine = Image.fromarray(square).resize((side, side), Image.Resampling.BICUBIC)
    inside = np.asarray(fine) > ink.threshold

    depth = ndimage.distance_transform_edt(inside)
    distance = depth - ndimage.distance_transform_edt(~inside)
    distance -= np.sign(distance) / 2  # to the edge of a pixel, not to its middle
    # In a long stroke, the depths are spread evenly from 0 to half its width.
    mean_depth = float(distance[inside].mean())
    stroke = 4 * mean_depth
    longer = _extent(inside)[2]
    width = min(max(_BOX * stroke / longer, _THINNEST), _THICKEST)
    # A digit that grows has to be scaled down more, and its strokes with it: solved for `width`.
    grow = (width * longer / _BOX - stroke) / 2 / (1 - width / _BOX)
    grow = max(grow, -0.8 * mean_depth)

    drawn = np.clip(distance + grow + 0.5, 0, 1).astype(np.float32)
    x, y, longer = _extent(drawn >= 0.5)
    box = (x, y, x + longer, y + longer)
    boxed = Image.fromarray(drawn).resize((_BOX, _BOX), Image.Resampling.BOX, box=box)
    return np.rint(255 * np.asarray(boxed).clip(0, 1)).astype(np.uint8)


def _square(ink: Ink) -> NDArray[np.float32]:
    """Cut the digit out as a square, with a margin for strokes to grow into."""
    left, top, right, bottom = ink.box
    slope = 3  # pixels beside the strokes that are not yet paper
    longer = max(right - left, bottom - top)
    side = longer + 2 * (slope + longer // 6 + 1)
    y, x = (side - (bottom - top)) // 2, (side - (right - left)) // 2
    up, back = min(slope, top), min(slope, left)
    part = ink.contrast[top - up : bottom + slope, left - back : right + slope]
    square = np.zeros((side, side), dtype=np.float32)
    square[y - up : y - up + part.shape[0], x - back : x - back + part.shape[1]] = part
    return square


def _extent(mask: NDArray[np.bool_]) -> tuple[float, float, int]:
    """The left, the top and the side of the smallest square around the middle of what is True."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    bottom, right = int(rows[-1]) + 1, int(columns[-1]) + 1
    side = max(bottom - int(rows[0]), right - int(columns[0]))
    return (int(columns[0]) + right - side) / 2, (int(rows[0]) + bottom - side) / 2, side


def _centred(boxed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Place the box so that the digit's centre of mass is at the centre, or as near as it fits."""
    places = np.arange(_BOX)
    ink = boxed.astype(np.float64)
    middle = (ink.sum(axis=1) @ places / ink.sum(), ink.sum(axis=0) @ places / ink.sum())
    top, left = (int(min(max(round(_CENTRE - at), 0), _SIZE - _BOX)) for at in middle)
    digit = np.zeros((_SIZE, _SIZE), dtype=np.uint8)
    digit[top : top + _BOX, left : left + _BOX] = boxed
    return digit
