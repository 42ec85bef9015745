"""Helpers of the scripts that write their results into pages of the documentation."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def as_table(header: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def replace_part(page: Path, name: str, text: str) -> None:
    """Replace what is between the comments "name" and "end of name" in a page."""
    start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    between = re.compile(re.escape(start) + ".*?" + re.escape(end), re.DOTALL)
    before = page.read_text(encoding="utf-8")

    after, n_replaced = between.subn(lambda _: f"{start}{text}\n{end}", before)
    if n_replaced != 1:
        raise ValueError(f"{page} has {n_replaced} parts named {name!r} instead of one")

    page.write_text(after, encoding="utf-8")


def describe_machine() -> str:
    """Name the processor, the cores of this process and the versions."""
    packages = ("scikit-learn", "keras", "tensorflow", "numpy")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return (
        f"{_processor()}, {_n_cores()} of {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, {versions}"
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")  # on Linux alone
    if cpuinfo.exists():
        model = re.search(r"model name\s*: (.*)", cpuinfo.read_text())
        if model:
            return model[1]
    return platform.processor() or platform.machine()


def _n_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
