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


def read_places(path: Path) -> dict[str, tuple[str, str]]:
    """Return the role and the place of each object, by its name."""
    places = {}
    for line in read_inventory(path)[1]:
        name, role, _, place, _ = line.split(maxsplit=4)
        if place.endswith("$"):
            place = place[:-1] + name
        places[name] = (role, place)
    return places


def short_names() -> dict[str, str]:
    """Return the address of each Python object, by its name and its last part."""
    addresses = {}
    for listed in sorted(LISTED.glob("*.txt")):
        address, _ = read_inventory(listed)
        for name, (role, place) in read_places(listed).items():
            # The text "None" or "list" is no reason for a link.
            if role.startswith("py:") and "." in name:
                addresses[name] = address + place
                addresses[name.rpartition(".")[2]] = address + place
    return addresses


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
