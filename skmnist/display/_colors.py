"""Colours that suit what they are drawn on."""

from __future__ import annotations

from typing import Any

# How bright red, green and blue look: green more so than as much blue.
LUMA = (0.299, 0.587, 0.114)


def is_dark() -> bool:
    """Whether the style has light letters, for a dark background."""
    from matplotlib import rcParams
    from matplotlib.colors import to_rgb

    return sum(to_rgb(rcParams["text.color"])) > 1.5


def readable_on(image: Any, value: float) -> str:
    """Return the colour of a text on the colour that an image gives to a value."""
    brightness = image.to_rgba([value])[0, :3] @ LUMA
    if brightness > 0.5:
        return "black"
    return "white"
