"""Names in code font lead to their pages: in the guides, and in docstrings.

A guide writes `SimpleMLPClassifier` in backticks, which also reads well on a code host.
Here the first of its name in each section becomes a link, if it is a name of this
package, a member of the class of an API page, or listed in `inventories`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from inventories import short_names
from sphinx.addnodes import desc, pending_xref
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

API_PAGE = "generated/"
OTHERS = short_names()


class LinkNames(SphinxPostTransform):
    """Make links of names."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        """Link the first literal of each name in each section."""
        linked = set()
        for literal in list(self.document.findall(nodes.literal)):
            if _is_part_of_link(literal):
                continue

            name = literal.astext().removesuffix("()")
            section = _section_of(literal)
            if (section, name) in linked:
                continue

            link = self._link_to(name, self._owner_of(literal))
            if link is not None:
                linked.add((section, name))
                literal.replace_self(link)
                link += literal

    def _owner_of(self, literal: nodes.literal) -> str:
        """Return the class whose members may be meant, or no name."""
        page = self.env.docname
        if page.startswith(API_PAGE):
            return page.removeprefix(API_PAGE)
        # Tables compare it with other libraries, whose methods have the same names.
        if _is_in(literal, nodes.table):
            return ""
        return "skmnist.SimpleMLPClassifier"

    def _link_to(self, name: str, owner: str) -> nodes.reference | None:
        """Return an empty link to the page of a name, or None."""
        page = self.env.docname
        objects = self.env.domains["py"].objects
        for prefix in (f"{owner}.", "", "skmnist.", "skmnist.persistence."):
            entry = objects.get(prefix + name)
            if entry is not None:
                return make_refnode(
                    self.app.builder, page, entry.docname, entry.node_id, [], name
                )

        address = OTHERS.get(name)
        if address is not None:
            return nodes.reference("", "", internal=False, refuri=address)
        return None


def _is_part_of_link(node: nodes.Node) -> bool:
    """Return whether a node is in a title or a link, such as a card."""
    if _is_in(node, nodes.title, nodes.reference, pending_xref):
        return True
    return any("sd-card" in parent.get("classes", []) for parent in _parents_of(node))


def _is_in(node: nodes.Node, *kinds: type) -> bool:
    return any(isinstance(parent, kinds) for parent in _parents_of(node))


def _parents_of(node: nodes.Node) -> Iterator[nodes.Node]:
    while node.parent is not None:
        node = node.parent
        yield node


def _section_of(node: nodes.Node) -> nodes.Node | None:
    """Return the section that a node is in; a description of the API counts as one."""
    sections = (nodes.section, desc)
    return next((p for p in _parents_of(node) if isinstance(p, sections)), None)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the transform."""
    app.add_post_transform(LinkNames)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
