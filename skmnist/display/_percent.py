"""Probabilities as texts, in figures and on the command line."""

from __future__ import annotations


def as_percent(probability: float) -> str:
    """Return a probability in whole per cent."""
    # A classifier that is nearly sure should not look infallible.
    if 0.995 <= probability < 1:
        return ">99%"
    if 0 < probability < 0.005:
        return "<1%"
    return f"{probability:.0%}"
