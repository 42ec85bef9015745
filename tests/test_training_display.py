"""TrainingDisplay: what it draws of which history, and what it refuses."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skmnist import TrainingDisplay
from tests.figures import drawn, inside, legend

pytestmark = pytest.mark.usefixtures("closed_figures")


HISTORY = {
    "loss": [2.0, 1.5, 1.2, 1.0],
    "accuracy": [0.3, 0.5, 0.6, 0.7],
    "val_loss": [1.8, 1.4, 1.3, 1.35],
    "val_accuracy": [0.35, 0.55, 0.55, 0.5],
}


def curves(ax):
    return {line.get_label(): (line.get_xdata(), line.get_ydata()) for line in ax.lines}


def test_loss_and_accuracy_of_training_and_validation():
    display = TrainingDisplay.from_history(HISTORY)
    loss, accuracy = display.axes_

    assert [ax.get_title() for ax in display.axes_] == ["Loss", "Accuracy"]
    assert [ax.get_xlabel() for ax in display.axes_] == ["epoch", "epoch"]
    for ax, name in ((loss, "loss"), (accuracy, "accuracy")):
        np.testing.assert_array_equal(curves(ax)["training"], ([1, 2, 3, 4], HISTORY[name]))
        np.testing.assert_array_equal(
            curves(ax)["validation"], ([1, 2, 3, 4], HISTORY[f"val_{name}"])
        )
    training, validation, _ = loss.lines
    assert training.get_color() != validation.get_color()
    assert training.get_linestyle() != validation.get_linestyle()


def test_the_best_validation_epochs_are_marked():
    display = TrainingDisplay.from_history(HISTORY)
    loss, accuracy = display.axes_

    assert display.best_epochs == {"loss": 3, "accuracy": 2}  # the lowest; the earliest highest
    np.testing.assert_array_equal(curves(loss)["best: 1.300 in epoch 3"], ([3], [1.3]))
    np.testing.assert_array_equal(curves(accuracy)["best: 0.550 in epoch 2"], ([2], [0.55]))
    assert [text.get_text() for text in loss.get_legend().get_texts()] == [
        "training",
        "validation",
        "best: 1.300 in epoch 3",
    ]


def test_a_diverged_epoch_is_not_the_best():
    display = TrainingDisplay({"loss": [1, 2, 3], "val_loss": [np.nan, 2, 1]})
    assert display.best_epochs == {"loss": 3}
    hopeless = TrainingDisplay.from_history({"loss": [1, 2], "val_loss": [np.nan, np.nan]})
    assert hopeless.best_epochs == {}


def test_without_validation_nothing_is_marked():
    history = {name: HISTORY[name] for name in ("loss", "accuracy")}
    display = TrainingDisplay.from_history(history)
    assert [list(curves(ax)) for ax in display.axes_] == [["training"], ["training"]]


def test_without_accuracy_there_is_one_panel():
    display = TrainingDisplay.from_history({"loss": [2.0, 1.0], "learning_rate": [0.1, 0.1]})
    assert [ax.get_title() for ax in display.axes_] == ["Loss"]


def test_one_epoch_is_visible_and_its_axis_counts_whole_epochs():
    display = TrainingDisplay.from_history({"loss": [2.0], "val_loss": [1.5]})
    (ax,) = display.axes_
    display.figure_.draw_without_rendering()
    low, high = ax.get_xlim()
    assert [tick for tick in ax.get_xticks() if low <= tick <= high] == [1]
    assert all(line.get_marker() not in ("", "None") for line in ax.lines)


class WithHistory(GaussianNB):
    """Stands for an estimator that keeps its history as SimpleMLPClassifier does."""

    def fit(self, X, y):
        self.history_ = HISTORY
        return super().fit(X, y)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda bare: bare,
        lambda bare: make_pipeline(StandardScaler(), bare),
        lambda bare: GridSearchCV(bare, {}, cv=2),
        lambda bare: GridSearchCV(make_pipeline(MinMaxScaler(), bare), {}, cv=2),
        lambda bare: make_pipeline(MinMaxScaler(), GridSearchCV(bare, {}, cv=2)),
    ],
    ids=["bare", "pipeline", "search", "search of pipeline", "pipeline of search"],
)
def test_the_history_is_found_inside(wrap, small_digits):
    X, y = small_digits
    display = TrainingDisplay.from_estimator(wrap(WithHistory()).fit(X[:200], y[:200]))
    np.testing.assert_array_equal(curves(display.axes_[0])["training"][1], HISTORY["loss"])


def test_the_search_shows_its_best_estimator(small_digits):
    class Remembering(GaussianNB):
        def fit(self, X, y):
            self.history_ = {"loss": [self.var_smoothing]}
            return super().fit(X, y)

    search = GridSearchCV(Remembering(), {"var_smoothing": [1e3, 1e-2]}, cv=2).fit(*small_digits)
    assert TrainingDisplay.from_estimator(search).history["loss"] == [1e-2]


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (WithHistory, "WithHistory"),
        (lambda: make_pipeline(MinMaxScaler(), WithHistory()), "WithHistory"),
        (lambda: GridSearchCV(WithHistory(), {}), "GridSearchCV"),
    ],
)
def test_an_estimator_without_history_is_refused(make, name):
    with pytest.raises(NotFittedError, match=f"{name} has no history_"):
        TrainingDisplay.from_estimator(make())


def test_an_estimator_that_keeps_no_history_is_refused(small_digits):
    X, y = small_digits
    with pytest.raises(NotFittedError, match="GaussianNB has no history_"):
        TrainingDisplay.from_estimator(GaussianNB().fit(X, y))


@pytest.mark.parametrize(
    ("history", "message"),
    [
        ([1.0, 2.0], "must be a mapping.*got list"),
        ({}, "no 'loss'"),
        ({"accuracy": [1.0]}, r"no 'loss', only \['accuracy'\]"),
        ({"loss": []}, "one or more epochs"),
        ({"loss": 1.0}, "one or more epochs"),
        ({"loss": [1.0, 2.0], "val_loss": [1.0]}, r"'val_loss'\] has 1 values.*has 2"),
    ],
)
def test_training_display_refuses(history, message):
    with pytest.raises(ValueError, match=message):
        TrainingDisplay(history)


def test_training_into_an_axes():
    figure = Figure()
    left, right = figure.subplots(1, 2)
    display = TrainingDisplay.from_history(HISTORY, ax=right)
    figure.draw_without_rendering()
    assert display.figure_ is figure
    assert min(ax.get_window_extent().x0 for ax in display.axes_) > left.get_window_extent().x1


@pytest.mark.parametrize("layout", [None, "constrained"])
@pytest.mark.parametrize("width", [3, 4])
def test_the_legend_stays_inside_narrow_axes(width, layout):
    figure = Figure(figsize=(width, 3), layout=layout)
    display = TrainingDisplay.from_history(HISTORY, ax=figure.subplots())
    figure.draw_without_rendering()
    for ax in display.axes_:
        assert inside(ax.get_legend().get_window_extent(), ax.get_window_extent())


def test_a_tiny_loss_is_not_called_zero():
    display = TrainingDisplay.from_history({"loss": [1e-4, 2e-5], "val_loss": [1e-4, 1e-5]})
    assert legend(display.axes_[0])[-1] == "best: 1e-05 in epoch 2"


@pytest.mark.parametrize("draw", [lambda figure: figure.subplots(2), lambda figure: figure])
def test_what_is_no_single_axes_is_refused(draw):
    place = draw(Figure())
    with pytest.raises(ValueError, match=f"ax must be one .*Axes.*got {type(place).__name__}"):
        TrainingDisplay.from_history(HISTORY, ax=place)


def test_a_figure_keeps_the_colours_of_the_style_it_was_made_in():
    with plt.style.context("dark_background"):
        figure = TrainingDisplay.from_history(HISTORY).figure_
        inside = drawn(figure)
    np.testing.assert_array_equal(drawn(figure), inside)
