"""What these pages refer to in other projects' documentation.

With it, a build without a network gives the same links. `docs/inventories` has a file
for each project: the address of its pages, then a line for each object, as in the
inventory that the project publishes, `objects.inv`, where they are compressed.
"""

from __future__ import annotations

import zlib
from pathlib import Path

LISTED = Path(__file__).parent.parent / "inventories"


def read_inventory(path: Path) -> tuple[str, list[str]]:
    """Return the address of a project's pages and the lines of its objects."""
    address, *lines = path.read_text(encoding="utf-8").splitlines()
    return address, lines


def write_inventories(folder: Path) -> dict[str, tuple[str, str]]:
    """Write a file for each project; return its address and the file by its name."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for listed in sorted(LISTED.glob("*.txt")):
        address, lines = read_inventory(listed)
        header = "# Sphinx inventory version 2\n"
        header += f"# Project: {listed.stem}\n# Version: \n"
        header += "# The remainder of this file is compressed using zlib.\n"
        body = "".join(f"{line}\n" for line in lines)
        path = folder / f"{listed.stem}.inv"
        path.write_bytes(header.encode() + zlib.compress(body.encode()))
        written[listed.stem] = (address, str(path))
    return written
