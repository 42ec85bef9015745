"""What the README and the guides show works.

The rule for the guides in `docs`: their ```python blocks run, in order, all those of a page in one
namespace, and leave a good classifier behind. Code that needs a cluster, or a package which is not
among the dependencies, stands in ```py blocks, which look the same to a reader: they are compiled,
and run only where the tests have that package.
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
README = ROOT / "README.md"
GUIDES = sorted((ROOT / "docs").glob("coming-from-*.md"))
SEARCH = ROOT / "docs" / "search.md"
SAVING = ROOT / "docs" / "saving.md"


def blocks_of(page, language):
    """The code blocks of a page; those in lists are indented."""
    fences = rf"^ *```{language}\n(.*?)^ *```$"
    blocks = re.findall(fences, page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [dedent(block) for block in blocks]


BLOCKS = blocks_of(README, "python")


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_code_block_runs(number, monkeypatch):
    monkeypatch.setattr("matplotlib.pyplot.show", lambda: None)
    matplotlib.use("agg")
    namespace: dict[str, object] = {}
    exec(compile(BLOCKS[number], f"README.md, block {number}", "exec"), namespace)
    scored = namespace.get("classifier") or namespace.get("search") or namespace["network"]
    digits = namespace.get("digits")
    X, y = (digits.X_test, digits.y_test) if digits else (namespace["X_test"], namespace["y_test"])
    if "network" in namespace:
        X = X / 255
    assert scored.score(X, y) > 0.85


def test_there_is_a_block_for_each_use():
    assert len(BLOCKS) == 3


def test_the_page_on_searches(monkeypatch):
    matplotlib.use("agg")
    namespace: dict[str, object] = {}
    blocks = blocks_of(SEARCH, "python")
    assert len(blocks) == 3
    for block in blocks:
        exec(compile(block, str(SEARCH), "exec"), namespace)
    assert namespace["search"].score(namespace["X_test"], namespace["y_test"]) > 0.85
    for block in blocks_of(SEARCH, "py"):
        compile(block, str(SEARCH), "exec")


def test_the_page_on_saving(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    for block in [*blocks_of(SAVING, "python"), *blocks_of(SAVING, "py")]:
        exec(compile(block, str(SAVING), "exec"), namespace)
    X_test = namespace["X_test"]
    for name in ("digits", "loaded"):
        assert namespace[name].score(X_test, namespace["y_test"]) > 0.85
    assert namespace["network"].n_iter_ == 10
    np.testing.assert_array_equal(namespace["labels"], namespace["digits"].predict(X_test))
    plain = keras.saving.load_model("digits.keras")(namespace["digits"][:-1].transform(X_test))
    np.testing.assert_allclose(plain, namespace["probabilities"], atol=1e-5)


def test_ci_runs_the_two_command_lines():
    # .ci/run takes the lines that begin so out of the first block of console lines.
    console = re.search(r"```console\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for line in console[1].splitlines() if line.startswith("python3 ")]
    assert [line.split(" && ")[-1] for line in lines] == [
        ".venv/bin/python -m skmnist",
        ".venv/bin/pytest",
    ]


def test_there_is_a_guide_for_each_of_three():
    assert [page.stem.removeprefix("coming-from-") for page in GUIDES] == [
        "kerasclassifier",
        "mlpclassifier",
        "skorch",
    ]


# MLPClassifier, where max_iter ends it.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_the_code_of_a_guide_runs(page):
    # A name, so that what the blocks define can be looked up as in a module.
    namespace = {"__name__": "guide"}
    for number, block in enumerate(blocks_of(page, "python")):
        exec(compile(block, f"{page.name}, block {number}", "exec"), namespace)
    X, y = namespace["X_test"], namespace["y_test"]
    assert namespace["after"].score(X, y) > 0.87
    if "before" in namespace:
        assert abs(namespace["before"].score(X, y) - namespace["after"].score(X, y)) < 0.04


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_what_a_guide_does_not_run_compiles(page):
    for number, block in enumerate(blocks_of(page, "py")):
        compile(block, f"{page.name}, block {number} of those that do not run", "exec")


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_a_guide_names_every_parameter(page):
    text = page.read_text(encoding="utf-8")
    names = set(SimpleMLPClassifier().get_params()) - {"n_iter_no_change", "tol", "l2", "dropout"}
    if "skorch" in page.name:
        names.remove("validation_fraction")
    assert {name for name in names if f"`{name}" not in text} == set()


def test_the_guide_to_mlpclassifier_names_all_of_its_parameters_and_attributes(digits):
    text = (ROOT / "docs" / "coming-from-mlpclassifier.md").read_text(encoding="utf-8")
    with pytest.warns(ConvergenceWarning):
        theirs = MLPClassifier((5,), max_iter=1).fit(digits.X, digits.y)
    attributes = {name for name in vars(theirs) if name.endswith("_")}
    names = set(theirs.get_params()) | attributes
    assert {name for name in names if f"`{name}" not in text} == set()


class _StartFrom(keras.callbacks.Callback):
    def __init__(self, weights):
        super().__init__()
        self.weights = weights

    def on_train_begin(self, logs=None):
        self.model.set_weights(self.weights)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_alpha_is_l2_as_the_guide_translates_it(digits):
    X, y = digits.X.astype(np.float64), digits.y
    X, y = X[:288], y[:288]  # nine whole batches
    theirs = MLPClassifier(
        (8,),
        solver="sgd",
        alpha=0.5,
        batch_size=32,
        learning_rate_init=0.05,
        max_iter=1,
        shuffle=False,
        warm_start=True,
        random_state=0,
    ).fit(X, y)
    start = [np.copy(array) for pair in _pairs(theirs) for array in pair]
    theirs.fit(X, y)
    ours = SimpleMLPClassifier(
        8,
        activation="relu",
        optimizer=keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
        l2=0.5 / (2 * 32),
        epochs=1,
        shuffle=False,
        callbacks=_StartFrom(start),
    ).fit(X, y)
    for (coefs, intercepts), (kernel, bias) in zip(_pairs(theirs), _pairs(ours), strict=True):
        np.testing.assert_allclose(kernel, coefs, atol=1e-5)
        np.testing.assert_allclose(bias, intercepts, atol=1e-5)
    assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-5)


def _pairs(network):
    return list(zip(network.coefs_, network.intercepts_, strict=True))
