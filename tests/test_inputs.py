"""What may be given as samples: kinds of arrays, of tables and of sparse matrices."""

import math
from collections import UserList, deque

import keras
import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skmnist import SimpleMLPClassifier
from tests.helpers import assert_same_network, needs_polars, train

N_ROWS = 70


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


# Ways to hold the same whole numbers from 0 to 255, in two or in three dimensions.
ARRAYS = {
    "int64": lambda X: X.astype(np.int64),
    "float16": lambda X: X.astype(np.float16),
    "big-endian float64": lambda X: X.astype(">f8"),
    "objects": lambda X: X.astype(object),
    "Fortran order": np.asfortranarray,
    "every other column of an array": lambda X: np.repeat(X, 2, axis=-1)[..., 1::2],
    "not aligned": lambda X: not_aligned(X.astype(np.float32)),
    "list of floats": lambda X: X.astype(float).tolist(),
}
TABLES = {
    "data frame of several dtypes": lambda X: pd.DataFrame(X).astype(
        {0: float, 1: "int16"}
    ),
    "data frame of nullable integers": lambda X: pd.DataFrame(X).astype("Int64"),
    "polars data frame": pl.DataFrame,
    "CSR array of float64, out of order": lambda X: unsorted(
        scipy.sparse.csr_array(X * 1.0)
    ),
    "COO matrix": scipy.sparse.coo_matrix,
}


@pytest.fixture(scope="module")
def images(digits):
    """Digits of which every third is empty."""
    images = digits.images[:N_ROWS].copy()
    images[::3] = 0
    return images


@pytest.fixture(scope="module")
def rows(images):
    return images.reshape(N_ROWS, -1)


@pytest.fixture(scope="module")
def labels(digits):
    return digits.y[:N_ROWS]


@pytest.fixture(scope="module")
def reference(rows, labels):
    """The classifier that each of the others should equal."""
    return train(rows, labels)


class TestKinds:
    @pytest.mark.parametrize("kind", ARRAYS)
    @pytest.mark.parametrize("form", ["images", "rows"])
    def test_the_kind_of_array_does_not_matter(
        self, request, reference, rows, labels, kind, form
    ):
        converted = ARRAYS[kind](request.getfixturevalue(form))
        assert_same_network(train(converted, labels), reference)
        np.testing.assert_array_equal(
            reference.predict_proba(converted), reference.predict_proba(rows)
        )

    @pytest.mark.parametrize("kind", TABLES)
    def test_the_kind_of_table_does_not_matter(self, reference, rows, labels, kind):
        table = TABLES[kind](rows)
        classifier = train(table, labels)
        assert_same_network(classifier, reference)
        np.testing.assert_array_equal(
            classifier.predict_proba(table), reference.predict_proba(rows)
        )

    def test_a_file_that_is_mapped_into_memory(
        self, reference, images, labels, tmp_path
    ):
        np.save(tmp_path / "images.npy", images)
        mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
        assert_same_network(train(mapped, labels), reference)
        np.testing.assert_array_equal(
            reference.predict_proba(mapped), reference.predict_proba(images)
        )

    def test_truth_values_are_0_and_1(self, rows, labels):
        ink = rows > 127
        classifier = train(ink, labels)
        assert_same_network(classifier, train(ink.astype(np.uint8), labels))
        np.testing.assert_array_equal(
            classifier.predict_proba(ink), classifier.predict_proba(ink.astype(float))
        )

    @pytest.mark.parametrize(
        "kind", [pd.DataFrame, pytest.param(pl.DataFrame, marks=needs_polars)]
    )
    def test_names_of_columns_are_kept_until_the_next_fit(self, rows, labels, kind):
        names = [f"pixel{number}" for number in range(784)]
        table = kind(dict(zip(names, rows.T, strict=True)))
        classifier = train(table, labels)
        assert classifier.feature_names_in_.tolist() == names
        with pytest.raises(ValueError, match="feature names should match"):
            classifier.predict(table[["pixel1", "pixel0", *names[2:]]])
        classifier.fit(rows, labels)
        assert not hasattr(classifier, "feature_names_in_")

    def test_images_have_as_many_features_as_pixels(self, fitted_to_images, digits):
        assert fitted_to_images.n_features_in_ == 784
        assert fitted_to_images.model_.input_shape == (None, 28, 28)
        np.testing.assert_array_equal(
            fitted_to_images.predict_proba(digits.images.reshape(-1, 784)),
            fitted_to_images.predict_proba(digits.images),
        )

    @pytest.mark.parametrize(
        ("name", "form"), [("fitted", "X"), ("fitted_to_images", "images")]
    )
    def test_one_row_gives_one_row(self, request, digits, name, form):
        classifier, X = request.getfixturevalue(name), getattr(digits, form)
        probabilities = classifier.predict_proba(X[:1])
        assert probabilities.shape == (1, 10)
        assert classifier.predict_log_proba(X[:1]).shape == (1, 10)
        assert classifier.predict(X[:1]).shape == (1,)
        np.testing.assert_allclose(
            probabilities, classifier.predict_proba(X)[:1], rtol=1e-5
        )


# Every size of input is another network, which takes half a second to set up: these
# keep to one.
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
    elements = {
        "b": st.booleans(),
        "u": st.integers(0, 100),
        "i": st.integers(-100, 100),
    }.get(dtype.kind, st.floats(-100, 100, width=16, allow_subnormal=False))
    images = draw(hnp.arrays(dtype, (n_rows, *SHAPE), elements=elements))
    return np.asfortranarray(images) if draw(st.booleans()) else images


class TestAnyImages:
    @given(
        images=small_images(),
        batch_size=st.integers(1, 50),
        seed=st.integers(0, 2**32 - 1),
    )
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
        np.testing.assert_array_equal(
            from_images.predict(images), probabilities.argmax(axis=1)
        )

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
        """Also a short last batch, of which no row may be left out or added."""
        generator = np.random.default_rng(seed)
        X = generator.normal(size=(n_rows, *SHAPE))
        y = generator.permutation(n_rows) % 2
        weights = generator.uniform(0.1, 5, n_rows) if is_weighted else None
        epoch, batches = epoch_and_batches(X, y, weights, batch_size, batch_size, seed)
        assert_same_network(epoch, batches, atol=1e-5)


def epoch_and_batches(X, y, weights, batch_size, block_size, seed=0):
    """The same rows at once, and block by block."""
    epoch, blocks = (
        SimpleMLPClassifier(
            3,
            optimizer="sgd",
            learning_rate=0.5,
            batch_size=batch_size,
            shuffle=False,
            epochs=1,
            random_state=seed,
        )
        for _ in range(2)
    )
    epoch.fit(X, y, sample_weight=weights)
    for start in range(0, X.shape[0], block_size):
        block = slice(start, start + block_size)
        blocks.partial_fit(
            X[block], y[block], [0, 1], None if weights is None else weights[block]
        )
    return epoch, blocks


@pytest.mark.slow
@pytest.mark.parametrize("is_sparse", [False, True])
@pytest.mark.usefixtures("both_ways")
def test_data_too_large_to_be_copied_train_as_their_blocks(is_sparse):
    """0.5 GiB of rows and more, of which a fit copies a few at a time."""
    n_rows = 175_000
    generator = np.random.default_rng(0)
    if is_sparse:
        X = scipy.sparse.random(n_rows, 784, 0.01, "csr", random_state=generator)
        X = X.astype(np.float32)
    else:
        X = np.tile(generator.random((n_rows, 16), np.float32), 49)
    y = generator.integers(0, 2, n_rows)
    weights = generator.uniform(0.1, 2, n_rows)
    epoch, blocks = epoch_and_batches(X, y, weights, 500, 25_000)
    assert_same_network(epoch, blocks, atol=1e-4)


class TestSparseRows:
    """Which methods take a sparse matrix; the tables above test its contents."""

    def test_partial_fit(self, rows, labels):
        streamed, expected = (SimpleMLPClassifier(random_state=0) for _ in range(2))
        for part in (slice(0, 30), slice(30, None)):
            streamed.partial_fit(
                scipy.sparse.csr_array(rows[part]), labels[part], range(10)
            )
            expected.partial_fit(rows[part], labels[part], range(10))
        assert_same_network(streamed, expected)

    @pytest.mark.parametrize("is_X_sparse", [False, True], ids=["dense", "sparse"])
    def test_validation_data(self, digits, is_X_sparse):
        sparse = scipy.sparse.csr_array(digits.X)
        expected = train(digits.X, digits.y, X_val=digits.X, y_val=digits.y)
        X = sparse if is_X_sparse else digits.X
        trained = train(X, digits.y, X_val=sparse, y_val=digits.y)
        np.testing.assert_allclose(
            trained.history_["val_loss"], expected.history_["val_loss"], rtol=1e-6
        )
        assert trained.history_["loss"] == expected.history_["loss"]

    def test_early_stopping_sets_the_same_rows_aside(self, digits):
        parameters = {"early_stopping": True, "epochs": 3}
        trained = train(scipy.sparse.csr_array(digits.X), digits.y, **parameters)
        expected = train(digits.X, digits.y, **parameters)
        assert trained.validation_scores_ == expected.validation_scores_


class TestCallersArrays:
    @pytest.mark.parametrize("kind", ["uint8 rows", "float32 images", "sparse"])
    def test_nothing_is_written_to_what_was_given(self, digits, kind):
        X = digits.images.astype(np.float32)
        if kind != "float32 images":
            X = digits.images.reshape(len(X), -1).copy()
        if kind == "sparse":
            X = unsorted(scipy.sparse.csr_array(X.astype(np.float32)))
        weights = np.linspace(0, 2, len(digits.y)).astype(
            X.dtype if kind == "sparse" else float
        )
        class_weight = {0: 3.0, 7: 0.5}
        given = {
            "X": X,
            "y": digits.y.copy(),
            "sample_weight": weights,
            "X_val": X.copy(),
            "y_val": digits.y.copy(),
            "sample_weight_val": weights.copy(),
        }
        arrays = [value for value in given.values() if isinstance(value, np.ndarray)]
        if kind == "sparse":
            arrays += [X.data, X.indices, X.indptr]
        before = [array.copy() for array in arrays]
        classifier = SimpleMLPClassifier(
            epochs=2, class_weight=class_weight, dropout=0.2
        )
        classifier.fit(**given)
        classifier.partial_fit(X, given["y"], sample_weight=weights)
        classifier.predict(X)
        classifier.score(X, given["y"], sample_weight=weights)
        for array, copy in zip(arrays, before, strict=True):
            np.testing.assert_array_equal(array, copy)
        assert class_weight == {0: 3.0, 7: 0.5}

    def test_a_classifier_does_not_depend_on_them_afterwards(self, digits):
        X, y = digits.X.copy(), digits.y.copy()
        classifier = train(X, y)
        expected = classifier.predict_proba(digits.X)
        X[:] = 0
        y[:] = 0
        np.testing.assert_array_equal(classifier.predict_proba(digits.X), expected)
        assert_same_network(
            classifier.fit(digits.X, digits.y), train(digits.X, digits.y)
        )


class Lazy:
    """A user's own sequence."""

    def __init__(self, array):
        self._array = array

    def __len__(self):
        return len(self._array)

    def __getitem__(self, index):
        return self._array[index]


class Convertible(Lazy):
    """Has `__array__` and no shape, as some tensors of other libraries."""

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self._array, dtype)


SEQUENCES = {
    "list": list,
    "deque": deque,
    "user's list": lambda array: UserList(list(array)),
    "own sequence": Lazy,
    "convertible": Convertible,
}


@pytest.mark.parametrize("kind", SEQUENCES)
@pytest.mark.parametrize("what", ["rows", "images"])
def test_sequences_of_rows_and_of_images(digits, kind, what):
    data = digits.X if what == "rows" else digits.images
    expected = SimpleMLPClassifier(4, epochs=1, random_state=0).fit(data, digits.y)
    classifier = SimpleMLPClassifier(4, epochs=1, random_state=0)
    classifier.fit(SEQUENCES[kind](data), digits.y)
    assert_same_network(classifier, expected)
    assert classifier.image_shape_ == expected.image_shape_
    np.testing.assert_array_equal(
        classifier.predict(SEQUENCES[kind](data)), expected.predict(data)
    )


@pytest.mark.usefixtures("both_ways")
def test_an_activation_that_uses_its_width(digits):
    def scaled(x):
        return keras.ops.tanh(x) / math.sqrt(x.shape[-1])

    scaled_by_8 = SimpleMLPClassifier(8, activation=scaled, random_state=0)
    by_hand = SimpleMLPClassifier(
        8, activation=lambda x: keras.ops.tanh(x) / math.sqrt(8), random_state=0
    )
    assert_same_network(
        scaled_by_8.fit(digits.X, digits.y), by_hand.fit(digits.X, digits.y), atol=1e-6
    )
