"""What the README and the pages show works.

The rule for the pages in `docs`: their ```python blocks run, in order, all those of a page in one
namespace, and those of a guide leave a good classifier behind. Code that needs a cluster, or a
package which is not among the dependencies, stands in ```py blocks, which look the same to a
reader: they are compiled, and run only where the tests have that package.
"""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

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
GUIDES = sorted(DOCS.glob("coming-from-*.md"))


def blocks_of(page, language):
    """The code blocks of a page; those in lists are indented."""
    fences = rf"^ *```{language}\n(.*?)^ *```$"
    blocks = re.findall(fences, page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [dedent(block) for block in blocks]


def run(page, blocks, n_rows=None):
    """Run blocks in one namespace, on the first rows of those that the first block loads."""
    # A name, so that what the blocks define can be looked up as in a module.
    namespace = {"__name__": "page"}
    for number, block in enumerate(blocks):
        exec(compile(block, f"{page.name}, block {number}", "exec"), namespace)
        if number == 0 and n_rows is not None:
            for array in ("X_train", "y_train"):
                namespace[array] = namespace[array][:n_rows]
    return namespace


@pytest.fixture(autouse=True)
def _no_windows(monkeypatch):
    monkeypatch.setattr("matplotlib.pyplot.show", lambda: None)
    matplotlib.use("agg")


README_BLOCKS = blocks_of(README, "python")


@pytest.mark.parametrize("number", range(len(README_BLOCKS)))
def test_a_block_of_the_readme_runs(number):
    shown = run(README, [README_BLOCKS[number]])
    scored = shown.get("classifier") or shown.get("search") or shown["network"]
    digits = shown.get("digits")
    X, y = (digits.X_test, digits.y_test) if digits else (shown["X_test"], shown["y_test"])
    if "network" in shown:
        X = X / 255
    assert scored.score(X, y) > 0.85


def test_the_readme_has_a_block_for_each_use():
    assert len(README_BLOCKS) == 3


def test_the_readme_has_the_two_command_lines_of_ci():
    # .ci/run takes the lines that begin so out of the first block of console lines.
    console = re.search(r"```console\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for line in console[1].splitlines() if line.startswith("python3 ")]
    assert [line.split(" && ")[-1] for line in lines] == [
        ".venv/bin/python -m skmnist",
        ".venv/bin/pytest -n 2",
    ]


@pytest.mark.parametrize("page", [*DOCS.glob("*.md"), README], ids=lambda page: page.name)
def test_what_is_not_run_compiles(page):
    # The start page shows the calls of the README.
    languages = ("py", "python") if page.name == "index.md" else ("py",)
    for language in languages:
        for number, block in enumerate(blocks_of(page, language)):
            compile(block, f"{page.name}, block {number} of {language}", "exec")


@pytest.mark.slow
def test_the_page_on_searches():
    page = DOCS / "search.md"
    blocks = blocks_of(page, "python")
    assert len(blocks) == 3
    shown = run(page, blocks)
    assert shown["search"].score(shown["X_test"], shown["y_test"]) > 0.85


@pytest.mark.slow
def test_the_page_on_saving(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    page = DOCS / "saving.md"
    shown = run(page, [*blocks_of(page, "python"), *blocks_of(page, "py")])
    X_test = shown["X_test"]
    for name in ("digits", "loaded"):
        assert shown[name].score(X_test, shown["y_test"]) > 0.85
    assert shown["network"].n_iter_ == 10
    np.testing.assert_array_equal(shown["labels"], shown["digits"].predict(X_test))
    plain = keras.saving.load_model("digits.keras")(shown["digits"][:-1].transform(X_test))
    np.testing.assert_allclose(plain, shown["probabilities"], atol=1e-5)


@pytest.mark.slow
def test_the_page_on_the_estimator():
    page = DOCS / "estimator.md"
    shown = run(page, blocks_of(page, "python"), n_rows=1000)  # a quarter, to be quick
    X, y = shown["X_test"], shown["y_test"]
    for name in ("classifier", "annealed", "watched", "stopped", "in_blocks", "one_hot"):
        predicted = shown[name].predict(X)
        predicted = predicted.argmax(axis=1) if name == "one_hot" else predicted
        assert np.mean(predicted == y) > 0.6, name
    assert np.array_equal(shown["in_two"].coefs_[0], shown["at_once"].coefs_[0])
    assert shown["stopped"].n_iter_ < 40


@pytest.mark.slow
def test_the_page_on_data():
    page = DOCS / "data.md"
    shown = run(page, blocks_of(page, "python"))
    assert shown["pair"].target_names.tolist() == ["3", "8"]
    assert shown["digit"].shape == (28, 28)


class TestGuides:
    def test_there_is_one_for_each_of_three(self):
        assert [page.stem.removeprefix("coming-from-") for page in GUIDES] == [
            "kerasclassifier",
            "mlpclassifier",
            "skorch",
        ]

    # MLPClassifier, where max_iter ends it.
    @pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
    @pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
    @pytest.mark.slow
    def test_the_code_runs(self, page):
        shown = run(page, blocks_of(page, "python"))
        X, y = shown["X_test"], shown["y_test"]
        assert shown["after"].score(X, y) > 0.87
        if "before" in shown:
            assert abs(shown["before"].score(X, y) - shown["after"].score(X, y)) < 0.04

    @pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
    def test_every_parameter_is_named(self, page):
        text = page.read_text(encoding="utf-8")
        names = set(SimpleMLPClassifier().get_params())
        names -= {"n_iter_no_change", "tol", "l2", "dropout"}
        if "skorch" in page.name:
            names.remove("validation_fraction")
        assert {name for name in names if f"`{name}" not in text} == set()

    def test_that_to_mlpclassifier_names_all_of_its_parameters_and_attributes(self, digits):
        text = (DOCS / "coming-from-mlpclassifier.md").read_text(encoding="utf-8")
        with pytest.warns(ConvergenceWarning):
            theirs = MLPClassifier((5,), max_iter=1).fit(digits.X, digits.y)
        attributes = {name for name in vars(theirs) if name.endswith("_")}
        names = set(theirs.get_params()) | attributes
        assert {name for name in names if f"`{name}" not in text} == set()
