"""What may be handed in: every kind of array and label, and every way to say the same."""

import keras
import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import classification_report
from sklearn.model_selection import cross_val_predict

from skmnist import SimpleMLPClassifier

N_ROWS = 70

# Ways to hold the same whole numbers from 0 to 255, in two or in three dimensions.
ARRAYS = {
    "uint8": np.asarray,
    "int16": lambda X: X.astype(np.int16),
    "uint16": lambda X: X.astype(np.uint16),
    "int32": lambda X: X.astype(np.int32),
    "int64": lambda X: X.astype(np.int64),
    "float16": lambda X: X.astype(np.float16),
    "float32": lambda X: X.astype(np.float32),
    "float64": lambda X: X.astype(np.float64),
    "big-endian int": lambda X: X.astype(">i4"),
    "big-endian float32": lambda X: X.astype(">f4"),
    "big-endian float64": lambda X: X.astype(">f8"),
    "objects": lambda X: X.astype(object),
    "Fortran order, uint8": np.asfortranarray,
    "Fortran order, float32": lambda X: np.asfortranarray(X.astype(np.float32)),
    "every other row of an array": lambda X: np.repeat(X, 2, axis=0)[::2],
    "every other column of an array": lambda X: np.repeat(X, 2, axis=-1)[..., 1::2],
    "backwards in memory": lambda X: X[::-1].copy()[::-1],
    "not aligned": lambda X: not_aligned(X.astype(np.float32)),
    "list": lambda X: X.tolist(),
    "list of floats": lambda X: X.astype(float).tolist(),
    "list of arrays": list,
    "tuple of lists": lambda X: tuple(X.tolist()),
}
TABLES = {
    "data frame": lambda X: pd.DataFrame(X),
    "data frame of several dtypes": lambda X: pd.DataFrame(X).astype({0: float, 1: "int16"}),
    "data frame of nullable integers": lambda X: pd.DataFrame(X).astype("Int64"),
    "polars data frame": pl.DataFrame,
    "CSR matrix": scipy.sparse.csr_matrix,
    "CSR array": scipy.sparse.csr_array,
    "CSR array of float64": lambda X: scipy.sparse.csr_array(X.astype(float)),
    "CSR array, indices out of order": lambda X: unsorted(scipy.sparse.csr_array(X)),
    "CSC array": scipy.sparse.csc_array,
    "COO array": scipy.sparse.coo_array,
    "LIL matrix": scipy.sparse.lil_matrix,
}


def not_aligned(X):
    memory = np.zeros(X.nbytes + 1, np.uint8)[1:]
    memory[:] = X.view(np.uint8).reshape(-1)
    return memory.view(X.dtype).reshape(X.shape)


def unsorted(X):
    for row in range(X.shape[0]):
        entries = slice(*X.indptr[row : row + 2])
        X.indices[entries] = X.indices[entries][::-1]
        X.data[entries] = X.data[entries][::-1]
    X.has_sorted_indices = False
    return X


def leaky_relu_of_the_layer(x):
    return keras.activations.leaky_relu(x, negative_slope=0.3)


@pytest.fixture(scope="module")
def images(digits):
    return digits.images[:N_ROWS]


@pytest.fixture(scope="module")
def labels(digits):
    return digits.y[:N_ROWS]


def train(X, y, *, X_val=None, y_val=None, **parameters):
    parameters = {"epochs": 1, "random_state": 0} | parameters
    return SimpleMLPClassifier(**parameters).fit(X, y, X_val=X_val, y_val=y_val)


@pytest.fixture(scope="module")
def reference(images, labels):
    """The classifier that each of the others should equal."""
    return train(images.reshape(N_ROWS, -1), labels)


def assert_same_network(one, other):
    for a, b in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        np.testing.assert_array_equal(a, b)


class TestArrays:
    @pytest.mark.parametrize("as_images", [False, True], ids=["rows", "images"])
    @pytest.mark.parametrize("kind", ARRAYS)
    def test_the_kind_of_array_does_not_matter(self, reference, images, labels, kind, as_images):
        X = images if as_images else images.reshape(N_ROWS, -1)
        converted = ARRAYS[kind](X)
        assert_same_network(train(converted, labels), reference)
        np.testing.assert_array_equal(
            reference.predict_proba(converted),
            reference.predict_proba(images.reshape(N_ROWS, -1)),
        )

    @pytest.mark.parametrize("kind", TABLES)
    def test_the_kind_of_table_does_not_matter(self, reference, images, labels, kind):
        X = images.reshape(N_ROWS, -1)
        table = TABLES[kind](X)
        classifier = train(table, labels)
        assert_same_network(classifier, reference)
        np.testing.assert_array_equal(classifier.predict_proba(table), reference.predict_proba(X))

    def test_a_file_that_is_mapped_into_memory(self, reference, images, labels, tmp_path):
        np.save(tmp_path / "images.npy", images)
        mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
        assert_same_network(train(mapped, labels), reference)
        np.testing.assert_array_equal(
            reference.predict_proba(mapped), reference.predict_proba(np.array(images))
        )

    def test_truth_values_are_0_and_1(self, images, labels):
        ink = images.reshape(N_ROWS, -1) > 127
        classifier = train(ink, labels)
        assert_same_network(classifier, train(ink.astype(np.uint8), labels))
        np.testing.assert_array_equal(
            classifier.predict_proba(ink), classifier.predict_proba(ink.astype(float))
        )

    @pytest.mark.parametrize("dtype_at_fit", ["uint8", "float32", "float64"])
    def test_predicting_from_other_numbers_than_fitted(self, images, labels, dtype_at_fit):
        X = images.reshape(N_ROWS, -1)
        classifier = train(X.astype(dtype_at_fit), labels)
        expected = classifier.predict_proba(X.astype(dtype_at_fit))
        for dtype in ("uint8", "int64", "float16", "float32", "float64"):
            np.testing.assert_array_equal(classifier.predict_proba(X.astype(dtype)), expected)

    def test_names_of_columns_are_kept(self, images, labels):
        names = [f"pixel{number}" for number in range(784)]
        table = pd.DataFrame(images.reshape(N_ROWS, -1), columns=names)
        classifier = train(table, labels)
        assert classifier.feature_names_in_.tolist() == names
        with pytest.raises(ValueError, match="pixel0"):
            classifier.predict(table.rename(columns={"pixel0": "another"}))

    def test_names_of_polars_columns_are_kept(self, images, labels):
        named = pl.DataFrame(images.reshape(N_ROWS, -1))
        classifier = train(named, labels)
        assert classifier.feature_names_in_.tolist() == named.columns
        with pytest.raises(ValueError, match="feature names should match"):
            classifier.predict(named.rename({"column_0": "other"}))

    def test_images_have_as_many_features_as_pixels(self, fitted_to_images, digits):
        assert fitted_to_images.n_features_in_ == 784
        assert fitted_to_images.model_.input_shape == (None, 28, 28)
        rows = digits.images.reshape(-1, 784)
        np.testing.assert_array_equal(
            fitted_to_images.predict_proba(rows), fitted_to_images.predict_proba(digits.images)
        )

    @pytest.mark.parametrize("n_rows", [1, 2, 31])
    def test_few_rows_give_few_rows(self, fitted, fitted_to_images, digits, n_rows):
        for classifier, X in ((fitted, digits.X), (fitted_to_images, digits.images)):
            probabilities = classifier.predict_proba(X[:n_rows])
            assert probabilities.shape == (n_rows, 10)
            assert classifier.predict_log_proba(X[:n_rows]).shape == (n_rows, 10)
            assert classifier.predict(X[:n_rows]).shape == (n_rows,)
            np.testing.assert_allclose(
                probabilities, classifier.predict_proba(X)[:n_rows], rtol=1e-5
            )


# Every size of input is another network, which takes half a second to set up: these keep to one.
SHAPE = (3, 4)
PIXELS = st.one_of(
    hnp.unsigned_integer_dtypes(),
    hnp.integer_dtypes(),
    hnp.floating_dtypes(sizes=(16, 32, 64)),
    hnp.boolean_dtypes(),
)


@st.composite
def small_images(draw):
    """Images of any numbers up to 100 in size."""
    dtype = draw(PIXELS)
    n_rows = draw(st.integers(2, 40))
    elements = {"b": st.booleans(), "u": st.integers(0, 100), "i": st.integers(-100, 100)}.get(
        dtype.kind, st.floats(-100, 100, width=16, allow_subnormal=False)
    )
    images = draw(hnp.arrays(dtype, (n_rows, *SHAPE), elements=elements))
    return np.asfortranarray(images) if draw(st.booleans()) else images


class TestAnyImages:
    @given(images=small_images(), batch_size=st.integers(1, 50), seed=st.integers(0, 2**32 - 1))
    @settings(max_examples=15, deadline=None)
    def test_images_are_their_rows_of_pixels(self, images, batch_size, seed):
        y = np.arange(len(images)) % 2
        parameters = {"batch_size": batch_size, "random_state": seed, "hidden_units": 3}
        rows = images.reshape(len(images), -1)
        from_images = train(images, y, **parameters)
        from_rows = train(rows, y, **parameters)
        assert_same_network(from_images, from_rows)
        probabilities = from_images.predict_proba(images)
        np.testing.assert_array_equal(probabilities, from_rows.predict_proba(rows))
        assert probabilities.dtype == np.float64
        assert probabilities.shape == (len(images), 2)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
        np.testing.assert_array_equal(from_images.predict(images), probabilities.argmax(axis=1))

    @given(
        n_rows=st.integers(2, 40),
        batch_size=st.integers(1, 50),
        is_weighted=st.booleans(),
        seed=st.integers(0, 1000),
    )
    @settings(max_examples=15, deadline=None)
    def test_an_epoch_is_its_batches_one_after_the_other(
        self, n_rows, batch_size, is_weighted, seed
    ):
        """Also a last batch that is short, and of which no row may be left out or added."""
        generator = np.random.default_rng(seed)
        X = generator.normal(size=(n_rows, *SHAPE))
        y = generator.permutation(n_rows) % 2
        weights = generator.uniform(0.1, 5, n_rows) if is_weighted else None
        parameters = {
            "hidden_units": 3,
            "optimizer": "sgd",
            "learning_rate": 0.5,
            "batch_size": batch_size,
            "shuffle": False,
            "epochs": 1,
            "random_state": seed,
        }
        epoch = SimpleMLPClassifier(**parameters).fit(X, y, sample_weight=weights)
        batches = SimpleMLPClassifier(**parameters)
        for start in range(0, n_rows, batch_size):
            batch = slice(start, start + batch_size)
            batches.partial_fit(
                X[batch], y[batch], [0, 1], None if weights is None else weights[batch]
            )
        for one, other in zip(epoch.coefs_, batches.coefs_, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


# Ways to name the ten digits that keep their order, and so train the same network.
LABELS = {
    "int64": np.asarray,
    "int8": lambda y: y.astype(np.int8),
    "uint8": lambda y: y.astype(np.uint8),
    "negative": lambda y: y - 10,
    "whole floats": lambda y: y.astype(np.float32),
    "text": lambda y: np.array([f"digit {label}" for label in y]),
    "text as objects": lambda y: np.array([f"digit {label}" for label in y], dtype=object),
    "list": lambda y: y.tolist(),
    "list of text": lambda y: [f"digit {label}" for label in y],
    "series": lambda y: pd.Series(y, index=range(1000, 1000 + len(y))),
    "series of text": lambda y: pd.Series([f"digit {label}" for label in y]),
    "categories": lambda y: pd.Series([f"digit {label}" for label in y], dtype="category"),
    "categories of numbers": lambda y: pd.Series(y * 7, dtype="category"),
    "polars series": pl.Series,
    "polars series of text": lambda y: pl.Series([f"digit {label}" for label in y]),
}


class TestLabels:
    @pytest.mark.parametrize("kind", LABELS)
    def test_predictions_are_of_the_type_of_the_labels(self, reference, images, labels, kind):
        X = images.reshape(N_ROWS, -1)
        given = LABELS[kind](labels)
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
        assert classifier.score(X, given) == reference.score(X, labels)

    @pytest.mark.parametrize("kind", [np.asarray, list, pd.Series])
    def test_truth_values(self, digits, kind):
        is_round = np.isin(digits.y, [0, 6, 8, 9])
        classifier = train(digits.X, kind(is_round))
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
        # "large" comes first: the columns are in the order of classes_, not of appearance.
        predicted = classifier.predict(digits.X)
        np.testing.assert_array_equal(
            predicted, np.where(probabilities[:, 0] > 0.5, "large", "small")
        )
        assert (predicted == size).mean() > 0.9

    def test_a_column_of_labels_is_taken_with_a_warning(self, digits):
        with pytest.warns(UserWarning, match="column-vector y"):
            classifier = train(digits.X, digits.y[:, np.newaxis])
        assert classifier.predict(digits.X).shape == digits.y.shape

    def test_labels_of_validation_data_are_of_any_type_that_equals(self, digits):
        in_text = digits.y.astype(str)
        history = train(digits.X, in_text, X_val=digits.X, y_val=in_text.astype(object)).history_
        assert history == train(digits.X, digits.y, X_val=digits.X, y_val=digits.y).history_


ONE_HOT = {
    "int": lambda one_hot: one_hot,
    "float32": lambda one_hot: one_hot.astype(np.float32),
    "bool": lambda one_hot: one_hot.astype(bool),
    "list": lambda one_hot: one_hot.tolist(),
    "as Keras makes them": lambda one_hot: keras.utils.to_categorical(one_hot.argmax(axis=1), 10),
    "dummies of pandas": lambda one_hot: pd.get_dummies(one_hot.argmax(axis=1)),
    "CSR array": scipy.sparse.csr_array,
}


class TestOneHotLabels:
    @pytest.mark.parametrize("kind", ONE_HOT)
    def test_they_train_the_network_of_the_labels(self, reference, images, labels, kind):
        X = images.reshape(N_ROWS, -1)
        one_hot = np.eye(10, dtype=int)[labels]
        classifier = train(X, ONE_HOT[kind](one_hot))
        assert_same_network(classifier, reference)
        assert classifier.classes_.tolist() == list(range(10))
        predicted = classifier.predict(X)
        assert predicted.shape == (N_ROWS, 10)
        assert predicted.dtype == np.int64
        np.testing.assert_array_equal(predicted.argmax(axis=1), reference.predict(X))
        np.testing.assert_array_equal(predicted.sum(axis=1), 1)
        np.testing.assert_array_equal(classifier.predict_proba(X), reference.predict_proba(X))
        assert classifier.score(X, one_hot) == reference.score(X, labels)

    def test_validation_data(self, reference, images, labels):
        X, one_hot = images.reshape(N_ROWS, -1), np.eye(10)[labels]
        history = train(X, one_hot, X_val=X, y_val=one_hot).history_
        assert history["val_accuracy"] == [reference.score(X, labels)]

    def test_a_column_without_samples_is_a_class(self, digits):
        one_hot = np.eye(12, dtype=int)[digits.y]
        classifier = train(digits.X, one_hot, class_weight="balanced")
        assert classifier.predict_proba(digits.X).shape == (len(digits.X), 12)
        assert classifier.predict(digits.X).shape == (len(digits.X), 12)

    def test_two_columns(self, digits):
        classifier = train(digits.X, np.eye(2, dtype=int)[(digits.y > 4).astype(int)])
        assert classifier.predict(digits.X[:1]).shape == (1, 2)

    def test_class_weights_are_by_column(self, digits):
        weights = {1: 3.0, 4: 0.0}
        classifier = train(digits.X, np.eye(10)[digits.y], class_weight=weights)
        assert_same_network(classifier, train(digits.X, digits.y, class_weight=weights))

    def test_going_on(self, digits):
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

    def test_scikit_learn_takes_them_for_labels_with_columns(self, digits):
        one_hot = np.eye(10, dtype=int)[digits.y]
        classifier = SimpleMLPClassifier(16, epochs=20, learning_rate=0.01, random_state=0)
        X = digits.X
        probabilities = cross_val_predict(classifier, X, one_hot, method="predict_proba")
        assert probabilities.shape == one_hot.shape
        assert (probabilities.argmax(axis=1) == digits.y).mean() > 0.6
        report = classification_report(
            one_hot, classifier.fit(X, one_hot).predict(X), output_dict=True
        )
        assert report["samples avg"]["recall"] > 0.9


class TestSparseRows:
    """What a sparse matrix holds is tested with the tables above; here, how it is taken."""

    def test_every_method_takes_them(self, reference, images, labels):
        X = images.reshape(N_ROWS, -1)
        sparse = scipy.sparse.csr_array(X)
        np.testing.assert_allclose(
            reference.predict_proba(sparse), reference.predict_proba(X), atol=1e-12
        )
        streamed, expected = (SimpleMLPClassifier(random_state=0) for _ in range(2))
        for part in (slice(0, 30), slice(30, None)):
            streamed.partial_fit(sparse[part], labels[part], classes=range(10))
            expected.partial_fit(X[part], labels[part], classes=range(10))
        assert_same_network(streamed, expected)

    def test_validation_data(self, digits):
        sparse = scipy.sparse.csr_array(digits.X)
        expected = train(digits.X, digits.y, X_val=digits.X, y_val=digits.y)
        for X, X_val in ((sparse, sparse), (sparse, digits.X), (digits.X, sparse)):
            trained = train(X, digits.y, X_val=X_val, y_val=digits.y)
            np.testing.assert_allclose(
                trained.history_["val_loss"], expected.history_["val_loss"], rtol=1e-6
            )
            assert trained.history_["loss"] == expected.history_["loss"]

    def test_early_stopping_sets_the_same_rows_aside(self, digits):
        parameters = {"early_stopping": True, "epochs": 3}
        trained = train(scipy.sparse.csr_array(digits.X), digits.y, **parameters)
        expected = train(digits.X, digits.y, **parameters)
        assert trained.validation_scores_ == expected.validation_scores_

    @pytest.mark.parametrize("batch_size", [1, 32])
    def test_rows_that_are_too_many_to_fill_in_at_once(self, digits, monkeypatch, batch_size):
        monkeypatch.setattr("skmnist.network.blocks._MAX_RESIDENT_BYTES", 1000)
        monkeypatch.setattr("skmnist.network.planning._BLOCK_VALUES", 784 * 100)
        X = digits.X.astype(np.float32)
        sparse = train(scipy.sparse.csr_array(X), digits.y, batch_size=batch_size, epochs=2)
        assert_same_network(sparse, train(X, digits.y, batch_size=batch_size, epochs=2))

    def test_rows_of_nothing(self, digits):
        X = digits.X.copy()
        X[::3] = 0
        assert_same_network(
            train(scipy.sparse.csr_array(X), digits.y), train(X.astype(np.float32), digits.y)
        )

    def test_nothing_is_written_to_what_was_handed_in(self, digits):
        sparse = unsorted(scipy.sparse.csr_array(digits.X.astype(np.float32)))
        given = sparse.copy()
        for array in (sparse.data, sparse.indices, sparse.indptr):
            array.flags.writeable = False
        classifier = train(sparse, digits.y, X_val=sparse, y_val=digits.y)
        classifier.predict(sparse)
        for name in ("data", "indices", "indptr"):
            np.testing.assert_array_equal(getattr(sparse, name), getattr(given, name))

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_values_that_are_no_numbers(self, digits, fitted, value):
        X = scipy.sparse.csr_array(digits.X.astype(np.float32))
        X.data[-1] = value
        with pytest.raises(ValueError, match="X contains"):
            SimpleMLPClassifier().fit(X, digits.y)
        with pytest.raises(ValueError, match="X contains"):
            fitted.predict(X)


class TestCallersArrays:
    @pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
    @pytest.mark.parametrize("as_images", [False, True], ids=["rows", "images"])
    def test_nothing_is_written_to_what_was_handed_in(self, digits, dtype, as_images):
        X = digits.images.astype(dtype)
        X = X if as_images else X.reshape(len(X), -1)
        weights = np.linspace(0, 2, len(X)).astype(float if dtype is np.uint8 else np.float32)
        class_weight = {0: 3.0, 7: 0.5}
        given = {
            "X": X,
            "y": digits.y.copy(),
            "sample_weight": weights,
            "X_val": X[:50].copy(),
            "y_val": digits.y[:50].copy(),
            "sample_weight_val": weights[:50].copy(),
        }
        before = {name: array.copy() for name, array in given.items()}
        classifier = SimpleMLPClassifier(epochs=2, class_weight=class_weight, dropout=0.2)
        classifier.fit(**given)
        classifier.partial_fit(X, given["y"], sample_weight=weights)
        classifier.predict(X)
        classifier.score(X, given["y"], sample_weight=weights)
        for name, array in given.items():
            np.testing.assert_array_equal(array, before[name], err_msg=name)
        assert class_weight == {0: 3.0, 7: 0.5}

    def test_a_classifier_does_not_depend_on_them_afterwards(self, digits):
        X, y = digits.X.copy(), digits.y.copy()
        classifier = train(X, y)
        expected = classifier.predict_proba(digits.X)
        X[:] = 0
        y[:] = 0
        np.testing.assert_array_equal(classifier.predict_proba(digits.X), expected)
        assert_same_network(classifier.fit(digits.X, digits.y), train(digits.X, digits.y))


class TestParameters:
    @pytest.mark.parametrize(
        "hidden_units", [np.int64(5), [5], (5,), np.array([5]), pd.Series([5]), range(5, 6)]
    )
    def test_one_hidden_layer(self, reference, images, labels, hidden_units):
        assert_same_network(train(images, labels, hidden_units=hidden_units), reference)

    @pytest.mark.parametrize("kind", [tuple, list, np.array])
    def test_several_hidden_layers(self, digits, kind):
        classifier = train(digits.X, digits.y, hidden_units=kind([6, 4]))
        assert [kernel.shape for kernel in classifier.coefs_] == [(784, 6), (6, 4), (4, 10)]
        assert [bias.shape for bias in classifier.intercepts_] == [(6,), (4,), (10,)]
        assert classifier.n_layers_ == 4

    @pytest.mark.parametrize("hidden_units", [(), [], np.array([], int)])
    def test_no_hidden_layer_is_softmax_regression(self, digits, hidden_units):
        classifier = train(
            digits.X, digits.y, hidden_units=hidden_units, epochs=20, learning_rate=0.01
        )
        assert [kernel.shape for kernel in classifier.coefs_] == [(784, 10)]
        logits = digits.X @ classifier.coefs_[0] + classifier.intercepts_[0]
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        np.testing.assert_allclose(
            classifier.predict_proba(digits.X),
            odds / odds.sum(axis=1, keepdims=True),
            rtol=1e-4,
            atol=1e-7,
        )
        assert classifier.score(digits.X, digits.y) > 0.95

    def test_an_optimizer_by_its_name_is_an_instance_with_the_learning_rate(self, digits):
        by_name = train(digits.X, digits.y, optimizer="sgd", learning_rate=0.25)
        instance = train(
            digits.X,
            digits.y,
            optimizer=keras.optimizers.SGD(0.25),
            learning_rate=100.0,  # of no matter to an instance
        )
        assert_same_network(by_name, instance)

    def test_the_learning_rate_counts(self, digits):
        slow, fast = (
            train(digits.X, digits.y, optimizer="sgd", learning_rate=rate).loss_curve_
            for rate in (1e-6, 0.1)
        )
        assert fast[-1] < slow[-1]

    def test_the_configuration_of_an_instance_counts(self, digits):
        losses = {
            momentum: train(
                digits.X, digits.y, optimizer=keras.optimizers.SGD(0.05, momentum=momentum)
            ).loss_curve_[-1]
            for momentum in (0.0, 0.9)
        }
        assert losses[0.9] < losses[0.0]

    @pytest.mark.parametrize("was_used", [False, True])
    def test_an_instance_is_never_changed(self, digits, was_used):
        optimizer = keras.optimizers.Adam(0.01, beta_1=0.8, clipnorm=1.0)
        if was_used:
            variable = keras.Variable(np.ones(3))
            optimizer.apply([np.ones(3)], [variable])
        config = optimizer.get_config()
        variables = [variable.numpy() for variable in optimizer.variables]
        first = train(digits.X, digits.y, optimizer=optimizer)
        second = train(digits.X, digits.y, optimizer=optimizer)
        first.partial_fit(digits.X, digits.y)
        second.model_.fit(digits.X[:32], digits.y[:32], verbose=0)
        assert optimizer.get_config() == config
        assert len(optimizer.variables) == len(variables)
        for now, before in zip(optimizer.variables, variables, strict=True):
            np.testing.assert_array_equal(now.numpy(), before)
        assert_same_network(second, train(digits.X, digits.y, optimizer=optimizer))

    def test_a_schedule_sets_the_learning_rate_of_each_step(self, digits):
        """With 10 batches an epoch, and a learning rate of zero from the 11th step on."""
        schedule = keras.optimizers.schedules.PiecewiseConstantDecay([9], [0.1, 0.0])

        def after(epochs):
            return train(
                digits.X, digits.y, optimizer=keras.optimizers.SGD(schedule), epochs=epochs
            )

        assert_same_network(after(1), after(3))
        constant = train(digits.X, digits.y, optimizer="sgd", learning_rate=0.1)
        assert_same_network(after(1), constant)

    def test_a_schedule_goes_on_with_the_training(self, digits):
        schedule = keras.optimizers.schedules.PiecewiseConstantDecay([9], [0.1, 0.0])
        classifier = SimpleMLPClassifier(optimizer=keras.optimizers.SGD(schedule), random_state=0)
        classifier.partial_fit(digits.X, digits.y, classes=range(10))
        first = [kernel.copy() for kernel in classifier.coefs_]
        classifier.partial_fit(digits.X, digits.y)
        for one, other in zip(first, classifier.coefs_, strict=True):
            np.testing.assert_array_equal(one, other)

    def test_an_activation_is_a_name_or_a_function(self, digits):
        by_name = train(digits.X, digits.y, activation="relu")
        assert_same_network(by_name, train(digits.X, digits.y, activation=keras.activations.relu))
        own = train(digits.X, digits.y, activation=lambda x: keras.ops.maximum(x, 0))
        np.testing.assert_allclose(own.loss_curve_, by_name.loss_curve_, rtol=1e-4)
        np.testing.assert_allclose(
            own.predict_proba(digits.X), by_name.predict_proba(digits.X), rtol=1e-3
        )

    @pytest.mark.parametrize(
        ("layer", "function"),
        [
            ("ReLU", "relu"),
            ("ELU", "elu"),
            ("Softmax", "softmax"),
            # The layer and the function of this name differ in their slopes.
            ("LeakyReLU", leaky_relu_of_the_layer),
        ],
    )
    def test_an_activation_is_a_name_of_a_layer(self, digits, layer, function):
        by_layer = train(digits.X, digits.y, hidden_units=(4, 3), activation=layer, dropout=0.1)
        by_function = train(
            digits.X, digits.y, hidden_units=(4, 3), activation=function, dropout=0.1
        )
        for ours, theirs in zip(by_layer.coefs_, by_function.coefs_, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(
            by_layer.predict_proba(digits.X),
            by_layer.model_.predict(digits.X, verbose=0),
            atol=1e-5,
        )
        assert [type(part).__name__ for part in by_layer.model_.layers].count(layer) == 2

    def test_a_batch_larger_than_the_data_is_one_batch(self, digits):
        one = train(digits.X, digits.y, batch_size=len(digits.X), learning_rate=0.01)
        larger = train(digits.X, digits.y, batch_size=10**12, learning_rate=0.01)
        np.testing.assert_allclose(one.loss_curve_, larger.loss_curve_, rtol=1e-5)
        np.testing.assert_allclose(one.coefs_[1], larger.coefs_[1], rtol=1e-4, atol=1e-6)
