"""What a code host follows or shows in the guides, made to work in these pages.

A link to an example leads to its page in the gallery, one to the README to the start
page, and one to a file that a page includes to that page. Of a picture drawn twice, for
light and for dark pages, the site shows the one for its own theme, which readers may
change, and not the one for the theme of their system.
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
    (re.compile(r"\]\(benchmarks-tables\.md\)"), r"](#searches-and-fits)"),
    (re.compile(r"\]\(benchmarks-scale\.md\)"), r"](#how-cost-grows)"),
]
PICTURE = re.compile(
    r'<picture><source [^>]*srcset="(?P<dark>[^"]+)">\s*'
    r'<img src="(?P<light>[^"]+)"[^>]* alt="(?P<alt>[^"]*)"></picture>'
)
TWO_IMAGES = r"""```{image} \g<light>
:class: only-light wide-picture
:alt: \g<alt>
```

```{image} \g<dark>
:class: only-dark wide-picture
:alt: \g<alt>
```"""


def lead_to_pages(app: Sphinx, name: str, source: list[str]) -> None:
    """Rewrite the links and the pictures of one page."""
    for pattern, page in PAGES:
        source[0] = pattern.sub(page, source[0])
    source[0] = PICTURE.sub(TWO_IMAGES, source[0])


def lead_from_included(app: Sphinx, path: Path, parent: str, source: list[str]) -> None:
    """Rewrite the links of a file that a page includes."""
    lead_to_pages(app, parent, source)


def setup(app: Sphinx) -> dict[str, Any]:
    """Say to Sphinx when to call."""
    app.connect("source-read", lead_to_pages)
    app.connect("include-read", lead_from_included)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
