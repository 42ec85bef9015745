"""The levels of pixels: whether they are MNIST's, 0 for the ground and 255 for ink."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Every set of MNIST-like images on 256 levels has pixels above the middle.
_MIDDLE = 127
_MOST_IMAGES = 2000


def describe_levels(images: NDArray[np.uint8]) -> list[str]:
    """Describe in which ways the levels are not MNIST's."""
    lowest, highest = int(images.min()), int(images.max())
    found = []
    if highest == 1:
        found.append("pixels are 0 and 1, not 0 to 255: they need no scaling")
    elif highest <= _MIDDLE:
        found.append(
            f"pixels are from {lowest} to {highest}, not to 255: scale by X / "
            f"{max(highest, 1)}"
        )

    if _are_dark_on_light(images):
        found.append(
            "images are dark on light, while MNIST's and those of read_digit are light "
            f"on dark: {highest} - X inverts them"
        )
    return found


def _are_dark_on_light(images: NDArray[np.uint8]) -> bool:
    """Whether the edges of the images are lighter than what they enclose."""
    some = images[:: 1 + len(images) // _MOST_IMAGES]
    edges = [some[:, 0], some[:, -1], some[:, 1:-1, 0], some[:, 1:-1, -1]]
    edge = np.concatenate([side.reshape(-1) for side in edges])

    middle = (int(some.min()) + int(some.max())) / 2
    share_of_light = np.count_nonzero(edge > middle) / edge.size
    return bool(share_of_light > 0.75 and some.mean() < edge.mean())
