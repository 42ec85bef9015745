"""Draw the pictures beside this file, as drawn with several pens, papers and cameras.

    python tests/pictures/make_pictures.py [FOLDER]

A digit is one or more strokes; a stroke is a list of points on a smooth curve, in a
frame whose height is 1, x to the right, y downwards. Drawing is deterministic. The
pictures are kept as files because other versions of Pillow may draw and compress a
little differently.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

# Two handwritings. A point that is repeated makes a corner.
UPRIGHT = {
    0: [[(0.36, 0.02), (0.14, 0.16), (0.04, 0.52), (0.16, 0.9), (0.38, 0.98),
         (0.58, 0.8), (0.64, 0.42), (0.54, 0.1), (0.34, 0.02)]],
    1: [[(0.3, 0.0), (0.29, 0.35), (0.28, 0.7), (0.28, 1.0)]],
    2: [[(0.06, 0.22), (0.16, 0.05), (0.4, 0.01), (0.56, 0.16), (0.5, 0.42),
         (0.28, 0.7), (0.04, 0.97), (0.04, 0.97), (0.3, 0.95), (0.66, 0.97)]],
    3: [[(0.06, 0.1), (0.28, 0.0), (0.5, 0.1), (0.5, 0.3), (0.24, 0.46),
         (0.24, 0.46), (0.5, 0.54), (0.6, 0.76), (0.44, 0.96), (0.2, 0.99),
         (0.02, 0.88)]],
    4: [[(0.14, 0.02), (0.1, 0.28), (0.05, 0.54), (0.05, 0.54), (0.3, 0.55),
         (0.62, 0.5)],
        [(0.54, 0.04), (0.5, 0.4), (0.46, 0.74), (0.44, 1.0)]],
    5: [[(0.14, 0.06), (0.12, 0.24), (0.08, 0.44), (0.08, 0.44), (0.3, 0.38),
         (0.52, 0.5), (0.56, 0.74), (0.4, 0.94), (0.18, 0.98), (0.0, 0.88)],
        # the top stroke is detached
        [(0.22, 0.03), (0.4, 0.03), (0.62, 0.0)]],
    6: [[(0.48, 0.0), (0.24, 0.2), (0.08, 0.5), (0.06, 0.8), (0.22, 0.99),
         (0.46, 0.94), (0.54, 0.74), (0.42, 0.58), (0.22, 0.62), (0.09, 0.78)]],
    7: [[(0.02, 0.06), (0.28, 0.06), (0.58, 0.04), (0.58, 0.04), (0.44, 0.36),
         (0.3, 0.7), (0.22, 1.0)]],
    8: [[(0.52, 0.12), (0.32, 0.01), (0.12, 0.14), (0.18, 0.36), (0.42, 0.54),
         (0.54, 0.78), (0.38, 0.98), (0.14, 0.94), (0.06, 0.76), (0.24, 0.54),
         (0.48, 0.34), (0.53, 0.13)]],
    9: [[(0.5, 0.14), (0.3, 0.02), (0.1, 0.14), (0.08, 0.38), (0.26, 0.5),
         (0.46, 0.38), (0.52, 0.14), (0.52, 0.14), (0.52, 0.44), (0.48, 0.76),
         (0.44, 1.0)]],
}  # fmt: skip
SLANTED = {
    0: [[(0.56, 0.08), (0.36, 0.02), (0.12, 0.3), (0.04, 0.7), (0.2, 0.98),
         (0.46, 0.84), (0.64, 0.5), (0.66, 0.16), (0.44, 0.0)]],
    1: [[(0.5, 0.0), (0.38, 0.34), (0.26, 0.66), (0.14, 1.0)]],
    2: [[(0.1, 0.2), (0.3, 0.02), (0.56, 0.04), (0.6, 0.26), (0.4, 0.58),
         (0.16, 0.86), (0.04, 0.94), (0.12, 0.8), (0.3, 0.86), (0.5, 0.98),
         (0.72, 0.88)]],
    3: [[(0.14, 0.08), (0.38, 0.0), (0.6, 0.08), (0.54, 0.3), (0.3, 0.44),
         (0.5, 0.5), (0.56, 0.7), (0.4, 0.92), (0.18, 0.99), (0.0, 0.92)]],
    4: [[(0.36, 0.02), (0.22, 0.3), (0.06, 0.6), (0.06, 0.6), (0.36, 0.6),
         (0.7, 0.58)],
        [(0.56, 0.3), (0.5, 0.6), (0.42, 1.0)]],
    5: [[(0.74, 0.0), (0.54, 0.02), (0.32, 0.04), (0.32, 0.04), (0.26, 0.22),
         (0.18, 0.42), (0.18, 0.42), (0.4, 0.4), (0.56, 0.54), (0.5, 0.8),
         (0.28, 0.98), (0.02, 0.94)]],
    6: [[(0.62, 0.02), (0.36, 0.2), (0.14, 0.52), (0.08, 0.84), (0.26, 0.99),
         (0.46, 0.86), (0.5, 0.66), (0.34, 0.6), (0.14, 0.78)]],
    7: [[(0.1, 0.12), (0.12, 0.04), (0.4, 0.06), (0.68, 0.02), (0.68, 0.02),
         (0.5, 0.34), (0.32, 0.7), (0.22, 1.0)],
        [(0.24, 0.52), (0.42, 0.5), (0.6, 0.48)]],
    8: [[(0.62, 0.16), (0.46, 0.0), (0.26, 0.12), (0.28, 0.34), (0.44, 0.54),
         (0.46, 0.82), (0.26, 0.99), (0.08, 0.86), (0.16, 0.62), (0.42, 0.42),
         (0.64, 0.22), (0.6, 0.12)]],
    9: [[(0.56, 0.12), (0.36, 0.0), (0.16, 0.16), (0.14, 0.4), (0.32, 0.46),
         (0.5, 0.3), (0.58, 0.1), (0.58, 0.1), (0.5, 0.46), (0.36, 0.8),
         (0.26, 1.0)]],
}  # fmt: skip


def smooth(points):
    """Catmull-Rom curves through the points, a hundred steps from one to the next."""
    pieces, start = [], 0
    corners = [i for i in range(1, len(points)) if points[i] == points[i - 1]]
    for end in [*corners, len(points)]:
        piece = np.array(points[start:end], dtype=float)
        ends = np.concatenate(
            [2 * piece[:1] - piece[1:2], piece, 2 * piece[-1:] - piece[-2:-1]]
        )
        t = np.linspace(0, 1, 100)[:, None]
        for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
            linear = (c - a) / 2
            square = a - 2.5 * b + 2 * c - d / 2
            cubic = (3 * b - 3 * c + d - a) / 2
            pieces.append(b + t * linear + t**2 * square + t**3 * cubic)
        start = end
    return np.concatenate(pieces)


def cover(size, strokes, *, height, pen, at=(0.5, 0.5), slant=0.0, seed=0):
    """Draw strokes as how much each pixel is covered, from 0 to 1; the pen is round."""
    width, length = size
    fine = 4 if max(size) <= 1000 else 1
    image = Image.new("L", (fine * width, fine * length))
    draw = ImageDraw.Draw(image)
    rng = np.random.default_rng(seed)
    curves = [smooth(stroke) for stroke in strokes]
    every = np.concatenate(curves)
    middle = (every.min(axis=0) + every.max(axis=0)) / 2
    for curve in curves:
        along = np.linspace(0, 1, len(curve))
        length = np.hypot(*np.diff(curve, axis=0).T).sum()
        # No hand draws a curve twice in the same way.
        for axis in (0, 1):
            for waves in (1, 2, 3):
                phase = rng.uniform(0, 2 * np.pi)
                curve[:, axis] += (
                    0.008 * min(1, length) * np.sin(2 * np.pi * waves * along + phase)
                )
        pressure = 1 + 0.12 * np.sin(
            2 * np.pi * (rng.uniform(0.5, 2) * along + rng.uniform())
        )
        points = (curve - middle) * height
        points[:, 0] -= slant * points[:, 1]
        points += np.array(size) * at
        for (x, y), press in zip(fine * points, pressure, strict=True):
            radius = fine * pen * press / 2
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(image.resize(size, Image.Resampling.BOX), dtype=float) / 255


def paint(covered, ink, paper):
    """Mix the colours of ink and paper, each a colour or an image of colours."""
    covered = covered[..., None]
    return covered * np.asarray(ink, float) + (1 - covered) * np.asarray(paper, float)


def light(size, dark, angle):
    """The light of a lamp on one side, from 1 down to ``dark``, with a soft shadow."""
    width, height = size
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    across = (
        (np.cos(angle) * (x - 0.5) + np.sin(angle) * (y - 0.5)) / 1.42 + 0.5
    ).clip(0, 1)
    shadow = 0.15 / (1 + np.exp(-(across - 0.75) / 0.04))
    return (1 - (1 - dark) * across**1.5 - shadow)[..., None]


def photograph(colours, *, noise=0.0, blur=0.0, seed=0):
    """Blur and noise, as a camera adds them; from colours to an image."""
    if noise:
        colours = colours + np.random.default_rng(seed).normal(0, noise, colours.shape)
    image = Image.fromarray(np.rint(colours.clip(0, 255)).astype(np.uint8))
    return image.filter(ImageFilter.GaussianBlur(blur)) if blur else image


def ruled(size, paper, line, every, *, squares=False, thick=1):
    """A page with lines."""
    page = np.full((size[1], size[0], 3), paper, dtype=float)
    for k in range(thick):
        page[every // 2 + k :: every] = line
        if squares:
            page[:, every // 2 + k :: every] = line
    return page


def frame(shape, thick):
    """The frame of a rectangle."""
    covered = np.ones(shape)
    covered[thick:-thick, thick:-thick] = 0
    return covered


WHITE, BLACK = (255, 255, 255), (0, 0, 0)
PAGE = (300, 400)


def main(folder):
    """Draw and save all pictures."""
    folder.mkdir(parents=True, exist_ok=True)

    def save(image, name, **options):
        image.save(folder / name, **options)

    # From a drawing program: one hand with a thick pen, dark on light, ...
    for digit, strokes in UPRIGHT.items():
        covered = cover(PAGE, strokes, height=260, pen=24 + digit % 4 * 4, seed=digit)
        image = photograph(paint(covered, BLACK, WHITE)).convert("L").quantize(16)
        save(image, f"{digit}-drawn.png", optimize=True)
    # ... and another with a thin one, light on dark.
    for digit, strokes in SLANTED.items():
        at = (0.35 + 0.03 * digit, 0.6 - 0.02 * digit)
        covered = cover(PAGE, strokes, height=200, pen=5, at=at, seed=20 + digit)
        image = photograph(paint(covered, (250, 245, 220), (25, 50, 60))).quantize(16)
        save(image, f"{digit}-light-on-dark.png", optimize=True)

    size = (480, 640)
    covered = cover(size, SLANTED[3], height=330, pen=11, at=(0.45, 0.5), seed=1)
    page = paint(covered, (60, 58, 66), (236, 230, 216)) * light(size, 0.5, 0.6)
    save(photograph(page, noise=9, blur=1.0), "3-uneven-light.jpg", quality=40)

    covered = cover(size, UPRIGHT[5], height=300, pen=9, at=(0.55, 0.5), seed=2)
    page = paint(covered, (40, 60, 150), (225, 225, 220)) * light(size, 0.55, 2.5)
    save(photograph(page, noise=6, blur=0.8), "5-blue-ballpoint.jpg", quality=45)

    # The camera lay on its side: it wrote down that the picture has to be turned.
    covered = cover(size, SLANTED[7], height=400, pen=16, seed=3)
    page = paint(covered, (50, 45, 45), (228, 224, 218)) * light(size, 0.7, 4.0)
    turned = photograph(page, noise=4, blur=0.8).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    save(turned, "7-turned-by-exif.jpg", quality=45, exif=exif)

    for digit, colour, name in ((4, 20, "dark"), (2, 250, "light")):
        covered = cover((200, 260), SLANTED[digit], height=190, pen=13, seed=4)
        alpha = np.rint(255 * covered).astype(np.uint8)
        image = Image.fromarray(np.stack([np.full_like(alpha, colour), alpha], axis=-1))
        save(image, f"{digit}-{name}-on-nothing.png", optimize=True)

    covered = cover((18, 24), SLANTED[2], height=17, pen=2.2, seed=5)
    save(photograph(paint(covered, (30,) * 3, (240,) * 3)), "2-tiny.png", optimize=True)

    covered = cover((3000, 4000), UPRIGHT[8], height=2500, pen=30, seed=6)
    levels = np.where(covered > 0.5, 0, 255).astype(np.uint8)
    image = Image.fromarray(levels).convert("1")
    save(image, "8-huge-and-thin.png", optimize=True)

    covered = cover((1500, 2000), SLANTED[6], height=170, pen=7, at=(0.7, 0.2), seed=7)
    image = photograph(paint(covered, (70, 70, 75), WHITE)).convert("L").quantize(8)
    save(image, "6-small-on-a-large-page.png", optimize=True)

    covered = cover(size, SLANTED[9], height=300, pen=8, seed=8)
    page = ruled(size, (240, 240, 232), (186, 204, 226), 48, squares=True, thick=2)
    page = paint(covered, (45, 45, 60), page) * light(size, 0.75, 1.0)
    save(photograph(page, noise=4, blur=0.8), "9-squared-paper.jpg", quality=45)

    covered = cover(size, UPRIGHT[0], height=420, pen=20, seed=9)
    rng = np.random.default_rng(9)
    noise = rng.integers(0, 256, (320, 240), dtype=np.uint8)
    grain = np.asarray(Image.fromarray(noise).resize(size), float)
    chalk = covered * np.clip(grain / 90, 0.35, 1)
    page = paint(chalk, (225, 228, 220), (48, 62, 56)) * light(size, 0.7, 5.0)
    save(photograph(page, noise=5, blur=1.0), "0-chalk.jpg", quality=45)

    # Cut out closely, so that the strokes touch the edges.
    covered = cover((140, 220), UPRIGHT[2], height=200, pen=20, seed=10)
    rows = np.flatnonzero(covered.any(axis=1))
    columns = np.flatnonzero(covered.any(axis=0))
    covered = covered[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    image = photograph(paint(covered, BLACK, WHITE)).convert("L").quantize(16)
    save(image, "2-cut-out-closely.png", optimize=True)

    # A highlighter: in luminance alone, it is hardly darker than the paper.
    covered = cover(PAGE, UPRIGHT[3], height=250, pen=26, seed=11)
    page = paint(covered, (250, 235, 60), (252, 250, 246))
    save(photograph(page, noise=2, blur=0.7), "3-yellow.jpg", quality=60)

    # Dust and crumbs.
    covered = cover(PAGE, SLANTED[4], height=220, pen=9, seed=12)
    for x, y in np.random.default_rng(12).uniform(0, 1, (60, 2)):
        covered[int(400 * y), int(300 * x)] = 1
    covered[20:25, 270:274] = covered[380:383, 12:17] = 1
    page = paint(covered, (35, 35, 35), (235, 235, 235))
    image = photograph(page).convert("L").quantize(16)
    save(image, "4-dust.gif")

    covered = cover(PAGE, SLANTED[1], height=280, pen=14, slant=0.0, seed=13)
    page = paint(covered, (150, 20, 40), (250, 250, 250))
    image = photograph(page, noise=3, blur=0.6)
    save(image, "1-red-felt-tip.webp", quality=50)

    # A form: the digit stands in a printed box.
    covered = cover(PAGE, UPRIGHT[3], height=230, pen=16, seed=14)
    covered[40:360, 40:260] = np.maximum(covered[40:360, 40:260], frame((320, 220), 6))
    page = paint(covered, (30, 30, 30), (245, 245, 245))
    image = photograph(page).convert("L").quantize(16)
    save(image, "3-framed.png", optimize=True)

    # A frame around the whole picture, as a screenshot or a scan of a card has.
    covered = cover(PAGE, SLANTED[8], height=250, pen=13, seed=15)
    covered = np.maximum(covered, frame((400, 300), 9))
    page = paint(covered, (20, 40, 120), (250, 250, 245))
    image = photograph(page, noise=2, blur=0.6)
    save(image, "8-framed-all-around.jpg", quality=50)

    # The number of the page, in a corner, is not the digit.
    covered = cover(PAGE, SLANTED[7], height=220, pen=12, at=(0.45, 0.45), seed=16)
    for digit, x in ((1, 0.86), (2, 0.93)):
        number = cover(PAGE, UPRIGHT[digit], height=22, pen=3, at=(x, 0.95), seed=16)
        covered = np.maximum(covered, number)
    image = photograph(paint(covered, BLACK, WHITE)).convert("L").quantize(16)
    save(image, "7-and-a-page-number.png", optimize=True)

    covered = cover((60, 420), SLANTED[1], height=80, pen=7, at=(0.5, 0.4), seed=17)
    image = photograph(paint(covered, BLACK, WHITE)).convert("L").quantize(16)
    save(image, "1-on-a-strip.png", optimize=True)

    covered = cover(size, UPRIGHT[6], height=110, pen=9, at=(0.89, 0.1), seed=18)
    page = paint(covered, (40, 40, 50), (230, 228, 220)) * light(size, 0.8, 2.0)
    save(photograph(page, noise=4, blur=0.7), "6-in-a-corner.jpg", quality=45)

    # Printed squares of 5 mm, darker than those of the 9.
    covered = cover(size, UPRIGHT[4], height=260, pen=11, seed=19)
    page = ruled(size, (238, 238, 230), (150, 172, 205), 24, squares=True)
    page = paint(covered, (35, 35, 80), page) * light(size, 0.7, 3.0)
    save(photograph(page, noise=4, blur=0.8), "4-small-squares.jpg", quality=45)

    # A drawing program in dark mode.
    covered = cover(PAGE, SLANTED[9], height=240, pen=14, seed=20)
    page = paint(covered, (120, 200, 255), (24, 26, 30))
    tool_bar = (44, 48, 56)
    page[:24] = tool_bar
    save(photograph(page).quantize(32), "9-dark-mode.png", optimize=True)

    # A lamp on the left: the paper on the right is as dark as the ink on the left.
    covered = cover(size, UPRIGHT[2], height=300, pen=13, at=(0.5, 0.52), seed=21)
    across = np.linspace(1, 0.22, size[0])[:, None]
    page = paint(covered, (70, 66, 70), (240, 236, 228)) * across
    save(photograph(page, noise=4, blur=0.8), "2-gradient.jpg", quality=50)

    # Three digits: only the largest of them can be read.
    covered = np.zeros((200, 400))
    for digit, x in ((4, 0.2), (2, 0.5), (7, 0.8)):
        another = cover(
            (400, 200), UPRIGHT[digit], height=120, pen=11, at=(x, 0.5), seed=digit
        )
        covered = np.maximum(covered, another)
    image = photograph(paint(covered, BLACK, WHITE)).convert("L").quantize(16)
    save(image, "several-427.png", optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
