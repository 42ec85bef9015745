"""The site's pages: every public name has one, and links lead somewhere.

The site itself is built by ``sphinx-build -W --keep-going -b html docs
docs/_build/html``, which takes too long for these tests: it runs the examples.
"""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from pydoc import locate

import pytest

import skmnist
import skmnist.persistence

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
# Those that a reader of the repository comes to, before anything is built.
PAGES = [*DOCS.glob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"]
# Made when the site is built.
BUILT = "auto_examples/"


def anchor(heading):
    """What a code host, and the site, make of a heading to be linked to."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_public_name_has_a_page_of_the_reference():
    text = (DOCS / "api.rst").read_text(encoding="utf-8")
    listed = set(re.findall(r"^   ([\w.]+)$", text, re.MULTILINE))
    persistence = {f"persistence.{name}" for name in skmnist.persistence.__all__}
    # The build of the site fails if a name that is listed does not exist.
    assert {*skmnist.__all__, *persistence, "engine.clear"} - listed == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_to_files_and_headings(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for path, heading in re.findall(r"\]\((?!\w+:)([^)#]*)(?:#([^)]*))?\)", text):
        target = (page.parent / path) if path else page
        if path.startswith(BUILT):
            continue
        assert target.is_file(), f"{page.name} links to {path}"
        if heading:
            headings = re.findall(
                r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE
            )
            assert heading in map(anchor, headings), (
                f"{page.name} links to {path}#{heading}"
            )


def test_the_architecture_is_that_of_the_imports():
    script = runpy.run_path(str(DOCS / "draw_architecture.py"))
    assert script["DRAWING"].read_text(encoding="utf-8") == script["drawing"]()


@pytest.mark.parametrize(
    "link",
    [
        '<a href="nowhere.html">link</a>',
        '<a href="other.html"> </a>',
        '<a href="other.html#nowhere">',
        '<a href="#nowhere">',
        '<img src="nowhere.png">',
        '<img srcset="picture.png 1x, nowhere.png 2x">',
        '<a href="https://numpy.org/doc/stable/reference/generated/$.html#numpy.sum">',
        '<a href="https://numpy.org/doc/stable/reference/generated/numpy.nowhere.html">',
        '<a href="https://docs.python.org/3/library/functions.html#nowhere">',
        '<a href="https://scikit-learn.org/stable/nowhere.html">',
    ],
)
def test_the_check_of_the_built_site_finds_a_broken_link(link, tmp_path):
    check_site = runpy.run_path(str(DOCS / "check_links.py"))["check_site"]
    right = """
        <a href="other.html?q=1#place">link</a>, <a href="#top"><img alt="Picture"></a>,
        <a href="#top" aria-label="top"></a>, <img src="picture.png">
        <a href="https://numpy.org/doc/stable/reference/generated/numpy.sum.html#numpy.sum">
        <a href="https://docs.python.org/3/library/functions.html#int">
    """
    (tmp_path / "picture.png").touch()
    (tmp_path / "other.html").write_text('<p id="place">', encoding="utf-8")
    page = tmp_path / "page.html"
    page.write_text(f'<p id="top">{right}', encoding="utf-8")
    counts, broken = check_site(tmp_path)
    assert (counts["internal"], counts["numpy"], counts["python"]) == (4, 1, 1)
    assert broken == []

    page.write_text(f'<p id="top">{right}{link}', encoding="utf-8")
    _, broken = check_site(tmp_path)
    assert [line.partition(":")[0] for line in broken] == ["page.html"]


def test_the_objects_of_other_projects_exist():
    for path in (DOCS / "inventories").glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        names = re.findall(r"^(\w+\.[\w.]+) py:", text, re.MULTILINE)
        assert [name for name in names if locate(name) is None] == []
