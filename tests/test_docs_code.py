"""What the README and the pages show works.

The ```python blocks of a page in `docs` run in order, in one namespace. What a block
prints is in the ```text block below it. Code that needs a cluster, a picture or a
package which is not among the dependencies is in ```py blocks, which look the same to a
reader: they are compiled, and run only where the tests have that package.
"""

from __future__ import annotations

import doctest
import re
import runpy
from contextlib import redirect_stdout
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

import keras
import matplotlib
import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from skmnist import SimpleMLPClassifier

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
README = ROOT / "README.md"
COMING_FROM = DOCS / "coming-from.md"


# Numbers of a training run, which differ between processors.
NUMBER = re.compile(r"\d+\.\d*")
TOLERANCE = 0.03


class Block(NamedTuple):
    """A block of code, and the text below it that it prints."""

    name: str
    code: str
    output: str


def blocks_of(page, language):
    """The code blocks of a page; those in lists are indented."""
    fences = rf"^ *```{language}\n(.*?)^ *```$(?:\n\n *```text\n(.*?)^ *```$)?"
    found = re.finditer(
        fences, page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    return [
        Block(f"{page.name}, block {number}", dedent(code), output or "")
        for number, (code, output) in enumerate(match.groups() for match in found)
    ]


def run(blocks, namespace=None):
    """Run blocks in one namespace, and compare what they print with what is shown."""
    if namespace is None:
        # A name, so that what the blocks define can be looked up as in a module.
        namespace = {"__name__": "page"}
    for block in blocks:
        printed = StringIO()
        with redirect_stdout(printed):
            exec(compile(block.code, block.name, "exec"), namespace)
        assert_shown(block, printed.getvalue())
    return namespace


def assert_shown(block, printed):
    same = doctest.OutputChecker().check_output(
        NUMBER.sub("0.0", block.output),
        NUMBER.sub("0.0", printed),
        doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE,
    )
    assert same, f"{block.name} prints\n{printed}"
    if "..." not in block.output:
        shown, found = (
            [float(number) for number in NUMBER.findall(text)]
            for text in (block.output, printed)
        )
        np.testing.assert_allclose(found, shown, atol=TOLERANCE, err_msg=block.name)


@pytest.fixture(autouse=True)
def _no_windows(monkeypatch):
    monkeypatch.setattr("matplotlib.pyplot.show", lambda: None)
    matplotlib.use("agg")


README_BLOCKS = blocks_of(README, "python")


@pytest.mark.parametrize("number", range(len(README_BLOCKS)))
def test_a_block_of_the_readme_runs(number):
    # Its report of ten classes is left to the reader to see.
    shown = {"__name__": "page"}
    exec(compile(README_BLOCKS[number].code, "README.md", "exec"), shown)
    scored = shown["search"] if "search" in shown else shown["network"]
    y = shown["digits"].y_test if "digits" in shown else shown["y_test"]
    assert scored.score(shown["X_test"], y) > 0.85


def test_the_readme_has_a_block_to_start_with_and_one_for_scikit_learn():
    assert len(README_BLOCKS) == 2
    for name in ("Pipeline(", "GridSearchCV(", "classification_report("):
        assert name in README_BLOCKS[1].code


def test_the_readme_has_the_two_command_lines_of_ci():
    # .ci/run takes the lines that begin so out of the first block of console lines.
    console = re.search(
        r"```console\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL
    )
    lines = [line for line in console[1].splitlines() if line.startswith("python3 ")]
    assert [line.split(" && ")[-1] for line in lines] == [
        ".venv/bin/python -m skmnist",
        ".venv/bin/pytest -n 2",
    ]


@pytest.mark.parametrize(
    "page", [*DOCS.glob("*.md"), README], ids=lambda page: page.name
)
def test_what_is_not_run_compiles(page):
    for block in blocks_of(page, "py"):
        compile(block.code, block.name, "exec")


@pytest.mark.slow
def test_the_page_on_searches():
    blocks = blocks_of(DOCS / "searching.md", "python")
    assert len(blocks) == 3
    # Before scikit-learn 1.9, as the page says.
    if find_spec("sklearn.callback") is None:
        del blocks[1]
    shown = run(blocks)
    assert shown["search"].score(shown["X_test"], shown["y_test"]) > 0.85


@pytest.mark.slow
def test_the_page_on_saving(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    page = DOCS / "saving.md"
    shown = run([*blocks_of(page, "python"), *blocks_of(page, "py")])
    X_test = shown["X_test"]
    for name in ("pipeline", "loaded"):
        assert shown[name].score(X_test, shown["y_test"]) > 0.85
    assert shown["network"].n_iter_ == 10
    np.testing.assert_array_equal(shown["labels"], shown["pipeline"].predict(X_test))
    plain = keras.saving.load_model("digits.keras")(
        shown["pipeline"][:-1].transform(X_test)
    )
    np.testing.assert_allclose(plain, shown["probabilities"], atol=1e-5)


@pytest.mark.slow
def test_the_page_on_the_estimator():
    shown = run(blocks_of(DOCS / "estimator.md", "python"))
    X, y = shown["X_test"], shown["y_test"]
    for name in ("classifier", "annealed", "stopped", "in_blocks", "one_hot"):
        predicted = shown[name].predict(X)
        predicted = predicted.argmax(axis=1) if name == "one_hot" else predicted
        assert np.mean(predicted == y) > 0.6, name
    assert np.array_equal(shown["in_two"].coefs_[0], shown["at_once"].coefs_[0])
    assert shown["stopped"].n_iter_ < 40


@pytest.mark.slow
def test_the_page_on_data():
    shown = run(blocks_of(DOCS / "data.md", "python"))
    assert shown["pair"].target_names.tolist() == ["3", "8"]
    assert shown["path"].exists()


# MLPClassifier, where max_iter ends it.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.slow
def test_the_page_on_other_libraries():
    # What stands in place of a classifier of another library is about as good as that.
    namespace = {"__name__": "page"}
    compared = []
    for block in blocks_of(COMING_FROM, "python"):
        namespace |= {"before": None, "after": None}
        run([block], namespace)
        scores = [
            namespace[name].score(namespace["X_test"], namespace["y_test"])
            for name in ("before", "after")
            if namespace[name] is not None
        ]
        assert min(scores, default=1) > 0.87
        assert np.ptp(scores or [0]) < 0.04
        compared.append(len(scores))
    assert compared == [0, 2, 2, 0, 1]
    assert len(namespace["scored"].history_["test_f1"]) == 5


def test_the_page_on_other_libraries_names_what_they_have(digits):
    text = COMING_FROM.read_text(encoding="utf-8")
    with pytest.warns(ConvergenceWarning):
        theirs = MLPClassifier((5,), max_iter=1).fit(digits.X, digits.y)
    attributes = {name for name in vars(theirs) if name.endswith("_")}
    names = {*theirs.get_params(), *attributes, *SimpleMLPClassifier().get_params()}
    assert {name for name in names if f"`{name}" not in text} == set()


@pytest.mark.slow
def test_the_accuracies_and_sizes_of_the_pages():
    measure = runpy.run_path(str(DOCS / "measure.py"))
    text = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    for name, low, high in measure["accuracies"]():
        row = re.search(rf"\| {re.escape(name)} \| ([\d.]+) to ([\d.]+) \|", text)
        np.testing.assert_allclose(
            [low, high], [float(row[1]), float(row[2])], atol=0.08, err_msg=name
        )

    text = (DOCS / "saving.md").read_text(encoding="utf-8")
    for name, size in measure["sizes"]():
        row = re.search(rf"\| {re.escape(name)} \| (\d+) kB", text)
        assert size == pytest.approx(int(row[1]), rel=0.1), name
