"""`read_digit`: a picture of a handwritten digit in the form of MNIST's digits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from skmnist._warnings import warn_caller
from skmnist.datasets._picture import Source, open_picture, shrink

# scikit-image is imported by the functions that use it: loading data does not need it.
if TYPE_CHECKING:
    from PIL.Image import Image

_SIZE = 28
_BOX = 20
# MNIST's centres of mass are within half a pixel of row and column 14, counted from 0.
_CENTRE = 14
# Half of MNIST's digits have strokes from 2.1 to 2.9 pixels wide, one in twenty above
# 3.8 pixels.
_THINNEST, _THICKEST = 2.3, 4.0

# In pixels; a digit that is small in the picture is cropped and scaled again.
_WORKING_SIDE = 320
_LOWEST_DIGIT = 6
_LEAST_CONTRAST = 0.06  # of grey levels from 0 to 1

# Seven of 1,000 digits of MNIST are so wide, and 40 of 100 pairs of digits that touch.
_WIDEST = 1.5

_SEVERAL = "shows several shapes of like size, of which only the largest is read."
_CUT_OFF = "shows something like a digit at its edge, which is left out."
_SIDE_BY_SIDE = "shows shapes of like size side by side, which are read as one digit."
_WIDE = (
    "shows something much wider than high, such as digits that touch, which is read as "
    "one digit."
)
_IN_OPEN_BOX = (
    "shows something in a box that is not closed; both are read as one digit."
)
_AT_EDGE = "has ink at its edge, so a part of the digit may be missing."


class _Ink(NamedTuple):
    # (h, w): 0 is paper, more is ink; other shapes are set to 0.
    contrast: NDArray[np.float64]
    threshold: float
    box: tuple[slice, slice]  # of the digit
    doubts: frozenset[str]  # whether it is a whole digit, and only one

    @property
    def longer(self) -> int:
        return max(side.stop - side.start for side in self.box)


def read_digit(picture: Source | ArrayLike) -> NDArray[np.uint8]:
    """Turn a picture of one handwritten digit into the form of MNIST's digits.

    The picture is a photo, a scan or a drawing of a digit: dark on light or light on
    dark, in any colour and of any size. The paper is subtracted, and ink is separated
    from it at Otsu's threshold. The digit is the largest connected shape with the
    smaller ones beside it; specks, soft shadows, lines across the page, frames around a
    digit and, beside a digit that lies free, shapes at the edge of the picture are left
    out. Very thin strokes are thickened and very thick ones thinned. As in MNIST [1]_,
    the digit is scaled to fit into 20 x 20 pixels, which are placed in 28 x 28 pixels
    so that the centre of mass is at row 14 and column 14, counted from 0. The digit is
    neither turned nor straightened.

    Parameters
    ----------
    picture : str, os.PathLike, bytes, file object, PIL.Image.Image or array-like
        The path of a picture, its contents, a ``data:`` URL of them in base64, or a
        file object opened for reading in binary mode. The formats are PNG, JPEG, GIF,
        BMP, TIFF, WebP, PPM and, where pillow-heif is installed, HEIC; of several
        frames or pages, the first that is not empty is read. A picture that Pillow has
        opened may have other formats too. An array has the shape (h, w), (h, w, 1), (h,
        w, 3) for RGB or (h, w, 4) for RGBA. It holds booleans, integers or floats.
        White is 1 if none is above 1, otherwise 255, 4095 (12 bits) or 65535, the least
        of them that none is above. A picture has at least 8 x 8 pixels, and a file at
        most ``PIL.Image.MAX_IMAGE_PIXELS``.

    Returns
    -------
    digit : ndarray of shape (28, 28), uint8
        From 0 (background) to 255 (ink). ``digit.reshape(1, -1)`` is a row for a
        classifier that was trained on MNIST's rows.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If `picture` is none of these, damaged, too large or too small; if nothing is
        drawn, or only something less than 6 pixels high and wide.

    Warns
    -----
    UserWarning
        If there are several shapes of like size, at whatever distance; if what is left
        out at the edge of the picture is as large as the digit and made of strokes; if
        what is read is much wider than high, as digits that touch each other are, or
        lies in a box that is not closed; or if the digit touches the edge of the
        picture.

    References
    ----------
    .. [1] http://yann.lecun.com/exdb/mnist/

    Examples
    --------
    >>> import numpy as np
    >>> from skmnist import read_digit
    >>> page = np.full((400, 300), 255, dtype=np.uint8)
    >>> page[80:320, 140:160] = 0  # a stroke from the top to the bottom
    >>> digit = read_digit(page)
    >>> digit.shape, digit.dtype, int(digit.any(axis=1).sum())
    ((28, 28), dtype('uint8'), 20)
    """
    image, name = open_picture(picture)

    ink = _find_ink(image)
    if ink is not None:
        ink = _look_closer(image, ink)
    if ink is None or ink.longer < _LOWEST_DIGIT:
        raise ValueError(
            f"{name} shows nothing drawn: nothing of {_LOWEST_DIGIT} pixels in it "
            "stands out from the paper. Expected a picture of one digit, with a "
            "margin around it."
        )

    for doubt in sorted(ink.doubts):
        warn_caller(f"{name} {doubt}", UserWarning)
    return _centred(_boxed(ink))


def _look_closer(image: Image, ink: _Ink) -> _Ink:
    """If the ink is a small part of the picture, find it again in that part."""
    scale = max(image.size) / max(ink.contrast.shape)
    if scale <= 1 or ink.longer > 0.4 * _WORKING_SIDE:
        return ink

    rows, columns = ink.box
    left = max(0, columns.start - ink.longer)
    top = max(0, rows.start - ink.longer)
    right = columns.stop + ink.longer
    bottom = rows.stop + ink.longer
    corners = np.array([left, top, right, bottom]) * scale
    inside = np.minimum(corners, image.size * 2).astype(int)
    part = image.crop(tuple(inside.tolist()))

    closer = _find_ink(part)
    if closer is None:
        return ink
    # What is beside the part was seen in the whole picture only, and the edge of the
    # part may go through it.
    return closer._replace(doubts=ink.doubts | closer.doubts - {_CUT_OFF})


def _contrast(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much each pixel differs from the paper; ink is positive."""
    from skimage.transform import resize, resize_local_mean

    shape = pixels.shape[:2]
    scale = min(1, 64 / max(shape))
    small_shape = tuple(max(2, round(scale * length)) for length in shape)
    levels = resize_local_mean(pixels, small_shape, channel_axis=-1).reshape(-1, 3)
    surface = _light_on_paper(levels, small_shape)

    # The largest differences point from the colour of the paper to that of the ink.
    difference = levels - surface
    direction = (difference * (difference**2).sum(axis=1, keepdims=True)).sum(axis=0)
    direction /= max(np.abs(direction).sum(), 1e-12)

    # What is as dark over more than the width of a stroke is a shadow.
    rest = (difference @ direction).reshape(small_shape)
    shadows = ndimage.grey_opening(rest, max(3, round(0.4 * min(small_shape))))
    soft_shadows = ndimage.gaussian_filter(shadows, 2)
    paper = (surface @ direction).reshape(small_shape) + soft_shadows
    contrast = pixels @ direction - resize(paper, shape, order=1, mode="edge")
    contrast -= np.median(contrast)

    # Noise and dithering differ from the median of their neighbours; strokes hardly do.
    noise = np.abs(contrast - ndimage.median_filter(contrast, 3)).mean()
    if noise > 0.005:
        contrast = ndimage.gaussian_filter(contrast, max(shape) / 400)
    return contrast


def _light_on_paper(
    levels: NDArray[np.float64], shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """Return the levels of the paper, a quadratic surface as light may be uneven.

    It is fitted to the margin. Ink in the margin is far from it and weighs next to
    nothing (Cauchy's weights).
    """
    grid = np.mgrid[[slice(-1, 1, side * 1j) for side in shape]]
    y, x = (axis.ravel() for axis in grid)
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=1)
    margin = np.maximum(np.abs(x), np.abs(y)) > 0.8

    surface = np.broadcast_to(np.median(levels[margin], axis=0), levels.shape)
    for _ in range(8):
        distance = ((levels - surface)[margin] ** 2).sum(axis=1, keepdims=True)
        weights = 1 / np.sqrt(0.05**2 + distance)
        factors, *_ = np.linalg.lstsq(weights * terms[margin], weights * levels[margin])
        surface = terms @ factors
    return surface


def _find_ink(image: Image) -> _Ink | None:
    """Find the digit in a picture; None if nothing is drawn."""
    contrast = _contrast(np.asarray(shrink(image, _WORKING_SIDE)) / 255)
    threshold = _threshold_of(contrast)
    if threshold is None:
        return None

    labels, shapes = _shapes_in(contrast, threshold)
    shapes = _without_surroundings(shapes, contrast.shape)
    whole = _without_things_at_edge(shapes, contrast.shape)
    if not whole:
        return None

    main = max(whole, key=lambda shape: shape.area)
    kept = [shape for shape in whole if shape is main or _belongs_to(main, shape)]
    strokes = np.isin(labels, [shape.label for shape in kept])

    doubts = _doubts_about(main, kept, whole, contrast.shape)
    whole_labels = {shape.label for shape in whole}
    at_edge = [shape for shape in shapes if shape.label not in whole_labels]
    if any(_looks_like_digit(shape, main) for shape in at_edge):
        doubts |= {_CUT_OFF}

    # The slope from ink to paper shows where between two pixels a stroke ends.
    near = ndimage.maximum_filter(strokes, 5) & (strokes | (labels == 0))
    return _Ink(np.where(near, contrast, 0), threshold, _extent(strokes), doubts)


def _threshold_of(contrast: NDArray[np.float64]) -> float | None:
    """Return the contrast halfway between paper and ink; None if nothing stands out."""
    from skimage.filters import threshold_otsu

    noise = 1.4826 * float(np.median(np.abs(contrast)))
    least = max(_LEAST_CONTRAST, 5 * noise)
    candidates = contrast > least
    if not candidates.any():
        return None

    # Ink covers so little of a page that Otsu's rule would divide the paper instead;
    # beside the ink there is as much of the one as of the other.
    values = contrast[ndimage.maximum_filter(candidates, _reach(contrast))]
    is_ink = values > threshold_otsu(values)
    # The edge of a stroke is halfway between ink and paper.
    return max(least, (values[is_ink].mean() + values[~is_ink].mean()) / 2)


def _shapes_in(
    contrast: NDArray[np.float64], threshold: float
) -> tuple[NDArray[np.integer], list[Any]]:
    """Return the connected shapes of ink, and an array of their labels, 0 for paper."""
    from skimage.measure import label, regionprops

    labels = label(contrast > threshold)
    reach = _reach(contrast)
    highest = ndimage.maximum_filter(contrast, reach)
    lowest = ndimage.minimum_filter(contrast, reach)

    # Specks are small, and shadows have no edge at which the contrast rises.
    least_side = max(3, 0.025 * max(contrast.shape))
    shapes = []
    for shape in regionprops(labels, highest - lowest):
        is_speck = _longer(shape) < least_side
        if not is_speck and shape.intensity_max > 0.8 * threshold:
            shapes.append(shape)
    return labels, shapes


def _reach(contrast: NDArray[np.float64]) -> int:
    """Return the width around a pixel that the edge of a stroke fits into."""
    return 2 * round(max(contrast.shape) / 100) + 3


def _without_surroundings(shapes: list[Any], page: tuple[int, ...]) -> list[Any]:
    """Leave out what is not drawn: the paper, and frames."""
    drawn = [shape for shape in shapes if not _is_paper(shape, page)]
    return [shape for shape in drawn if not _encloses_any(shape, drawn)]


def _without_things_at_edge(shapes: list[Any], page: tuple[int, ...]) -> list[Any]:
    # Beside a digit that lies free, what comes in from the edge is something else, such
    # as the table; unless the picture was cropped to the digit.
    free = [shape for shape in shapes if not _touches_edge(shape, page)]
    has_free_digit = any(_longer(shape) >= 0.1 * max(page) for shape in free)
    is_cropped = any(_fills_page(shape, page) for shape in shapes)
    if has_free_digit and not is_cropped:
        return free
    return shapes


def _belongs_to(main: Any, shape: Any) -> bool:
    """Whether a shape is a part of the digit of which `main` is the largest part."""
    return _is_near(main, shape) and shape.area >= 0.02 * main.area


def _is_near(main: Any, shape: Any) -> bool:
    # The top of a 5 may not touch the rest. What is about as high as the digit and not
    # close to it is another digit.
    reach = 0.25
    if shape.image.shape[0] >= 0.5 * main.image.shape[0]:
        reach = 0.1
    return _gap(shape, main) <= reach * _longer(main)


def _doubts_about(
    main: Any, kept: list[Any], shapes: list[Any], page: tuple[int, ...]
) -> frozenset[str]:
    """Return the reasons why the shapes that are kept may not be one whole digit."""
    others = [shape for shape in kept if shape is not main]
    is_at_edge = any(_touches_edge(shape, page) for shape in kept)

    reasons = {
        _AT_EDGE: is_at_edge,
        _IN_OPEN_BOX: _is_open_box_around(kept),
        _SEVERAL: any(_is_another_digit(main, shape) for shape in shapes),
        _SIDE_BY_SIDE: any(_is_beside(main, shape) for shape in others),
        # What is cut off may have any proportions.
        _WIDE: _is_wide(kept) and not is_at_edge,
    }
    return frozenset(doubt for doubt, applies in reasons.items() if applies)


def _looks_like_digit(shape: Any, main: Any) -> bool:
    """Whether a shape at the edge is about as large as the digit, and of strokes."""
    is_like_size = 0.5 <= _longer(shape) / _longer(main) <= 2
    is_long = min(shape.image.shape) < 0.25 * _longer(shape)
    return is_like_size and not is_long and shape.extent < 0.6


def _is_another_digit(main: Any, shape: Any) -> bool:
    return not _is_near(main, shape) and _longer(shape) >= 0.5 * _longer(main)


def _is_beside(main: Any, shape: Any) -> bool:
    """Whether two shapes are about as high, and neither is above the other.

    Parts of one digit are: the bar of a 4 is next to a lower part, and the top of a 5
    above.
    """
    lower, higher = sorted([main.image.shape[0], shape.image.shape[0]])
    first, second = sorted([main.bbox, shape.bbox], key=lambda box: box[1])
    return lower >= 0.75 * higher and first[3] <= second[1]


def _is_wide(shapes: list[Any]) -> bool:
    boxes = np.array([shape.bbox for shape in shapes])
    height, width = boxes[:, 2:].max(axis=0) - boxes[:, :2].min(axis=0)
    return bool(width > _WIDEST * height)


def _is_open_box_around(shapes: list[Any]) -> bool:
    """Whether one of the shapes runs along most of its box, and another is in it."""
    for box in shapes:
        others = [shape for shape in shapes if shape is not box]
        holds_any = any(_holds(box, other) for other in others)
        if holds_any and _share_of_sides(box) > 0.6:
            return True
    return False


def _holds(box: Any, other: Any) -> bool:
    first, second = np.reshape(box.bbox, (2, 2)), np.reshape(other.bbox, (2, 2))
    is_inside = (first[0] <= second[0]).all() and (second[1] <= first[1]).all()
    return bool(is_inside) and _longer(other) > 0.2 * _longer(box)


def _share_of_sides(shape: Any) -> float:
    """Return how much of the sides of its box a shape runs along, within a tenth."""
    height, width = shape.image.shape
    rows, columns = max(1, height // 10), max(1, width // 10)
    sides = [
        shape.image[:rows].any(axis=0),
        shape.image[-rows:].any(axis=0),
        shape.image[:, :columns].any(axis=1),
        shape.image[:, -columns:].any(axis=1),
    ]
    return float(np.concatenate(sides).mean())


def _longer(shape: Any) -> int:
    return max(shape.image.shape)


def _touches_edge(shape: Any, page: tuple[int, ...]) -> bool:
    return 0 in shape.bbox[:2] or shape.bbox[2] == page[0] or shape.bbox[3] == page[1]


def _fills_page(shape: Any, page: tuple[int, ...]) -> bool:
    is_half_as_long = (np.array(shape.image.shape) >= np.array(page) / 2).all()
    return _touches_edge(shape, page) and bool(is_half_as_long)


def _gap(one: Any, other: Any) -> int:
    """Pixels between the boxes of two shapes, 0 where they overlap."""
    first, second = np.reshape(one.bbox, (2, 2)), np.reshape(other.bbox, (2, 2))
    return int(max((first[0] - second[1]).max(), (second[0] - first[1]).max(), 0))


def _is_paper(shape: Any, page: tuple[int, ...]) -> bool:
    """Whether a shape is a part of the paper, or of what the paper lies on."""
    if not _touches_edge(shape, page):
        return False
    if _is_line_across(shape, page) or _has_squares(shape):
        return True
    return _runs_around(shape, page)


def _is_line_across(shape: Any, page: tuple[int, ...]) -> bool:
    (height, width), (rows, columns) = page, shape.image.shape
    is_row = columns == width and rows < 0.1 * height
    is_column = rows == height and columns < 0.1 * width
    return is_row or is_column


def _has_squares(shape: Any) -> bool:
    # More holes than any digit.
    return shape.euler_number < -8


def _runs_around(shape: Any, page: tuple[int, ...]) -> bool:
    height, width = page
    y, x = shape.coords.T
    is_at_edge = (y == 0) | (y == height - 1) | (x == 0) | (x == width - 1)
    return bool(np.count_nonzero(is_at_edge) > 0.35 * 2 * (height + width))


def _encloses_any(frame: Any, shapes: list[Any]) -> bool:
    return any(_encloses(frame, shape) for shape in shapes)


def _encloses(frame: Any, other: Any) -> bool:
    """Whether a shape has another in one of its holes, more than a speck in a 0."""
    longer = _longer(frame)
    if frame.euler_number > 0 or not 0.2 * longer < _longer(other) < longer:
        return False

    place = other.coords[0] - frame.bbox[:2]
    is_inside = (place >= 0).all() and (place < frame.image.shape).all()
    return bool(is_inside and frame.image_filled[tuple(place)])


def _boxed(ink: _Ink) -> NDArray[np.uint8]:
    """Fit the digit into 20 x 20 pixels, with strokes about as wide as MNIST's."""
    from skimage.transform import resize_local_mean

    inside = _enlarged(ink)
    depth = ndimage.distance_transform_edt(inside)
    distance = depth - ndimage.distance_transform_edt(~inside)
    distance -= np.sign(distance) / 2  # to the edge of a pixel, not to its middle

    # In a long stroke, the depths are spread evenly from 0 to half its width.
    mean_depth = float(distance[inside].mean())
    stroke = 4 * mean_depth
    longer = max(inside[_extent(inside)].shape)
    width = min(max(_BOX * stroke / longer, _THINNEST), _THICKEST)
    # A digit that grows is scaled down more, and its strokes too: solved for `width`.
    grow = (width * longer / _BOX - stroke) / 2 / (1 - width / _BOX)
    grow = max(grow, -0.8 * mean_depth)

    drawn = np.clip(distance + grow + 0.5, 0, 1)
    drawn = drawn[_extent(drawn >= 0.5)]
    missing = [max(drawn.shape) - side for side in drawn.shape]
    square = np.pad(drawn, [(side // 2, side - side // 2) for side in missing])
    return np.rint(255 * resize_local_mean(square, (_BOX, _BOX))).astype(np.uint8)


def _enlarged(ink: _Ink) -> NDArray[np.bool_]:
    """Return where the digit is, on finer pixels, with a margin for strokes to grow."""
    from skimage.transform import resize

    rows, columns = ink.box
    margin = 4 + ink.longer // 6
    part = np.pad(ink.contrast, margin)[
        rows.start : rows.stop + 2 * margin,
        columns.start : columns.stop + 2 * margin,
    ]

    # Fine enough for the edge of a stroke to be anywhere in one of the 20 x 20 pixels.
    factor = 2 ** max(0, int(np.ceil(np.log2(8 * _BOX / ink.longer))))
    if factor > 1:
        part = resize(part, tuple(factor * side for side in part.shape), order=1)
    return part > ink.threshold


def _extent(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    return ndimage.find_objects(mask.astype(np.uint8))[0]


def _centred(boxed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Place the box so that its centre of mass is at the centre, or near to it."""
    room = _SIZE - _BOX
    middle = ndimage.center_of_mass(boxed.astype(np.float64))
    before = [min(max(round(_CENTRE - float(at)), 0), room) for at in middle]
    return np.pad(boxed, [(length, room - length) for length in before])
