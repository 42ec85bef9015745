"""What may be handed in as samples: every kind of array, of table and of sparse matrix."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skmnist import SimpleMLPClassifier
from tests.helpers import assert_same_network, train

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


@pytest.fixture(scope="module")
def images(digits):
    return digits.images[:N_ROWS]


@pytest.fixture(scope="module")
def labels(digits):
    return digits.y[:N_ROWS]


@pytest.fixture(scope="module")
def reference(images, labels):
    """The classifier that each of the others should equal."""
    return train(images.reshape(N_ROWS, -1), labels)


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

    def test_a_new_fit_forgets_the_names_of_the_last(self, digits):
        frame = pd.DataFrame(digits.X, columns=[f"pixel {i}" for i in range(784)])
        classifier = SimpleMLPClassifier(epochs=1).fit(frame, digits.y)
        assert classifier.feature_names_in_[3] == "pixel 3"
        classifier.fit(digits.X, digits.y)
        assert not hasattr(classifier, "feature_names_in_")

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
