"""Lines of Python in messages: what many of them have, and how they are shown."""

from __future__ import annotations

from collections.abc import Sequence

IMPORTS = (
    "import numpy as np",
    "import pandas",
    "from skmnist import SimpleMLPClassifier",
)
FIT = "SimpleMLPClassifier().fit(X / X.max(), y)"


def with_lines(message: str, lines: Sequence[str]) -> str:
    """Append lines of Python to a message."""
    return "\n    ".join([message, *lines])


def lines_for_text(path: str, encoding: str, *, is_gzipped: bool) -> list[str]:
    """Return lines that load a table in another encoding than UTF-8."""
    imports = ["import pathlib"]
    read = f"open({path!r}, encoding={encoding!r}).read()"
    if is_gzipped:
        imports = ["import gzip", "import pathlib"]
        read = f'gzip.open({path!r}, "rt", encoding={encoding!r}).read()'

    return [
        *imports,
        "from skmnist import load_mnist",
        f'pathlib.Path("mnist.csv").write_text({read}, encoding="utf-8")',
        'load_mnist("mnist.csv")',
    ]
