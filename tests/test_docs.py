"""The site's pages: every public name has one, links lead somewhere, and what they show works.

The site itself is built by ``sphinx-build -W --keep-going -b html docs docs/_build/html``, which
takes too long for these tests: it runs the examples.
"""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import matplotlib
import numpy as np
import pytest

import skmnist
import skmnist.persistence

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
# Those that a reader of the repository comes to, before anything is built.
PAGES = [*DOCS.glob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"]
# Made when the site is built.
BUILT = "auto_examples/"


def python_blocks(name):
    text = (DOCS / name).read_text(encoding="utf-8")
    blocks = re.findall(r"^ *```python\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE)
    return [dedent(block) for block in blocks]


def run(name, n_rows=None):
    """Run the blocks of a page in one namespace, on the first rows that its first block loads."""
    matplotlib.use("agg")
    namespace = {"__name__": "page"}
    for number, block in enumerate(python_blocks(name)):
        exec(compile(block, f"{name}, block {number}", "exec"), namespace)
        if number == 0 and n_rows is not None:
            for array in ("X_train", "y_train"):
                namespace[array] = namespace[array][:n_rows]
    return namespace


def anchor(heading):
    """What a code host, and the site, make of a heading to be linked to."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_public_name_has_a_page_of_the_reference():
    text = (DOCS / "api.rst").read_text(encoding="utf-8")
    listed = set(re.findall(r"^   ([\w.]+)$", text, re.MULTILINE))
    persistence = {f"persistence.{name}" for name in skmnist.persistence.__all__}
    # That a name which is listed exists, the build of the site knows.
    assert {*skmnist.__all__, *persistence, "network.clear"} - listed == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_to_files_and_headings(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for path, heading in re.findall(r"\]\((?!\w+:)([^)#]*)(?:#([^)]*))?\)", text):
        target = (page.parent / path) if path else page
        if path.startswith(BUILT):
            continue
        assert target.is_file(), f"{page.name} links to {path}"
        if heading:
            headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in map(anchor, headings), f"{page.name} links to {path}#{heading}"


def test_the_start_page_and_what_is_not_run_compile():
    # The README shows the same calls, and its blocks are run.
    for name in ("index.md", "data.md"):
        text = (DOCS / name).read_text(encoding="utf-8")
        for block in re.findall(r"^```py(?:thon)?\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
            compile(block, name, "exec")


def test_the_page_on_the_estimator():
    shown = run("estimator.md", n_rows=1000)  # a quarter, to be quick
    X, y = shown["X_test"], shown["y_test"]
    for name in ("classifier", "annealed", "watched", "stopped", "in_blocks", "one_hot"):
        predicted = shown[name].predict(X)
        predicted = predicted.argmax(axis=1) if name == "one_hot" else predicted
        assert np.mean(predicted == y) > 0.6, name
    assert np.array_equal(shown["in_two"].coefs_[0], shown["at_once"].coefs_[0])
    assert shown["stopped"].n_iter_ < 40


def test_the_page_on_data():
    shown = run("data.md")
    assert shown["pair"].target_names.tolist() == ["3", "8"]
    assert shown["digit"].shape == (28, 28)
