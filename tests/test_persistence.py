"""Copies, pickles and files of classifiers: their content, and what is loaded."""

from __future__ import annotations

import copy
import json
import os
import pickle
import re
import sys
import warnings
import zipfile

import cloudpickle
import joblib
import keras
import numpy as np
import pandas as pd
import pytest
import sklearn
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler

from skmnist import SimpleMLPClassifier, __version__
from skmnist.persistence import load, save
from tests.helpers import assert_same_network, state_without_checksum
from tests.processes import run_python

OURS = "skmnist.classifier.SimpleMLPClassifier"
SCHEDULE = keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.5)


def pickled(estimator, folder):
    return pickle.loads(pickle.dumps(estimator))


def saved(estimator, folder):
    save(estimator, folder / "saved.skops")
    return load(folder / "saved.skops")


@pytest.fixture(params=[pickled, saved])
def copied(request, tmp_path):
    """A way to copy an estimator; others call `__getstate__` as pickle does."""
    return lambda estimator: request.param(estimator, tmp_path)


@pytest.fixture(scope="module")
def search(digits):
    classifier = SimpleMLPClassifier(learning_rate=0.02, epochs=3, random_state=0)
    pipeline = make_pipeline(MinMaxScaler(), classifier)
    return GridSearchCV(
        pipeline, {"simplemlpclassifier__hidden_units": [4, (6, 5)]}, cv=2
    ).fit(digits.X, digits.y)


class TestCopies:
    @pytest.mark.parametrize("name", ["fitted_to_images", "search"])
    def test_predict_bit_for_bit_the_same(self, request, name, digits, copied):
        estimator = request.getfixturevalue(name)
        X = digits.images if name == "fitted_to_images" else digits.X
        twin = copied(estimator)
        np.testing.assert_array_equal(twin.predict_proba(X), estimator.predict_proba(X))
        np.testing.assert_array_equal(twin.predict(X), estimator.predict(X))

    @pytest.mark.parametrize(
        "copied",
        [
            pytest.param(
                lambda fitted: pickle.loads(pickle.dumps(fitted, protocol=2)),
                id="pickle, protocol 2",
            ),
            pytest.param(
                lambda fitted: cloudpickle.loads(cloudpickle.dumps(fitted)),
                id="cloudpickle",
            ),
            pytest.param(copy.deepcopy, id="deepcopy"),
        ],
    )
    def test_in_every_other_way(self, fitted, digits, copied):
        np.testing.assert_array_equal(
            copied(fitted).predict_proba(digits.X), fitted.predict_proba(digits.X)
        )

    def test_by_joblib(self, fitted, digits, tmp_path):
        joblib.dump(fitted, tmp_path / "dumped.joblib", compress=3)
        twin = joblib.load(tmp_path / "dumped.joblib")
        np.testing.assert_array_equal(
            twin.predict_proba(digits.X), fitted.predict_proba(digits.X)
        )

    def test_have_all_attributes(self, digits, copied):
        X = pd.DataFrame(digits.X).rename(columns="pixel {}".format)
        labels = np.array([f"digit {label}" for label in digits.y])
        classifier = SimpleMLPClassifier(
            6, early_stopping=True, epochs=3, random_state=0
        )
        classifier.fit(X, labels)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            twin = copied(classifier)
        for name, value in vars(classifier).items():
            if name.endswith("_") and not name.startswith("_"):
                np.testing.assert_equal(getattr(twin, name), value, err_msg=name)
        assert twin.classes_.dtype == classifier.classes_.dtype
        assert twin.get_params() == classifier.get_params()
        assert twin.loss_curve_ is twin.history_["loss"]
        assert twin.predict(X).tolist() == classifier.predict(X).tolist()

    def test_of_an_optimizer_a_schedule_and_a_generator(self, digits, copied):
        classifier = SimpleMLPClassifier(
            np.array([4]),
            optimizer=keras.optimizers.SGD(SCHEDULE, momentum=0.8),
            activation="relu",
            random_state=np.random.RandomState(0),
            n_iter_no_change=np.inf,
        )
        assert (
            repr(copied(classifier)).split("optimizer")[0]
            == repr(classifier).split("optim")[0]
        )
        classifier.fit(digits.X, digits.y)
        _ = classifier.model_
        twin = copied(classifier)
        np.testing.assert_array_equal(
            twin.predict_proba(digits.X), classifier.predict_proba(digits.X)
        )
        assert twin.optimizer.get_config() == classifier.optimizer.get_config()
        assert (
            twin.model_.optimizer.get_config()
            == classifier.model_.optimizer.get_config()
        )

    @pytest.mark.parametrize(
        "parameters",
        [
            {"hidden_units": (8, 4), "dropout": 0.3, "optimizer": "rmsprop"},
            {"optimizer": keras.optimizers.SGD(SCHEDULE, momentum=0.9), "l2": 0.01},
        ],
        ids=["dropout", "schedule"],
    )
    def test_continue_training_as_the_original_does(self, digits, copied, parameters):
        classifier = SimpleMLPClassifier(
            epochs=2, warm_start=True, random_state=0, **parameters
        )
        twin = copied(classifier.fit(digits.X, digits.y))
        before = classifier.predict_proba(digits.X)
        twin.fit(digits.X, digits.y).partial_fit(digits.X, digits.y)
        np.testing.assert_array_equal(classifier.predict_proba(digits.X), before)
        assert classifier.n_iter_ == len(classifier.loss_curve_) == 2
        classifier.fit(digits.X, digits.y).partial_fit(digits.X, digits.y)
        assert_same_network(twin, classifier)
        assert twin.history_ == classifier.history_
        assert twin.n_iter_ == 5

    def test_weights_of_labels_of_any_kind(self, copied):
        weights = {
            False: 3.0,
            -3: 2.0,
            0.5: 1.0,
            "False": 4.0,
            "items": 0.5,
            np.int8(4): 1.5,
        }
        twin = copied(SimpleMLPClassifier(class_weight=weights))
        assert twin.class_weight == weights
        assert [type(label) for label in twin.class_weight] == [
            type(label) for label in weights
        ]

    def test_metadata_requests_come_along(self, copied):
        with config_context(enable_metadata_routing=True):
            classifier = SimpleMLPClassifier().set_fit_request(
                sample_weight=True, X_val="other"
            )
            twin = copied(classifier)
            assert str(twin.get_metadata_routing()) == str(
                classifier.get_metadata_routing()
            )
            assert clone(twin).get_metadata_routing().fit.requests["X_val"] == "other"

    def test_a_fit_that_diverged_comes_back(self, digits, copied):
        classifier = SimpleMLPClassifier(
            activation="linear", optimizer="sgd", learning_rate=1e30, epochs=1
        )
        with pytest.warns(match="diverged"):
            classifier.fit(digits.X, digits.y)
        twin = copied(classifier)
        np.testing.assert_array_equal(twin.coefs_[0], classifier.coefs_[0])
        with pytest.raises(ValueError, match="diverged"):
            twin.predict(digits.X)

    def test_callbacks_come_along_without_their_model(self, digits):
        stopping = keras.callbacks.EarlyStopping(monitor="loss", patience=3)
        classifier = SimpleMLPClassifier(epochs=4, callbacks=[stopping], random_state=0)
        classifier.fit(digits.X, digits.y)
        twin = pickle.loads(pickle.dumps(classifier))
        assert twin.callbacks_[0].best == classifier.callbacks_[0].best < np.inf
        assert twin.callbacks_[0].model is None
        assert classifier.callbacks_[0].model is not None
        assert twin.callbacks[0].patience == 3


ELSEWHERE = """
import json, pickle, sys
# They can't be imported.
sys.modules |= dict.fromkeys(("tensorflow", "keras", "scikeras", "skl2onnx"))
import numpy as np
folder = sys.argv[1]
X = np.load(f"{folder}/X.npy")
with open(f"{folder}/pickled", "rb") as file:
    estimators = pickle.load(file)
from skmnist.persistence import load
for name in ("saved", "saved_search"):
    estimators[name] = load(f"{folder}/{name}.skops")
answers = {name: est.predict_proba(X) for name, est in estimators.items()}
np.savez(f"{folder}/there.npz", **answers)
print(json.dumps(True))
"""


@pytest.fixture(scope="module")
def predicted_elsewhere(fitted_once, search, digits, tmp_path_factory):
    """The probabilities of a process without TensorFlow, by the kind of file."""
    folder = tmp_path_factory.mktemp("elsewhere")
    estimators = {"pickled": fitted_once, "pickled_search": search}
    (folder / "pickled").write_bytes(pickle.dumps(estimators))
    save(fitted_once, folder / "saved.skops")
    save(search, folder / "saved_search.skops")
    np.save(folder / "X.npy", digits.X)
    assert run_python(ELSEWHERE, folder)
    with np.load(folder / "there.npz") as there:
        return dict(there)


@pytest.mark.parametrize("kind", ["pickled", "saved"])
def test_another_process_predicts_the_same(
    predicted_elsewhere, fitted, search, digits, kind
):
    np.testing.assert_array_equal(
        predicted_elsewhere[kind], fitted.predict_proba(digits.X)
    )
    np.testing.assert_array_equal(
        predicted_elsewhere[f"{kind}_search"], search.predict_proba(digits.X)
    )


def test_the_model_is_a_file_of_keras_alone(fitted, digits, tmp_path):
    fitted.model_.save(tmp_path / "network.keras")
    with zipfile.ZipFile(tmp_path / "network.keras") as archive:
        assert b"skmnist" not in archive.read("config.json")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        model = keras.saving.load_model(tmp_path / "network.keras")
    assert model.optimizer.iterations == 30
    np.testing.assert_allclose(
        model(digits.X), fitted.predict_proba(digits.X), atol=1e-6
    )


def parts(value):
    """A value and all values inside it."""
    yield value
    if isinstance(value, dict):
        for item in [*value.keys(), *value.values()]:
            yield from parts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from parts(item)


SCHEDULED = keras.optimizers.SGD(SCHEDULE, momentum=0.9)
STOPPING = keras.callbacks.EarlyStopping("loss", patience=3, restore_best_weights=True)

OF_KERAS = {
    "optimizer": {"optimizer": SCHEDULED},
    "callbacks": {"callbacks": (STOPPING, [keras.callbacks.TerminateOnNaN()])},
    "a callback": {"callbacks": keras.callbacks.History()},
    "activation": {"activation": keras.activations.gelu},
}

WITHOUT_KERAS = """
import json, pickle, sys
sys.modules |= dict.fromkeys(("tensorflow", "keras", "scikeras"))  # not to be imported
import numpy as np
from sklearn.base import clone
from skmnist.persistence import load, save

pickled, saved, X = sys.argv[1:]
with open(pickled, "rb") as file:
    classifier = pickle.load(file)
twin = load(saved)
assert "SimpleMLPClassifier(" in repr(clone(twin))
assert "callbacks_" in dir(twin)
save(twin, saved)
with open(pickled, "wb") as file:
    pickle.dump([classifier, clone(classifier)], file)
X = np.load(X)
messages = []
for train in (classifier.fit, classifier.partial_fit):
    try:
        train(X, np.arange(len(X)) % 10)
    except ImportError as error:
        messages.append(str(error))
try:
    classifier.model_
except ImportError as error:
    messages.append(str(error))
answers = [network.predict_proba(X).tolist() for network in (classifier, twin)]
print(json.dumps([answers, messages, repr(classifier)]))
"""


def values_of(callbacks):
    """Types and attributes of callbacks, in the lists that they are in."""
    if isinstance(callbacks, list | tuple):
        return type(callbacks)(map(values_of, callbacks))
    if not isinstance(callbacks, keras.callbacks.Callback):
        return callbacks
    values = {**vars(callbacks), "_model": None}  # which a fit has left
    return type(callbacks), values


class TestObjectsOfKeras:
    """They are plain values in files, and are created when they are used."""

    @pytest.fixture(params=OF_KERAS.values(), ids=OF_KERAS)
    def classifier(self, request, digits):
        classifier = SimpleMLPClassifier(epochs=2, random_state=0, **request.param)
        return classifier.fit(digits.X, digits.y)

    def assert_same(self, twin, classifier):
        np.testing.assert_equal(
            values_of(twin.callbacks), values_of(classifier.callbacks)
        )
        np.testing.assert_equal(
            values_of(twin.callbacks_), values_of(classifier.callbacks_)
        )
        assert twin.activation == classifier.activation
        if not isinstance(classifier.optimizer, str):
            assert twin.optimizer.get_config() == classifier.optimizer.get_config()
            assert twin.optimizer is twin.optimizer
        config, expected = (c.model_.optimizer.get_config() for c in (twin, classifier))
        assert config == expected

    def test_come_back(self, classifier, digits, copied):
        twin = copied(classifier)
        self.assert_same(twin, classifier)
        twin.partial_fit(digits.X, digits.y)
        assert_same_network(twin, classifier.partial_fit(digits.X, digits.y))

    def test_wait_where_keras_is_not_installed(self, classifier, digits, tmp_path):
        pickled_path, saved_path, X = (
            tmp_path / name for name in ("a.pkl", "b.skops", "X.npy")
        )
        pickled_path.write_bytes(pickle.dumps(classifier))
        save(classifier, saved_path)
        np.save(X, digits.X[:20])

        answers, messages, shown = run_python(
            WITHOUT_KERAS, pickled_path, saved_path, X
        )

        expected = classifier.predict_proba(digits.X[:20]).tolist()
        assert answers == [expected, expected]
        assert "of Keras, which is not imported>" in shown
        assert len(messages) == 3
        for message in messages:
            assert "keras is not installed here: pip install tensorflow" in message

        # What was saved there.
        loaded, its_clone = pickle.loads(pickled_path.read_bytes())
        for twin in (loaded, load(saved_path)):
            self.assert_same(twin, classifier)
        expected = values_of(clone(classifier).callbacks)
        np.testing.assert_equal(values_of(its_clone.callbacks), expected)

    def test_are_not_made_to_predict(self, classifier, digits, copied, monkeypatch):
        monkeypatch.setattr("skmnist.engine.descriptions.made_of", None)
        twin = copied(copied(classifier))
        np.testing.assert_array_equal(
            twin.predict_proba(digits.X), classifier.predict_proba(digits.X)
        )

    def test_may_be_changed_and_replaced(self, digits, copied):
        classifier = SimpleMLPClassifier(callbacks=[STOPPING], optimizer=SCHEDULED)
        twin = copied(classifier)
        twin.callbacks[0].patience = 7
        twin.optimizer = "sgd"
        again = copied(twin)
        assert again.callbacks[0].patience == 7
        assert again.optimizer == "sgd"
        assert again.set_params(callbacks=None).callbacks is None

    @pytest.mark.parametrize("name", ["Popen", "optimizer", "LossScaleOptimizer", 1])
    @pytest.mark.parametrize("parameter", ["optimizer", "callbacks", "activation"])
    def test_only_names_of_keras_are_looked_up(self, fitted, digits, name, parameter):
        described = {
            "optimizer": {"keras_optimizer": name, "config": {"learning_rate": 1.0}},
            "callbacks": [{"keras_callback": name, "attributes": {}}],
            "activation": {"keras_activation": name},
        }
        state = changed_state(fitted, **{parameter: described[parameter]})
        twin = SimpleMLPClassifier()
        twin.__setstate__(state)
        np.testing.assert_array_equal(twin.predict(digits.X), fitted.predict(digits.X))
        with pytest.raises(ValueError, match=f"{name!r} in a saved"):
            getattr(twin, parameter)

    @pytest.mark.parametrize("comparison", ["system", "less_equal", ["less"], {}])
    def test_callbacks_compare_by_functions_of_keras(self, comparison):
        state = state_without_checksum(SimpleMLPClassifier(callbacks=[STOPPING]))
        state["callbacks"][0]["attributes"]["monitor_op"] = comparison
        twin = SimpleMLPClassifier()
        twin.__setstate__(state)
        with pytest.raises(ValueError, match="'EarlyStopping' in a saved"):
            _ = twin.callbacks

    def test_callbacks_that_hold_something_else_stay_as_they_are(self, copied):
        stopping = keras.callbacks.EarlyStopping("loss")
        stopping.monitor_op = np.less
        own = keras.callbacks.LearningRateScheduler(np.sqrt)
        twin = copied(SimpleMLPClassifier(callbacks=[stopping, own, STOPPING]))
        assert twin.callbacks[0].monitor_op is np.less
        assert twin.callbacks[1].schedule is np.sqrt
        assert twin.callbacks[2].patience == 3

    def test_a_function_and_its_name_are_one_activation(self, digits):
        by_name = SimpleMLPClassifier(
            activation="tanh", warm_start=True, random_state=0
        )
        function = clone(by_name).set_params(activation=keras.activations.tanh)
        for classifier in (by_name, function):
            classifier.fit(digits.X, digits.y)
        np.testing.assert_array_equal(
            function.predict_proba(digits.X), by_name.predict_proba(digits.X)
        )
        function.set_params(activation="tanh").fit(digits.X, digits.y)
        assert_same_network(function, by_name.fit(digits.X, digits.y))


class TestState:
    @pytest.mark.parametrize(
        "parameters",
        [
            {"hidden_units": (3, 2), "early_stopping": True},
            {"optimizer": keras.optimizers.Adam(SCHEDULE)},
        ],
        ids=["layers", "instance"],
    )
    def test_is_made_of_arrays_and_plain_values(self, digits, parameters):
        classifier = SimpleMLPClassifier(random_state=0, **parameters)
        with config_context(enable_metadata_routing=True):
            classifier.set_fit_request(sample_weight=True)
        classifier.fit(digits.images, digits.y.astype(str))
        plain = (bool, int, float, str, list, tuple, dict, type(None), np.ndarray)
        state = classifier.__getstate__()
        assert {
            type(part).__name__ for part in parts(state) if type(part) not in plain
        } == set()
        assert all(
            part.dtype != object
            for part in parts(state)
            if isinstance(part, np.ndarray)
        )

    def test_is_small(self, sample):
        classifier = SimpleMLPClassifier(random_state=0).fit(
            sample.X_train, sample.y_train
        )
        _ = classifier.model_  # made here, so that it could be pickled
        assert len(pickle.dumps(classifier)) < 64 * 1024

    def test_functions_stay_what_they_are(self, digits):
        classifier = SimpleMLPClassifier(
            activation=keras.activations.mish, random_state=0
        )
        twin = pickle.loads(pickle.dumps(classifier.fit(digits.X, digits.y)))
        assert twin.activation is keras.activations.mish
        assert_same_network(twin.fit(digits.X, digits.y), classifier)

    def test_an_optimizer_of_ones_own_stays_what_it_is(self):
        classifier = SimpleMLPClassifier(optimizer=OwnOptimizer(0.25))
        twin = pickle.loads(pickle.dumps(classifier))
        assert type(twin.optimizer) is OwnOptimizer
        assert twin.optimizer.get_config()["learning_rate"] == 0.25


@keras.saving.register_keras_serializable("skmnist tests")
class OwnOptimizer(keras.optimizers.SGD):
    """An optimizer that Keras doesn't have."""


def changed_state(classifier, **changes):
    """The state of a classifier with other values, which go into the dicts among it.

    It has no checksum, which would not match.
    """
    return changed(state_without_checksum(classifier), changes)


def changed(state, changes):
    changed_state = dict(state)
    for name, value in changes.items():
        if isinstance(value, dict) and isinstance(state.get(name), dict):
            value = changed(state[name], value)
        changed_state[name] = value
    return changed_state


class TestVersions:
    @pytest.mark.parametrize("name", ["skmnist", "scikit-learn", "keras"])
    def test_others_are_warned_about(self, fitted, digits, name):
        state = changed_state(fitted, _saved_with={name: "0.0.1"})
        twin = SimpleMLPClassifier()
        with pytest.warns(InconsistentVersionWarning) as record:
            twin.__setstate__(state)
        (warning,) = record
        pattern = rf"version 0\.0\.1 of {name} when .* \d\S+ of"
        assert re.search(pattern, str(warning.message))
        np.testing.assert_array_equal(twin.predict(digits.X), fitted.predict(digits.X))

    def test_the_warning_can_be_an_error(self, fitted, tmp_path, monkeypatch):
        versions = {
            "skmnist": __version__,
            "scikit-learn": sklearn.__version__,
            "keras": "0.0.1",
        }
        monkeypatch.setattr("skmnist._state._versions", lambda: versions)
        save(fitted, tmp_path / "old.skops")
        monkeypatch.undo()
        with warnings.catch_warnings():
            warnings.simplefilter("error", InconsistentVersionWarning)
            with pytest.raises(InconsistentVersionWarning, match=r"0\.0\.1 of keras"):
                load(tmp_path / "old.skops")

    def test_a_later_format_is_refused(self, fitted):
        with pytest.raises(
            ValueError, match=r"saved with skmnist 99\.0.*Install skmnist 99\.0"
        ):
            SimpleMLPClassifier().__setstate__(
                changed_state(fitted, _saved_with={"format": 99, "skmnist": "99.0"})
            )

    def test_a_state_without_versions_is_refused(self):
        with pytest.raises(ValueError, match="not the state of a SimpleMLPClassifier"):
            SimpleMLPClassifier().__setstate__({"hidden_units": 5})


WEIGHTS = [np.zeros(shape, np.float32) for shape in ((784, 5), (5,), (5, 10), (10,))]


@pytest.fixture(scope="module")
def content(fitted_once, tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "whole.skops"
    save(fitted_once, path)
    return path.read_bytes()


class TestDamage:
    @pytest.mark.parametrize(
        "changes",
        [
            {"_fitted": {"weights": []}},
            {"_fitted": {"weights": [np.zeros((784, 5), np.float32)] * 4}},
            {"_fitted": {"weights": [np.full((784, 5), "0"), *WEIGHTS[1:]]}},
            {"_fitted": {"weights": [np.zeros((784, 5)), *WEIGHTS[1:]]}},
            {"_fitted": {"weights": [*WEIGHTS[:3], np.full(10, np.nan, np.float32)]}},
            {"_fitted": {"weights": [*WEIGHTS[:3], np.full(10, np.inf, np.float32)]}},
            {"_fitted": {"training_weights": WEIGHTS[:3]}},
            {"_fitted": {"optimizer_state": [np.array("one")]}},
            {"_fitted": {"feature_names": np.array(["a", "b"], dtype=object)}},
            {"_fitted": {"architecture": {"hidden_units": (6,)}}},
            {"_fitted": {"architecture": {"activation": "no such"}}},
            {"_fitted": {"seed": {}}},
            {"_fitted": {"classes": np.arange(9)}},
            {"_fitted": "text"},
            {"_saved_with": {"skmnist": "1\x1b[2J"}},
        ],
    )
    def test_a_state_that_makes_no_sense_is_refused(self, fitted, changes):
        with pytest.raises(
            ValueError,
            match=r"state of a SimpleMLPClassifier(, or a damaged|: versions are)",
        ):
            SimpleMLPClassifier().__setstate__(changed_state(fitted, **changes))

    def test_a_file_with_weights_that_cannot_predict_is_refused(self, fitted, tmp_path):
        damaged = copy.deepcopy(fitted)
        damaged._fitted.network.weights[2] = np.full((5, 10), "text")
        (tmp_path / "damaged.skops").write_bytes(skops.io.dumps(damaged))
        with pytest.raises(
            ValueError, match=r"can't be loaded: .*the weights are not f"
        ):
            load(tmp_path / "damaged.skops")

    @pytest.mark.parametrize(
        "damage",
        [
            lambda state: state["_fitted"]["weights"][2].__setitem__((0, 0), 0.5),
            lambda state: state["_fitted"]["optimizer_state"][3].__setitem__(
                (0, 0), 0.5
            ),
            lambda state: state["_fitted"]["classes"].__setitem__(0, 77),
            lambda state: state["_fitted"]["history"]["loss"].__setitem__(0, 0.5),
            lambda state: state["_fitted"].__setitem__("seed", 1),
            lambda state: state["_fitted"]["architecture"].__setitem__(
                "activation", "tanh"
            ),
            lambda state: state.__setitem__("learning_rate", 0.5),
            lambda state: state.__setitem__("shufgle", state.pop("shuffle")),
        ],
        ids=[
            "weight",
            "state of the optimizer",
            "class",
            "history",
            "seed",
            "activation",
            "parameter",
            "name",
        ],
    )
    def test_damage_that_makes_sense_is_noticed(self, fitted, damage):
        state = copy.deepcopy(fitted).__getstate__()
        SimpleMLPClassifier().__setstate__(state)
        damage(state)
        with pytest.raises(ValueError, match="its checksum is not that of its content"):
            SimpleMLPClassifier().__setstate__(state)

    @pytest.mark.parametrize(
        "name", ["weights", "classes", "callbacks", "training_weights"]
    )
    @pytest.mark.parametrize("how", ["missing", "renamed"])
    def test_a_part_of_the_fit_that_is_not_there(self, fitted, name, how):
        state = state_without_checksum(fitted)
        part = state["_fitted"].pop(name)
        if how == "renamed":
            state["_fitted"][f"{name}x"] = part
        with pytest.raises(ValueError, match=f"missing or unknown.*{name}"):
            SimpleMLPClassifier().__setstate__(state)

    def test_coefs_and_intercepts_are_those_that_predict(self, fitted):
        state = changed_state(fitted, coefs_=[np.zeros(3)], intercepts_=None)
        twin = SimpleMLPClassifier()
        twin.__setstate__(state)
        assert_same_network(twin, fitted)

    @given(data=st.data())
    @settings(max_examples=60, deadline=None)
    def test_a_damaged_file_is_refused_or_harmless(
        self, content, fitted_once, digits, data, tmp_path_factory
    ):
        damaged = bytearray(content)
        match data.draw(st.sampled_from(["cut", "flip", "fill"])):
            case "cut":
                del damaged[data.draw(st.integers(0, len(content) - 1)) :]
            case "flip":
                place = data.draw(st.integers(0, len(content) - 1))
                damaged[place] ^= data.draw(st.integers(1, 255))
            case "fill":
                start = data.draw(st.integers(0, len(content) - 1))
                damaged[start : start + 64] = bytes(len(damaged[start : start + 64]))
        path = tmp_path_factory.getbasetemp() / "damaged.skops"
        path.write_bytes(damaged)
        try:
            twin = load(path)
        except ValueError:
            return
        np.testing.assert_array_equal(
            twin.predict_proba(digits.X), fitted_once.predict_proba(digits.X)
        )

    def test_arguments_of_other_kinds_are_refused(self, fitted, tmp_path):
        with pytest.raises(FileNotFoundError):
            load(tmp_path / "missing.skops")
        with pytest.raises(TypeError, match=r"trusted must be a list .* got 'a\.B'"):
            load(tmp_path / "missing.skops", trusted="a.B")
        with pytest.raises(TypeError, match=r"save writes an estimator, got \[1\]"):
            save([1], tmp_path / "list.skops")


class TestWriting:
    def test_what_cannot_be_read_again_is_not_written(self, fitted, tmp_path):
        path = tmp_path / "model.skops"
        save(fitted, path)
        before = path.read_bytes()
        with pytest.raises(
            ValueError, match=r"This Pipeline holds something that can't be saved"
        ):
            save(make_pipeline(FunctionTransformer(lambda X: X), fitted), path)
        assert path.read_bytes() == before
        assert os.listdir(tmp_path) == ["model.skops"]

    @pytest.mark.skipif(
        sys.platform == "win32", reason="needs a limit on the size of files"
    )
    def test_a_write_that_fails_leaves_the_old_file(
        self, fitted, pipeline, digits, tmp_path
    ):
        import resource

        path = tmp_path / "model.skops"
        save(fitted, path)
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
        try:
            with pytest.raises(OSError, match="File too large"):
                save(pipeline, path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert_same_network(load(path), fitted)
        assert os.listdir(tmp_path) == ["model.skops"]

    @pytest.mark.skipif(sys.platform == "win32", reason="links and rights of POSIX")
    def test_a_link_stays_a_link_and_rights_stay_rights(self, fitted, tmp_path):
        path, link = tmp_path / "model.skops", tmp_path / "latest.skops"
        path.write_bytes(b"old")
        path.chmod(0o640)
        link.symlink_to(path)
        save(fitted, link)
        assert link.is_symlink()
        assert_same_network(load(path), fitted)
        assert path.stat().st_mode & 0o777 == 0o640


def with_schema(path, change):
    """Write a file anew, its description changed."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(contents["schema.json"])
    change(schema)
    contents["schema.json"] = json.dumps(schema).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)


class RunsACommand:
    """What a malicious pickle holds."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


class TestMalice:
    @pytest.fixture
    def trace(self, tmp_path, monkeypatch):
        """A path that exists once code of the file or of a module it names has run."""
        trace = tmp_path / "trace"
        code = f"from pathlib import Path\nPath({str(trace)!r}).touch()\n"
        code += "def attack(*a, **k): Path(__file__).touch()\nclass Attack: pass\n"
        (tmp_path / "evil_module.py").write_text(code)
        monkeypatch.syspath_prepend(tmp_path)
        yield trace
        sys.modules.pop("evil_module", None)

    def test_pickle_does_run_code(self, trace):
        """As documented; the other tests rely on it."""
        pickle.loads(pickle.dumps(RunsACommand(f"touch '{trace}'")))
        assert trace.exists()

    def test_a_pickle_is_not_loaded(self, trace, tmp_path):
        (tmp_path / "model").write_bytes(pickle.dumps(RunsACommand(f"touch '{trace}'")))
        with pytest.raises(ValueError, match="can't be loaded"):
            load(tmp_path / "model")
        assert not trace.exists()

    def test_an_object_that_runs_a_command(self, trace, tmp_path):
        path = tmp_path / "model.skops"
        function = FunctionTransformer(os.system).fit([[f"touch '{trace}'"]])
        path.write_bytes(skops.io.dumps(make_pipeline(function, SimpleMLPClassifier())))
        with pytest.raises(
            ValueError, match=r"types that are not trusted: \['posix\.system'\]"
        ):
            load(path)
        assert not trace.exists()

    def test_another_type_in_the_place_of_ours(self, fitted, trace, tmp_path):
        path = tmp_path / "model.skops"
        save(fitted, path)
        with_schema(
            path,
            lambda schema: schema.update(__class__="Attack", __module__="evil_module"),
        )
        with pytest.raises(ValueError, match="evil_module"):
            load(path)
        assert not trace.exists()

    def test_a_schedule_that_is_none(self, fitted, trace):
        rate = {"module": "evil_module", "class_name": "Attack", "config": {}}
        plain = {"keras_optimizer": "adam", "config": {"learning_rate": rate}}
        twin = SimpleMLPClassifier()
        twin.__setstate__(changed_state(fitted, optimizer=plain))
        with pytest.raises(
            ValueError, match=r"'adam' in a saved .*KeyError\('Attack'\)"
        ):
            _ = twin.optimizer
        assert not trace.exists()
        assert "evil_module" not in sys.modules

    def test_an_activation_that_is_none(self, fitted, trace):
        activation = {
            "module": "evil_module",
            "class_name": "attack",
            "config": "attack",
        }
        state = changed_state(
            fitted, _fitted={"architecture": {"activation": activation}}
        )
        with pytest.raises(ValueError, match="not the state of"):
            SimpleMLPClassifier().__setstate__(state)
        assert not trace.exists()

    def test_only_our_class_needs_trust(self, pipeline):
        assert skops.io.get_untrusted_types(data=skops.io.dumps(pipeline)) == [OURS]

    def test_of_a_search_only_our_class_and_those_of_scikit_learn(self, search):
        unknown = skops.io.get_untrusted_types(data=skops.io.dumps(search))
        assert {name for name in unknown if not name.startswith("sklearn.")} == {OURS}

    def test_more_types_can_be_trusted(self, fitted, digits, tmp_path):
        path = tmp_path / "model.skops"
        function = FunctionTransformer(keras.utils.normalize)
        save(make_pipeline(function, fitted), path)
        with pytest.raises(ValueError, match="not trusted") as refused:
            load(path)
        names = str(refused.value).split("[")[1].split("]")[0].strip("'")
        twin = load(path, trusted=[names])
        np.testing.assert_array_equal(
            twin[-1].predict_proba(digits.X), fitted.predict_proba(digits.X)
        )
