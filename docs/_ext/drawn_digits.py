"""Digits drawn by hand for the page's networks, in forms that MNIST has few of.

A digit is a list of curves, and a curve a list of points that it runs through, x to the
right, y downwards, in a frame of height 1. Curves that begin where another one ends
make a corner.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.interpolate import make_interp_spline

from skmnist import read_digit

Curve = list[tuple[float, float]]

DIGITS: list[tuple[int, list[Curve]]] = [
    # A 1 with a flag: short, long, curved.
    (1, [[(0.0, 0.2), (0.12, 0.08), (0.2, 0.0)], [(0.2, 0.0), (0.2, 0.5), (0.2, 1.0)]]),
    (
        1,
        [
            [(0.0, 0.4), (0.16, 0.2), (0.34, 0.0)],
            [(0.34, 0.0), (0.33, 0.5), (0.32, 1.0)],
        ],
    ),
    (
        1,
        [
            [(0.0, 0.26), (0.16, 0.18), (0.3, 0.0)],
            [(0.3, 0.0), (0.28, 0.5), (0.26, 1.0)],
        ],
    ),
    # The same on a foot.
    (
        1,
        [
            [(0.06, 0.26), (0.2, 0.14), (0.32, 0.0)],
            [(0.32, 0.0), (0.32, 0.5), (0.32, 1.0)],
            [(0.06, 0.99), (0.3, 1.0), (0.6, 0.99)],
        ],
    ),
    (
        1,
        [
            [(0.02, 0.2), (0.14, 0.1), (0.24, 0.0)],
            [(0.24, 0.0), (0.24, 0.5), (0.24, 1.0)],
            [(0.0, 1.0), (0.24, 1.0), (0.48, 1.0)],
        ],
    ),
    # A narrow 0, begun at the top and at the side.
    (
        0,
        [
            [(0.16, 0.0), (0.05, 0.14), (0.0, 0.48), (0.05, 0.84), (0.17, 1.0)],
            [(0.17, 1.0), (0.28, 0.84), (0.33, 0.5), (0.28, 0.16), (0.15, 0.0)],
        ],
    ),
    (
        0,
        [
            [
                (0.28, 0.06),
                (0.16, 0.0),
                (0.04, 0.16),
                (0.0, 0.52),
                (0.05, 0.86),
                (0.16, 1.0),
            ],
            [(0.16, 1.0), (0.3, 0.82), (0.36, 0.5), (0.3, 0.14), (0.18, 0.02)],
        ],
    ),
    # A 7 with a bar, and with a serif.
    (
        7,
        [
            [(0.0, 0.02), (0.26, 0.02), (0.56, 0.0)],
            [(0.56, 0.0), (0.36, 0.48), (0.2, 1.0)],
            [(0.12, 0.48), (0.34, 0.46), (0.56, 0.46)],
        ],
    ),
    (
        7,
        [
            [(0.0, 0.2), (0.02, 0.04)],
            [(0.02, 0.04), (0.3, 0.05), (0.58, 0.02)],
            [(0.58, 0.02), (0.4, 0.5), (0.28, 1.0)],
        ],
    ),
    # A 4 of straight lines, open and closed.
    (
        4,
        [
            [(0.1, 0.0), (0.04, 0.3), (0.0, 0.56)],
            [(0.0, 0.56), (0.28, 0.56), (0.6, 0.56)],
            [(0.44, 0.2), (0.44, 0.6), (0.44, 1.0)],
        ],
    ),
    (
        4,
        [
            [(0.46, 0.0), (0.22, 0.34), (0.0, 0.66)],
            [(0.0, 0.66), (0.3, 0.66), (0.66, 0.66)],
            [(0.46, 0.0), (0.46, 0.5), (0.46, 1.0)],
        ],
    ),
    # A 2 with a flat foot, and a 9 with a straight leg.
    (
        2,
        [
            [
                (0.02, 0.24),
                (0.14, 0.04),
                (0.36, 0.02),
                (0.5, 0.2),
                (0.38, 0.48),
                (0.0, 1.0),
            ],
            [(0.0, 1.0), (0.28, 1.0), (0.56, 1.0)],
        ],
    ),
    (
        9,
        [
            [
                (0.48, 0.22),
                (0.3, 0.02),
                (0.06, 0.14),
                (0.06, 0.4),
                (0.28, 0.5),
                (0.48, 0.22),
            ],
            [(0.48, 0.22), (0.48, 0.6), (0.48, 1.0)],
        ],
    ),
]

_SIDE = 112  # of a drawing, in pixels
_PEN = 4.4  # radius


def draw_variations(
    n: int, generator: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return n variations of each digit as 28 x 28 pixels, and their labels."""
    images = [_draw(curves, generator) for _, curves in DIGITS for _ in range(n)]
    labels = [label for label, _ in DIGITS for _ in range(n)]
    return np.array(images), np.array(labels)


def random_shape(generator: np.random.Generator) -> NDArray[np.float64]:
    """Return a matrix that turns, slants and widens points (x, y) a little."""
    angle = np.deg2rad(generator.uniform(-10, 10))
    turn = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    slant = [[1, -generator.uniform(-0.25, 0.4)], [0, 1]]
    widen = np.diag([generator.uniform(0.75, 1.25), 1])
    return np.array(turn) @ slant @ widen


def _draw(curves: list[Curve], generator: np.random.Generator) -> NDArray[np.uint8]:
    # Each point moves once, so that corners stay corners.
    moved = {
        point: point + generator.normal(0, 0.02, size=2)
        for curve in curves
        for point in curve
    }
    shape = random_shape(generator)
    lines = [_smooth([moved[point] for point in curve]) @ shape.T for curve in curves]

    points = np.concatenate(lines)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = generator.uniform(0.5, 0.8) * _SIDE / (high - low).max()
    picture = Image.new("1", (_SIDE, _SIDE))
    pen = ImageDraw.Draw(picture)
    for x, y in (points - (low + high) / 2) * scale + _SIDE / 2:
        pen.ellipse((x - _PEN, y - _PEN, x + _PEN, y + _PEN), fill=1)
    return read_digit(picture)


def _smooth(points: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return many points on a curve through these."""
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    places = np.concatenate([[0], np.cumsum(lengths)])
    curve = make_interp_spline(places, points, k=min(3, len(points) - 1))
    return curve(np.linspace(0, places[-1], 100))
