"""The pages with measured numbers: their code runs, and their tables are the results'.

The scripts in ``examples/benchmarks`` take minutes on all of MNIST. Here they get a few
images, which show that everything in them can be fitted.
"""

import json
import re
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from sklearn.utils import Bunch

from skmnist import SimpleMLPClassifier

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
BENCHMARKS = ROOT / "examples" / "benchmarks"


def run_blocks(name, *, without=None):
    """Run the blocks of a page in one namespace, whatever they print."""
    text = (DOCS / name).read_text(encoding="utf-8")
    namespace = {"__name__": "page"}
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", text, re.DOTALL)):
        if without is None or without not in code:
            exec(compile(code, f"{name}, block {number}", "exec"), namespace)
    return namespace


@pytest.fixture(scope="module")
def scripts():
    """The scripts as modules, by name."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        yield {name: import_module(name) for name in ("choosing", "published")}
    finally:
        sys.path.remove(str(BENCHMARKS))


@pytest.fixture
def few_images(sample, monkeypatch):
    """Keras and skmnist load 600 images in place of all of MNIST."""
    few = Bunch(
        images_train=sample.images_train[:600],
        y_train=sample.y_train[:600],
        images_test=sample.images_test[:200],
        y_test=sample.y_test[:200],
    )
    of_keras = (few.images_train, few.y_train), (few.images_test, few.y_test)
    monkeypatch.setattr("keras.datasets.mnist.load_data", lambda: of_keras)
    monkeypatch.setattr("skmnist.load_mnist", lambda source: few)
    return few


@pytest.mark.slow
@pytest.mark.usefixtures("closed_figures", "few_images")
def test_the_tutorial_in_keras_and_in_skmnist(capsys):
    shown = run_blocks("from-the-tutorial.md")
    model, network, X_test = shown["model"], shown["network"], shown["X_test"]

    assert model.count_params() == network.model_.count_params() == 3985
    assert "macro avg" in capsys.readouterr().out

    # "Five units and five epochs are the defaults"
    defaults = SimpleMLPClassifier(random_state=0).get_params()
    assert network.get_params() == defaults

    # The same layers: from the same weights, the same probabilities.
    model.set_weights(network.model_.get_weights())
    np.testing.assert_allclose(
        model.predict(X_test, verbose=0), network.predict_proba(X_test), atol=1e-6
    )


@pytest.mark.slow
@pytest.mark.usefixtures("closed_figures", "few_images")
def test_the_tutorial_in_skmnist_alone():
    shown = run_blocks("from-the-tutorial.md", without="# Keras")
    assert "keras" not in shown
    assert shown["search"].best_params_


@pytest.mark.slow
@pytest.mark.usefixtures("closed_figures")
def test_the_search_on_the_page_of_parameters():
    shown = run_blocks("choosing-parameters.md")
    digits, search = shown["digits"], shown["search"]
    assert search.best_params_["hidden_units"] == 128
    assert search.score(digits.X_test / 255, digits.y_test) > 0.9


def test_the_table_of_published_results_is_that_of_the_results(
    scripts, monkeypatch, tmp_path
):
    published = scripts["published"]
    results = json.loads(published.RESULTS.read_text())
    before = published.PAGE.read_text(encoding="utf-8")
    copy = tmp_path / "page.md"
    copy.write_text(before, encoding="utf-8")

    monkeypatch.setattr(published, "PAGE", copy)
    published.write_page(results)
    assert copy.read_text(encoding="utf-8") == before
    assert results.keys() == published.PUBLISHED.keys()


@pytest.mark.slow
def test_each_network_of_the_published_results_can_be_fitted(scripts, digits):
    published = scripts["published"]
    for name, entry in published.PUBLISHED.items():
        classifier = published.make(entry, len(digits.X), seed=0).fit(
            digits.X, digits.y
        )
        assert classifier.score(digits.X, digits.y) > 0.2, name


@pytest.mark.slow
@pytest.mark.usefixtures("closed_figures")
def test_a_study_of_parameters_is_searched_and_drawn(
    scripts, sample, monkeypatch, tmp_path
):
    choosing = scripts["choosing"]
    X = np.float32(np.tile(sample.X_train, (3, 1)) / 255)
    y = np.tile(sample.y_train, 3)
    monkeypatch.setattr(choosing, "load_all_of_mnist", lambda: (X, y, X, y))
    monkeypatch.setattr(choosing, "SEEDS", [0, 1])

    rows = choosing.search(
        {"batch_size": [32, 64], "learning_rate": [0.001, 0.01]}, 500, epochs=1
    )
    assert len(rows) == 2 * 2 * 2
    assert all(0 < row["error"] < 100 for row in rows)

    study = choosing.STUDIES["batch-size"]
    path = tmp_path / "figure.png"
    choosing.draw(study, {"50000": rows, "1000": rows}, path)
    assert path.exists()


def test_each_figure_of_the_parameters_is_on_the_page(scripts):
    choosing = scripts["choosing"]
    text = (DOCS / "choosing-parameters.md").read_text(encoding="utf-8")
    results = json.loads(choosing.RESULTS.read_text())
    for name in choosing.STUDIES:
        assert name in results
        assert f"_static/choosing-{name}.png" in text
