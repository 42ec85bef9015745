"""Links of the guides to files, which a code host follows, made to work in these pages.

A link to an example leads to its page in the gallery, one to the README to the start
page, and one to the changelog to the page that includes it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

PAGES = [
    (re.compile(r"\]\(\.\./examples/(plot_\w+)\.py\)"), r"](auto_examples/\1.rst)"),
    (re.compile(r"\]\(\.\./README\.md(#[\w-]+)?\)"), r"](index.md)"),
    (re.compile(r"\]\(\.\./CHANGELOG\.md\)"), r"](changelog.md)"),
]


def lead_to_pages(app: Sphinx, name: str, source: list[str]) -> None:
    """Rewrite the links of one page."""
    for pattern, page in PAGES:
        source[0] = pattern.sub(page, source[0])


def lead_from_included(app: Sphinx, path: Path, parent: str, source: list[str]) -> None:
    """Rewrite the links of a file that a page includes."""
    lead_to_pages(app, parent, source)


def setup(app: Sphinx) -> dict[str, Any]:
    """Say to Sphinx when to call."""
    app.connect("source-read", lead_to_pages)
    app.connect("include-read", lead_from_included)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
