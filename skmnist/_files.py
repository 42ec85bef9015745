"""Files that are written whole or not at all, and text that is safe to print."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


def printable(text: object) -> str:
    """Replace what a terminal would act on, or cannot show, by its escapes."""
    return "".join(_escaped(character) for character in str(text))


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return repr(character)[1:-1]


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Write to another file in the same folder, which replaces `path` if all goes well.

    A link is followed, and what is not a regular file, such as a pipe, is written to
    directly.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        with target.open("wb") as file:
            yield file
        return

    # Not by tempfile, whose files only their owner may read.
    unfinished = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        with unfinished.open("xb") as file:
            yield file
            file.flush()
            # Or a power failure could leave the new file's name with nothing in it.
            os.fsync(file.fileno())

        if target.exists():
            shutil.copymode(target, unfinished)
        os.replace(unfinished, target)
    except BaseException as error:
        with suppress(OSError):
            unfinished.unlink()
        # Errors while writing come without a file name.
        if isinstance(error, OSError) and error.filename in (None, str(unfinished)):
            message = error.strerror or str(error)
            raise OSError(error.errno, message, os.fspath(path)) from None
        raise


class _AbandonedError(Exception):
    """Ends `atomic_write` before anything is replaced."""


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise the OSError that `atomic_write` would raise at its start; leave no file."""
    if os.path.exists(path) and not os.path.isfile(path):
        return  # opening a pipe would wait for its reader
    with suppress(_AbandonedError), atomic_write(path):
        raise _AbandonedError
