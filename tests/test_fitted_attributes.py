"""What a fit leaves behind: attributes that are all of the same fit."""

import pickle
import threading

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score, log_loss

from skmnist import SimpleMLPClassifier
from tests.helpers import NO_STEP, assert_same_network
from tests.processes import run_python


@pytest.fixture(scope="module")
def parts(digits):
    """Digits to train on and digits to validate on."""
    return (digits.X[:250], digits.y[:250]), (digits.X[250:], digits.y[250:])


@pytest.fixture(scope="module")
def classifier(parts):
    (X, y), (X_val, y_val) = parts
    classifier = SimpleMLPClassifier(
        learning_rate=0.01, epochs=4, dropout=0.1, random_state=0
    )
    return classifier.fit(X, y, X_val=X_val, y_val=y_val)


class Notes(keras.callbacks.Callback):
    """Uses the estimator while it is being fitted."""

    def __init__(self, use):
        super().__init__()
        self._use = use

    def on_epoch_end(self, epoch, logs=None):
        self._use()


class TestDuringAFit:
    """An estimator is unchanged until its fit ends; what is set meanwhile stays."""

    def test_attributes_and_parameters_that_a_callback_sets(self, digits):
        classifier = SimpleMLPClassifier(4, epochs=2, random_state=0)

        def use():
            classifier.last_epoch_ = "seen"
            classifier.set_params(tol=0.5)

        classifier.set_params(callbacks=Notes(use)).fit(digits.X, digits.y)
        assert classifier.last_epoch_ == "seen"
        assert classifier.tol == 0.5
        assert classifier.n_iter_ == 2

    @pytest.mark.parametrize("method", ["fit", "partial_fit"])
    def test_parameters_that_another_thread_sets(self, digits, method):
        classifier = SimpleMLPClassifier(4, epochs=2, random_state=0)

        def use():
            thread = threading.Thread(
                target=classifier.set_params, kwargs={"learning_rate": 0.25}
            )
            thread.start()
            thread.join()

        classifier.set_params(callbacks=Notes(use))
        if method == "fit":
            classifier.fit(digits.X, digits.y)
        else:
            classifier.partial_fit(digits.X, digits.y, classes=range(10))
        assert classifier.learning_rate == 0.25
        # The fit, and its optimizer afterwards, have the learning rate of its begin.
        assert float(classifier.model_.optimizer.learning_rate) == pytest.approx(0.001)

    def test_predictions_in_a_first_fit(self, digits):
        classifier = SimpleMLPClassifier(4, epochs=1, random_state=0)
        classifier.set_params(callbacks=Notes(lambda: classifier.predict(digits.X)))
        with pytest.raises(NotFittedError):
            classifier.fit(digits.X, digits.y)
        assert not hasattr(classifier, "classes_")

    def test_predictions_in_a_later_fit(self, digits):
        classifier = SimpleMLPClassifier(4, epochs=1, random_state=0).fit(
            digits.X, digits.y
        )
        before = classifier.predict_proba(digits.X)
        seen = []
        notes = Notes(lambda: seen.append(classifier.predict_proba(digits.X)))
        classifier.set_params(callbacks=notes, hidden_units=7, epochs=2).fit(
            digits.X, digits.y
        )
        np.testing.assert_array_equal(seen, [before, before])
        assert (classifier.predict_proba(digits.X) != before).any()

    def test_vars_taken_before_are_those_of_the_estimator(self, digits):
        classifier = SimpleMLPClassifier(4, epochs=1, random_state=0)
        attributes = vars(classifier)
        classifier.fit(digits.X, digits.y)
        assert attributes is vars(classifier)


class TestWhatIsLeft:
    """The fitted attributes, which all describe the same training run."""

    def test_the_history(self, classifier):
        assert set(classifier.history_) == {
            "loss",
            "accuracy",
            "val_loss",
            "val_accuracy",
        }
        for values in classifier.history_.values():
            assert [type(value) for value in values] == [float] * 4
        assert classifier.n_iter_ == 4
        assert classifier.loss_curve_ == classifier.history_["loss"]
        assert classifier.loss_curve_[-1] < classifier.loss_curve_[0]

    def test_the_validation_scores_are_those_of_the_network(self, classifier, parts):
        _, (X_val, y_val) = parts
        probabilities = classifier.predict_proba(X_val)
        assert classifier.history_["val_loss"][-1] == pytest.approx(
            log_loss(y_val, probabilities, labels=classifier.classes_), rel=1e-6
        )
        assert classifier.history_["val_accuracy"][-1] == classifier.score(X_val, y_val)

    def test_validation_data_do_not_change_the_weights(self, classifier, parts):
        (X, y), _ = parts
        assert_same_network(classifier, clone(classifier).fit(X, y))

    def test_weights_of_validation_data(self, parts):
        (X, y), (X_val, y_val) = parts
        weights = np.linspace(0, 3, len(y_val))
        classifier = SimpleMLPClassifier(epochs=2, random_state=0)
        classifier.fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=weights)
        probabilities = classifier.predict_proba(X_val)
        assert classifier.history_["val_loss"][-1] == pytest.approx(
            log_loss(
                y_val, probabilities, labels=classifier.classes_, sample_weight=weights
            ),
            rel=1e-6,
        )

    @pytest.mark.parametrize("is_weighted", [False, True], ids=["plain", "weighted"])
    def test_the_loss_is_that_of_the_batches_in_their_turn(self, parts, is_weighted):
        """With a learning rate of next to nothing, that is the loss of the network."""
        (X, y), _ = parts
        sample_weight = np.linspace(0.1, 3, len(y)) if is_weighted else None
        classifier = SimpleMLPClassifier(
            epochs=2, learning_rate=NO_STEP, random_state=0
        ).fit(X, y, sample_weight=sample_weight)
        expected = log_loss(
            y,
            classifier.predict_proba(X),
            labels=classifier.classes_,
            sample_weight=sample_weight,
        )
        assert classifier.history_["loss"] == pytest.approx([expected] * 2, rel=1e-5)
        accuracy = classifier.score(X, y)
        assert classifier.history_["accuracy"] == pytest.approx([accuracy] * 2)

    def test_the_arrays_are_the_layers_of_the_model(self, classifier, parts):
        _, (X_val, _) = parts
        model = classifier.model_
        assert model.count_params() == 3985
        kernels, biases = model.get_weights()[::2], model.get_weights()[1::2]
        for one, other in zip(classifier.coefs_, kernels, strict=True):
            assert one.dtype == np.float32
            np.testing.assert_array_equal(one, other)
        for one, other in zip(classifier.intercepts_, biases, strict=True):
            np.testing.assert_array_equal(one, other)
        assert [kernel.shape for kernel in classifier.coefs_] == [(784, 5), (5, 10)]
        assert (classifier.n_layers_, classifier.n_outputs_) == (3, 10)
        assert classifier.out_activation_ == "softmax"
        np.testing.assert_allclose(
            model.predict(X_val, verbose=0), classifier.predict_proba(X_val), atol=1e-6
        )

    def test_predictions_agree(self, classifier, parts):
        _, (X_val, y_val) = parts
        probabilities = classifier.predict_proba(X_val)
        np.testing.assert_array_equal(
            classifier.predict(X_val), classifier.classes_[probabilities.argmax(axis=1)]
        )
        np.testing.assert_allclose(
            np.exp(classifier.predict_log_proba(X_val)), probabilities, rtol=1e-12
        )
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
        assert classifier.score(X_val, y_val) == accuracy_score(
            y_val, classifier.predict(X_val)
        )

    def test_the_model_takes_images_where_the_classifier_did(
        self, fitted_to_images, digits
    ):
        model = fitted_to_images.model_
        assert model.count_params() == 3985
        np.testing.assert_allclose(
            model(digits.images),
            fitted_to_images.predict_proba(digits.images),
            atol=1e-6,
        )

    def test_the_model_is_compiled_and_belongs_to_the_user(self, parts):
        (X, y), (X_val, y_val) = parts
        classifier = SimpleMLPClassifier(epochs=2, random_state=0).fit(X, y)
        before = classifier.predict_proba(X_val)
        loss, accuracy = classifier.model_.evaluate(X_val, y_val, verbose=0)
        assert loss == pytest.approx(
            log_loss(y_val, before, labels=range(10)), rel=1e-4
        )
        assert accuracy == pytest.approx(classifier.score(X_val, y_val))
        assert classifier.model_ is classifier.model_
        classifier.model_.fit(X, y, verbose=0)
        np.testing.assert_array_equal(classifier.predict_proba(X_val), before)
        # The next fit has another model.
        classifier.partial_fit(X, y)
        np.testing.assert_allclose(
            classifier.model_(X_val), classifier.predict_proba(X_val), atol=1e-6
        )

    @pytest.mark.parametrize("activation", ["softmax", keras.ops.silu])
    def test_the_model_agrees_for_other_networks(self, parts, activation):
        (X, y), (X_val, _) = parts
        classifier = SimpleMLPClassifier(
            (6, 4), activation=activation, l2=0.01, dropout=0.2
        )
        classifier.fit(X, y)
        np.testing.assert_allclose(
            classifier.model_(X_val), classifier.predict_proba(X_val), atol=1e-6
        )


class TestFitTimes:
    """Seconds of the parts of a fit; the first in a process takes longer."""

    @pytest.mark.slow
    def test_the_first_fits_of_a_process(self):
        first, second, other_rate, compiled, again = run_python(FIT_TIMES)
        for times in (first, second, other_rate, compiled, again):
            assert list(times) == ["import", "trace", "compile", "train", "whole"]
            whole = times.pop("whole")
            assert 0.9 * whole - 0.1 < sum(times.values()) <= whole

        # A second and more, against a look at what is there.
        assert first["import"] > 100 * second["import"]
        assert first["trace"] > 10 * second["trace"]
        assert first["trace"] > 10 * other_rate["trace"]
        assert compiled["compile"] > 10 * again["compile"]

    @pytest.mark.slow
    def test_a_loaded_classifier_goes_on_without_validation(self, digits, tmp_path):
        """scikit-learn does not validate parameters for its `partial_fit`."""
        classifier = SimpleMLPClassifier(3, epochs=1).fit(digits.X, digits.y)
        path = tmp_path / "classifier.pkl"
        path.write_bytes(pickle.dumps(classifier))
        first, second = run_python(GO_ON, path)
        assert first > 1000 * second

    def test_copies_and_files_are_without(self, digits):
        classifier = SimpleMLPClassifier(3, epochs=1).fit(digits.X, digits.y)
        assert classifier.fit_times_["train"] > 0
        copy = pickle.loads(pickle.dumps(classifier))
        assert not hasattr(copy, "fit_times_")
        with pytest.raises(AttributeError, match="copy or from a file"):
            _ = copy.fit_times_


FIT_TIMES = """
import json, time
import numpy as np
from skmnist import SimpleMLPClassifier

X = np.random.default_rng(0).random((1000, 20), dtype=np.float32)
y = np.arange(1000) % 3

def fit(**parameters):
    start = time.perf_counter()
    classifier = SimpleMLPClassifier(**parameters).fit(X, y)
    whole = time.perf_counter() - start
    return {**classifier.fit_times_, "whole": whole}

times = [fit(), fit(), fit(learning_rate=0.1), fit(epochs=400), fit(epochs=400)]
print(json.dumps(times))
"""


GO_ON = """
import json, pickle, sys
from pathlib import Path
import numpy as np

classifier = pickle.loads(Path(sys.argv[1]).read_bytes())
X = np.zeros((10, classifier.n_features_in_))

def seconds_of_import():
    return classifier.partial_fit(X, range(10)).fit_times_["import"]

print(json.dumps([seconds_of_import(), seconds_of_import()]))
"""
