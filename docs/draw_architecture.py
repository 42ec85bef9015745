"""Draw which modules import which: ``python docs/draw_architecture.py``.

The arrows are the imports that stand in the source files, those for type checkers
aside. An import that has no line here, or a line without an import, is an error: the
drawing is of the package as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).parent.parent / "skmnist"
DRAWING = Path(__file__).parent / "_static" / "architecture.svg"


class Room(NamedTuple):
    """Modules that are drawn as one box."""

    left: int
    top: int
    right: int
    modules: tuple[str, ...]
    text: tuple[str, ...]
    is_face: bool = False
    title: tuple[str, ...] = ()  # by default the name of the room

    @property
    def bottom(self) -> int:
        more_titles = max(0, len(self.title) - 1)
        return self.top + 45 + 20 * more_titles + 17 * len(self.text)


ROOMS = {
    "cli": Room(
        20,
        20,
        740,
        ("cli", "__main__"),
        ("python -m skmnist: train, search, predict, draw",),
    ),
    "persistence": Room(
        20,
        130,
        240,
        ("persistence",),
        ("files that run no code,", "ONNX, pages to draw on"),
    ),
    "display": Room(
        300,
        130,
        500,
        ("display",),
        ("figures of digits, training,", "units and searches"),
    ),
    "datasets": Room(
        540, 130, 740, ("datasets",), ("load_mnist and its readers,", "read_digit")
    ),
    "classifier": Room(
        110,
        270,
        330,
        ("classifier",),
        ("SimpleMLPClassifier:", "parameters and methods"),
        True,
    ),
    "face": Room(
        60,
        400,
        300,
        ("_deferred", "_fitted", "_inputs", "_old_state", "_parameters", "_state"),
        ("X, y and weights, validated;", "what a fit has made; saved states"),
        True,
        ("_inputs, _parameters,", "_fitted, _state"),
    ),
    "engine": Room(
        420,
        400,
        740,
        ("engine",),
        ("trains, by Keras and scikeras: the only", "room with TensorFlow"),
    ),
    "network": Room(
        20,
        560,
        740,
        ("_activations", "_network", "_settings"),
        ("a network in plain values, and its probabilities in NumPy",),
        True,
        ("_network, _activations",),
    ),
    "small": Room(
        20,
        660,
        740,
        (
            "_compat",
            "_digest",
            "_estimators",
            "_files",
            "_packages",
            "_pixels",
            "_show_versions",
            "_warnings",
        ),
        ("small modules, which import none of those above and are imported by many",),
        title=("_compat, _digest, _estimators, _files, _pixels, _warnings",),
    ),
}
# Where the arrows are: x and y of both ends.
ARROWS = {
    ("cli", "persistence"): (130, None, 130, None),
    ("cli", "display"): (400, None, 400, None),
    ("cli", "datasets"): (640, None, 640, None),
    ("cli", "classifier"): (270, None, 270, None),
    ("persistence", "classifier"): (170, None, 170, None),
    ("persistence", "face"): (85, None, 85, None),
    ("persistence", "network"): (38, None, 38, None),
    ("persistence", "engine"): (240, 190, 570, None),
    ("classifier", "face"): (200, None, 200, None),
    ("classifier", "network"): (318, None, 318, None),
    ("classifier", "engine"): (330, 320, 470, None),
    ("face", "network"): (180, None, 180, None),
    ("face", "engine"): (300, 440, 420, 440),
    ("engine", "network"): (580, None, 580, None),
}


def room_of(module: str) -> str | None:
    """Return the room of a module, named as in an import; None for ``__init__``."""
    _, _, inside = module.partition(".")
    name = inside.partition(".")[0]
    if name in ("", "__init__"):
        return None
    for room, box in ROOMS.items():
        if name in box.modules:
            return room
    raise SystemExit(f"{module} is in no room.")


def imports_of(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield what a file imports of the package, and whether at a call only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = set(nodes_for_types(tree))
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            is_at_call = node.col_offset > 0
            for name in names_imported_by(node):
                yield name, is_at_call


def nodes_for_types(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what is for type checkers alone."""
    for block in ast.walk(tree):
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING":
            yield from ast.walk(block)


def names_imported_by(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Return the names of the modules in an import."""
    names = [alias.name for alias in node.names]
    if isinstance(node, ast.Import):
        return names
    if node.module == "skmnist":
        return [f"skmnist.{name}" for name in names if is_module(name)]
    return [node.module or ""]


def is_module(name: str) -> bool:
    """Whether a name in the package is that of a module or a folder."""
    return (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").exists()


def imports() -> dict[tuple[str, str], bool]:
    """Return which room imports which, and whether only at the call of a function."""
    found: dict[tuple[str, str], bool] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(("skmnist", *path.relative_to(PACKAGE).with_suffix("").parts))
        importer = room_of(module)
        for name, is_at_call in imports_of(path):
            imported = None
            if name.startswith("skmnist."):
                imported = room_of(name)
            if importer is None or imported in (None, importer, "small"):
                continue

            pair = (importer, imported)
            found[pair] = found.get(pair, True) and is_at_call
    return found


def arrow(pair: tuple[str, str], is_at_call: bool) -> str:
    """Return a line from one box to another, dashed for imports at a call only."""
    importer, imported = (ROOMS[name] for name in pair)
    x1, y1, x2, y2 = ARROWS[pair]
    start = importer.bottom if y1 is None else y1
    end = imported.top - 1 if y2 is None else y2
    dashes = ' stroke-dasharray="6 5"' if is_at_call else ""
    return f'<path d="M{x1} {start} {x2} {end}"{dashes} marker-end="url(#tip)"/>'


def box(name: str) -> str:
    """Return a box with its title and its text."""
    room = ROOMS[name]
    middle = (room.left + room.right) // 2
    fill = "#ffe3b8" if room.is_face else "#e9eef5"
    lines = [
        f'<rect x="{room.left}" y="{room.top}" width="{room.right - room.left}" '
        f'height="{room.bottom - room.top}" rx="10" fill="{fill}" stroke="#7d8aa0"/>'
    ]

    y = room.top + 5
    for title in room.title or (name,):
        y += 20
        lines.append(
            f'<text x="{middle}" y="{y}" font-size="16" '
            f'font-weight="700">{title}</text>'
        )

    y += 4
    for text in room.text:
        y += 17
        lines.append(f'<text x="{middle}" y="{y}" font-size="13">{text}</text>')
    return "\n    ".join(lines)


def drawing() -> str:
    """Return the drawing of the imports as SVG."""
    found = imports()
    if found.keys() != ARROWS.keys():
        raise SystemExit(
            f"Imports and arrows differ: {sorted(found.keys() ^ ARROWS.keys())}"
        )

    sentences = ", ".join(f"{a} imports {b}" for a, b in sorted(found))
    arrows = "\n    ".join(arrow(pair, found[pair]) for pair in ARROWS)
    boxes = "\n    ".join(box(name) for name in ROOMS)
    height = ROOMS["small"].bottom + 20
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 {height}" \
font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" \
role="img" aria-labelledby="t">
  <title id="t">{sentences}.</title>
  <defs>
    <marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" \
markerHeight="7" orient="auto">
      <path d="M0 0 10 5 0 10z" fill="#7d8aa0"/>
    </marker>
  </defs>
  <g stroke="#7d8aa0" stroke-width="2" fill="none">
    {arrows}
  </g>
  <text x="545" y="330" font-size="13" fill="#7d8aa0">\
dashed: at the first fit or call</text>
  <g text-anchor="middle" fill="#16233f">
    {boxes}
  </g>
</svg>
"""


if __name__ == "__main__":
    DRAWING.write_text(drawing(), encoding="utf-8")
