"""`to_html`: the text of the page, and what is refused.

test_draw_page.py opens pages in a browser.
"""

import base64
import html.parser
import json
import pickle
import re

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    StandardScaler,
)

from skmnist import SimpleMLPClassifier
from skmnist._pixels import scale_pixels
from skmnist.persistence import to_html
from tests.helpers import network
from tests.processes import run_python


def written(page):
    """The networks that a page holds."""
    (text,) = re.findall(
        r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL
    )
    return json.loads(text)


def layers(page):
    """The kernels and biases of the only network of a page."""
    (packed,) = written(page)
    found = []
    for layer in packed["layers"]:
        bias = np.frombuffer(base64.b64decode(layer["bias"]), "<f4")
        kernel = np.frombuffer(base64.b64decode(layer["kernel"]), "<f4")
        found.append((kernel.reshape(-1, len(bias)), bias))
    return found


def test_the_page_holds_the_weights_as_they_are(fitted):
    (packed,) = written(to_html(fitted))
    for (kernel, bias), expected_kernel, expected_bias in zip(
        layers(to_html(fitted)), fitted.coefs_, fitted.intercepts_, strict=True
    ):
        np.testing.assert_array_equal(kernel, expected_kernel)
        np.testing.assert_array_equal(bias, expected_bias)
    assert packed["labels"] == [str(digit) for digit in range(10)]
    assert packed["activation"] == "sigmoid"
    assert packed["side"] == 28


def test_a_file_is_written_or_the_text_returned(fitted, tmp_path):
    path = tmp_path / "me.html"
    assert to_html(fitted, path) is None
    assert path.read_text(encoding="utf-8") == to_html(fitted)


def test_a_file_that_cannot_be_written(fitted, tmp_path):
    with pytest.raises(FileNotFoundError):
        to_html(fitted, tmp_path / "missing" / "me.html")


def test_the_page_refers_to_nothing_else(fitted):
    found = []

    class Reader(html.parser.HTMLParser):
        def handle_starttag(self, tag, attributes):
            found.extend(value for name, value in attributes if name in ("src", "href"))

    Reader().feed(to_html(fitted))
    assert found == ["data:,"]
    assert "default-src 'none'" in to_html(fitted)


def test_labels_are_no_tags(digits):
    labels = np.array(["</script><script>alert(1)</script>", "<!--", "{{style}}"])[
        digits.y % 3
    ]
    page = to_html(network(epochs=1).fit(digits.X, labels))
    (packed,) = written(page)
    assert packed["labels"] == sorted(set(labels))
    assert "alert(1)</script>" not in page
    assert "<!--" not in page


def test_images_and_searches(fitted_to_images, digits):
    assert written(to_html(fitted_to_images))[0]["side"] == 28
    search = GridSearchCV(network(epochs=1), {"hidden_units": [3]}, cv=2)
    assert len(layers(to_html(search.fit(digits.X, digits.y)))[0][1]) == 3


def same_in_levels(estimator, pixel_max):
    """Check the first layer on levels from 0 to 1 against the estimator on pixels."""
    page = to_html(estimator)
    assert written(page)[0]["pixelMax"] == str(pixel_max)
    kernel, bias = layers(page)[0]
    levels = np.random.default_rng(0).uniform(size=(5, len(kernel))).round(2)
    classifier = estimator[-1]
    rows = estimator[:-1].transform(pixel_max * levels)
    expected = rows @ classifier.coefs_[0] + classifier.intercepts_[0]
    np.testing.assert_allclose(levels @ kernel + bias, expected, rtol=1e-4, atol=1e-3)


STEPS = {
    "MinMaxScaler": [MinMaxScaler()],
    "MaxAbsScaler": [MaxAbsScaler()],
    "StandardScaler": [StandardScaler()],
    "StandardScaler without mean": [StandardScaler(with_mean=False)],
    "StandardScaler of the mean": [StandardScaler(with_std=False)],
    "after nothing": [FunctionTransformer(), "passthrough", MinMaxScaler()],
    "two scalers": [MinMaxScaler(), StandardScaler(with_std=False)],
    "a Pipeline": [Pipeline([("one", MinMaxScaler()), ("other", StandardScaler())])],
}


@pytest.mark.parametrize("pixel_max", [1, 16, 255, 65535])
@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_scalers_show_the_range_of_the_pixels(digits, steps, pixel_max):
    X = pixel_max * digits.X
    estimator = make_pipeline(*steps, network(epochs=1)).fit(X, digits.y)
    same_in_levels(estimator, pixel_max)


@pytest.mark.parametrize("highest", [15, 255, 4095])
def test_the_scaling_of_the_command_line(digits, highest):
    scaler = FunctionTransformer(scale_pixels, kw_args={"highest": highest})
    estimator = make_pipeline(scaler, network(epochs=1)).fit(
        highest * digits.X, digits.y
    )
    same_in_levels(estimator, highest)


def test_the_range_can_be_given(digits):
    classifier = network(epochs=1).fit(255 * digits.X, digits.y)
    kernel, _ = layers(to_html(classifier, pixel_max=255))[0]
    np.testing.assert_allclose(kernel, 255 * classifier.coefs_[0], rtol=1e-6)


def double(X):
    return 2 * X


class OwnScaler(MinMaxScaler):
    def transform(self, X):
        return super().transform(X) ** 2


REFUSED_STEPS = {
    "PCA": (PCA(64), "PCA"),
    "Normalizer": (Normalizer(), "Normalizer"),
    "function": (FunctionTransformer(double), "double"),
    "clip": (MinMaxScaler(clip=True), "clip=True"),
    "subclass": (OwnScaler(), "OwnScaler"),
}


@pytest.mark.parametrize(("step", "name"), REFUSED_STEPS.values(), ids=REFUSED_STEPS)
def test_steps_that_the_page_cannot_compute(digits, step, name):
    estimator = make_pipeline(step, network(epochs=1)).fit(digits.X, digits.y)
    with pytest.raises(ValueError, match=f"can't compute the step .*{name}"):
        to_html(estimator)


def own_activation(x):
    return x / 2


def test_activations_that_the_page_cannot_compute(digits):
    classifier = network(epochs=1, activation=own_activation).fit(digits.X, digits.y)
    with pytest.raises(
        ValueError, match="can't compute the activation <function own_activation"
    ):
        to_html(classifier)


def test_functions_of_keras_are_known_by_name(digits):
    import keras

    classifier = network(epochs=1, activation=keras.activations.gelu).fit(
        digits.X, digits.y
    )
    assert written(to_html(classifier))[0]["activation"] == "gelu"


REFUSED_SHAPES = {
    "rows": ((40, 30), "30 features are not the pixels of a square"),
    "images": ((40, 5, 6), "these were 5 × 6"),
}


@pytest.mark.parametrize(
    ("shape", "message"), REFUSED_SHAPES.values(), ids=REFUSED_SHAPES
)
def test_samples_that_are_not_square_images(shape, message):
    X = np.random.default_rng(0).uniform(size=shape)
    classifier = network(epochs=1).fit(X, np.arange(40) % 2)
    with pytest.raises(ValueError, match=message):
        to_html(classifier)


NOT_FITTED = {
    "classifier": SimpleMLPClassifier(),
    "Pipeline": make_pipeline(MinMaxScaler(), SimpleMLPClassifier()),
}


@pytest.mark.parametrize("estimator", NOT_FITTED.values(), ids=NOT_FITTED)
def test_estimators_that_are_not_fitted(estimator):
    with pytest.raises(NotFittedError):
        to_html(estimator)


def test_other_estimators(digits):
    with pytest.raises(
        TypeError, match=r"to_html shows a SimpleMLPClassifier.*got StandardScaler"
    ):
        to_html(StandardScaler().fit(digits.X))
    calibrated = CalibratedClassifierCV(network(epochs=1), cv=2).fit(digits.X, digits.y)
    with pytest.raises(TypeError, match="got CalibratedClassifierCV"):
        to_html(calibrated)


def test_a_fit_that_diverged(digits):
    classifier = network(epochs=2, learning_rate=1e30, activation="linear")
    with pytest.warns(UserWarning, match="diverged"):
        classifier.fit(1e4 * digits.X, digits.y)
    with pytest.raises(
        ValueError, match="Training diverged, so there is no network to show"
    ):
        to_html(classifier)


PIXEL_MAXIMA = {
    "text": ("255", TypeError),
    "truth value": (True, TypeError),
    "zero": (0, ValueError),
    "negative": (-1.0, ValueError),
    "nan": (float("nan"), ValueError),
    "infinite": (float("inf"), ValueError),
}


@pytest.mark.parametrize(
    ("pixel_max", "error"), PIXEL_MAXIMA.values(), ids=PIXEL_MAXIMA
)
def test_wrong_values_of_full_ink(fitted, pixel_max, error):
    with pytest.raises(error, match=re.escape(f"got {pixel_max!r}")):
        to_html(fitted, pixel_max=pixel_max)


TO_HTML = """
import json, pickle, sys
from pathlib import Path
from skmnist.persistence import to_html

to_html(pickle.loads(Path(sys.argv[1]).read_bytes()))
print(json.dumps(sorted({"keras", "scikeras", "tensorflow"} & sys.modules.keys())))
"""


def test_tensorflow_is_not_imported(fitted, tmp_path):
    path = tmp_path / "network.pkl"
    path.write_bytes(pickle.dumps(fitted))
    assert run_python(TO_HTML, path) == []
