"""Timing contenders in turn, and measuring in processes of their own."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def seconds_of(action: Callable[[], Any]) -> float:
    """Time one call."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def alternate(actions: dict[Any, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Time each action `repeats` times, in turn, and give their medians in seconds.

    A machine that slows down for a while then slows all of them down, and a median does not
    see it.
    """
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(repeats):
        for name, action in actions.items():
            seconds[name].append(seconds_of(action))
    return {name: statistics.median(values) for name, values in seconds.items()}


def in_fresh_process(script: str, **values: Any) -> Any:
    """Run a script in a process of its own; what it puts into `result` comes back.

    The values are variables of the script, and this folder is on its path.
    """
    header = f"import sys, json; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
    header += "".join(f"{name} = {value!r}\n" for name, value in values.items())
    footer = "\nprint('RESULT', json.dumps(result))\n"
    process = subprocess.run(
        [sys.executable, "-c", header + textwrap.dedent(script) + footer],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in process.stdout.splitlines() if line.startswith("RESULT ")]
    if process.returncode or not lines:
        raise RuntimeError(f"a benchmark process failed:\n{process.stderr[-2000:]}")
    return json.loads(lines[-1].removeprefix("RESULT "))
