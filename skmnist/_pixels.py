"""The scaling of pixels that the command line trains with, and its files name."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def scale_pixels(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Map pixels from 0 to 255 to 0 to 1."""
    # Files of saved models name this function: it must stay where it is.
    return np.divide(pixels, 255, dtype=np.float32)
