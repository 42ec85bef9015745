"""Keeping TensorFlow's greeting off the terminal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"


@contextmanager
def quiet_tensorflow() -> Iterator[None]:
    """Keep TensorFlow quiet that is imported in this context, then and afterwards.

    It tells about CPU features, about its compiler, and about GPUs that are not there. The
    environment variable ``TF_CPP_MIN_LOG_LEVEL`` silences what comes after the import, but not,
    since TensorFlow 2.19, the import itself [1]_; for its time the standard error goes nowhere.

    Where somebody has set that variable, to see more or less, nothing is done here.

    References
    ----------
    .. [1] https://github.com/tensorflow/tensorflow/issues/100442
    """
    if _LOG_LEVEL in os.environ:
        yield
        return
    os.environ[_LOG_LEVEL] = "3"  # TensorFlow reads it once, at its import
    try:
        with _no_standard_error():
            yield
    finally:
        del os.environ[_LOG_LEVEL]


@contextmanager
def _no_standard_error() -> Iterator[None]:
    # TensorFlow's C++ writes to the file descriptor, which contextlib.redirect_stderr leaves alone.
    try:
        kept = os.dup(2)
    except OSError:  # the process was started without one
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
