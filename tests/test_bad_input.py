"""Wrong parameters and wrong arguments: types and messages of the exceptions.

One case for each kind and each constraint. `fit` gets them all, since every method
checks its arguments by the same code; that the others check them at all is tested with
a few.
"""

import datetime
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import sklearn
from sklearn.exceptions import NotFittedError

from skmnist import SimpleMLPClassifier

BACKENDS = {"keras", "scikeras", "tensorflow"}


@contextmanager
def refuses(exception, *texts):
    """Expect an exception with all of `texts` that never went through TensorFlow.

    Its message must be about the argument that was given, not about a layer or a
    tensor.
    """
    with pytest.raises(exception) as caught:
        yield
    assert type(caught.value).__module__.partition(".")[0] not in BACKENDS
    for entry in caught.traceback:
        assert not BACKENDS.intersection(Path(str(entry.path)).parts), entry
    for text in texts:
        assert text in str(caught.value)


@pytest.fixture(name="X")
def forty_rows(digits):
    return digits.X[:40]


@pytest.fixture(name="y")
def their_labels(digits):
    return digits.y[:40]


# Each side of each constraint of ours; scikit-learn tests how it checks them.
WRONG_PARAMETERS = [
    ("hidden_units", 0),
    ("hidden_units", None),
    ("hidden_units", [5, 0]),
    ("hidden_units", [5, 2.0]),
    ("hidden_units", [True, 5]),
    ("hidden_units", {5}),
    ("activation", "Sigmoid"),
    ("optimizer", keras.optimizers.Adam),  # the class, not an instance
    ("learning_rate", 0),
    ("learning_rate", np.inf),
    ("l2", -1e-9),
    ("dropout", -0.1),
    ("dropout", 1),
    ("epochs", 0),
    ("epochs", 2.0),
    ("batch_size", 0),
    ("shuffle", None),
    ("early_stopping", "yes"),
    ("validation_fraction", 0.0),
    ("validation_fraction", 1.0),
    ("n_iter_no_change", 0),
    ("tol", -1.0),
    ("class_weight", "equal"),
    ("warm_start", None),
    ("callbacks", "checkpoint"),
    ("random_state", 1.5),
    ("verbose", -1),
]


class TestParameters:
    @pytest.mark.parametrize(("name", "value"), WRONG_PARAMETERS)
    def test_out_of_range(self, X, y, name, value):
        # ValueError: scikit-learn's InvalidParameterError is one, and a TypeError too.
        with refuses(ValueError, f"'{name}' parameter", f"Got {value!r} instead"):
            SimpleMLPClassifier(**{name: value}).fit(X, y)

    @pytest.mark.parametrize("name", ["epochs", "hidden_units"])
    def test_out_of_range_in_partial_fit(self, X, y, name):
        with refuses(ValueError, f"'{name}' parameter", "Got 0 instead"):
            SimpleMLPClassifier(**{name: 0}).partial_fit(X, y, classes=range(10))

    @pytest.mark.parametrize(
        ("name", "known"), [("activation", "'relu'"), ("optimizer", "'adam'")]
    )
    def test_a_name_that_is_unknown_brings_those_that_are_known(
        self, X, y, name, known
    ):
        with refuses(ValueError, known):
            SimpleMLPClassifier(**{name: "nothing like it"}).fit(X, y)

    def test_nothing_is_checked_before_fit(self):
        """As in scikit-learn, `clone` and `set_params` do not check parameters."""
        classifier = SimpleMLPClassifier(hidden_units=-3)
        assert classifier.set_params(epochs=0).get_params()["epochs"] == 0

    @pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf, "a", None])
    def test_a_class_weight_that_is_no_weight(self, X, y, weight):
        with refuses(ValueError, "class_weight must hold finite weights", str(weight)):
            SimpleMLPClassifier(class_weight={3: weight}).fit(X, y)

    def test_class_weights_that_leave_no_class(self, X, y):
        weights = dict.fromkeys(range(10), 0.0)
        with refuses(
            ValueError, "class_weight leave no sample with a weight above zero"
        ):
            SimpleMLPClassifier(class_weight=weights).fit(X, y)

    def test_weights_of_samples_and_classes_that_leave_none(self, X, y):
        with refuses(ValueError, "sample_weight and class_weight leave no sample"):
            SimpleMLPClassifier(class_weight={3: 0.0}).fit(X, y, (y == 3).astype(float))

    def test_balanced_classes_are_unknown_to_partial_fit(self, X, y):
        with refuses(ValueError, 'class_weight="balanced"', "partial_fit"):
            SimpleMLPClassifier(class_weight="balanced").partial_fit(
                X, y, classes=range(10)
            )


WRONG_ROWS = {
    "nothing": (None, ValueError, "2D array"),
    "one row": (np.zeros(784), ValueError, "Expected 2D array, got 1D array"),
    "images with a channel": (
        np.zeros((40, 28, 28, 1)),
        ValueError,
        "X has shape (40, 28, 28, 1)",
    ),
    "no rows": (np.zeros((0, 784)), ValueError, "0 sample(s)"),
    "no images": (np.zeros((0, 28, 28)), ValueError, "0 sample(s)"),
    "no features": (np.zeros((40, 0)), ValueError, "0 feature(s)"),
    "NaN": (np.full((40, 784), np.nan), ValueError, "X contains NaN"),
    "NaN in images": (np.full((40, 28, 28), np.nan), ValueError, "X contains NaN"),
    "infinity": (np.full((40, 784), np.inf), ValueError, "X contains infinity"),
    "infinity in a sparse matrix": (
        scipy.sparse.csr_array(np.full((40, 784), np.inf)),
        ValueError,
        "X contains infinity",
    ),
    "too large": (
        np.full((40, 784), 1e39),
        ValueError,
        "too large for dtype('float32')",
    ),
    "numbers as text": (np.full((40, 784), "0.5"), ValueError, "X holds text"),
    "dates": (np.full((40, 784), "2026-01-01", "M8[ns]"), ValueError, "X holds dates"),
    "durations in a list": (
        [[datetime.timedelta(1)] * 784] * 40,
        ValueError,
        "X holds dates",
    ),
    "bytes": (np.full((40, 784), b"dark"), ValueError, "X holds text"),
    "a list of text": ([["dark"] * 784] * 40, ValueError, "X holds text"),
    "text as objects": (np.full((40, 784), "dark", dtype=object), ValueError, "'dark'"),
    "text in a table": (pd.DataFrame({"ink": ["dark"] * 40}), ValueError, "'dark'"),
    "complex numbers": (
        np.full((40, 784), 1j),
        ValueError,
        "Complex data not supported",
    ),
    "rows of several lengths": ([[1.0, 2.0], [3.0]] * 20, ValueError, "inhomogeneous"),
}


@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")
class TestRows:
    @pytest.mark.parametrize("kind", WRONG_ROWS)
    def test_fit(self, y, kind):
        X, exception, text = WRONG_ROWS[kind]
        with refuses(exception, text):
            SimpleMLPClassifier().fit(X, y)

    @pytest.mark.parametrize("kind", ["one row", "NaN", "numbers as text"])
    def test_other_methods(self, fitted, X, y, kind):
        wrong, exception, text = WRONG_ROWS[kind]
        with refuses(exception, text):
            SimpleMLPClassifier().partial_fit(wrong, y, classes=range(10))
        for method in (fitted.predict, fitted.predict_proba, fitted.predict_log_proba):
            with refuses(exception, text):
                method(wrong)
        with refuses(exception, text.replace("X holds", "X_val holds")):
            SimpleMLPClassifier().fit(X, y, X_val=wrong, y_val=y)

    @pytest.mark.parametrize("n_labels", [39, 0])
    def test_another_number_of_labels(self, fitted, X, y, n_labels):
        classifier = SimpleMLPClassifier()
        for method in (classifier.fit, classifier.partial_fit, fitted.score):
            with refuses(
                ValueError, "inconsistent numbers of samples", "40", str(n_labels)
            ):
                if method == classifier.partial_fit:
                    method(X, y[:n_labels], classes=range(10))
                else:
                    method(X, y[:n_labels])

    def test_another_number_of_features(self, fitted, fitted_to_images):
        for classifier in (fitted, fitted_to_images):
            with refuses(ValueError, "X has 783 features", "expecting 784 features"):
                classifier.predict(np.zeros((3, 783)))

    def test_a_single_image(self, fitted, digits):
        with pytest.raises(
            ValueError, match=r"X has 28 features.*needs a first axis of length 1"
        ):
            fitted.predict(digits.images[0])
        # Rows of a wrong length are nothing that another axis could help.
        with pytest.raises(ValueError, match=r"expecting 784 features as input\.$"):
            fitted.predict(digits.images[0, :27])

    def test_images_of_another_size(self, fitted_to_images, digits):
        stretched = digits.images.reshape(-1, 14, 56)
        going_on = SimpleMLPClassifier(epochs=1, warm_start=True).fit(
            digits.images, digits.y
        )
        with refuses(ValueError, "X holds images of shape (14, 56)", "(28, 28)"):
            fitted_to_images.predict(stretched)
        for method in (going_on.fit, going_on.partial_fit):
            with refuses(ValueError, "X holds images of shape (14, 56)", "(28, 28)"):
                method(stretched, digits.y)

    @pytest.mark.parametrize(
        "method", ["predict", "predict_proba", "predict_log_proba", "score", "model_"]
    )
    def test_before_fit(self, X, y, method):
        arguments = (X, y) if method == "score" else (X,)
        with refuses(NotFittedError, "SimpleMLPClassifier", "not fitted yet"):
            getattr(SimpleMLPClassifier(), method)(*arguments)


def cycle(*labels):
    return [labels[i % len(labels)] for i in range(40)]


WRONG_LABELS = {
    "nothing": (None, ValueError, "requires y to be passed"),
    "a number": (3, ValueError, "1d array"),
    "continuous": (np.linspace(0, 1, 40), ValueError, "Unknown label type: continuous"),
    "NaN": (np.full(40, np.nan), ValueError, "y contains NaN"),
    "infinity": (cycle(0.0, np.inf), ValueError, "y contains infinity"),
    "missing values": (
        pd.Series(cycle(1, None), dtype="Int64"),
        ValueError,
        "y contains NaN",
    ),
    "missing text": (
        pd.Series(cycle("a", None), dtype="category"),
        ValueError,
        "contains NaN",
    ),
    "missing objects": (
        np.array(cycle(1, None), dtype=object),
        ValueError,
        "y holds None",
    ),
    "several labels": (
        np.array([[1, 0, 0], [0, 1, 1]] * 20),
        ValueError,
        "2 ones in row 1",
    ),
    "no label": (np.array([[1, 0, 0], [0, 0, 0]] * 20), ValueError, "0 ones in row 1"),
    "sparse, several": (
        scipy.sparse.csr_array(np.ones((40, 3))),
        ValueError,
        "3 ones in row 0",
    ),
    "probabilities": (np.full((40, 4), 0.25), ValueError, "y has shape (40, 4)"),
    "columns of text": (np.array([["0", "1"]] * 40), ValueError, "y has shape (40, 2)"),
    "three dimensions": (np.zeros((40, 2, 1)), ValueError, "y has shape (40, 2, 1)"),
    "too few one-hot": (
        np.eye(10)[cycle(*range(10))][:39],
        ValueError,
        "40 samples, but 39",
    ),
    "bytes": (np.array(cycle(b"a", b"b")), TypeError, "bytes"),
}


class TestLabels:
    @pytest.mark.parametrize("kind", WRONG_LABELS)
    def test_fit(self, X, kind):
        labels, exception, text = WRONG_LABELS[kind]
        if kind == "bytes" and sklearn.__version__.startswith("1.6."):
            pytest.skip("scikit-learn 1.6 takes labels of bytes, with a warning")
        with refuses(exception, text):
            SimpleMLPClassifier().fit(X, labels)

    @pytest.mark.parametrize("kind", ["nothing", "continuous", "several labels"])
    def test_other_methods(self, X, y, kind):
        labels, exception, text = WRONG_LABELS[kind]
        with refuses(exception, text):
            SimpleMLPClassifier().partial_fit(X, labels, classes=range(10))
        if labels is not None:  # which is no validation at all
            with refuses(exception, "y_val" if kind != "continuous" else text):
                SimpleMLPClassifier().fit(X, y, X_val=X, y_val=labels)

    def test_several_labels_are_refused_with_what_works(self, X):
        with refuses(ValueError, "Several labels for one sample", "holds a single 1"):
            SimpleMLPClassifier().fit(X, np.ones((40, 10), dtype=int))

    def test_one_hot_labels_with_other_classes(self, X, y):
        one_hot = np.eye(10, dtype=int)[y]
        with refuses(
            ValueError, "y has the columns [0, 1, 2, 3, 4", "the classes are [0, 1, 2]"
        ):
            SimpleMLPClassifier().partial_fit(X, one_hot, classes=[0, 1, 2])

    @pytest.mark.parametrize("first_is_one_hot", [True, False])
    def test_one_form_of_labels_after_the_other(self, X, y, first_is_one_hot):
        forms = {False: y, True: np.eye(10, dtype=int)[y]}
        first, second = forms[first_is_one_hot], forms[not first_is_one_hot]
        started = SimpleMLPClassifier(epochs=1, warm_start=True).fit(X, first)
        for method in (started.fit, started.partial_fit):
            with refuses(ValueError, "one-hot labels", "single labels", "before"):
                method(X, second)
        with refuses(ValueError, "y_val holds", "one-hot labels", "single labels"):
            SimpleMLPClassifier().fit(X, first, X_val=X, y_val=second)


WRONG_WEIGHTS = {
    "too few": (np.ones(39), "sample_weight.shape == (39,), expected (40,)"),
    "a column": (np.ones((40, 1)), "weights must be 1D array or scalar"),
    "NaN": (np.full(40, np.nan), "sample_weight contains NaN"),
    "infinity": (np.full(40, np.inf), "sample_weight contains infinity"),
    "negative": (
        np.linspace(-1, 1, 40),
        "sample_weight holds negative weights, such as -1.0",
    ),
    "zero": (np.zeros(40), "must contain at least one non-zero number"),
    "text": ("balanced", "sample_weight holds text"),
}


class TestWeights:
    @pytest.mark.parametrize("kind", WRONG_WEIGHTS)
    def test_fit(self, X, y, kind):
        weights, text = WRONG_WEIGHTS[kind]
        with refuses(ValueError, text):
            SimpleMLPClassifier().fit(X, y, sample_weight=weights)

    def test_other_methods(self, X, y):
        weights, text = WRONG_WEIGHTS["negative"]
        with refuses(ValueError, text):
            SimpleMLPClassifier().partial_fit(X, y, range(10), sample_weight=weights)
        with refuses(ValueError, text.replace("weight holds", "weight_val holds")):
            SimpleMLPClassifier().fit(X, y, X_val=X, y_val=y, sample_weight_val=weights)


class TestValidationData:
    @pytest.mark.parametrize("given", ["X_val", "y_val", "sample_weight_val"])
    def test_a_part_of_it(self, X, y, given):
        parts = {"X_val": X, "y_val": y, "sample_weight_val": np.ones(len(y))}
        with refuses(ValueError, "X_val and y_val together", f"only {given}."):
            SimpleMLPClassifier().fit(X, y, **{given: parts[given]})

    def test_labels_that_the_training_has_not(self, X, y):
        is_known = y < 7
        with refuses(
            ValueError, "y_val holds labels", "[0, 1, 2, 3, 4, 5, 6]: [7, 8, 9]"
        ):
            SimpleMLPClassifier().fit(X[is_known], y[is_known], X_val=X, y_val=y)

    @pytest.mark.parametrize("dtype", [str, object])
    def test_labels_of_another_type(self, X, y, dtype):
        with refuses(ValueError, "y_val holds labels", "'0'"):
            SimpleMLPClassifier().fit(X, y, X_val=X, y_val=y.astype(str).astype(dtype))

    def test_another_number_of_labels(self, X, y):
        with refuses(ValueError, "inconsistent", "40", "39 labels in y_val"):
            SimpleMLPClassifier().fit(X, y, X_val=X, y_val=y[:39])

    def test_another_number_of_features(self, X, y):
        with refuses(ValueError, "X_val", "783 features", "784 features"):
            SimpleMLPClassifier().fit(X, y, X_val=X[:, 1:], y_val=y)

    def test_images_of_another_size(self, digits):
        stretched = digits.images.reshape(-1, 14, 56)
        with refuses(ValueError, "X_val holds images of shape (14, 56)", "(28, 28)"):
            SimpleMLPClassifier().fit(
                digits.images, digits.y, X_val=stretched, y_val=digits.y
            )


class TestWarmStart:
    """And partial_fit, which starts from what is there as well."""

    def test_partial_fit_without_classes(self, X, y):
        with refuses(
            ValueError, "classes must be passed on the first call to partial_fit"
        ):
            SimpleMLPClassifier().partial_fit(X, y)

    def test_partial_fit_with_a_label_that_is_no_class(self, X, y):
        with refuses(ValueError, "y holds labels", "[0, 1, 2]: [3, 4, 5, 6, 7, 8, 9]"):
            SimpleMLPClassifier().partial_fit(X, y, classes=[0, 1, 2])

    def test_partial_fit_with_other_classes_than_before(self, X, y):
        classifier = SimpleMLPClassifier().partial_fit(X, y, classes=range(10))
        with refuses(ValueError, "classes=[0, 1, 2]", "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"):
            classifier.partial_fit(X, y, classes=[0, 1, 2])
        with refuses(ValueError, "y holds labels", ": [77]"):
            classifier.partial_fit(X, np.full(40, 77))

    @pytest.mark.parametrize("method", ["fit", "partial_fit"])
    def test_another_network_or_other_features(self, X, y, method):
        classifier = SimpleMLPClassifier(epochs=1, warm_start=True).fit(X, y)
        with refuses(ValueError, "783 features", "784 features"):
            getattr(classifier, method)(X[:, 1:], y)
        classifier.set_params(hidden_units=(6, 4))
        with refuses(ValueError, "hidden_units=(5,)", "(6, 4)"):
            getattr(classifier, method)(X, y)

    def test_other_classes(self, X, y):
        classifier = SimpleMLPClassifier(epochs=1, warm_start=True).fit(X, y)
        with refuses(ValueError, "warm_start", "[0, 1, 2, 3, 4]"):
            classifier.fit(X[y < 5], y[y < 5])
