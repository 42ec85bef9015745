"""Where a picture has ink: the paper taken away, and what is left told from dirt."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# Contrasts are differences of grey levels, which run from 0 to 1.
_LEAST_CONTRAST = 0.06
_NOISE = 5  # standard deviations of the paper, which less than one pixel in a picture exceeds
# Of y and x, up to the degree 4, in rising order of degree.
_POWERS = [(n, degree - n) for degree in range(5) for n in range(degree + 1)]


class Ink(NamedTuple):
    """What is drawn in a picture."""

    contrast: NDArray[np.float32]  # (h, w): 0 is paper, more is ink; dirt and lines are set to 0
    threshold: float  # the contrast at the edge of a stroke
    box: tuple[int, int, int, int]  # left, top, right, bottom of the strokes, the last two excluded


def find_ink(pixels: NDArray[np.float32]) -> Ink | None:
    """Find what is drawn in a picture.

    Parameters
    ----------
    pixels : ndarray of shape (h, w, 3), float32, from 0 to 1

    Returns
    -------
    ink : Ink or None
        None if nothing is drawn.
    """
    # Here, because loading MNIST needs neither Pillow nor scipy.
    from scipy import ndimage

    contrast = ndimage.gaussian_filter(_differences(pixels), max(pixels.shape) / 600)
    contrast -= _shades(contrast)
    some = contrast[::2, ::2]  # plenty for a median
    contrast -= np.median(some)

    noise = 1.4826 * float(np.median(np.abs(some)))  # of a normal distribution
    least = max(_LEAST_CONTRAST, _NOISE * noise)
    candidates = contrast > least
    if not candidates.any():
        return None
    # Ink covers so little of a page that Otsu's rule would divide the paper instead; beside the
    # ink there is as much of the one as of the other.
    reach = 1 + round(max(candidates.shape) / 100)
    beside = ndimage.maximum_filter(candidates, 2 * reach + 1)
    threshold = max(least, otsu(contrast[beside]))

    strokes = _strokes(contrast, threshold)
    if strokes is None:
        return None
    rows, columns = np.flatnonzero(strokes.any(axis=1)), np.flatnonzero(strokes.any(axis=0))
    box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    # The slope from the ink to the paper belongs to a stroke: it says where between two pixels
    # its edge is.
    near = ndimage.maximum_filter(strokes, 5)
    near &= strokes | ~(contrast > threshold)
    return Ink(np.where(near, contrast, 0).astype(np.float32), threshold, box)


def otsu(values: NDArray[Any]) -> float:
    """Divide values into two classes, so that the classes' means differ the most [1]_.

    References
    ----------
    .. [1] N. Otsu, "A threshold selection method from gray-level histograms", IEEE Transactions
       on Systems, Man, and Cybernetics 9(1), 62-66, 1979.
    """
    counts, edges = np.histogram(values, bins=256)
    middles = (edges[1:] + edges[:-1]) / 2
    below = np.cumsum(counts)[:-1]
    above = counts.sum() - below
    sums = np.cumsum(counts * middles)
    mean_below = sums[:-1] / np.maximum(below, 1)
    mean_above = (sums[-1] - sums[:-1]) / np.maximum(above, 1)
    between = below * above * (mean_above - mean_below) ** 2.0
    # Between two classes far apart every threshold is as good: the middle one leaves the edges of
    # strokes where they are.
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    return float(edges[1 + (best[0] + best[-1]) // 2])


def _small(pixels: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Average over blocks, so that the longer side is about ``side`` pixels."""
    step = max(1, round(max(pixels.shape[:2]) / side))
    height, width = (max(1, length // step) * step for length in pixels.shape[:2])
    blocks = pixels[:height, :width].reshape(
        height // step, step, width // step, step, *pixels.shape[2:]
    )
    return blocks.mean(axis=(1, 3))


def _differences(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Say how far each pixel is from the paper in the direction of the ink, whatever its colour.

    Dark on light, light on dark and yellow on white are one case: the direction from the paper to
    the ink is that in which the largest differences point.

    The paper, as lit from one side or in the middle, is a polynomial. The margin says how bright
    it is. From there the surface bends bit by bit, and takes in what goes over into it gradually,
    as light does. Ink begins at once: it is far from the surface and weighs next to nothing
    (Cauchy's weights).
    """
    small = _small(pixels, 48)
    levels = small.astype(np.float64).reshape(-1, small.shape[2])
    terms = _terms(*small.shape[:2]).reshape(len(levels), -1)
    depth = max(1, round(0.1 * min(small.shape[:2])))
    margin = np.ones(small.shape[:2], dtype=bool)
    margin[depth:-depth, depth:-depth] = False
    beside = np.flatnonzero(margin)
    everywhere = np.arange(len(levels))
    surface = np.broadcast_to(np.median(levels[beside], axis=0), levels.shape)
    for rows, degree in ((beside, 1), (beside, 2), (everywhere, 2), (everywhere, 4)):
        given = np.ascontiguousarray(terms[rows, : (degree + 1) * (degree + 2) // 2])
        wanted, found = levels[rows], surface[rows]
        for _ in range(6):
            weights = 1 / (0.05**2 + ((wanted - found) ** 2).sum(axis=1))
            weighted = given.T * weights
            solution = np.linalg.lstsq(weighted @ given, weighted @ wanted, rcond=None)[0]
            found = given @ solution
        surface = terms[:, : len(solution)] @ solution
    left = levels - surface
    direction = (left.T * (left**2).sum(axis=1)).sum(axis=1)
    direction /= max(np.abs(direction).sum(), 1e-12)
    factors = np.zeros((5, 5))
    factors[tuple(np.transpose(_POWERS))] = solution @ direction
    y, x = (np.linspace(-1, 1, length)[:, None] ** np.arange(5) for length in pixels.shape[:2])
    paper: NDArray[np.float32] = (y @ factors @ x.T).astype(np.float32)
    return pixels @ direction.astype(np.float32) - paper


def _terms(height: int, width: int) -> NDArray[np.float64]:
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return np.stack([y**a * x**b for a, b in _POWERS], axis=-1)


def _shades(contrast: NDArray[np.float32]) -> NDArray[np.float32]:
    """Estimate the shades on the paper: what is as dark over more than the width of a stroke."""
    # Here, as above.
    from PIL import Image
    from scipy import ndimage

    small = _small(contrast, 96)
    size = max(3, round(0.4 * min(small.shape)))
    opened = Image.fromarray(ndimage.gaussian_filter(ndimage.grey_opening(small, size), 2))
    return np.asarray(opened.resize(contrast.shape[::-1], Image.Resampling.BILINEAR))


def _strokes(contrast: NDArray[np.float32], threshold: float) -> NDArray[np.bool_] | None:
    """Keep the digit; leave out specks, soft shadows, lines, and what comes in from the edge."""
    from scipy import ndimage  # here, as above

    mask = contrast > threshold
    labels, _ = ndimage.label(mask, np.ones((3, 3)))
    boxes = ndimage.find_objects(labels)
    if not boxes:
        return None
    height, width = mask.shape
    areas = np.bincount(labels.ravel())[1:]
    tops, bottoms = (np.array([getattr(box[0], end) for box in boxes]) for end in ("start", "stop"))
    lefts, rights = (np.array([getattr(box[1], end) for box in boxes]) for end in ("start", "stop"))
    heights, widths = bottoms - tops, rights - lefts

    lengths = np.maximum(heights, widths)
    page = max(height, width)
    kept = lengths >= max(3, 0.025 * page)
    # At the edge of ink, a few pixels lead from the paper to more than the threshold; at that of a
    # shadow, they lead from a little less to a little more.
    reach = 2 * round(page / 100) + 3
    rise = ndimage.maximum_filter(contrast, reach) - ndimage.minimum_filter(contrast, reach)
    edges = np.where(ndimage.minimum_filter(mask, 3), 0, labels)
    kept &= ndimage.mean(rise, edges, np.arange(len(boxes)) + 1) > 0.8 * threshold

    touches = (tops == 0) | (lefts == 0) | (bottoms == height) | (rights == width)
    # A picture that was cut out closely has the digit at its edges.
    is_cut_out = (touches & (heights >= 0.5 * height) & (widths >= 0.5 * width)).any()
    holds_another = (kept & ~touches & (lengths >= 0.1 * page)).any()
    around = np.isin(
        np.concatenate([labels[0], labels[:, -1], labels[-1, ::-1], labels[::-1, 0]]),
        1 + np.flatnonzero(kept),
    )
    is_ruled = np.count_nonzero(around[1:] & ~around[:-1]) > 8  # more ends than any digit has
    is_framed = around.mean() > 0.6  # by a table, say
    if is_ruled or is_framed or (holds_another and not is_cut_out):
        kept &= ~touches
    if not kept.any():
        return None

    main = int(np.argmax(np.where(kept, areas, 0)))
    size = max(heights[main], widths[main])
    gaps_y = np.maximum(tops - bottoms[main], tops[main] - bottoms).clip(0)
    gaps_x = np.maximum(lefts - rights[main], lefts[main] - rights).clip(0)
    close = np.maximum(gaps_x, gaps_y) <= 0.25 * size
    kept &= areas >= np.where(close, 0.02, 0.1) * areas[main]
    return np.isin(labels, 1 + np.flatnonzero(kept))
