"""TensorFlow, imported without its greeting.

To be imported before anything else that imports TensorFlow: in a notebook, its greeting is a red
block below the first cell.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"


def _import_quietly() -> None:
    """Import TensorFlow, and keep it quiet then and afterwards.

    It tells about CPU features, about its compiler, and about GPUs that are not there. The
    environment variable ``TF_CPP_MIN_LOG_LEVEL`` silences what comes after the import, but not,
    since TensorFlow 2.19, the import itself [1]_; for its time the standard error goes nowhere.

    Where the variable is set, its value holds. With "0" all is said, also at the import.

    References
    ----------
    .. [1] https://github.com/tensorflow/tensorflow/issues/100442
    """
    level = os.environ.get(_LOG_LEVEL)
    if "tensorflow" in sys.modules or level == "0":
        return
    if level is None:
        os.environ[_LOG_LEVEL] = "3"  # TensorFlow reads it once, at its import
    try:
        with _no_standard_error():
            import tensorflow  # noqa: F401
    finally:
        if level is None:
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


_import_quietly()
