"""What the README shows works."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib
import pytest

README = Path(__file__).parent.parent / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_code_block_runs(number, monkeypatch):
    monkeypatch.setattr("matplotlib.pyplot.show", lambda: None)
    matplotlib.use("agg")
    namespace: dict[str, object] = {}
    exec(compile(BLOCKS[number], f"README.md, block {number}", "exec"), namespace)
    scored = namespace.get("classifier") or namespace.get("search") or namespace["network"]
    digits = namespace.get("digits")
    X, y = (digits.X_test, digits.y_test) if digits else (namespace["X_test"], namespace["y_test"])
    if "network" in namespace:
        X = X / 255
    assert scored.score(X, y) > 0.85


def test_there_is_a_block_for_each_use():
    assert len(BLOCKS) == 3


def test_ci_runs_the_two_command_lines():
    # .ci/run takes the lines that begin so out of the first block of console lines.
    console = re.search(r"```console\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for line in console[1].splitlines() if line.startswith("python3 ")]
    assert [line.split(" && ")[-1] for line in lines] == [
        ".venv/bin/python -m skmnist",
        ".venv/bin/pytest",
    ]
