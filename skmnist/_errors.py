"""What errors say: under the names of this package's arguments, and in one line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def named(name: str, name_in_scikit_learn: str) -> Iterator[None]:
    """Give errors of scikit-learn the name of the argument, where it calls it another."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if name == name_in_scikit_learn:
            raise
        raise type(error)(f"{name} can't be used: {error}") from error


def one_line(error: Exception) -> str:
    """Say what is wrong in one line, for the command line."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    return " ".join(str(error).split())
