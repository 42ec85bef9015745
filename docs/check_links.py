"""Check the links of the built site: ``python docs/check_links.py docs/_build/html``.

Every link and picture of every page has to lead to a file of the site, every anchor to
an element of that page, and every link has a name. No network is needed: links to the
pages of the projects in `inventories` are compared with the objects listed there, or
with those installed. `sphinx-build -b linkcheck` opens the remaining ones.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from pydoc import locate
from urllib.parse import unquote, urldefrag, urlsplit

sys.path.append(str(Path(__file__).parent / "_ext"))

from inventories import LISTED, read_inventory, read_places

LINKS = {"href", "src", "data", "poster", "xlink:href"}
# The page of one object, such as "modules/generated/sklearn.base.clone.html".
OBJECT_PAGE = re.compile(r"(?:[\w/]+/)?generated/([\w.$]+)\.html")


class Page(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.nameless: list[str] = []
        self._open_link = ""
        self._name = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value for name, value in attrs if value is not None}

        self.links += [attributes[name] for name in LINKS if name in attributes]
        if "srcset" in attributes:
            pictures = attributes["srcset"].split(",")
            self.links += [picture.split()[0] for picture in pictures]

        self.anchors.add(attributes.get("id", ""))
        if tag == "a":
            self.anchors.add(attributes.get("name", ""))
            self._open_link = attributes.get("href", "")
            self._name = attributes.get("aria-label") or attributes.get("title", "")
        elif tag == "img":
            self._name += attributes.get("alt", "")

    def handle_data(self, data: str) -> None:
        self._name += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._open_link and not self._name.strip():
            self.nameless.append(self._open_link)


def check_site(folder: Path) -> tuple[Counter[str], list[str]]:
    """Return the number of links of each kind, and a line for each broken one."""
    pages = {}
    for path in folder.rglob("*.html"):
        # Templates of the theme.
        if "_static" not in path.relative_to(folder).parts:
            pages[path.resolve()] = Page(path.read_text(encoding="utf-8"))

    counts = Counter(pages=len(pages))
    broken = []
    for path, page in pages.items():
        name = path.relative_to(folder.resolve())
        broken += [f"{name}: {link}: no name" for link in page.nameless]
        for link in page.links:
            kind, fault = _check(link, path, pages)
            counts[kind] += 1
            if fault:
                broken.append(f"{name}: {link}: {fault}")
    return counts, broken


def _check(link: str, path: Path, pages: dict[Path, Page]) -> tuple[str, str]:
    """Return the kind of a link, and what is wrong with it."""
    scheme = urlsplit(link).scheme
    if scheme in ("http", "https"):
        return _check_external(link)
    if scheme:
        return f"{scheme}: (not checked)", ""

    address, anchor = urldefrag(link)
    address = unquote(address.partition("?")[0])
    target = path
    if address:
        target = (path.parent / address).resolve()
    if not target.is_file():
        return "internal", "no such file"
    if anchor and target in pages and unquote(anchor) not in pages[target].anchors:
        return "internal", "no such anchor"
    return "internal", ""


def _check_external(link: str) -> tuple[str, str]:
    """Compare a link with the objects of its project, if that is listed."""
    for listed in LISTED.glob("*.txt"):
        address, _ = read_inventory(listed)
        # scikit-learn links to the pages of its own version, not to the stable ones.
        root, version = re.fullmatch(r"(.*/)([^/]+)/", address).groups()
        of_project = re.fullmatch(rf"{re.escape(root)}({version}|\d[.\d]*)/(.*)", link)
        if not of_project:
            continue

        page, anchor = urldefrag(of_project[2])
        anchor = anchor.partition(":~:")[0]  # text to be highlighted
        of_object = OBJECT_PAGE.fullmatch(page)
        if of_object:
            name = of_object[1]
            found = _is_installed(name) and anchor in ("", name)
        else:
            places = {place for _, place in read_places(listed).values()}
            found = of_project[2] in {"", *places}
        if not found:
            return listed.stem, "no such object"
        return listed.stem, ""
    return "other (not checked)", ""


def _is_installed(name: str) -> bool:
    """Return whether there is an object of this name, such as "numpy.ndarray"."""
    try:
        return locate(name) is not None
    except ImportError:  # of an experimental name of scikit-learn
        return False


if __name__ == "__main__":
    counts, broken = check_site(Path(sys.argv[1]))
    print(", ".join(f"{kind}: {count}" for kind, count in counts.items()))
    if broken:
        sys.exit("\n".join(sorted(set(broken))))
