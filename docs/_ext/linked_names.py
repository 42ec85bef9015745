"""Names in code font lead to their pages: in the guides, and in docstrings.

A guide writes `SimpleMLPClassifier` in backticks, which also reads well on a code host.
Here the first of its name in each section becomes a link, if it is a name of this
package, a member of the class of an API page, or listed in `inventories`.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from inventories import short_names
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

# Where a name without a dot is looked for.
MODULES = ("skmnist.", "skmnist.persistence.", "skmnist.SimpleMLPClassifier.")
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

            link = self._link_to(name)
            if link is not None:
                linked.add((section, name))
                literal.replace_self(link)
                link += literal

    def _link_to(self, name: str) -> nodes.reference | None:
        """Return an empty link to the page of a name, or None."""
        page = self.env.docname
        prefixes = ("", *MODULES)
        if page.startswith(API_PAGE):
            prefixes = (page.removeprefix(API_PAGE) + ".", "", *MODULES[:2])

        objects = self.env.domains["py"].objects
        for prefix in prefixes:
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
    while node is not None:
        if isinstance(node, (nodes.reference, nodes.title, pending_xref)):
            return True
        if "sd-card" in node.get("classes", []):
            return True
        node = node.parent
    return False


def _section_of(node: nodes.Node) -> nodes.Node | None:
    """Return the section that a node is in; a description of the API counts as one."""
    while node is not None and node.tagname not in ("section", "desc", "document"):
        node = node.parent
    return node


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the transform."""
    app.add_post_transform(LinkNames)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
