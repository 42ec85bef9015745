"""HiddenUnitsDisplay: what it draws of a network, and what it refuses."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler

from skmnist import HiddenUnitsDisplay, SimpleMLPClassifier
from skmnist._pixels import scale_pixels
from tests.figures import captions, faults, pixels

pytestmark = pytest.mark.usefixtures("closed_figures")


class Network(ClassifierMixin, BaseEstimator):
    """A network with weights drawn at random."""

    def __init__(self, hidden_units=3):
        self.hidden_units = hidden_units

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.n_features_in_ = np.shape(X)[1]
        rng = np.random.default_rng(0)
        hidden = np.atleast_1d(self.hidden_units).astype(int).tolist()
        widths = [self.n_features_in_, *hidden, len(self.classes_)]
        self.coefs_ = [
            rng.normal(size=(a, b)).astype(np.float32) for a, b in pairwise(widths)
        ]
        return self

    def score(self, X, y):
        return float(np.sum(self.hidden_units))


X, Y = load_digits(return_X_y=True)
X, Y = X[:60], Y[:60]


def bars(display):
    """The heights of the bars, in parts of the highest."""
    ends = np.array([segment[:, 1] for segment in display.bars_.get_segments()])
    # y grows downwards.
    heights = (ends[:, 0] - ends[:, 1]).reshape(len(display.weights), -1)
    return heights / np.abs(heights).max()


def relative(weights):
    centred = weights - weights.mean(axis=1, keepdims=True)
    return centred / np.abs(centred).max()


def test_drawing_leaves_the_network_as_it_was():
    network = Network(3).fit(X, Y)
    before = [kernel.copy() for kernel in network.coefs_]
    HiddenUnitsDisplay.from_estimator(network, X=X)
    for kernel, copy in zip(network.coefs_, before, strict=True):
        np.testing.assert_array_equal(kernel, copy)


def test_the_weights_and_output_weights_of_each_unit():
    network = Network(3).fit(X, Y)
    display = HiddenUnitsDisplay.from_estimator(network)
    first, last = network.coefs_
    np.testing.assert_array_equal(pixels(display).reshape(3, 64), first.T)
    np.testing.assert_allclose(bars(display), relative(last), rtol=1e-4)
    assert captions(display) == [f"unit {i}: for {last[i].argmax()}" for i in range(3)]
    assert display.colorbar_.ax.get_xlabel() == "weight of a pixel"


def test_weights_times_the_spread_of_each_pixel():
    network = Network(3).fit(X, Y)
    display = HiddenUnitsDisplay.from_estimator(network, X=X)
    expected = network.coefs_[0].T * X.std(axis=0)
    np.testing.assert_allclose(pixels(display).reshape(3, 64), expected, rtol=1e-5)
    assert (
        display.colorbar_.ax.get_xlabel()
        == "weight of a pixel × its standard deviation"
    )

    pipeline = make_pipeline(MinMaxScaler(), Network(3)).fit(X, Y)
    display = HiddenUnitsDisplay.from_estimator(pipeline, X=X.astype(np.uint8))
    expected = network.coefs_[0].T * MinMaxScaler().fit_transform(X).std(axis=0)
    np.testing.assert_allclose(pixels(display).reshape(3, 64), expected, rtol=1e-5)


def test_the_network_is_found_inside():
    search = GridSearchCV(Network(), {"hidden_units": [2, 3]}, cv=2)
    estimator = make_pipeline(MinMaxScaler(), search).fit(X, Y)
    display = HiddenUnitsDisplay.from_estimator(estimator)
    expected = Network(3).fit(X, Y).coefs_[0].T.reshape(3, 8, 8)
    np.testing.assert_array_equal(pixels(display), expected)
    assert display.colorbar_.ax.get_xlabel() == "weight of a pixel\nafter MinMaxScaler"


def test_the_command_line_s_own_scaler_is_not_named_by_its_class():
    estimator = make_pipeline(FunctionTransformer(scale_pixels), Network(3)).fit(X, Y)
    display = HiddenUnitsDisplay.from_estimator(estimator)
    assert display.colorbar_.ax.get_xlabel() == "weight of a pixel\nafter scaling"


def test_softmax_regression_has_an_image_of_each_class():
    network = Network(()).fit(X, Y)
    display = HiddenUnitsDisplay.from_estimator(network, n=2)
    assert captions(display) == list("0123456789")
    np.testing.assert_array_equal(pixels(display)[7].ravel(), network.coefs_[0][:, 7])
    assert display.bars_ is None


def test_of_several_layers_the_first_is_shown_with_its_ways_to_the_classes():
    network = Network((3, 4, 6)).fit(X, Y)
    display = HiddenUnitsDisplay.from_estimator(network)
    first, second, third, last = network.coefs_
    np.testing.assert_array_equal(pixels(display)[2].ravel(), first[:, 2])
    np.testing.assert_allclose(
        bars(display), relative(second @ third @ last), atol=1e-4
    )


def test_of_many_units_those_with_the_most_weight_are_shown():
    network = Network(50).fit(X, Y)
    first, last = network.coefs_
    first[:, [7, 30]] *= 10
    last[41] *= 20
    first[:, 12] *= 100
    last[12] = 3  # the same for all classes, which the softmax does not see
    display = HiddenUnitsDisplay.from_estimator(network, n=3)
    assert display.indices.tolist() == [7, 30, 41]
    assert [caption.split(":")[0] for caption in captions(display)] == [
        f"unit {i}" for i in (7, 30, 41)
    ]
    assert "3 of 50 units" in display.colorbar_.ax.get_xlabel()


def test_the_shape_of_the_images(digits):
    images = np.repeat(digits.images[:64], 2, axis=2)
    network = SimpleMLPClassifier(2, epochs=1, random_state=0).fit(
        images, digits.y[:64]
    )
    assert pixels(HiddenUnitsDisplay.from_estimator(network)).shape == (2, 28, 56)
    network = Network(2).fit(X[:, :48], Y)
    display = HiddenUnitsDisplay.from_estimator(network, X=X[:, :48].reshape(-1, 6, 8))
    assert pixels(display).shape == (2, 6, 8)
    display = HiddenUnitsDisplay.from_estimator(network, image_shape=(8, 6))
    assert pixels(display).shape == (2, 8, 6)


@pytest.mark.parametrize(
    "classes",
    [list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), ["Ankle boot", "Bag"]],
    ids=["letters", "long names"],
)
def test_bars_name_their_classes(classes):
    weights = np.random.default_rng(0).normal(size=(2, len(classes)))
    images = np.ones((2, 28, 28))
    display = HiddenUnitsDisplay(images, output_weights=weights, classes=classes).plot()
    assert [text.get_text() for text in display.ax_.texts[2:]] == classes * 2


def test_two_classes_of_scikit_learns_network():
    X2, y2 = X[Y < 2], np.where(Y[Y < 2] == 1, "one", "zero")
    network = MLPClassifier(3, max_iter=900, tol=1, random_state=0).fit(X2, y2)
    display = HiddenUnitsDisplay.from_estimator(network)
    # "one" comes first in the alphabet; the only output is that of "zero".
    np.testing.assert_allclose(display.output_weights[:, 1], network.coefs_[1][:, 0])
    np.testing.assert_allclose(display.output_weights[:, 0], -network.coefs_[1][:, 0])


def test_one_colour_scale_symmetric_about_zero():
    weights = np.zeros((2, 4, 4))
    weights[0, 0, 0], weights[1, 1, 1] = 0.5, -2.0
    display = HiddenUnitsDisplay(weights).plot()
    limit = display.limit
    assert {image.get_clim() for image in display.images_} == {(-limit, limit)}
    assert 0.5 < limit <= 2
    assert display.colorbar_.extend == "both"


@pytest.mark.parametrize(
    ("weights", "limit"),
    [
        (np.ones((1, 4, 4)), 1),
        (np.zeros((1, 4, 4)), 1),
        (np.pad([[[3.0]]], [(0, 0), (0, 27), (0, 27)]), 3),
    ],
    ids=["ones", "zeros", "one weight"],
)
def test_the_limit_of_few_different_weights(weights, limit):
    display = HiddenUnitsDisplay(weights).plot()
    assert (display.limit, display.colorbar_.extend) == (limit, "neither")


def test_bars_below_an_image_are_red_upwards_and_blue_downwards():
    display = HiddenUnitsDisplay(
        np.ones((1, 4, 4)), output_weights=[[3.0, -3.0]]
    ).plot()
    up, down = display.bars_.get_colors()
    assert up[0] > up[2]
    assert down[2] > down[0]
    assert bars(display).tolist() == [[1, -1]]
    bottom = display.images_[0].get_extent()[2]
    highest = min(segment[:, 1].min() for segment in display.bars_.get_segments())
    assert highest > bottom  # of the image: y grows downwards


@pytest.mark.parametrize("size", [(6, 2), (3, 2), (20, 2.2)], ids=str)
def test_the_colour_bar_leaves_most_of_a_wide_figure_to_the_images(size):
    label = "weight of a pixel × its standard deviation\nafter MinMaxScaler"
    display = HiddenUnitsDisplay(np.ones((12, 28, 28)), label=label).plot(figsize=size)
    display.figure_.draw_without_rendering()
    bar = display.colorbar_.ax.get_tightbbox()
    width, height = display.figure_.bbox.size
    assert bar.width * bar.height < 0.3 * width * height
    assert all(image.get_window_extent().x1 < bar.x0 for image in display.images_)


def test_the_label_of_the_colour_bar_is_folded_where_it_would_be_too_long():
    label = "weight of a pixel × its standard deviation"
    display = HiddenUnitsDisplay(np.ones((12, 28, 28)), label=label).plot(
        figsize=(6, 1.5)
    )
    folded = display.colorbar_.ax.get_ylabel()
    assert "\n" in folded
    assert folded.replace("\n", " ") == label
    assert not faults(display.figure_)


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_a_weight_of_zero_has_the_colour_of_the_background(style):
    with plt.style.context(style):
        display = HiddenUnitsDisplay(np.ones((1, 4, 4))).plot()
        background = to_rgb(plt.rcParams["axes.facecolor"])
    middle = display.images_[0].to_rgba(np.zeros(1))[0, :3]
    np.testing.assert_allclose(middle, background, atol=0.06)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"weights": np.zeros((2, 64))},
            r"weights must have shape \(n_images, height, width\)",
        ),
        ({"weights": np.full((2, 8, 8), np.nan)}, "NaN"),
        (
            {"output_weights": np.ones((2, 3)), "classes": [0, 1]},
            r"inconsistent.*\[3, 2\]",
        ),
        ({"output_weights": np.ones((3, 2))}, r"inconsistent.*\[2, 3, 2\]"),
        ({"names": ["a"]}, r"inconsistent numbers of samples: \[2, 1\]"),
    ],
)
def test_the_constructor_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        HiddenUnitsDisplay(**{"weights": np.ones((2, 8, 8)), **arguments})


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (lambda: Network(2).fit(X[:, :50], Y), {}, "50 features.*square.*image_shape"),
        (
            lambda: Network(2).fit(X, Y),
            {"X": X[:, :49]},
            "X has 49 features.*fitted to 64",
        ),
        (
            lambda: make_pipeline(PCA(49), Network(2)).fit(X, Y),
            {},
            "49 features that PCA made",
        ),
        (
            lambda: LogisticRegression(max_iter=9999).fit(X, Y),
            {},
            "only supports classifiers with",
        ),
        (lambda: Network(2).fit(X, Y), {"n": 0}, "n == 0"),
        (
            lambda: Network(2).fit(X, Y),
            {"image_shape": 8},
            "image_shape must be two integers",
        ),
    ],
)
def test_from_estimator_refuses(make, options, message):
    with pytest.raises(ValueError, match=message):
        HiddenUnitsDisplay.from_estimator(make(), **options)


def test_a_diverged_network_is_refused():
    network = Network(2).fit(X, Y)
    network.coefs_[0][3, 1] = np.nan
    with pytest.raises(ValueError, match="weights contains NaN"):
        HiddenUnitsDisplay.from_estimator(network)


@pytest.mark.parametrize(
    "estimator", [SimpleMLPClassifier(), GridSearchCV(Network(), {})]
)
def test_what_is_not_fitted_is_refused(estimator):
    with pytest.raises(NotFittedError):
        HiddenUnitsDisplay.from_estimator(estimator)
