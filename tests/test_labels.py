"""Kinds of labels: numbers, text, categories, and one-hot rows."""

from __future__ import annotations

import pickle

import keras
import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
from sklearn.ensemble import BaggingClassifier

from skmnist import SimpleMLPClassifier
from tests.helpers import NAMES, assert_same_network, train

# Ways to name the ten digits that keep their order, and so train the same network.
LABELS = {
    "int8": lambda y: y.astype(np.int8),
    "negative": lambda y: y - 10,
    "whole floats": lambda y: y.astype(np.float32),
    "text as objects": lambda y: np.array(
        [f"digit {label}" for label in y], dtype=object
    ),
    "list of text": lambda y: [f"digit {label}" for label in y],
    "series": lambda y: pd.Series(y, index=range(1000, 1000 + len(y))),
    "categories": lambda y: pd.Series(
        [f"digit {label}" for label in y], dtype="category"
    ),
    "polars series": pl.Series,
}


@pytest.fixture(scope="module")
def reference(digits):
    """The classifier that each of the others should equal."""
    return train(digits.X, digits.y)


class TestLabels:
    @pytest.mark.parametrize("kind", LABELS)
    def test_predictions_are_of_the_type_of_the_labels(self, reference, digits, kind):
        X = digits.X
        given = LABELS[kind](digits.y)
        classifier = train(X, given)
        assert_same_network(classifier, reference)
        as_array = np.asarray(given)
        classes = np.unique(as_array)
        np.testing.assert_array_equal(classifier.classes_, classes)
        predicted = classifier.predict(X)
        assert predicted.dtype == classifier.classes_.dtype
        assert predicted.dtype.kind == as_array.dtype.kind
        assert isinstance(predicted.tolist()[0], type(as_array.tolist()[0]))
        np.testing.assert_array_equal(predicted, classes[reference.predict(X)])
        assert classifier.score(X, given) == reference.score(X, digits.y)

    def test_truth_values(self, digits):
        is_round = np.isin(digits.y, [0, 6, 8, 9])
        classifier = train(digits.X, is_round.tolist())
        assert classifier.classes_.tolist() == [False, True]
        assert classifier.predict(digits.X).dtype == bool
        assert_same_network(classifier, train(digits.X, is_round.astype(int)))

    def test_two_classes_have_two_columns(self, digits):
        size = np.where(digits.y < 5, "small", "large")
        classifier = train(digits.X, size, epochs=10, learning_rate=0.01)
        probabilities = classifier.predict_proba(digits.X)
        assert probabilities.shape == (len(digits.X), 2)
        assert classifier.n_outputs_ == 2
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
        # "large" comes first: the columns are in the order of classes_, not of
        # appearance.
        predicted = classifier.predict(digits.X)
        np.testing.assert_array_equal(
            predicted, np.where(probabilities[:, 0] > 0.5, "large", "small")
        )
        assert (predicted == size).mean() > 0.75

    def test_a_column_of_labels_is_taken_with_a_warning(self, reference, digits):
        with pytest.warns(UserWarning, match="column-vector y"):
            classifier = train(digits.X, digits.y[:, np.newaxis])
        assert_same_network(classifier, reference)
        np.testing.assert_array_equal(
            classifier.predict(digits.X), reference.predict(digits.X)
        )

    def test_labels_of_validation_data_are_of_any_type_that_equals(self, digits):
        in_text = digits.y.astype(str)
        history = train(
            digits.X, in_text, X_val=digits.X, y_val=in_text.astype(object)
        ).history_
        assert (
            history
            == train(digits.X, digits.y, X_val=digits.X, y_val=digits.y).history_
        )


ONE_HOT = {
    "as Keras makes them": lambda one_hot: keras.utils.to_categorical(
        one_hot.argmax(axis=1), 10
    ),
    "dummies of pandas": lambda one_hot: pd.get_dummies(one_hot.argmax(axis=1)),
    "list": lambda one_hot: one_hot.tolist(),
    "CSR array": scipy.sparse.csr_array,
}


class TestOneHotLabels:
    @pytest.mark.parametrize("kind", ONE_HOT)
    def test_they_train_the_network_of_the_labels(self, reference, digits, kind):
        X = digits.X
        one_hot = np.eye(10, dtype=int)[digits.y]
        classifier = train(X, ONE_HOT[kind](one_hot))
        assert_same_network(classifier, reference)
        assert classifier.classes_.tolist() == list(range(10))
        predicted = classifier.predict(X)
        assert predicted.shape == one_hot.shape
        assert predicted.dtype == np.int64
        np.testing.assert_array_equal(predicted.argmax(axis=1), reference.predict(X))
        np.testing.assert_array_equal(predicted.sum(axis=1), 1)
        np.testing.assert_array_equal(
            classifier.predict_proba(X), reference.predict_proba(X)
        )
        assert classifier.score(X, one_hot) == reference.score(X, digits.y)

    def test_validation_data(self, reference, digits):
        X, one_hot = digits.X, np.eye(10)[digits.y]
        history = train(X, one_hot, X_val=X, y_val=one_hot).history_
        assert history["val_accuracy"] == [reference.score(X, digits.y)]

    def test_a_column_without_samples_is_a_class(self, digits):
        one_hot = np.eye(12, dtype=int)[digits.y]
        classifier = train(digits.X, one_hot, class_weight="balanced")
        assert classifier.classes_.tolist() == list(range(12))
        assert classifier.predict(digits.X).shape == (len(digits.X), 12)

    def test_class_weights_are_by_column(self, digits):
        weights = {1: 3.0, 4: 0.0}
        classifier = train(digits.X, np.eye(10)[digits.y], class_weight=weights)
        assert_same_network(classifier, train(digits.X, digits.y, class_weight=weights))

    def test_partial_fit(self, digits):
        one_hot = np.eye(10, dtype=int)[digits.y]
        first, second = slice(0, 150), slice(150, None)
        classifier = SimpleMLPClassifier(random_state=0)
        by_labels = SimpleMLPClassifier(random_state=0)
        for part in (first, second):
            # The columns say which classes there are.
            classifier.partial_fit(digits.X[part], one_hot[part])
            by_labels.partial_fit(digits.X[part], digits.y[part], classes=range(10))
        assert_same_network(classifier, by_labels)
        assert classifier.predict(digits.X).shape == one_hot.shape

    def test_a_new_fit_forgets_the_form_of_the_labels(self, digits):
        classifier = train(digits.X, np.eye(10)[digits.y])
        assert classifier.fit(digits.X, digits.y).predict(digits.X).ndim == 1


@pytest.mark.parametrize(("dtype", "kind"), [("Int64", "i"), ("boolean", "b")])
def test_nullable_labels_of_pandas_keep_their_type(digits, dtype, kind):
    y = pd.Series(digits.y > 4 if dtype == "boolean" else digits.y, dtype=dtype)
    classifier = SimpleMLPClassifier(epochs=1).fit(digits.X, y)
    assert classifier.predict(digits.X).dtype.kind == kind


class TestOneClass:
    """It trains, and predicts that class, as MLPClassifier and forests do."""

    @pytest.mark.parametrize("label", [7, "seven", True])
    def test_fit(self, digits, label):
        y = np.full(len(digits.y), label)
        classifier = SimpleMLPClassifier(4, epochs=2).fit(digits.X, y)
        assert classifier.classes_.tolist() == [label]
        assert (classifier.predict(digits.X) == label).all()
        np.testing.assert_array_equal(
            classifier.predict_proba(digits.X), np.ones((len(y), 1))
        )
        assert classifier.history_["accuracy"] == [1.0, 1.0]

    def test_validation_and_early_stopping(self, digits):
        y = np.full(len(digits.y), 7)
        classifier = SimpleMLPClassifier(4, epochs=2, early_stopping=True).fit(
            digits.X, y
        )
        assert classifier.best_validation_score_ == 1.0

    def test_a_callback_sees_its_model(self, digits):
        y = np.full(len(digits.y), 7)
        seen = []
        look = keras.callbacks.LambdaCallback(
            on_train_end=lambda logs: seen.append(
                look.model.predict(digits.X, verbose=0)
            )
        )
        SimpleMLPClassifier(4, epochs=1, callbacks=look).fit(digits.X, y)
        np.testing.assert_array_equal(seen, [np.ones((len(y), 1))])

    def test_weights_that_leave_one(self, digits):
        is_three = (digits.y == 3).astype(float)
        classifier = SimpleMLPClassifier(16, learning_rate=0.01, random_state=0)
        classifier.fit(digits.X, digits.y, is_three)
        assert classifier.classes_.tolist() == list(range(10))
        assert (classifier.predict(digits.X) == 3).all()

    def test_the_first_label_of_active_learning(self, digits):
        classifier = SimpleMLPClassifier(4, random_state=0)
        classifier.partial_fit(digits.X[:1], digits.y[:1], classes=range(10))
        classifier.partial_fit(digits.X, digits.y)
        assert classifier.n_iter_ == 2

    def test_groups_of_a_small_bootstrap(self, digits):
        bagging = BaggingClassifier(
            SimpleMLPClassifier(4, epochs=1),
            n_estimators=3,
            max_samples=2,
            random_state=0,
        )
        assert bagging.fit(digits.X, digits.y).predict(digits.X).shape == digits.y.shape


class TestOneHotFrames:
    """The names of their columns are the classes."""

    @pytest.fixture
    def frame(self, digits):
        is_used = digits.y < 3
        return digits.X[is_used], pd.get_dummies(NAMES[digits.y[is_used]])

    def test_names(self, frame):
        X, y = frame
        classifier = SimpleMLPClassifier(
            16, learning_rate=0.01, epochs=10, random_state=0
        )
        classifier.fit(X, y, X_val=X, y_val=y)
        assert classifier.classes_.tolist() == ["one", "two", "zero"]
        assert classifier.history_["val_accuracy"][-1] == classifier.score(X, y) > 0.8
        twin = pickle.loads(pickle.dumps(classifier))
        assert twin.classes_.tolist() == ["one", "two", "zero"]

    def test_weights_of_classes_are_by_name(self, frame):
        X, y = frame
        by_name = SimpleMLPClassifier(4, class_weight={"two": 5.0}, random_state=0).fit(
            X, y
        )
        by_number = SimpleMLPClassifier(4, class_weight={1: 5.0}, random_state=0)
        assert_same_network(by_name, by_number.fit(X, y.to_numpy()))

    def test_numbers_of_columns_are_those_of_an_array(self, frame):
        X, y = frame
        of_frame = SimpleMLPClassifier(4, random_state=0).fit(
            X, y.set_axis(range(3), axis=1)
        )
        assert of_frame.classes_.tolist() == [0, 1, 2]
        assert_same_network(
            of_frame, SimpleMLPClassifier(4, random_state=0).fit(X, y.to_numpy())
        )

    @pytest.mark.parametrize(
        "columns", [["one", "zero", "two"], ["one", "two", "three"]]
    )
    def test_other_columns_are_refused(self, frame, columns):
        X, y = frame
        classifier = SimpleMLPClassifier(4, epochs=1).fit(X, y)
        other = y.set_axis(columns, axis=1)
        message = r"has the columns .*but the classes are \['one', 'two', 'zero'\]"
        with pytest.raises(ValueError, match=f"^y {message}"):
            classifier.partial_fit(X, other)
        with pytest.raises(ValueError, match=f"^y_val {message}"):
            classifier.fit(X, y, X_val=X, y_val=other)

    def test_an_array_goes_on_with_the_columns_of_a_frame(self, frame):
        X, y = frame
        classifier = SimpleMLPClassifier(4, epochs=1).fit(X, y)
        assert classifier.partial_fit(X, y.to_numpy()).classes_.tolist() == [
            "one",
            "two",
            "zero",
        ]

    def test_columns_of_one_name_are_refused(self, frame):
        X, y = frame
        with pytest.raises(ValueError, match="several columns of the same name"):
            SimpleMLPClassifier().fit(X, y.set_axis(["a", "a", "b"], axis=1))
