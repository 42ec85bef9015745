"""What `to_onnx` writes, as ONNX Runtime reads it."""

import os
import sys
from typing import NamedTuple

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

import skmnist
from skmnist import SimpleMLPClassifier
from skmnist._pixels import scale_pixels
from skmnist.network.architecture import activation_names
from skmnist.persistence import to_onnx


class Predictions(NamedTuple):
    """The outputs of an ONNX file."""

    label: np.ndarray
    probabilities: np.ndarray


@pytest.fixture
def path(tmp_path):
    return tmp_path / "digits.onnx"


def predictions(path, X):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return Predictions(
        *session.run(["label", "probabilities"], {"X": np.asarray(X, dtype=np.float32)})
    )


def assert_predicts_as(estimator, path, X):
    to_onnx(estimator, path)
    label, probabilities = predictions(path, X)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities, estimator.predict_proba(X), rtol=0, atol=1e-6)
    np.testing.assert_array_equal(label, estimator.predict(X))


class TestNetworks:
    # Keras's sparsemax is refused, see below.
    @pytest.mark.parametrize("activation", sorted({*activation_names()} - {"sparsemax"}))
    def test_all_activations(self, activation, digits, path):
        classifier = SimpleMLPClassifier(8, activation=activation, epochs=1, random_state=0)
        classifier.fit(digits.X, digits.y)
        # A single pixel, from far below 0 to far above: all pieces of the piecewise ones.
        pixels = np.zeros((101, 784), dtype=np.float32)
        # exp(7) is 1,100, and float32 has seven digits.
        brightest = 15 if activation == "exponential" else 200
        pixels[:, 406] = np.linspace(-brightest, brightest, 101)
        first_sums = pixels @ classifier.coefs_[0] + classifier.intercepts_[0]
        assert activation == "exponential" or (first_sums.min() < -7 and first_sums.max() > 7)
        assert_predicts_as(classifier, path, np.concatenate([digits.X, pixels]))

    @pytest.mark.parametrize(
        "parameters",
        [{"hidden_units": ()}, {"hidden_units": (12, 8, 6)}, {"dropout": 0.5, "l2": 0.01}],
        ids=["no hidden layer", "three layers", "dropout and l2"],
    )
    def test_layers(self, parameters, digits, path):
        classifier = SimpleMLPClassifier(epochs=2, random_state=0, **parameters)
        assert_predicts_as(classifier.fit(digits.X, digits.y), path, digits.X)

    def test_keras_own_function_as_activation(self, digits, path):
        classifier = SimpleMLPClassifier(activation=keras.activations.tanh, epochs=1)
        assert_predicts_as(classifier.fit(digits.X, digits.y), path, digits.X)

    def test_raw_pixels(self, digits, path):
        pixels = digits.images.reshape(-1, 784)
        classifier = SimpleMLPClassifier(epochs=3, random_state=0).fit(pixels, digits.y)
        to_onnx(classifier, path)
        label, probabilities = predictions(path, pixels)
        np.testing.assert_allclose(probabilities, classifier.predict_proba(pixels), atol=1e-5)
        np.testing.assert_array_equal(label, classifier.predict(pixels))

    def test_images(self, fitted_to_images, digits, path):
        to_onnx(fitted_to_images, path)
        label, probabilities = predictions(path, digits.images)
        expected = fitted_to_images.predict_proba(digits.images)
        np.testing.assert_allclose(probabilities, expected, atol=1e-5)
        np.testing.assert_array_equal(label, fitted_to_images.predict(digits.images))

    @pytest.mark.parametrize("n_rows", [0, 1, 310])
    def test_any_number_of_rows(self, n_rows, fitted, digits, path):
        to_onnx(fitted, path)
        label, probabilities = predictions(path, digits.X[:n_rows])
        assert label.shape == (n_rows,)
        assert probabilities.shape == (n_rows, 10)
        np.testing.assert_array_equal(label, fitted.predict(digits.X)[:n_rows])


class TestLabels:
    @pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float64, "U1", object])
    def test_labels_of_their_own_type(self, dtype, digits, path):
        y = digits.y.astype(str).astype(object) if dtype is object else digits.y.astype(dtype)
        classifier = SimpleMLPClassifier(epochs=1, random_state=0).fit(digits.X, y)
        assert_predicts_as(classifier, path, digits.X)
        is_text = dtype in ("U1", object)
        assert predictions(path, digits.X).label.dtype == (object if is_text else dtype)

    def test_numbers_with_gaps(self, digits, path):
        y = 10 * digits.y - 3
        classifier = SimpleMLPClassifier(epochs=1, random_state=0).fit(digits.X, y)
        assert_predicts_as(classifier, path, digits.X)
        assert set(predictions(path, digits.X).label) <= set(y)

    def test_two_classes(self, digits, path):
        classifier = SimpleMLPClassifier(epochs=2, random_state=0).fit(digits.X, digits.y > 4)
        assert_predicts_as(classifier, path, digits.X)
        label, probabilities = predictions(path, digits.X)
        assert label.dtype == np.bool_
        assert probabilities.shape == (310, 2)

    def test_text_beyond_ascii(self, digits, path):
        y = np.array(["zéro", "一"])[digits.y % 2]
        classifier = SimpleMLPClassifier(epochs=1, random_state=0).fit(digits.X, y)
        assert_predicts_as(classifier, path, digits.X)

    def test_one_hot_labels_come_back_one_hot(self, digits, path):
        classifier = SimpleMLPClassifier(epochs=1, random_state=0)
        classifier.fit(digits.X, np.eye(10)[digits.y])
        assert_predicts_as(classifier, path, digits.X)
        assert predictions(path, digits.X).label.shape == (310, 10)


class TestPipelinesAndSearches:
    @pytest.mark.parametrize(
        "steps",
        [
            [MinMaxScaler()],
            [StandardScaler()],
            [MinMaxScaler(), PCA(20, random_state=0)],
            [make_pipeline(MinMaxScaler(), StandardScaler()), "passthrough"],
            [
                ColumnTransformer(
                    [
                        ("top", MinMaxScaler(), slice(392)),
                        ("rest", StandardScaler(), slice(392, 784)),
                    ]
                )
            ],
        ],
        ids=["minmax", "standard", "pca", "nested", "columns"],
    )
    def test_steps_before_the_network(self, steps, digits, path):
        pixels = digits.images.reshape(-1, 784).astype(np.float32)
        classifier = SimpleMLPClassifier(8, epochs=2, random_state=0)
        estimator = clone(make_pipeline(*steps, classifier)).fit(pixels, digits.y)
        assert_predicts_as(estimator, path, pixels)

    def test_images_through_a_step(self, digits, path):
        scaled = digits.X.reshape(-1, 28, 28)
        classifier = SimpleMLPClassifier(epochs=1, random_state=0)
        estimator = make_pipeline(FunctionTransformer(), classifier).fit(scaled, digits.y)
        assert_predicts_as(estimator, path, scaled)

    def test_the_pipeline_of_the_command_line(self, digits, path):
        classifier = SimpleMLPClassifier(epochs=1, random_state=0)
        estimator = make_pipeline(FunctionTransformer(scale_pixels), classifier)
        assert_predicts_as(estimator.fit(digits.images, digits.y), path, digits.images)

    def test_a_search_writes_its_best_estimator(self, digits, path):
        classifier = SimpleMLPClassifier(epochs=1, random_state=0)
        search = GridSearchCV(
            make_pipeline(MinMaxScaler(), classifier),
            {"simplemlpclassifier__hidden_units": [3, 9]},
            cv=2,
        ).fit(digits.X, digits.y)
        assert_predicts_as(search, path, digits.X)

    def test_a_search_in_a_pipeline(self, digits, path):
        search = GridSearchCV(
            SimpleMLPClassifier(epochs=1, random_state=0), {"hidden_units": [4]}, cv=2
        )
        estimator = make_pipeline(MinMaxScaler(), search).fit(digits.X, digits.y)
        assert_predicts_as(estimator, path, digits.X)

    def test_the_estimator_stays_as_it_is(self, digits, path):
        steps = [StandardScaler(), SimpleMLPClassifier(epochs=1, random_state=0)]
        estimator = make_pipeline(*steps).fit(digits.X, digits.y)
        before = estimator.predict_proba(digits.X)
        to_onnx(estimator, path)
        assert estimator.steps == make_pipeline(*steps).steps
        np.testing.assert_array_equal(estimator.predict_proba(digits.X), before)


class TestFiles:
    def test_inputs_and_outputs(self, fitted, path):
        to_onnx(fitted, os.fspath(path))
        session = onnxruntime.InferenceSession(path)
        tensors = [*session.get_inputs(), *session.get_outputs()]
        assert [(tensor.name, tensor.type, tensor.shape) for tensor in tensors] == [
            ("X", "tensor(float)", ["n_samples", 784]),
            ("label", "tensor(int64)", ["n_samples"]),
            ("probabilities", "tensor(float)", ["n_samples", 10]),
        ]

    def test_who_wrote_it_and_who_can_read_it(self, pipeline, path):
        to_onnx(pipeline, path)
        model = onnx.load(path)
        assert (model.producer_name, model.producer_version) == ("skmnist", skmnist.__version__)
        assert {opset.domain: opset.version for opset in model.opset_import}[""] == 17
        # The form of file that came with opset 17, which runtimes of 2022 read.
        assert model.ir_version == 8

    def test_it_runs_without_this_package(self, fitted, digits, path, tmp_path, run_python):
        to_onnx(fitted, path)
        np.save(tmp_path / "X.npy", digits.X)
        code = (
            "import json, sys, numpy, onnxruntime\n"
            "session = onnxruntime.InferenceSession(sys.argv[1])\n"
            "label, _ = session.run(None, {'X': numpy.load(sys.argv[2])})\n"
            "packages = {'skmnist', 'sklearn', 'keras', 'tensorflow', 'onnx'} & set(sys.modules)\n"
            "print(json.dumps([label.tolist(), sorted(packages)]))"
        )
        label, packages = run_python(code, path, tmp_path / "X.npy")
        assert label == fitted.predict(digits.X).tolist()
        assert packages == []

    def test_a_write_that_fails_leaves_the_old_file(self, fitted, path, monkeypatch):
        path.write_bytes(b"old")

        def fail(descriptor):
            raise OSError("No space left on device")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="No space left"):
            to_onnx(fitted, path)
        assert path.read_bytes() == b"old"
        assert list(path.parent.iterdir()) == [path]

    def test_an_export_that_fails_leaves_the_old_file(self, path):
        path.write_bytes(b"old")
        with pytest.raises(NotFittedError):
            to_onnx(SimpleMLPClassifier(), path)
        assert path.read_bytes() == b"old"

    def test_a_folder_that_is_missing(self, fitted, tmp_path):
        with pytest.raises(FileNotFoundError):
            to_onnx(fitted, tmp_path / "nowhere" / "digits.onnx")


class TestRefusals:
    @pytest.mark.parametrize(
        "estimator",
        [
            SimpleMLPClassifier(),
            make_pipeline(MinMaxScaler(), SimpleMLPClassifier()),
            GridSearchCV(SimpleMLPClassifier(), {"hidden_units": [3]}),
        ],
        ids=["classifier", "pipeline", "search"],
    )
    def test_not_fitted(self, estimator, path):
        with pytest.raises(NotFittedError):
            to_onnx(estimator, path)

    def test_a_step_that_is_not_fitted(self, fitted, path):
        with pytest.raises(NotFittedError, match="MinMaxScaler"):
            to_onnx(make_pipeline(MinMaxScaler(), fitted), path)

    def test_a_search_without_a_best_estimator(self, digits, path):
        search = GridSearchCV(
            SimpleMLPClassifier(epochs=1), {"hidden_units": [3]}, cv=2, refit=False
        ).fit(digits.X, digits.y)
        with pytest.raises(ValueError, match="refit=False"):
            to_onnx(search, path)

    @pytest.mark.parametrize(
        "estimator",
        [LogisticRegression(), make_pipeline(MinMaxScaler(), LogisticRegression()), "digits", None],
        ids=["another", "pipeline of another", "text", "None"],
    )
    def test_something_else(self, estimator, path):
        with pytest.raises(TypeError, match="SimpleMLPClassifier, a Pipeline that ends with one"):
            to_onnx(estimator, path)

    def test_a_training_that_diverged(self, digits, path):
        classifier = SimpleMLPClassifier(
            activation="linear", optimizer="sgd", learning_rate=1e30, epochs=1
        )
        with pytest.warns(match="diverged"):
            classifier.fit(digits.X, digits.y)
        with pytest.raises(ValueError, match="can't be exported: its training diverged"):
            to_onnx(classifier, path)

    @pytest.mark.parametrize(
        ("activation", "name"), [("sparsemax", "'sparsemax'"), (keras.ops.sin, "function sin")]
    )
    def test_activations(self, activation, name, digits, path):
        classifier = SimpleMLPClassifier(activation=activation, epochs=1, random_state=0)
        classifier.fit(digits.X, digits.y)
        with pytest.raises(ValueError, match=f"{name}.* can't be written .*: celu, elu"):
            to_onnx(classifier, path)

    def test_labels_of_more_than_64_bits(self, digits, path):
        y = digits.y.astype(np.longdouble)
        classifier = SimpleMLPClassifier(epochs=1).fit(digits.X, y)
        with pytest.raises(ValueError, match=f"dtype {y.dtype} can't be written"):
            to_onnx(classifier, path)

    def test_a_step_that_has_no_operators(self, digits, path):
        estimator = make_pipeline(
            MinMaxScaler(), FunctionTransformer(np.sqrt), SimpleMLPClassifier(epochs=1)
        ).fit(digits.X, digits.y)
        with pytest.raises(ValueError, match=r"step 'functiontransformer', FunctionTransformer\("):
            to_onnx(estimator, path)

    @pytest.mark.parametrize("package", ["onnx", "skl2onnx"])
    def test_packages_that_are_missing(self, package, fitted, path, monkeypatch):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(ImportError, match=r"pip install 'skmnist\[onnx\]'"):
            to_onnx(fitted, path)
