"""The scaling of pixels that the command line trains with, and its files name."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def scale_pixels(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Map pixels from 0 to 255 to 0 to 1.

    Parameters
    ----------
    pixels : ndarray of uint8
        Pixels, in an array of any shape.

    Returns
    -------
    scaled : ndarray of float32
        The pixels divided by 255, in an array of the same shape.

    Examples
    --------
    >>> import numpy as np
    >>> scale_pixels(np.array([0, 51, 255], dtype=np.uint8))
    array([0. , 0.2, 1. ], dtype=float32)
    """
    # Files of saved models name this function: it must stay where it is.
    return np.divide(pixels, 255, dtype=np.float32)
