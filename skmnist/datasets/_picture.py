"""Picture files and arrays, as opaque upright pictures in colour."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

# More pixels than this show nothing more of a digit that is 20 pixels high in the end.
_LONGEST_SIDE = 2000
_SHORTEST_SIDE = 8
_ARRAYS = (
    "an array of the shape (height, width), (height, width, 3) or (height, width, 4), of uint8 or "
    "of floats from 0 to 1"
)
_PATH = "the path of a picture, such as a PNG or a JPEG"


def open_picture(source: Any) -> tuple[Image, str]:
    """Read a picture; give it as an upright RGB image, and the name that errors call it by.

    Parameters
    ----------
    source : str, os.PathLike or ndarray

    Returns
    -------
    image : PIL.Image.Image of the mode "RGB", its longer side at most 2,000 pixels
    name : str

    Raises
    ------
    TypeError, OSError, ValueError
        As `read_digit` documents.
    """
    if isinstance(source, np.ndarray):
        name = f"path_or_array, an array of the shape {source.shape},"
        image = _from_array(source)
    elif isinstance(source, str | os.PathLike):
        name = repr(os.fspath(source))
        image = _from_file(os.path.expanduser(os.fsdecode(source)), name)
    else:
        raise TypeError(
            f"path_or_array must be {_PATH}, or {_ARRAYS}, got {source!r} of type "
            f"{type(source).__name__}."
        )
    if min(image.size) < _SHORTEST_SIDE:
        raise ValueError(
            f"{name} is too small, {image.width} x {image.height} pixels; expected a picture of at "
            f"least {_SHORTEST_SIDE} x {_SHORTEST_SIDE}."
        )
    image.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    return _opaque(image), name


def _from_file(path: str, name: str) -> Image:
    # Here, because loading an array or all of MNIST needs no Pillow.
    from PIL import Image, ImageOps

    if os.path.isdir(path):
        raise ValueError(f"{name} is a folder; expected {_PATH}.")
    if not os.path.exists(path):
        raise FileNotFoundError(f"{name}: there is no such file; expected {_PATH}.")
    with open(path, "rb") as file:
        try:
            with warnings.catch_warnings():
                # Pillow only warns of a picture that has up to twice as many pixels as its limit.
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                opened = Image.open(file)  # of an animation, the first picture
            opened.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))  # spares a JPEG much of the work
            image = ImageOps.exif_transpose(opened)
            if image.mode in ("F", "I") or image.mode.startswith("I;16"):
                # Pillow would cut such levels off at 255.
                levels = np.asarray(image, dtype=np.float32)
                return _from_array(levels if image.mode == "F" else levels.clip(0, 65535) / 65535)
            return image.convert("RGBA")
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise ValueError(
                f"{name} has more pixels than Pillow's limit, PIL.Image.MAX_IMAGE_PIXELS = "
                f"{Image.MAX_IMAGE_PIXELS:,}; make the picture smaller, or set a higher limit."
            ) from None
        except Image.UnidentifiedImageError:
            raise ValueError(
                f"{name} is not a picture that Pillow {_version()} reads; expected {_PATH}. "
                "Save other formats, such as HEIC, SVG or PDF, as one of those."
            ) from None
        # Pillow's many parsers raise some ten types of error on damaged bytes.
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise ValueError(
                f"{name} cannot be read as a picture ({reason}); expected {_PATH}."
            ) from error


def _version() -> str:
    import PIL

    return PIL.__version__


def _from_array(array: NDArray[Any]) -> Image:
    from PIL import Image  # here, as above

    shape_fits = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
    if not shape_fits or array.size == 0:
        raise ValueError(f"path_or_array has the shape {array.shape}; expected {_ARRAYS}.")
    if array.dtype.kind == "f":
        # NaN compares as False.
        if not (array.min() >= 0 and array.max() <= 1):
            raise ValueError(
                f"path_or_array holds floats from {array.min()} to {array.max()}; expected "
                f"{_ARRAYS}."
            )
        array = np.rint(array * 255).astype(np.uint8)
    elif array.dtype != np.uint8:
        raise ValueError(f"path_or_array has the dtype {array.dtype}; expected {_ARRAYS}.")
    return Image.fromarray(np.ascontiguousarray(array)).convert("RGBA")


def _opaque(image: Image) -> Image:
    """Lay an image of the mode "RGBA" on a ground that its own digit stands out from."""
    from PIL import Image  # here, as above

    alpha = image.getchannel("A")
    colour = image.convert("RGB")
    if alpha.getextrema() == (255, 255):
        return colour
    visible = np.asarray(alpha) > 127
    if not visible.any():
        return Image.new("RGB", image.size)
    pixels = np.asarray(colour)
    edge = np.concatenate([visible[0], visible[-1], visible[:, 0], visible[:, -1]])
    ground: tuple[int, ...]
    if edge.mean() < 0.5 and visible.mean() < 0.5:
        # Nothing but the ink is there, of whatever colour.
        ground = (255,) * 3 if pixels[visible].mean() < 128 else (0,) * 3
    else:
        # A sheet of paper that was cut out: go on with its colour.
        ground = tuple(int(level) for level in np.median(pixels[visible], axis=0))
    opaque = Image.new("RGB", image.size, ground)
    opaque.paste(colour, mask=alpha)
    return opaque
