"""HiddenUnitsDisplay: what it draws of which network, and what it refuses."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skmnist import HiddenUnitsDisplay, SimpleMLPClassifier
from tests.figures import captions, overlapping, pixels, tick_boxes

pytestmark = pytest.mark.usefixtures("closed_figures")


class Network(SimpleMLPClassifier):
    """Has weights of its own choice, and is not trained."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.n_features_in_ = np.shape(X)[1]
        rng = np.random.default_rng(0)
        hidden = np.atleast_1d(self.hidden_units).astype(int).tolist()
        widths = [self.n_features_in_, *hidden, len(self.classes_)]
        self.coefs_ = [rng.normal(size=(a, b)).astype(np.float32) for a, b in pairwise(widths)]
        self._weights = self.coefs_
        return self

    def score(self, X, y):
        return float(np.sum(self.hidden_units))


X, Y = load_digits(return_X_y=True)
X, Y = X[:60], Y[:60]


def bars(display):
    return np.array([[bar.get_height() for bar in ax.patches] for ax in display.vote_axes_])


def test_the_weights_and_votes_of_each_unit():
    network = Network(3).fit(X, Y)
    display = HiddenUnitsDisplay.from_estimator(network)
    first, last = network.coefs_

    for unit in range(3):
        np.testing.assert_array_equal(pixels(display)[unit].ravel(), first[:, unit])
    centred = last - last.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(bars(display), centred, rtol=1e-6)
    assert captions(display) == [f"unit {i}: for {last[i].argmax()}" for i in range(3)]
    ticks = [label.get_text() for label in display.vote_axes_[0].get_xticklabels()]
    assert ticks == list("0123456789")


def test_one_colour_scale_symmetric_about_zero():
    weights = np.zeros((2, 4, 4))
    weights[0, 0, 0], weights[1, 1, 1] = 0.5, -2.0
    display = HiddenUnitsDisplay(weights).plot()
    limit = display.limit
    assert {image.get_clim() for image in display.images_} == {(-limit, limit)}
    assert 0.5 < limit <= 2
    assert display.colorbar_.extend == "both"
    assert display.colorbar_.ax.get_xlabel() == "weight of a pixel"
    evenly = HiddenUnitsDisplay(np.ones((1, 4, 4))).plot()
    assert evenly.limit == 1
    assert evenly.colorbar_.extend == "neither"


def test_votes_share_a_scale_and_go_up_and_down_in_two_colours():
    display = HiddenUnitsDisplay(np.ones((2, 4, 4)), votes=[[3.0, -3.0], [0.5, -0.5]]).plot()
    assert len({ax.get_ylim() for ax in display.vote_axes_}) == 1
    up, down = (bar.get_facecolor() for bar in display.vote_axes_[0].patches)
    assert up[0] > up[2]  # red rather than blue
    assert down[2] > down[0]
    strip, image = display.vote_axes_[0], display.axes_[0]
    display.figure_.draw_without_rendering()
    above, below = image.get_window_extent(), strip.get_window_extent()
    assert above.width == pytest.approx(below.width, abs=2)
    assert below.y1 <= above.y0 + 1


@pytest.mark.parametrize(
    "wrap",
    [
        lambda bare: bare,
        lambda bare: make_pipeline(MinMaxScaler(), bare),
        lambda bare: GridSearchCV(bare, {"hidden_units": [2, 3]}, cv=2),
        lambda bare: GridSearchCV(
            Pipeline([("scale", MinMaxScaler()), ("mlp", bare)]),
            {"mlp__hidden_units": [2, 3]},
            cv=2,
        ),
    ],
    ids=["bare", "pipeline", "search", "search of pipeline"],
)
def test_the_network_is_found_inside(wrap):
    estimator = wrap(Network(3)).fit(X, Y)
    display = HiddenUnitsDisplay.from_estimator(estimator)
    expected = Network(3).fit(X, Y).coefs_[0].T.reshape(3, 8, 8)
    np.testing.assert_array_equal(pixels(display), expected)
    is_scaled = "MinMaxScaler" in repr(estimator)
    label = "weight of a pixel as MinMaxScaler leaves it" if is_scaled else "weight of a pixel"
    assert display.colorbar_.ax.get_xlabel() == label


def test_softmax_regression_has_an_image_of_each_class():
    network = Network(()).fit(X, Y)
    display = HiddenUnitsDisplay.from_estimator(network, n=2)
    assert captions(display) == list("0123456789")
    np.testing.assert_array_equal(pixels(display)[7].ravel(), network.coefs_[0][:, 7])
    assert len(display.vote_axes_) == 0


def test_of_several_layers_the_first_is_shown_without_votes():
    network = Network((3, 4)).fit(X, Y)
    display = HiddenUnitsDisplay.from_estimator(network)
    assert captions(display) == ["unit 0", "unit 1", "unit 2"]
    np.testing.assert_array_equal(pixels(display)[2].ravel(), network.coefs_[0][:, 2])
    assert display.votes is None


def test_of_many_units_those_with_the_most_weight_are_shown():
    network = Network(50).fit(X, Y)
    first, last = network.coefs_
    first[:, [7, 30]] *= 10
    last[41] *= 20
    first[:, 12] *= 100
    last[12] = 0  # a unit that nobody listens to
    display = HiddenUnitsDisplay.from_estimator(network, n=3)
    assert display.indices.tolist() == [7, 30, 41]
    assert [caption.split(":")[0] for caption in captions(display)] == [
        "unit 7",
        "unit 30",
        "unit 41",
    ]
    assert "3 of 50 units" in display.colorbar_.ax.get_xlabel()


def test_the_shape_of_the_images_of_the_fit(digits):
    images = np.repeat(digits.images[:64], 2, axis=2)
    network = SimpleMLPClassifier(2, epochs=1, random_state=0).fit(images, digits.y[:64])
    display = HiddenUnitsDisplay.from_estimator(network)
    assert pixels(display).shape == (2, 28, 56)
    np.testing.assert_array_equal(pixels(display)[1].ravel(), network.coefs_[0][:, 1])


def test_an_image_shape_that_is_given():
    network = Network(2).fit(X[:, :48], Y)
    display = HiddenUnitsDisplay.from_estimator(network, image_shape=(6, 8))
    assert pixels(display).shape == (2, 6, 8)


def test_long_names_of_classes_stand_in_the_caption():
    names = ["Ankle boot", "Bag"]
    display = HiddenUnitsDisplay(np.ones((2, 4, 4)), votes=[[2, -2], [-1, 1]], classes=names).plot()
    assert captions(display) == ["unit 0: for\nAnkle boot", "unit 1: for Bag"]
    assert not display.vote_axes_[0].get_xticklabels()


def test_two_classes_of_scikit_learns_network():
    X2, y2 = X[Y < 2], np.where(Y[Y < 2] == 1, "one", "zero")
    network = MLPClassifier(3, max_iter=5000, random_state=0).fit(X2, y2)
    display = HiddenUnitsDisplay.from_estimator(network)
    # "one" comes first in the alphabet; the only output is that of "zero".
    np.testing.assert_allclose(bars(display)[:, 1], network.coefs_[1][:, 0])
    np.testing.assert_allclose(bars(display)[:, 0], -network.coefs_[1][:, 0])


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_a_weight_of_zero_has_the_colour_of_the_background(style):
    with plt.style.context(style):
        display = HiddenUnitsDisplay(np.ones((1, 4, 4))).plot()
        background = to_rgb(plt.rcParams["axes.facecolor"])
    middle = display.images_[0].to_rgba(np.zeros(1))[0, :3]
    np.testing.assert_allclose(middle, background, atol=0.06)


@pytest.mark.parametrize("layout", [None, "constrained"])
def test_drawing_into_an_axes_stays_there(layout):
    figure = Figure(figsize=(11, 4), layout=layout)
    left, right = figure.subplots(1, 2)
    display = HiddenUnitsDisplay.from_estimator(Network(5).fit(X, Y), ax=left, n_columns=3)
    figure.draw_without_rendering()
    assert display.figure_ is figure
    assert display.ax_ is left
    assert not plt.get_fignums()
    drawn = [*display.axes_, *display.vote_axes_, display.colorbar_.ax]
    assert max(ax.get_tightbbox().x1 for ax in drawn) < right.get_window_extent().x0


@pytest.mark.parametrize("n_units", [1, 5, 20])
def test_nothing_of_a_new_figure_is_cut_off_or_hidden(n_units):
    display = HiddenUnitsDisplay.from_estimator(Network(n_units).fit(X, Y))
    figure = display.figure_
    figure.draw_without_rendering()
    boxes = [ax.get_tightbbox() for ax in [*display.axes_, *display.vote_axes_]]
    edges = figure.bbox
    boxes.append(display.colorbar_.ax.get_tightbbox())
    assert all(not a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
    assert min(box.x0 for box in boxes) >= edges.x0
    assert max(box.x1 for box in boxes) <= edges.x1
    assert min(box.y0 for box in boxes) >= edges.y0
    assert max(box.y1 for box in boxes) <= edges.y1


@pytest.mark.parametrize("n_units", [1, 2, 3, 15])
@pytest.mark.parametrize("scale", [0.0123, 0.5, 3000])
def test_the_numbers_of_the_colour_bar_do_not_touch(n_units, scale):
    weights = np.random.default_rng(0).normal(scale=scale, size=(n_units, 8, 8))
    display = HiddenUnitsDisplay(weights).plot()
    display.figure_.draw_without_rendering()
    boxes = tick_boxes(display.colorbar_.ax.xaxis)
    assert len(boxes) >= 3
    assert not overlapping(boxes)


def test_the_colour_bar_stays_clear_of_the_digits_above_it_without_a_layout_engine():
    figure = Figure(figsize=(6, 6))
    votes = np.random.default_rng(0).normal(size=(20, 10))
    display = HiddenUnitsDisplay(np.ones((20, 8, 8)), votes=votes)
    display.plot(figure.subplots(), n_columns=5)
    figure.draw_without_rendering()
    lowest = min(ax.get_tightbbox().y0 for ax in display.vote_axes_)
    assert lowest - display.colorbar_.ax.get_tightbbox().y1 > 5  # pixels


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weights": np.zeros((2, 64))}, r"\(n_units, height, width\).*\(2, 64\)"),
        ({"weights": np.full((2, 8, 8), np.nan)}, "NaN"),
        ({"votes": [[1.0, 2.0]]}, r"row for each of the 2 units.*\(1, 2\)"),
        ({"votes": np.ones((2, 3)), "classes": [0, 1]}, r"each of the 2 classes.*\(2, 3\)"),
        (
            {"votes": np.ones((2, 2)), "classes": [[0, 1], [2, 3]]},
            r"classes must have one dimension.*\(2, 2\)",
        ),
        ({"names": ["a"]}, "names has 1 entries, but there are 2 units"),
    ],
)
def test_the_constructor_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        HiddenUnitsDisplay(**{"weights": np.ones((2, 8, 8)), **arguments})


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (lambda: Network(2).fit(X[:, :50], Y), {}, "50 features.*no square.*image_shape"),
        (lambda: Network(2).fit(X, Y), {"image_shape": (5, 5)}, "needs 25 weights.*has 64"),
        (lambda: Network(2).fit(X, Y), {"image_shape": 8}, "image_shape must be .*got 8"),
        (lambda: Network(2).fit(X, Y), {"image_shape": ()}, r"image_shape must be .*got \(\)"),
        (lambda: Network(2).fit(X, Y), {"image_shape": (-8, -8)}, "two positive ints"),
        (lambda: Network(2).fit(X, Y), {"ax": Figure()}, "ax must be one .*Axes.*got Figure"),
        (lambda: Network(2).fit(X, Y), {"ax": np.array([None])}, "ax must be one .*got ndarray"),
        (
            lambda: make_pipeline(PCA(49), Network(2)).fit(X, Y),
            {},
            "49 features that PCA made of 64 pixels.*What works",
        ),
        (lambda: LogisticRegression(max_iter=9999).fit(X, Y), {}, "only supports classifiers with"),
        (lambda: Network(2).fit(X, Y), {"n": 0}, "n must be a positive int, got 0"),
    ],
)
def test_from_estimator_refuses(make, options, message):
    with pytest.raises(ValueError, match=message):
        HiddenUnitsDisplay.from_estimator(make(), **options)


def test_a_diverged_network_is_refused():
    network = Network(2).fit(X, Y)
    network.coefs_[0][3, 1] = np.nan
    with pytest.raises(ValueError, match="its training diverged"):
        HiddenUnitsDisplay.from_estimator(network)


@pytest.mark.parametrize(
    "estimator",
    [
        SimpleMLPClassifier(),
        make_pipeline(MinMaxScaler(), SimpleMLPClassifier()),
        GridSearchCV(SimpleMLPClassifier(), {}),
    ],
    ids=["bare", "pipeline", "search"],
)
def test_what_is_not_fitted_is_refused(estimator):
    with pytest.raises(NotFittedError):
        HiddenUnitsDisplay.from_estimator(estimator)
