"""Files that Keras offers, from where it has them into its cache, each known by its SHA-256."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

from skmnist._files import atomic_write

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"

# A server that sends nothing for so long has stopped. `keras.utils.get_file` would wait for ever.
_TIMEOUT_SECONDS = 30.0


def fetch(name: str, sha256: str, subfolder: str = "") -> str:
    """Find one of Keras's files in Keras's cache, or download it there.

    A file appears in the cache when it is whole and has the right hash, not before. A download
    that fails or is interrupted leaves nothing. A file in the cache with another hash is warned
    about and, once, downloaded anew; it is replaced only by the right one. Keras itself is not
    imported: that would take seconds.

    Parameters
    ----------
    name : str
        The name of the file, at its origin and in the cache.
    sha256 : str
        Its hash, in hexadecimal digits.
    subfolder : str, default=""
        The folder in Keras's ``datasets``, if it is in one.

    Returns
    -------
    path : str

    Raises
    ------
    OSError
        If the file could not be downloaded, arrived broken, or could not be kept.
    """
    folders = [base / "datasets" / subfolder for base in _cache_bases()]
    for folder in folders:
        path = folder / name
        if os.path.isfile(path):  # not path.is_file(), which raises where a folder is forbidden
            if sha256_of(path) == sha256:
                return str(path)
            warnings.warn(
                f"{path} is damaged, or another file than Keras's: its SHA-256 is not {sha256}. "
                "It is downloaded anew.",
                stacklevel=2,
            )
    target = folders[-1] / name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _download(name, sha256, target)
    # Whatever a server may send: urllib lets errors of HTTP through that are no OSError.
    except Exception as error:
        # from None: the text of the error says it all, and the tracebacks out of urllib would
        # bury it.
        raise OSError(
            f"Keras's {name} could not be downloaded ({error}); put it, unaltered, into "
            f"{str(target.parent)!r} (from {ORIGIN}{name}, SHA-256 {sha256})"
        ) from None
    return str(target)


def _download(name: str, sha256: str, target: Path) -> None:
    # Here, since most who load data download none.
    from rich.console import Console
    from rich.progress import wrap_file

    console = Console(stderr=True)
    with (
        atomic_write(target) as file,
        urlopen(ORIGIN + name, timeout=_TIMEOUT_SECONDS) as answer,
        wrap_file(
            answer,
            int(answer.headers.get("Content-Length", 0)),
            description=f"Downloading {name}",
            console=console,
            transient=True,
            disable=not console.is_terminal,
        ) as content,
    ):
        shutil.copyfileobj(content, file)
        file.flush()
        # Before the file takes its place.
        if sha256_of(file.name) != sha256:
            raise ValueError("what arrived has another SHA-256")


def _cache_bases() -> list[Path]:
    """Where Keras keeps files, by the rule that `keras.utils.get_file` documents.

    The last one can be written to; the others may hold files nevertheless.
    """
    home = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    with suppress(OSError):  # as Keras does it when it is imported
        home.mkdir(parents=True, exist_ok=True)
    if os.access(home, os.W_OK):
        return [home]
    return [home, Path(tempfile.gettempdir(), ".keras")]


def sha256_of(path: str | Path) -> str:
    """Hash a file; in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
