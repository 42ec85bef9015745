"""Files that Keras offers, through its downloader and its cache, each known by its SHA-256."""

from __future__ import annotations

import hashlib
import os
import tempfile
import warnings
from pathlib import Path

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def fetch(name: str, sha256: str, subfolder: str = "") -> str:
    """Find one of Keras's files in Keras's cache, or have Keras download it there.

    A file appears in the cache when it is whole and has the right hash, not before. A download
    that fails or is interrupted leaves nothing; only a process that is killed leaves a folder
    ``.download-...``, which nobody takes for the file. A file in the cache with another hash is
    warned about and, once, downloaded anew; it is replaced only by the right one. TensorFlow is
    imported only for a download.

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
        if path.is_file():
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
        # Keras removes what a failed download left, but not a file with a wrong hash, and not if
        # its process is killed. Within one file system, a file is moved as a whole.
        with tempfile.TemporaryDirectory(prefix=".download-", dir=target.parent) as unfinished:
            os.replace(_download(name, sha256, unfinished), target)
    # Keras raises a bare Exception when a download fails, and ValueError for a wrong hash.
    except Exception as error:
        # from None: the text of the error says it all, and three tracebacks out of Keras and
        # urllib would bury it.
        raise OSError(
            f"Keras could not provide {name} ({error}); put it, unaltered, into "
            f"{str(target.parent)!r} (from {ORIGIN}{name}, SHA-256 {sha256})"
        ) from None
    return str(target)


def _download(name: str, sha256: str, folder: str) -> str:
    from keras.utils import get_file  # here, because it imports TensorFlow, which takes seconds

    path: str = get_file(
        name,
        origin=ORIGIN + name,
        file_hash=sha256,
        hash_algorithm="sha256",
        cache_subdir=folder,  # an absolute path: Keras leaves it as it is
    )
    return path


def _cache_bases() -> list[Path]:
    """Where Keras keeps files, by the rule that `keras.utils.get_file` documents.

    The last one can be written to; the others may hold files nevertheless.
    """
    home = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    if not home.exists() or os.access(home, os.W_OK):
        return [home]
    return [home, Path(tempfile.gettempdir(), ".keras")]


def sha256_of(path: str | Path) -> str:
    """Hash a file; in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
