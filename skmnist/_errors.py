"""Errors of scikit-learn under the names of this package's arguments."""

from __future__ import annotations

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
