"""Which functions and classes are Keras's and TensorFlow's own, and which are a user's.

A traced program keeps what Python code read while it was traced. Of Keras's and
TensorFlow's own functions, that is their arguments alone, so two programs with the same
ones are the same. A user's function may read anything, and nobody can tell what.
"""

from __future__ import annotations

import sys
from typing import Any

_PACKAGES = ("keras", "tensorflow")


def is_library_code(thing: Any) -> bool:
    """Whether a function or class is one of a module of Keras or TensorFlow.

    By what it claims alone it can't be known: `functools.wraps` copies the names of a
    function.
    """
    module = getattr(thing, "__module__", None)
    name = getattr(thing, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str):
        return False
    if module.partition(".")[0] not in _PACKAGES:
        return False

    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is thing
