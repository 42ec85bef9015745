"""DigitsDisplay: what it draws of which images and predictions, and what it refuses."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import same_color
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from skmnist import DigitsDisplay
from tests.figures import captions, drawn, faults, pixels

pytestmark = pytest.mark.usefixtures("closed_figures")


@pytest.fixture(scope="module")
def bayes(small_digits):
    return GaussianNB().fit(*small_digits)  # wrong on 264 of the 1,797


def is_framed(frame, color):
    return same_color(frame.get_edgecolor(), color) and frame.get_linewidth() >= 2


def test_images_and_labels_only(small_digits):
    X, y = small_digits
    display = DigitsDisplay.from_images(X, y, n=5)
    assert captions(display) == [str(label) for label in y[:5]]
    np.testing.assert_array_equal(pixels(display), X[:5].reshape(5, 8, 8))
    assert not any(is_framed(frame, "tab:red") for frame in display.frames_)
    assert captions(DigitsDisplay.from_images(X, n=2)) == ["", ""]
    assert len(DigitsDisplay.from_images(X[:3], n=10).images_) == 3


def test_a_wrong_prediction_stands_out_by_text_and_frame():
    display = DigitsDisplay(
        np.zeros((3, 4, 4)),
        labels=[7, 1, 2],
        predictions=[7, 4, 2],
        probabilities=[0.904, 0.6, 0.999],
    )
    assert captions(display.plot()) == ["7 (90%)", "4 (60%)\ntrue: 1", "2 (>99%)"]
    np.testing.assert_array_equal(display.wrong, [False, True, False])
    assert [is_framed(frame, "tab:red") for frame in display.frames_] == [
        False,
        True,
        False,
    ]
    colors = [same_color(text.get_color(), "tab:red") for text in display.captions_]
    assert colors == [False, True, False]


def test_predictions_without_labels_are_never_wrong(small_digits, bayes):
    display = DigitsDisplay.from_estimator(bayes, small_digits[0], n=20)
    assert not display.wrong.any()
    assert not any("true" in caption for caption in captions(display))


def test_predictions_and_probabilities_are_those_of_the_estimator(small_digits):
    X, y = small_digits
    names = np.array([f"digit {label}" for label in y])
    bayes = make_pipeline(StandardScaler(), GaussianNB(var_smoothing=0.1))
    fitted = GridSearchCV(bayes, {}, cv=2).fit(X, names)
    display = DigitsDisplay.from_estimator(fitted, X, names, n=20)
    np.testing.assert_array_equal(display.predictions, fitted.predict(X[:20]))
    np.testing.assert_allclose(
        display.probabilities, fitted.predict_proba(X[:20]).max(axis=1)
    )
    # The images are shown unscaled.
    np.testing.assert_array_equal(pixels(display), X[:20].reshape(-1, 8, 8))


def test_a_classifier_without_probabilities(small_digits):
    X, y = small_digits
    svc = LinearSVC().fit(X[:300], y[:300])
    assert captions(DigitsDisplay.from_estimator(svc, X, y, n=1)) == ["0"]


def test_worst_first_shows_the_most_confident_mistakes_first(small_digits, bayes):
    X, y = small_digits
    display = DigitsDisplay.from_estimator(bayes, X, y, n=12, worst_first=True)
    assert display.wrong.all()
    assert (np.diff(display.probabilities) <= 0).all()
    is_wrong = bayes.predict(X) != y
    assert display.probabilities[0] == bayes.predict_proba(X[is_wrong]).max()
    np.testing.assert_array_equal(pixels(display), X[display.indices].reshape(-1, 8, 8))
    np.testing.assert_array_equal(display.labels, y[display.indices])


def test_worst_first_continues_with_the_least_confident_right_ones():
    display = DigitsDisplay.from_predictions(
        np.zeros((4, 9)),
        [1, 1, 1, 1],
        [1, 0, 1, 0],
        probabilities=[0.9, 0.6, 0.7, 0.8],
        worst_first=True,
    )
    np.testing.assert_array_equal(display.indices, [3, 1, 2, 0])


def test_worst_pairs_are_the_most_frequent_confusions():
    y_true = np.array([5, 5, 5, 5, 4, 4, 9, 1])
    y_pred = np.array([8, 8, 8, 5, 9, 9, 4, 1])
    probabilities = np.array([0.4, 0.9, 0.7, 1, 0.5, 0.6, 1, 1])
    display = DigitsDisplay.from_predictions(
        np.zeros((8, 9)),
        y_true,
        y_pred,
        probabilities=probabilities,
        worst_pairs=2,
        n=2,
    )
    assert display.pairs == {(5, 8): 3, (4, 9): 2}
    np.testing.assert_array_equal(display.indices, [1, 2, 5, 4])
    assert captions(display) == ["90%", "70%", "60%", "50%"]
    left, right = (
        [image.get_extent()[0] for image in display.images_[i::2]] for i in (0, 1)
    )
    assert left[0] == left[1] < right[0] == right[1]  # a row for each pair
    headings = {text.get_text() for text in display.ax_.texts} - set(captions(display))
    assert headings == {"5 read as 8: 3 times", "4 read as 9: 2 times"}


def test_data_frames_keep_their_feature_names_and_order(small_digits):
    X, y = small_digits
    # No label of the index is the number of its row.
    index = np.arange(len(y))[::-1] * 2
    frame = pd.DataFrame(X, index=index, columns=[f"pixel {i}" for i in range(64)])
    series = pd.Series(y, index=index)
    display = DigitsDisplay.from_estimator(
        GaussianNB().fit(frame, series), frame, series, n=6
    )
    np.testing.assert_array_equal(display.labels, y[:6])
    np.testing.assert_array_equal(pixels(display), X[:6].reshape(6, 8, 8))


def test_images_of_other_shapes_and_one_hot_labels():
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    np.testing.assert_array_equal(pixels(DigitsDisplay.from_images(images)), images)
    rows = images.reshape(2, 12)
    display = DigitsDisplay.from_images(rows, np.eye(2), image_shape=(3, 4))
    np.testing.assert_array_equal(pixels(display), images)
    assert captions(display) == ["0", "1"]


def test_one_gray_scale_for_all_images():
    display = DigitsDisplay(np.array([[[0, 10]], [[0, 250]]], dtype=np.uint8)).plot()
    assert {image.get_clim() for image in display.images_} == {(0, 250)}


@pytest.mark.parametrize(
    ("style", "background"), [("default", 255), ("dark_background", 0)]
)
def test_digits_are_ink_on_the_background(style, background):
    image = np.zeros((1, 20, 20), dtype=np.uint8)
    image[0, 8:12, 8:12] = 255
    with plt.style.context(style):
        display = DigitsDisplay(image).plot()
        colors = drawn(display.figure_)
    box = display.images_[0].get_window_extent()
    x, y = np.array(
        [(box.x0 + box.x1) / 2, len(colors) - (box.y0 + box.y1) / 2], dtype=int
    )
    np.testing.assert_array_equal(colors[y, x], 255 - background)
    np.testing.assert_array_equal(colors[y, int(box.x0 + 0.1 * box.width)], background)


@pytest.mark.parametrize(("n", "expected"), [(3, 3), (7, 4), (10, 5), (16, 4)])
def test_columns(n, expected):
    display = DigitsDisplay.from_images(np.zeros((n, 9)), n=n)
    extents = np.array([image.get_extent() for image in display.images_])
    assert len(np.unique(extents[:, 0].round(3))) == expected
    assert len(np.unique(extents[:, 2].round(3))) == -(-n // expected)


def ends(display):
    """Left, right, bottom and top of the images together, in pixels."""
    display.figure_.draw_without_rendering()
    boxes = [image.get_window_extent() for image in display.images_]
    return (
        min(box.x0 for box in boxes),
        max(box.x1 for box in boxes),
        min(box.y0 for box in boxes),
        max(box.y1 for box in boxes),
    )


def test_wide_figures_are_used():
    display = DigitsDisplay.from_images(
        np.zeros((10, 64)), range(10), figsize=(20, 2.2)
    )
    left, right, _, _ = ends(display)
    assert right - left > 0.8 * display.figure_.bbox.width


def test_high_figures_are_used():
    display = DigitsDisplay.from_images(np.zeros((10, 64)), range(10), figsize=(2.5, 9))
    _, _, bottom, top = ends(display)
    assert top - bottom > 0.7 * display.figure_.bbox.height


@pytest.mark.parametrize("figsize", [None, (3, 2), (20, 2.2)], ids=str)
@pytest.mark.parametrize("predictions", [None, [8]], ids=["one line", "two lines"])
def test_the_caption_of_one_digit_is_whole(figsize, predictions):
    display = DigitsDisplay(np.zeros((1, 28, 28)), labels=[3], predictions=predictions)
    display.plot(figsize=figsize)
    assert not faults(display.figure_)
    (caption,) = display.captions_
    box = caption.get_window_extent()
    assert box.y0 > display.images_[0].get_window_extent().y1
    assert box.y1 <= display.figure_.bbox.y1


def test_captions_grow_with_the_style():
    def points():
        display = DigitsDisplay(np.zeros((5, 28, 28)), labels=range(5)).plot()
        return display.captions_[0].get_fontsize()

    usual = points()
    with plt.style.context("seaborn-v0_8-poster"):
        assert points() == pytest.approx(1.6 * usual)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"images": np.zeros((2, 64))},
            r"images must have shape \(n_images, height, width\), got \(2, 64\)",
        ),
        ({"images": np.full((1, 8, 8), np.nan)}, "NaN"),
        ({"labels": [1]}, r"inconsistent numbers of samples: \[2, 1\]"),
        ({"probabilities": np.eye(2)}, r"1d array.*\(2, 2\)"),
        ({"labels": [1, 2], "predictions": ["1", "2"]}, "Mix of label input types"),
        ({"labels": [[1, 2], [3, 4]]}, r"1d array.*\(2, 2\)"),
        ({"probabilities": [97.0, 3.0]}, "between 0 and 1.* got 97.0 at position 0"),
        ({"probabilities": [0.5, -0.1]}, "between 0 and 1.* got -0.1 at position 1"),
        ({"probabilities": [0.5, np.nan]}, "between 0 and 1.* got nan at position 1"),
    ],
    ids=[
        "rows",
        "nan",
        "length",
        "all probabilities",
        "mixed labels",
        "labels of two dimensions",
        "per cent",
        "negative probability",
        "probability of nan",
    ],
)
def test_the_constructor_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        DigitsDisplay(**{"images": np.zeros((2, 8, 8)), **arguments})


def test_probabilities_may_exceed_one_in_the_last_digit():
    display = DigitsDisplay(
        np.zeros((1, 4, 4)), predictions=[3], probabilities=[1.0000001]
    )
    assert captions(display.plot()) == ["3 (100%)"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"X": np.zeros((2, 50))},
            "50 features of X do not make a square.*image_shape",
        ),
        ({"image_shape": (5, 5)}, r"64 features of X are not \(5, 5\)"),
        ({"image_shape": (0, 64)}, r"64 features of X are not \(0, 64\)"),
        (
            {"image_shape": 8},
            r"image_shape must be two integers, \(height, width\).*got 8",
        ),
        (
            {"image_shape": (8, 8, 1)},
            r"image_shape must be two integers.*got \(8, 8, 1\)",
        ),
        (
            {"image_shape": (6.4, 10)},
            r"image_shape must be two integers.*got \(6.4, 10\)",
        ),
        ({"X": np.zeros((2, 4, 4, 3))}, r"\(2, 4, 4, 3\)"),
        ({"n": 0}, "n == 0"),
        ({"worst_first": True}, "worst_first=True needs the true labels"),
        ({"worst_first": True, "y_true": [0, 1]}, "classifier with predict_proba"),
        ({"worst_pairs": 3}, "worst_pairs needs the true labels"),
        ({"worst_pairs": 3, "y_true": [0, 0]}, "predictions that are wrong"),
    ],
)
def test_from_predictions_refuses(arguments, message):
    defaults = {"X": np.zeros((2, 64)), "y_true": None, "y_pred": [0, 0]}
    with pytest.raises(ValueError, match=message):
        DigitsDisplay.from_predictions(**defaults | arguments)


def test_from_estimator_refuses_what_is_not_a_fitted_classifier(small_digits):
    with pytest.raises(ValueError, match="only supports classifiers"):
        DigitsDisplay.from_estimator(
            LinearRegression().fit(*small_digits), *small_digits
        )
    with pytest.raises(NotFittedError):
        DigitsDisplay.from_estimator(GaussianNB(), *small_digits)
