"""Mend what screen readers cannot read of the pages that Sphinx writes."""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

# The parameters of a long signature: descriptions without anything described.
SIGNATURE = re.compile(
    r'(<span class="sig-paren">\(</span>\s*)<dl>(.*?)</dl>', re.DOTALL
)


def mend_page(app: Sphinx, name: str, template: str, context: Any, tree: Any) -> None:
    """Rewrite the body of a page."""
    body = context.get("body", "")
    body = SIGNATURE.sub(_list_parameters, body)
    # A list of citations may only contain items.
    context["body"] = body.replace('role="doc-biblioentry"', 'role="listitem"')


def _list_parameters(match: re.Match[str]) -> str:
    opening, parameters = match.groups()
    parameters = parameters.replace("<dd>", "<div>").replace("</dd>", "</div>")
    return f'{opening}<div class="sig-params">{parameters}</div>'


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the function."""
    app.connect("html-page-context", mend_page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
