"""Picture files and arrays, as opaque upright pictures in colour."""

from __future__ import annotations

import io
import os
import warnings
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, TypeAlias

import numpy as np

# Pillow is imported by the functions that use it: loading data does not need it.
if TYPE_CHECKING:
    from PIL.Image import Image

Source: TypeAlias = "str | os.PathLike[str] | bytes | IO[bytes] | Image"

# Pillow opens others with other programs: EPS with Ghostscript, WMF with Windows.
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
# More pixels than this show nothing more of a digit that is 20 pixels high in the end.
_LONGEST_SIDE = 2000
_SHORTEST_SIDE = 8
_EXPECTED = (
    "expected a picture in one of the formats PNG, JPEG, GIF, BMP, TIFF, WebP, PPM and (with "
    "pip install 'skmnist[heic]') HEIC, or an array of the shape (height, width), (height, width, "
    "1), (height, width, 3) or (height, width, 4), of numbers from 0 to 255 or from 0 to 1"
)


def open_picture(source: Any) -> tuple[Image, str]:
    """Return an upright picture of mode "RGB", and its name for messages."""
    from PIL import Image

    name = "picture"
    if isinstance(source, bytes | bytearray | memoryview):
        source = io.BytesIO(source)
    if isinstance(source, str | os.PathLike):
        name = repr(os.fspath(source))
        with open(os.path.expanduser(source), "rb") as file:
            image = _from_file(file, name)
    elif isinstance(source, Image.Image):
        image = _from_image(source, name)
    elif hasattr(source, "read"):
        image = _from_file(source, name)
    else:
        image = _from_array(source)
    if min(image.size) < _SHORTEST_SIDE:
        size = f"{image.width} x {image.height} pixels; expected {_SHORTEST_SIDE} or more"
        raise ValueError(f"{name} is too small, {size} in each direction.")
    return shrink(_opaque(image), _LONGEST_SIDE), name


def shrink(image: Image, longest: int) -> Image:
    """Scale an image down, unless that makes its shorter side too short."""
    factor = max(longest / max(image.size), _SHORTEST_SIDE / min(image.size))
    if factor >= 1:
        return image
    return image.resize([round(factor * side) for side in image.size], reducing_gap=2.0)


def _from_file(file: IO[bytes], name: str) -> Image:
    from PIL import Image

    formats: tuple[str, ...] = _FORMATS
    with suppress(ImportError):
        from pillow_heif import register_heif_opener

        register_heif_opener()
        formats += ("HEIF",)
    try:
        with warnings.catch_warnings():
            # Pillow only warns of a picture that has up to twice as many pixels as its limit.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            opened = Image.open(file, formats=formats)
        opened.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))  # spares a JPEG much of the work
        return _from_image(opened, name)
    # Pillow's many parsers raise some ten types of error on damaged bytes.
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ValueError(f"{name} cannot be read ({reason}); {_EXPECTED}.") from error


def _from_image(image: Image, name: str) -> Image:
    from PIL import ImageOps

    if image.format not in (None, "MPO", "HEIF", *_FORMATS):
        raise ValueError(f"{name} is in the format {image.format}; {_EXPECTED}.")
    upright = ImageOps.exif_transpose(image)
    if upright.mode[0] not in "FI":
        return upright.convert("RGBA")
    # Pillow would cut such levels off at 255.
    levels = np.asarray(upright, dtype=np.float64)
    sixteen_bits = upright.mode != "F" and levels.max() > 255
    return _from_array(levels.clip(0, 65535) / 65535 if sixteen_bits else levels)


def _from_array(source: Any) -> Image:
    from PIL import Image

    array = np.asarray(source)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    shape_fits = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
    if not shape_fits or array.size == 0 or array.dtype.kind not in "biuf":
        raise ValueError(
            f"picture has the shape {array.shape} and the dtype {array.dtype}; {_EXPECTED}."
        )
    lowest, highest = array.min(), array.max()
    if not (lowest >= 0 and highest <= 255):  # NaN compares as False
        raise ValueError(f"picture holds numbers from {lowest} to {highest}; {_EXPECTED}.")
    levels = array.astype(np.float64) * (255 if highest <= 1 else 1)
    return Image.fromarray(np.rint(levels).astype(np.uint8)).convert("RGBA")


def _opaque(image: Image) -> Image:
    """Lay an image of the mode "RGBA" on a ground that its own digit stands out from."""
    from PIL import Image

    alpha = image.getchannel("A")
    colour = image.convert("RGB")
    if alpha.getextrema() == (255, 255):
        return colour
    visible = np.asarray(alpha) > 127
    if not visible.any():
        return Image.new("RGB", image.size)
    pixels = np.asarray(colour)
    edge = np.concatenate([visible[0], visible[-1], visible[:, 0], visible[:, -1]])
    # The colour of paper that was cut out; or nothing but the ink is there, of whatever colour.
    ground = np.median(pixels[visible], axis=0).astype(int)
    if edge.mean() < 0.5 and visible.mean() < 0.5:
        ground[:] = 255 if pixels[visible].mean() < 128 else 0
    opaque = Image.new("RGB", image.size, tuple(ground.tolist()))
    opaque.paste(colour, mask=alpha)
    return opaque
