"""What the command line prints and writes."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skmnist._files import atomic_write, check_writable, printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import Console


# Arguments that messages name, and the options for them.
_OPTIONS = {
    "target_column": "--target-column",
    "transposed": "--transposed or --no-transposed",
}


def command() -> str:
    """Return the command that started this program, to show it with others."""
    program = sys.argv[0]
    if os.path.basename(program) == "__main__.py":
        return shlex.join([sys.orig_argv[0], "-m", "skmnist"])
    found = shutil.which("skmnist")
    if not os.path.exists(program):
        return "skmnist"
    if found is not None and os.path.samefile(found, program):
        return "skmnist"
    return shlex.quote(program)


def describe_error(error: BaseException | str) -> str:
    """Describe an error or a warning on one line, or on more with lines of code."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return printable(f"{os.fsdecode(error.filename)}: {error.strerror}")
    lines = str(error).splitlines()
    has_code = any(line.startswith("    ") for line in lines)
    if not has_code:
        lines = [" ".join(str(error).split())]
    for argument, option in _OPTIONS.items():
        if f"{argument}=" in str(error):
            lines.append(f"On the command line, {option} gives {argument}.")

    separator = "\n" if has_code else " "
    return separator.join(printable(line) for line in lines)


def new_console() -> Console:
    """Return a console for the standard output, without escape codes for NO_COLOR."""
    from rich.console import Console

    # With NO_COLOR alone, rich would still write bold letters; soft_wrap leaves long
    # lines whole.
    color_system: Any = None if os.environ.get("NO_COLOR") else "auto"
    return Console(
        color_system=color_system, markup=False, highlight=False, soft_wrap=True
    )


def prepare_file(path: Path, option: str) -> None:
    """Make the folder of a file, and fail if the file could not be written later."""
    if path.is_dir():
        raise IsADirectoryError(
            f"{option} needs a file name, got the directory {path}."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    check_writable(path)


def write_figure(figure: Figure, path: Path) -> None:
    with atomic_write(path) as file:
        figure.savefig(file, format="png", dpi=150, bbox_inches="tight")
