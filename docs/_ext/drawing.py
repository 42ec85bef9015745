"""The directive of the field to draw on in the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.parsers.rst import Directive
from drawing_networks import draw_with, train

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class DrawingDirective(Directive):
    """The directive ``drawing``: a field to draw on."""

    def run(self) -> list[nodes.Node]:
        """Train the networks and write them into the page."""
        return [nodes.raw("", draw_with(train()), format="html")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("drawing", DrawingDirective)
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": True}
