"""Picture files and arrays, as opaque upright pictures in colour."""

from __future__ import annotations

import base64
import io
import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any, TypeAlias
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

# Pillow is imported by the functions that use it: loading data does not need it.
if TYPE_CHECKING:
    from PIL.Image import Image

Source: TypeAlias = "str | os.PathLike[str] | bytes | IO[bytes] | Image"

# Of files. Pillow opens others by programs: EPS by Ghostscript, WMF by Windows.
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
_BY_OTHER_PROGRAMS = ("EPS", "WMF")

# More pixels than this show nothing more of a digit that is 20 pixels high in the end.
_LONGEST_SIDE = 2000
_SHORTEST_SIDE = 8

# The highest grey levels of 8 bits, 12 bits (of scanners and microscopes) and 16 bits.
_HIGHEST_LEVELS = (255, 4095, 65535)

# Of a path, a URL or another package's error in a message.
_LONGEST_NAME = 300

# Of 255. What is less opaque counts as nothing.
_LEAST_ALPHA = 16

# Of an animation or a file of pages, of which the first that is not empty is read.
_MOST_FRAMES = 20

_EXPECTED = (
    "expected a picture in one of the formats PNG, JPEG, GIF, BMP, TIFF, WebP, PPM "
    "and (with pip install 'skmnist[heic]') HEIC, or an array of the shape (height, "
    "width), (height, width, 1), (height, width, 3) or (height, width, 4), of numbers "
    "from 0 to 255, 0 to 65535 or 0 to 1"
)


def open_picture(source: Any) -> tuple[Image, str]:
    """Return an upright picture of mode "RGB", and its name for messages."""
    from PIL import Image

    name = "picture"
    if isinstance(source, str | os.PathLike):
        name = repr(_shortened(os.fsdecode(source)))
    if isinstance(source, str) and source.startswith("data:"):
        source = _bytes_of_url(source, name)
    if isinstance(source, bytes | bytearray | memoryview):
        source = io.BytesIO(source)

    if isinstance(source, str | os.PathLike):
        image = _from_path(source, name)
    elif isinstance(source, Image.Image):
        image = _from_opened(source, name)
    elif hasattr(source, "read"):
        image = _from_file(source, name)
    else:
        image = _from_array(source)

    if min(image.size) < _SHORTEST_SIDE:
        raise ValueError(
            f"{name} is too small, {image.width} x {image.height} pixels; expected "
            f"{_SHORTEST_SIDE} or more in each direction."
        )
    return shrink(_opaque(image), _LONGEST_SIDE), name


def shrink(image: Image, longest: int) -> Image:
    """Scale an image down, unless that makes its shorter side too short."""
    factor = max(longest / max(image.size), _SHORTEST_SIDE / min(image.size))
    if factor >= 1:
        return image
    return image.resize([round(factor * side) for side in image.size], reducing_gap=2.0)


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST_NAME:
        return text
    return f"{text[:100]}...{text[-60:]}"


def _bytes_of_url(url: str, name: str) -> bytes:
    """Return what is in a URL such as "data:image/png;base64,iVBO...", of a canvas."""
    head, _, data = url.partition(",")
    if not head.endswith(";base64"):
        raise ValueError(f"{name} is a data URL without base64; {_EXPECTED}.")

    try:
        return base64.b64decode(unquote(data), validate=True)
    except ValueError as error:
        raise ValueError(f"{name} holds no base64 ({error}); {_EXPECTED}.") from error


def _from_path(path: str | os.PathLike[str], name: str) -> Image:
    path = os.path.expanduser(os.fsdecode(path))
    try:
        mode = os.stat(path).st_mode
        # To open a pipe would be to wait for its writer.
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise ValueError(
                f"{name} is not a file, but something such as a named pipe. To read "
                "from it, pass a file object that is opened in binary mode."
            )

        with open(path, "rb") as file:
            return _from_file(file, name)
    except OSError as error:
        # The system's own message has all of the path, however long.
        raise type(error)(error.errno, error.strerror, _shortened(path)) from None


def _from_file(file: IO[bytes], name: str) -> Image:
    from PIL import Image

    formats: tuple[str, ...] = _FORMATS
    with suppress(ImportError):
        from pillow_heif import register_heif_opener

        register_heif_opener()
        formats += ("HEIF",)

    with _reading(name), warnings.catch_warnings():
        # Pillow only warns of up to twice as many pixels as its limit.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        opened = Image.open(file, formats=formats)
        # Saves much of the work for a JPEG.
        opened.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
        _seek_first_drawn(opened)
        return _from_image(opened)


def _from_opened(image: Image, name: str) -> Image:
    if image.format in _BY_OTHER_PROGRAMS:
        raise ValueError(f"{name} is in the format {image.format}; {_EXPECTED}.")
    with _reading(name):
        return _from_image(image)


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    # Pillow's many parsers raise some ten types of error on damaged bytes.
    except Exception as error:
        reason = f"{type(error).__name__}: {_shortened(str(error))}"
        raise ValueError(f"{name} cannot be read ({reason}); {_EXPECTED}.") from error


def _seek_first_drawn(image: Image) -> None:
    """Go to the first frame that is not all of one colour, if there is one."""
    if not getattr(image, "is_animated", False):
        return
    for number in range(_MOST_FRAMES):
        try:
            image.seek(number)
        except EOFError:
            break
        if not _is_blank(image):
            return
    image.seek(0)


def _is_blank(image: Image) -> bool:
    pixels = np.asarray(image.convert("RGBA"))
    is_invisible = pixels[..., 3].max() < _LEAST_ALPHA
    return bool(is_invisible or (pixels == pixels[0, 0]).all())


def _from_image(image: Image) -> Image:
    from PIL import ImageOps

    upright = ImageOps.exif_transpose(image)
    if upright.mode[0] not in "FI":
        return upright.convert("RGBA")

    # Pillow would cut levels off at 255.
    levels = np.asarray(upright, dtype=np.float64)
    if upright.mode != "F":
        levels = levels.clip(0, _HIGHEST_LEVELS[-1])
    return _from_array(levels)


def _from_array(source: Any) -> Image:
    from PIL import Image

    array = np.asarray(source)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    shape_fits = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
    if not shape_fits or array.size == 0 or array.dtype.kind not in "biuf":
        raise ValueError(
            f"picture has the shape {array.shape} and the dtype {array.dtype}; "
            f"{_EXPECTED}."
        )

    lowest, highest = array.min(), array.max()
    if not (lowest >= 0 and highest <= _HIGHEST_LEVELS[-1]):  # NaN compares as False
        raise ValueError(
            f"picture holds numbers from {lowest} to {highest}; {_EXPECTED}."
        )

    levels = array.astype(np.float64) * _factor_to_bytes(float(highest))
    return Image.fromarray(np.rint(levels).astype(np.uint8)).convert("RGBA")


def _factor_to_bytes(highest: float) -> float:
    if highest <= 1:
        return 255.0
    return 255 / next(level for level in _HIGHEST_LEVELS if level >= highest)


def _opaque(image: Image) -> Image:
    """Lay an image of the mode "RGBA" on a ground that its digit stands out from."""
    from PIL import Image

    alpha = image.getchannel("A")
    colour = image.convert("RGB")
    if alpha.getextrema() == (255, 255):
        return colour
    most = int(np.asarray(alpha).max())
    if most < _LEAST_ALPHA:
        return Image.new("RGB", image.size)

    # A stroke may be half transparent all over.
    alpha = alpha.point([min(255, round(255 * level / most)) for level in range(256)])
    ground = _ground_of(np.asarray(colour), np.asarray(alpha) > 127)
    opaque = Image.new("RGB", image.size, ground)
    opaque.paste(colour, mask=alpha)
    return opaque


def _ground_of(
    pixels: NDArray[np.uint8], visible: NDArray[np.bool_]
) -> tuple[int, ...]:
    """Return the colour to lay transparent pixels on."""
    edge = np.concatenate([visible[0], visible[-1], visible[:, 0], visible[:, -1]])
    is_ink_alone = edge.mean() < 0.5 and visible.mean() < 0.5
    if is_ink_alone:
        is_dark = pixels[visible].mean() < 128
        return (255, 255, 255) if is_dark else (0, 0, 0)
    # That of paper, which was cut out with the digit on it.
    return tuple(np.median(pixels[visible], axis=0).astype(int).tolist())
