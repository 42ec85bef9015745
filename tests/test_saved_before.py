"""Classifiers saved by version 0.1.0 can be loaded, predict and train further."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import InconsistentVersionWarning

from skmnist import SimpleMLPClassifier
from skmnist.persistence import load
from tests.helpers import NAMES, state_without_checksum

FOLDER = Path(__file__).parent / "saved"

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.InconsistentVersionWarning",
    "error:The optimizer is not that of the last fit",
)


@pytest.fixture(scope="module")
def expected():
    return np.load(FOLDER / "expected-0.1.0.npz")


@pytest.fixture(params=["by_name", "instance"])
def name(request):
    """Two networks: of images and text; and with an instance of an optimizer."""
    return request.param


@pytest.fixture
def data(name):
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    if name == "by_name":
        return X.reshape(-1, 8, 8), NAMES[y]
    return X, y


@pytest.fixture(params=["skops", "pkl"])
def classifier(request, name):
    path = FOLDER / f"{name}-0.1.0.{request.param}"
    if request.param == "skops":
        return load(path)
    return pickle.loads(path.read_bytes())


def test_they_predict(classifier, name, data, expected):
    X, _ = data
    probabilities = classifier.predict_proba(X[600:620])
    np.testing.assert_allclose(
        probabilities, expected[f"{name}_probabilities"], atol=1e-6
    )
    assert classifier.loss_curve_ == expected[f"{name}_loss_curve"].tolist()
    assert classifier.n_features_in_ == 64


def test_they_go_on_with_the_state_of_their_optimizer(classifier, name, data, expected):
    X, y = data
    if name == "by_name":
        classifier.set_params(epochs=2).fit(X[:600], y[:600])
    else:
        classifier.partial_fit(X[:600], y[:600])
    np.testing.assert_allclose(
        classifier.coefs_[0], expected[f"{name}_continued"], atol=1e-4
    )
    np.testing.assert_allclose(
        classifier.loss_curve_, expected[f"{name}_continued_loss"], atol=1e-4
    )


def test_they_are_shown_cloned_and_built(classifier, data):
    X, _ = data
    assert "SimpleMLPClassifier(" in repr(classifier)
    twin = clone(classifier)
    assert twin.hidden_units == classifier.hidden_units
    assert twin.class_weight == classifier.class_weight
    model = classifier.model_
    assert int(model.optimizer.iterations) > 0
    np.testing.assert_allclose(
        model.predict(X[:20], verbose=0), classifier.predict_proba(X[:20]), atol=1e-5
    )


def test_a_parameter_that_a_file_lacks_has_its_default(classifier):
    state = state_without_checksum(classifier)
    del state["shuffle"]
    twin = SimpleMLPClassifier(shuffle=False)
    twin.__setstate__(state)
    assert twin.shuffle is True
    assert "SimpleMLPClassifier(" in repr(clone(twin))


def test_versions_that_are_not_here_are_not_compared(classifier):
    """A file from a machine without Keras is read with Keras, and vice versa."""
    state = state_without_checksum(classifier)
    versions = dict(state["_saved_with"])
    del versions["keras"]
    twin = SimpleMLPClassifier()
    twin.__setstate__({**state, "_saved_with": {**versions, "another package": "1.0"}})
    assert twin.n_iter_ == classifier.n_iter_


ADAM = (
    'adam {"amsgrad": false, "beta_1": 0.9, "beta_2": 0.999, "clipnorm": null, '
    '"clipvalue": null, "ema_momentum": 0.99, "ema_overwrite_frequency": null, '
    '"epsilon": 1e-07, "global_clipnorm": null, "gradient_accumulation_steps": null, '
    '"loss_scale_factor": null, "use_ema": false, "weight_decay": null}'
)


class TestWhatIdentifiesAnOptimizer:
    """Text in files, which must not depend on this package's classes."""

    @pytest.fixture
    def network(self, small_digits):
        X, y = small_digits
        return SimpleMLPClassifier(4, epochs=1, warm_start=True, random_state=0).fit(
            X[:100], y[:100]
        )

    def state_with_key(self, network, key):
        state = state_without_checksum(network)
        return {**state, "_fitted": {**state["_fitted"], "optimizer_key": key}}

    def test_it_is_its_name_and_configuration(self, network):
        key = network.__getstate__()["_fitted"]["optimizer_key"]
        name, _, config = key.partition(" ")
        assert name == "adam"
        # Later versions of Keras may have more options.
        assert set(ADAM.partition(" ")[2].strip("{}").split(", ")) <= set(
            config.strip("{}").split(", ")
        )

    @pytest.mark.parametrize(
        "key",
        [ADAM, ADAM.replace('"epsilon"', '"an_option_of_another_keras": 1, "epsilon"')],
        ids=["literal", "one option more"],
    )
    def test_its_state_is_gone_on_with(self, network, small_digits, key):
        X, y = small_digits
        twin = SimpleMLPClassifier()
        twin.__setstate__(self.state_with_key(network, key))
        twin.fit(X[:100], y[:100])
        network.fit(X[:100], y[:100])
        np.testing.assert_array_equal(twin.coefs_[0], network.coefs_[0])

    @pytest.mark.parametrize(
        ("key", "message"),
        [
            ("adamax {}", "it was 'adamax', and is 'adam'"),
            (ADAM.replace("0.9,", "0.8,"), "its beta_1 was 0.8, and is 0.9"),
            ("adam no configuration", "it was 'adam no configuration'"),
            ("", "it was '', and is 'adam'"),
        ],
    )
    def test_there_is_a_warning_that_its_state_is_dropped(
        self, network, small_digits, key, message
    ):
        X, y = small_digits
        twin = SimpleMLPClassifier()
        twin.__setstate__(self.state_with_key(network, key))
        with pytest.warns(UserWarning, match=message):
            twin.fit(X[:100], y[:100])


def test_another_version_is_warned_about(name):
    """Which may be this one's own name, where nothing has been released since."""
    classifier = pickle.loads((FOLDER / f"{name}-0.1.0.pkl").read_bytes())
    state = state_without_checksum(classifier)
    state["_saved_with"] = {**state["_saved_with"], "scikit-learn": "0.1"}
    with pytest.warns(InconsistentVersionWarning, match=r"0\.1 of scikit-learn"):
        SimpleMLPClassifier().__setstate__(state)
