"""What the command line prints and writes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skmnist._files import atomic_write, check_writable, printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import Console


def one_line(error: Exception | str) -> str:
    """Describe an error or a warning on one line."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return printable(f"{os.fsdecode(error.filename)}: {error.strerror}")
    return printable(" ".join(str(error).split()))


def new_console() -> Console:
    """Return a console for the standard output, without escape codes if NO_COLOR is set."""
    from rich.console import Console

    # With NO_COLOR alone, rich would still write bold letters; soft_wrap leaves long lines whole.
    color_system: Any = None if os.environ.get("NO_COLOR") else "auto"
    return Console(color_system=color_system, markup=False, highlight=False, soft_wrap=True)


def prepare_file(path: Path, option: str) -> None:
    """Make the folder of a file, and fail now if the file could not be written later."""
    if path.is_dir():
        raise IsADirectoryError(f"{option} needs a file name, got the directory {path}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    check_writable(path)


def write_figure(figure: Figure, path: Path) -> None:
    with atomic_write(path) as file:
        figure.savefig(file, format="png", dpi=150, bbox_inches="tight")
