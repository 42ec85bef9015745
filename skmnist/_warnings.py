"""Warnings that point to the line of the user's that they are about."""

from __future__ import annotations

import sys
import warnings

# What may stand between a user's line and ours.
_PACKAGES = ("skmnist", "sklearn", "scikeras", "skops", "joblib")


def warn_caller(message: str | Warning, category: type[Warning] | None = None) -> None:
    """Issue a warning that names the first line outside of these packages."""
    level = 1
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_between(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
        level += 1
    warnings.warn(message, category, stacklevel=level + 1)


def _is_between(module: str) -> bool:
    return module.partition(".")[0] in _PACKAGES
