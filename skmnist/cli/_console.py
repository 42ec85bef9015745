"""What the command line prints: text without control characters, errors on one line."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


def printable(text: object) -> str:
    """Replace characters that a terminal would act on, or cannot show, by their escapes."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(text)
    )


def one_line(error: Exception) -> str:
    """Describe an error on one line."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return printable(f"{os.fsdecode(error.filename)}: {error.strerror}")
    return printable(" ".join(str(error).split()))


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """Return a sentence that names the most similar candidate, or no text if none is similar."""
    matches = difflib.get_close_matches(word, list(candidates), n=1)
    return f" Did you mean {matches[0]}?" if matches else ""


def new_console() -> Console:
    """Return a console for the standard output, without escape codes if NO_COLOR is set."""
    from rich.console import Console

    # With NO_COLOR alone, rich would still write bold letters; soft_wrap leaves long lines whole.
    color_system: Any = None if os.environ.get("NO_COLOR") else "auto"
    return Console(color_system=color_system, markup=False, highlight=False, soft_wrap=True)
