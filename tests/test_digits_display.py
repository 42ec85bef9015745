"""DigitsDisplay: what it draws of which images and predictions, and what it refuses."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import same_color
from matplotlib.figure import Figure
from sklearn.cluster import KMeans
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from skmnist import DigitsDisplay
from tests.figures import captions, drawn, pixels

pytestmark = pytest.mark.usefixtures("closed_figures")


@pytest.fixture(scope="module")
def bayes(small_digits):
    return GaussianNB().fit(*small_digits)  # wrong on 264 of the 1,797


def is_framed(ax, color):
    return all(
        same_color(spine.get_edgecolor(), color) and spine.get_linewidth() >= 2
        for spine in ax.spines.values()
    )


def test_images_and_labels_only(small_digits):
    X, y = small_digits
    display = DigitsDisplay.from_images(X, y, n=5)

    assert captions(display) == [str(label) for label in y[:5]]
    np.testing.assert_array_equal(pixels(display), X[:5].reshape(5, 8, 8))
    assert not any(is_framed(ax, "tab:red") for ax in display.axes_)


def test_images_without_labels_have_no_captions(small_digits):
    assert captions(DigitsDisplay.from_images(small_digits[0], n=2)) == ["", ""]


def test_a_wrong_prediction_stands_out_by_word_and_frame():
    display = DigitsDisplay(
        np.zeros((3, 4, 4)),
        labels=[7, 1, 2],
        predictions=[7, 4, 2],
        probabilities=[0.904, 0.6, 0.999],
    ).plot()

    assert captions(display) == [
        "predicted 7, 90%",
        "predicted 4, 60%\nwrong, true label 1",
        "predicted 2, >99%",
    ]
    assert [is_framed(ax, "tab:red") for ax in display.axes_] == [False, True, False]
    assert [same_color(ax.title.get_color(), "tab:red") for ax in display.axes_] == [
        False,
        True,
        False,
    ]
    np.testing.assert_array_equal(display.wrong, [False, True, False])


def test_wrong_color_is_the_users():
    display = DigitsDisplay(np.zeros((1, 4, 4)), labels=["a"], predictions=["b"])
    assert is_framed(display.plot(wrong_color="blue").axes_[0], "blue")


def test_predictions_without_labels_are_never_wrong(small_digits, bayes):
    display = DigitsDisplay.from_estimator(bayes, small_digits[0], n=20)
    assert not display.wrong.any()
    assert all("wrong" not in caption for caption in captions(display))


def test_probabilities_are_those_of_the_predicted_label(small_digits):
    X, y = small_digits
    names = np.array([f"digit {label}" for label in y])
    bayes = GaussianNB(var_smoothing=0.1).fit(X, names)
    display = DigitsDisplay.from_estimator(bayes, X, names, n=20)

    np.testing.assert_array_equal(display.predictions, bayes.predict(X[:20]))
    np.testing.assert_allclose(display.probabilities, bayes.predict_proba(X[:20]).max(axis=1))
    assert captions(display)[0].startswith("predicted digit 0, ")


def test_a_classifier_without_probabilities(small_digits):
    X, y = small_digits
    svc = LinearSVC().fit(X[:300], y[:300])
    assert captions(DigitsDisplay.from_estimator(svc, X, y, n=1)) == ["predicted 0"]


def test_only_what_is_shown_is_predicted(small_digits):
    class Counting(DecisionTreeClassifier):
        def predict(self, X):
            self.n_predicted_ = len(X)
            return super().predict(X)

    tree = Counting().fit(*small_digits)
    DigitsDisplay.from_estimator(tree, *small_digits, n=3)
    assert tree.n_predicted_ == 3


def test_a_pipeline_is_shown_the_images_as_they_are(small_digits):
    X, y = small_digits
    pipeline = make_pipeline(StandardScaler(), GaussianNB()).fit(X, y)
    display = DigitsDisplay.from_estimator(pipeline, X, y, n=4)

    np.testing.assert_array_equal(display.predictions, pipeline.predict(X[:4]))
    np.testing.assert_array_equal(pixels(display), X[:4].reshape(4, 8, 8))


def test_a_search_over_a_pipeline(small_digits):
    X, y = small_digits
    pipeline = Pipeline([("scale", MinMaxScaler()), ("bayes", GaussianNB())])
    search = GridSearchCV(pipeline, {"bayes__var_smoothing": [1e-9, 0.1]}, cv=2).fit(X, y)
    display = DigitsDisplay.from_estimator(search, X, y, n=30)

    np.testing.assert_array_equal(display.predictions, search.predict(X[:30]))
    np.testing.assert_allclose(display.probabilities, search.predict_proba(X[:30]).max(axis=1))


def test_worst_first_shows_the_most_confident_mistakes_first(small_digits, bayes):
    X, y = small_digits
    display = DigitsDisplay.from_estimator(bayes, X, y, n=12, worst_first=True)

    assert display.wrong.all()
    assert (np.diff(display.probabilities) <= 0).all()
    is_wrong = bayes.predict(X) != y
    assert display.probabilities[0] == bayes.predict_proba(X[is_wrong]).max()
    np.testing.assert_array_equal(pixels(display), X[display.indices].reshape(-1, 8, 8))
    np.testing.assert_array_equal(display.labels, y[display.indices])


def test_worst_first_goes_on_with_the_least_confident_right_ones():
    display = DigitsDisplay.from_predictions(
        np.zeros((4, 9)),
        [1, 1, 1, 1],
        [1, 0, 1, 0],
        probabilities=[0.9, 0.6, 0.7, 0.8],
        worst_first=True,
    )
    np.testing.assert_array_equal(display.indices, [3, 1, 2, 0])


def test_data_frames_keep_their_feature_names_and_order(small_digits):
    X, y = small_digits
    index = np.arange(len(y))[::-1] * 2  # row numbers and labels of the index never agree
    frame = pd.DataFrame(X, index=index, columns=[f"pixel {i}" for i in range(64)])
    series = pd.Series(y, index=index)
    with_names = GaussianNB().fit(frame, series)
    display = DigitsDisplay.from_estimator(with_names, frame, series, n=6)

    np.testing.assert_array_equal(display.labels, y[:6])
    np.testing.assert_array_equal(pixels(display), X[:6].reshape(6, 8, 8))


def test_images_of_three_dimensions_and_of_other_shapes():
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    np.testing.assert_array_equal(pixels(DigitsDisplay.from_images(images)), images)

    display = DigitsDisplay.from_images(images.reshape(2, 12), image_shape=(3, 4))
    np.testing.assert_array_equal(pixels(display), images)


def test_one_gray_scale_for_all_images():
    faint_and_bold = np.array([[[0, 10]], [[0, 250]]], dtype=np.uint8)
    display = DigitsDisplay(faint_and_bold).plot()
    assert {image.get_clim() for image in display.images_} == {(0, 250)}


@pytest.mark.parametrize(
    ("style", "background"), [("default", 255), ("dark_background", 0)], ids=["light", "dark"]
)
def test_digits_are_ink_on_the_background(style, background):
    image = np.zeros((1, 20, 20), dtype=np.uint8)
    image[0, 8:12, 8:12] = 255
    with plt.style.context(style):
        display = DigitsDisplay(image).plot()
        colors = drawn(display.figure_)

    box = display.axes_[0].get_window_extent()
    height = len(colors)
    center = colors[height - round((box.y0 + box.y1) / 2), round((box.x0 + box.x1) / 2)]
    near_edge = colors[height - round(box.y0 + 0.1 * box.height), round(box.x0 + 0.1 * box.width)]
    np.testing.assert_array_equal(center, 255 - background)
    np.testing.assert_array_equal(near_edge, background)


@pytest.mark.parametrize(
    ("paper", "axes", "ink"),
    [
        ("white", "none", "dark"),
        ("none", "none", "dark"),
        ("black", "none", "light"),
        ("none", "black", "light"),
    ],
)
def test_ink_stands_out_from_what_shines_through_the_axes(paper, axes, ink):
    ax = Figure(facecolor=paper).add_subplot(facecolor=axes)
    (image,) = DigitsDisplay([[[0.0, 1.0]]]).plot(ax).images_
    darkness = 3 - image.to_rgba(np.ones(1))[0, :3].sum()
    assert darkness == (3 if ink == "dark" else 0)


def test_wide_images_leave_no_gaps_between_rows():
    display = DigitsDisplay(np.zeros((15, 10, 40)), labels=np.arange(15)).plot()
    display.figure_.draw_without_rendering()
    boxes = [ax.get_window_extent() for ax in display.axes_]
    gaps = [above.y0 - below.y1 for above, below in zip(boxes, boxes[5:], strict=False)]
    captions_height = display.axes_[0].title.get_window_extent().height
    assert captions_height < max(gaps) < captions_height + boxes[0].height


def test_fewer_images_than_asked_for(small_digits):
    assert len(DigitsDisplay.from_images(small_digits[0][:3], n=10).axes_) == 3


def test_n_columns_lays_out_the_grid(small_digits):
    display = DigitsDisplay.from_images(small_digits[0], n=7, n_columns=3)
    display.figure_.draw_without_rendering()
    lefts = {round(ax.get_position().x0, 3) for ax in display.axes_}
    tops = {round(ax.get_position().y1, 3) for ax in display.axes_}
    assert (len(lefts), len(tops)) == (3, 3)


@pytest.mark.parametrize("layout", [None, "constrained"])
def test_drawing_into_an_axes_stays_there(small_digits, bayes, layout):
    figure = Figure(figsize=(8, 7), layout=layout)
    top, bottom = figure.subplots(2, 1)
    bottom.plot([0, 1])
    display = DigitsDisplay.from_estimator(bayes, *small_digits, worst_first=True, ax=top)
    figure.draw_without_rendering()

    assert display.figure_ is figure
    assert display.ax_ is top
    assert not plt.get_fignums()  # no second figure
    lowest = min(ax.get_window_extent().y0 for ax in display.axes_)
    assert lowest > bottom.get_window_extent().y1
    boxes = [ax.title.get_window_extent() for ax in display.axes_]
    assert all(left.x1 <= right.x0 for left, right in pairwise(boxes[:5]))
    assert all(
        below.y1 <= above.get_window_extent().y0 + 1  # a pixel
        for above, below in zip(display.axes_[:5], boxes[5:], strict=True)
    )


def test_captions_of_a_new_figure_have_room():
    names = ["Ankle boot", "T-shirt/top"] * 5
    display = DigitsDisplay(np.zeros((10, 28, 28)), labels=names, predictions=names[::-1]).plot()
    display.figure_.draw_without_rendering()
    boxes = [ax.title.get_window_extent() for ax in display.axes_]
    assert all(not one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[i + 1 :])
    edges = display.figure_.bbox
    assert min(box.x0 for box in boxes) >= edges.x0
    assert max(box.y1 for box in boxes) <= edges.y1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"images": np.zeros((2, 64))}, r"\(n_images, height, width\).*\(2, 64\).*from_images"),
        ({"images": np.zeros((0, 8, 8))}, "0 sample"),
        ({"images": np.full((1, 8, 8), np.nan)}, "NaN"),
        ({"images": [[["ink"]]]}, "arrays of bytes/strings"),
        ({"labels": [1]}, r"inconsistent numbers of samples: \[2, 1\]"),
        ({"predictions": [1, 2, 3]}, "inconsistent numbers of samples"),
        ({"probabilities": [0.5, 1.5]}, "between 0 and 1"),
        ({"probabilities": [0.5, np.nan]}, "between 0 and 1"),
        ({"labels": [1, 2], "predictions": ["1", "2"]}, "Mix of label input types"),
        ({"labels": [[1, 2], [3, 4]]}, r"labels must have one dimension.*\(2, 2\)"),
        ({"predictions": [[1, 2], [3, 4]]}, r"predictions must have one dimension.*\(2, 2\)"),
        ({"indices": [[1, 2], [3, 4]]}, r"indices must have one dimension.*\(2, 2\)"),
        ({"probabilities": np.eye(2)}, r"probabilities must have one dimension.*max\(axis=1\)"),
        ({"probabilities": [0.5, 1.5]}, r"between 0 and 1, got 1\.5\."),
    ],
)
def test_digits_display_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        DigitsDisplay(**{"images": np.zeros((2, 8, 8)), **arguments})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"X": np.zeros((2, 50))}, "50 features.*image_shape"),
        ({"image_shape": (5, 5)}, r"image_shape=\(5, 5\) needs 25 pixels.*has 64"),
        ({"image_shape": 8}, r"image_shape must be \(height, width\).*got 8"),
        ({"image_shape": (64,)}, r"image_shape must be \(height, width\).*got \(64,\)"),
        ({"image_shape": (1, 8, 8)}, r"image_shape must be .*got \(1, 8, 8\)"),
        ({"image_shape": (-8, -8)}, r"image_shape must be .*two positive ints, got \(-8, -8\)"),
        ({"image_shape": (8.0, 8)}, r"image_shape must be .*two positive ints, got \(8.0, 8\)"),
        ({"image_shape": "88"}, "image_shape must be .*got '88'"),
        ({"X": np.zeros((28, 27))}, r"or X\[np.newaxis\] if X is one image"),
        ({"y": [[1, 2], [3, 4]]}, r"y must have one dimension.*\(2, 2\)"),
        ({"ax": np.array([None, None])}, "ax must be one matplotlib Axes.*got ndarray"),
        ({"ax": Figure()}, "ax must be one matplotlib Axes.*got Figure"),
        ({"X": np.zeros((2, 4, 4, 3))}, r"\(2, 4, 4, 3\)"),
        ({"y": [0]}, r"inconsistent numbers of samples: \[2, 1\]"),
        ({"n": 0}, "n must be a positive int, got 0"),
        ({"n": 2.5}, "n must be a positive int, got 2.5"),
        ({"n_columns": 0}, "n_columns must be a positive int, got 0"),
    ],
)
def test_from_images_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        DigitsDisplay.from_images(**{"X": np.zeros((2, 64)), **arguments})


def test_from_estimator_refuses_what_is_no_classifier(small_digits):
    X, y = small_digits
    for estimator in (LinearRegression().fit(X, y), KMeans(2, n_init=1).fit(X)):
        with pytest.raises(ValueError, match="only supports classifiers"):
            DigitsDisplay.from_estimator(estimator, X, y)


def test_from_estimator_refuses_an_unfitted_classifier(small_digits):
    with pytest.raises(NotFittedError):
        DigitsDisplay.from_estimator(GaussianNB(), *small_digits)


def test_worst_first_says_what_it_lacks(small_digits, bayes):
    X, y = small_digits
    with pytest.raises(ValueError, match="needs the true labels"):
        DigitsDisplay.from_estimator(bayes, X, worst_first=True)
    with pytest.raises(ValueError, match=r"needs probabilities.* classifier with predict_proba"):
        DigitsDisplay.from_estimator(LinearSVC().fit(X[:99], y[:99]), X, y, worst_first=True)


@pytest.mark.parametrize(
    ("y_true", "y_pred", "options", "message"),
    [
        ([0, 1], [[1, 2], [3, 4]], {}, r"y_pred must have one dimension.*\(2, 2\)"),
        ([[1, 2], [3, 4]], [0, 1], {}, r"y_true must have one dimension.*\(2, 2\)"),
        (None, [0, 1], {"worst_first": True}, "needs the true labels.*worst_first=False shows"),
        ([0, 1], [0, 1], {"worst_first": True}, "needs probabilities.*worst_first=False shows"),
        (
            [0, 1],
            [0, 1],
            {"worst_first": True, "probabilities": np.eye(2)},
            r"probabilities must have one dimension.*predict_proba\(X\).max\(axis=1\)",
        ),
    ],
)
def test_from_predictions_refuses(y_true, y_pred, options, message):
    with pytest.raises(ValueError, match=message):
        DigitsDisplay.from_predictions(np.zeros((2, 64)), y_true, y_pred, **options)


def test_an_axes_outside_every_grid_is_refused(small_digits):
    ax = Figure().add_axes((0, 0, 1, 1))
    with pytest.raises(ValueError, match="ax has no place in a grid"):
        DigitsDisplay.from_images(small_digits[0], ax=ax)
