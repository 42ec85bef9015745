"""What errors say: under the names of this package's arguments, and in one line."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from scipy.sparse import issparse

_TEXT = str | bytes
_DATES = datetime.date | datetime.time | datetime.timedelta | np.datetime64 | np.timedelta64


@contextmanager
def named(name: str, name_in_scikit_learn: str) -> Iterator[None]:
    """Give errors of scikit-learn the name of the argument, where it calls it another."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if name == name_in_scikit_learn:
            raise
        raise type(error)(f"{name} can't be used: {error}") from error


def refuse_text_and_dates(values: Any, name: str) -> None:
    """Raise ValueError for what NumPy would turn into numbers, judged by the first row."""
    if issparse(values):
        return
    try:
        first = np.asarray(values if isinstance(values, _TEXT) else values[:1])
    except (IndexError, KeyError, TypeError):  # not a sequence
        first = np.asarray(values)
    for value in first.ravel() if first.dtype.kind in "OSTUmM" else ():
        if isinstance(value, _TEXT | _DATES):
            kind = "text" if isinstance(value, _TEXT) else "dates or durations"
            raise ValueError(f"{name} holds {kind}, such as {value!r}. Expected numbers.")


def one_line(error: Exception) -> str:
    """Say what is wrong in one line, for the command line."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    return " ".join(str(error).split())
