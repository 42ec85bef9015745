"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

# Of writing, which come without a name.
_DISK_ERRORS = {errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOSPC}


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Write a file that takes its place when it is whole, and not before.

    What is written goes to another file in the same folder, which is moved when the block ends.
    If the block raises, or the disk is full, that file is removed, and `path` is what it was
    before. Only a process that is killed leaves one behind, named ``.<name>.<hexadecimals>``.

    Parameters
    ----------
    path : str or path-like
        The file. A link is followed. What is no ordinary file, such as a pipe, is written to
        directly.

    Yields
    ------
    file
        Open for writing bytes.

    Raises
    ------
    OSError
        If the file can't be written.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        with target.open("wb") as file:
            yield file
        return
    # Opened as any file, not by tempfile, whose files only their owner may read.
    unfinished = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        with unfinished.open("xb") as file:
            yield file
            file.flush()
            # Or a power failure could leave the name of the new file with nothing in it.
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, unfinished)
        os.replace(unfinished, target)
    except BaseException as error:
        with suppress(OSError):
            unfinished.unlink()
        # The name of the unfinished file would tell nobody anything, and no name even less.
        if isinstance(error, OSError) and (
            error.filename == str(unfinished) or error.errno in _DISK_ERRORS
        ):
            raise OSError(error.errno, error.strerror, os.fspath(path)) from None
        raise
