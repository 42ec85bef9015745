"""Files of `to_onnx`, and models that skl2onnx converts, run by ONNX Runtime."""

import os
import sys

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
import skl2onnx
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

from skmnist import SimpleMLPClassifier
from skmnist._pixels import scale_pixels
from skmnist.persistence import to_onnx
from tests.helpers import state_without_checksum
from tests.processes import run_python

# "glu" halves the units, "threshold" needs to be given one, and sparsemax is refused.
ACTIVATIONS = sorted(
    {name for name in dir(keras.activations) if not name.startswith("_")}
    - {"deserialize", "get", "glu", "serialize", "sparsemax", "threshold"}
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "digits.onnx"


def run(model, X):
    """Return the outputs that a file, or the content of one, computes."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    return session.run(None, {given.name: np.asarray(X, np.float32)})


def assert_predicts_as(estimator, path, X, atol=1e-6):
    to_onnx(estimator, path)
    label, probabilities = run(path, X)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(
        probabilities, estimator.predict_proba(X), rtol=0, atol=atol
    )
    np.testing.assert_array_equal(label, estimator.predict(X))
    return label


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations(fitted, digits, path, activation):
    """With the weights of one network: a fit for each would take longer."""
    state = state_without_checksum(fitted)
    architecture = {**state["_fitted"]["architecture"], "activation": activation}
    changed = {**state["_fitted"], "architecture": architecture}
    classifier = SimpleMLPClassifier()
    classifier.__setstate__({**state, "_fitted": changed})

    # A single pixel, from far below 0 to far above: all pieces of the piecewise ones.
    # But exp(7) is 1,100, and float32 has seven digits.
    brightest = 15 if activation == "exponential" else 200
    pixels = np.zeros((101, 784), dtype=np.float32)
    pixels[:, 406] = np.linspace(-brightest, brightest, 101)
    first_sums = pixels @ classifier.coefs_[0] + classifier.intercepts_[0]
    if activation != "exponential":
        assert first_sums.min() < -7
        assert first_sums.max() > 7

    assert_predicts_as(classifier, path, np.concatenate([digits.X, pixels]))


@pytest.mark.parametrize(
    "parameters",
    [
        {"hidden_units": ()},
        {"hidden_units": (12, 8, 6), "dropout": 0.5, "l2": 0.01},
        {"activation": keras.activations.tanh},
    ],
    ids=["no hidden layer", "three layers", "a function of Keras"],
)
def test_networks(parameters, digits, path):
    classifier = SimpleMLPClassifier(epochs=2, random_state=0, **parameters)
    assert_predicts_as(classifier.fit(digits.X, digits.y), path, digits.X)


def test_the_label_where_probabilities_are_equal(digits, path):
    """In float32; the logits differ."""

    def set_biases(logs=None):
        *others, bias = map(np.zeros_like, callback.model.get_weights())
        bias[7] = 1e-10
        callback.model.set_weights([*others, bias])

    callback = keras.callbacks.LambdaCallback(on_train_end=set_biases)
    classifier = SimpleMLPClassifier(epochs=1, callbacks=callback)
    label = assert_predicts_as(classifier.fit(digits.X, digits.y), path, digits.X)
    assert (label == 7).all()


def test_images_of_raw_pixels(fitted_to_images, digits, path):
    assert_predicts_as(fitted_to_images, path, digits.images, atol=1e-5)


@pytest.mark.parametrize(
    "change",
    [
        lambda y: (10 * y - 3).astype(np.int64),
        lambda y: y.astype(np.uint8),
        lambda y: y.astype(np.float64),
        lambda y: y > 4,
        lambda y: np.array(["zéro", "一"])[y % 2],
        lambda y: y.astype(str).astype(object),
        lambda y: np.eye(10)[y],
    ],
    ids=["gaps", "uint8", "floats", "truth values", "text", "objects", "one-hot"],
)
def test_labels_come_back_as_they_were(change, digits, path):
    y = change(digits.y)
    classifier = SimpleMLPClassifier(epochs=1, random_state=0).fit(digits.X, y)
    label = assert_predicts_as(classifier, path, digits.X)
    expected = classifier.predict(digits.X)
    assert label.dtype == (object if expected.dtype.kind == "U" else expected.dtype)


class TestPipelinesAndSearches:
    @pytest.mark.parametrize(
        "steps",
        [
            [make_pipeline(MinMaxScaler(), PCA(20, random_state=0)), "passthrough"],
            [
                ColumnTransformer(
                    [
                        ("top", MinMaxScaler(), slice(392)),
                        ("rest", StandardScaler(), slice(392, 784)),
                    ]
                )
            ],
        ],
        ids=["nested", "columns"],
    )
    def test_steps_before_the_network(self, steps, digits, path):
        pixels = digits.images.reshape(-1, 784).astype(np.float32)
        classifier = SimpleMLPClassifier(8, epochs=2, random_state=0)
        estimator = clone(make_pipeline(*steps, classifier)).fit(pixels, digits.y)
        before = estimator.predict_proba(pixels)
        assert_predicts_as(estimator, path, pixels)
        np.testing.assert_array_equal(estimator.predict_proba(pixels), before)

    @pytest.mark.parametrize("function", [None, scale_pixels])
    def test_images_through_a_step(self, function, digits, path):
        """The second as the command line scales them."""
        classifier = SimpleMLPClassifier(epochs=1, random_state=0)
        estimator = make_pipeline(FunctionTransformer(function), classifier)
        assert_predicts_as(
            estimator.fit(digits.images, digits.y), path, digits.images, atol=1e-5
        )

    @pytest.mark.parametrize("is_outside", [False, True])
    def test_a_search_inside_or_around_a_pipeline(self, is_outside, digits, path):
        classifier = SimpleMLPClassifier(epochs=1, random_state=0)
        if is_outside:
            grid = {"simplemlpclassifier__hidden_units": [3, 9]}
            estimator = GridSearchCV(
                make_pipeline(MinMaxScaler(), classifier), grid, cv=2
            )
        else:
            search = GridSearchCV(classifier, {"hidden_units": [4]}, cv=2)
            estimator = make_pipeline(MinMaxScaler(), search)
        assert_predicts_as(estimator.fit(digits.X, digits.y), path, digits.X)


class TestSkl2onnx:
    @pytest.mark.parametrize(
        "wrap",
        [
            lambda classifier: make_pipeline(
                MinMaxScaler(), PCA(20, random_state=0), classifier
            ),
            lambda classifier: GridSearchCV(classifier, {"hidden_units": [3]}, cv=2),
            lambda classifier: CalibratedClassifierCV(classifier, cv=2),
        ],
        ids=["pipeline", "search", "calibration"],
    )
    def test_converts_what_is_around_a_classifier(self, wrap, digits):
        estimator = wrap(SimpleMLPClassifier(8, epochs=1, random_state=0)).fit(
            digits.X, digits.y
        )
        model = skl2onnx.to_onnx(
            estimator, digits.X[:1], options={id(estimator): {"zipmap": False}}
        )
        label, probabilities = run(model.SerializeToString(), digits.X)
        np.testing.assert_allclose(
            probabilities, estimator.predict_proba(digits.X), atol=1e-5
        )
        np.testing.assert_array_equal(label, estimator.predict(digits.X))

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_probabilities_are_named_by_label(self, dtype, digits, names):
        """By default, as those of scikit-learn's classifiers."""
        classifier = SimpleMLPClassifier(8, epochs=1, random_state=0).fit(
            digits.X, names
        )
        model = skl2onnx.to_onnx(classifier, digits.X[:1].astype(dtype))
        session = onnxruntime.InferenceSession(model.SerializeToString())
        label, probabilities = session.run(None, {"X": digits.X[:2].astype(dtype)})
        assert label.tolist() == classifier.predict(digits.X[:2]).tolist()
        expected = classifier.predict_proba(digits.X[:2])
        for row, values in zip(probabilities, expected, strict=True):
            assert row == pytest.approx(
                dict(zip(classifier.classes_, values, strict=True))
            )


class TestFiles:
    def test_inputs_outputs_and_versions(self, fitted, path):
        to_onnx(fitted, os.fspath(path))
        session = onnxruntime.InferenceSession(path)
        tensors = [*session.get_inputs(), *session.get_outputs()]
        assert [(tensor.name, tensor.type, tensor.shape) for tensor in tensors] == [
            ("X", "tensor(float)", ["n_samples", 784]),
            ("label", "tensor(int64)", ["n_samples"]),
            ("probabilities", "tensor(float)", ["n_samples", 10]),
        ]
        model = onnx.load(path)
        assert {opset.domain: opset.version for opset in model.opset_import}[""] == 17
        # The form of file that came with opset 17, which runtimes of 2022 read.
        assert model.ir_version == 8

    def test_it_runs_without_this_package(self, fitted, digits, path, tmp_path):
        to_onnx(fitted, path)
        np.save(tmp_path / "X.npy", digits.X)
        code = (
            "import json, sys, numpy, onnxruntime\n"
            "session = onnxruntime.InferenceSession(sys.argv[1])\n"
            "X = numpy.load(sys.argv[2])\n"
            "run = lambda x: session.run(['label'], {'X': x})[0].tolist()\n"
            "labels = [run(x) for x in (X, X[:1], X[:0])]\n"
            "packages = {'skmnist', 'sklearn', 'keras', 'tensorflow', 'onnx'}\n"
            "packages &= set(sys.modules)\n"
            "print(json.dumps([*labels, sorted(packages)]))"
        )
        expected = fitted.predict(digits.X).tolist()
        outputs = run_python(code, path, tmp_path / "X.npy")
        assert outputs == [expected, expected[:1], [], []]

    def test_an_export_that_fails_leaves_the_old_file(self, path):
        path.write_bytes(b"old")
        with pytest.raises(NotFittedError):
            to_onnx(SimpleMLPClassifier(), path)
        assert path.read_bytes() == b"old"

    def test_a_folder_that_is_missing(self, fitted, tmp_path):
        with pytest.raises(FileNotFoundError):
            to_onnx(fitted, tmp_path / "nowhere" / "digits.onnx")


class TestRefusals:
    def test_not_fitted(self, fitted, path):
        with pytest.raises(NotFittedError, match="GridSearchCV"):
            to_onnx(GridSearchCV(SimpleMLPClassifier(), {"hidden_units": [3]}), path)
        with pytest.raises(NotFittedError, match="MinMaxScaler"):
            to_onnx(make_pipeline(MinMaxScaler(), fitted), path)

    @pytest.mark.parametrize(
        "estimator",
        [
            pytest.param(
                GridSearchCV(
                    SimpleMLPClassifier(epochs=1),
                    {"hidden_units": [3]},
                    cv=2,
                    refit=False,
                ),
                id="a search without a refit",
            ),
            pytest.param(
                make_pipeline(MinMaxScaler(), LogisticRegression()),
                id="another classifier",
            ),
        ],
    )
    def test_another_estimator(self, digits, path, estimator):
        fitted = clone(estimator).fit(digits.X, digits.y)
        with pytest.raises(
            TypeError, match="a Pipeline that ends with one, or a search for"
        ):
            to_onnx(fitted, path)

    def test_none(self, path):
        with pytest.raises(
            TypeError, match="a Pipeline that ends with one, or a search for"
        ):
            to_onnx(None, path)

    def test_a_fit_that_diverged(self, digits, path):
        classifier = SimpleMLPClassifier(
            activation="linear", optimizer="sgd", learning_rate=1e30, epochs=1
        )
        with pytest.warns(match="diverged"):
            classifier.fit(digits.X, digits.y)
        with pytest.raises(ValueError, match="can't be converted: training diverged"):
            to_onnx(classifier, path)

    @pytest.mark.parametrize(
        ("activation", "name"),
        [("sparsemax", "'sparsemax'"), (keras.ops.sin, "function sin")],
    )
    def test_activations(self, activation, name, digits, path):
        classifier = SimpleMLPClassifier(
            activation=activation, epochs=1, random_state=0
        )
        classifier.fit(digits.X, digits.y)
        with pytest.raises(
            ValueError, match=f"{name}.* can't be written .*: celu, elu"
        ):
            to_onnx(classifier, path)

    def test_labels_of_more_than_64_bits(self, digits, path):
        y = digits.y.astype(np.longdouble)
        classifier = SimpleMLPClassifier(epochs=1).fit(digits.X, y)
        with pytest.raises(ValueError, match=f"dtype {y.dtype} can't be written"):
            to_onnx(classifier, path)

    @pytest.mark.parametrize(
        ("step", "message"),
        [
            (
                FunctionTransformer(np.sqrt),
                r"the step FunctionTransformer\(.* Python function",
            ),
            (
                KMeans(3, n_init=1, random_state=0),
                "the step before the network has more than one",
            ),
        ],
        ids=["function", "two outputs"],
    )
    def test_steps(self, step, message, digits, path):
        estimator = make_pipeline(step, SimpleMLPClassifier(epochs=1)).fit(
            digits.X, digits.y
        )
        with pytest.raises(
            ValueError, match=f"This Pipeline can't be converted: {message}"
        ):
            to_onnx(estimator, path)

    @pytest.mark.parametrize("package", ["onnx", "skl2onnx"])
    def test_packages_that_are_missing(self, package, fitted, path, monkeypatch):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(ImportError, match=r"pip install 'skmnist\[onnx\]'"):
            to_onnx(fitted, path)
