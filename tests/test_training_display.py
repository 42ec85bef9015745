"""TrainingDisplay: what it draws of a history, and what it refuses."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skmnist import SimpleMLPClassifier, TrainingDisplay
from tests.figures import legend

pytestmark = pytest.mark.usefixtures("closed_figures")


HISTORY = {
    "loss": [2.0, 1.5, 1.2, 1.0],
    "accuracy": [0.3, 0.5, 0.6, 1.0],
    "val_loss": [1.8, np.nan, 1.3, 1.35],
    "val_accuracy": [0.35, 0.55, 0.55, 0.5],
}


def curves(ax):
    return {line.get_label(): (line.get_xdata(), line.get_ydata()) for line in ax.lines}


@pytest.mark.parametrize(("panel", "name"), [(0, "loss"), (1, "accuracy")])
def test_loss_and_accuracy_of_training_and_held_out_data(panel, name):
    ax = TrainingDisplay(HISTORY).plot().axes_[panel]
    assert ax.get_ylabel() == name
    assert list(curves(ax)) == ["training", "held-out"]
    np.testing.assert_array_equal(curves(ax)["training"], ([1, 2, 3, 4], HISTORY[name]))
    held_out = curves(ax)["held-out"]
    np.testing.assert_array_equal(held_out, ([1, 2, 3, 4], HISTORY[f"val_{name}"]))
    training, validation = ax.lines
    assert training.get_color() != validation.get_color()
    assert training.get_linestyle() != validation.get_linestyle()


def test_the_axis_of_accuracies_ends_at_1():
    loss, accuracy = TrainingDisplay(HISTORY).plot().axes_
    assert accuracy.get_ylim()[1] == 1
    assert loss.get_ylim()[1] > 2


def test_the_epoch_that_early_stopping_chose_is_marked():
    display = TrainingDisplay(HISTORY, early_stopping=True).plot()
    loss, accuracy = display.axes_
    assert list(curves(loss)) == ["training", "validation"]
    np.testing.assert_array_equal(
        curves(accuracy)["best: 0.550 in epoch 2"], ([2], [0.55])
    )
    assert legend(display) == ["training", "validation", "best: 0.550 in epoch 2"]
    history = {"loss": [1.0, 0.5], "val_accuracy": [0, 1e-5]}
    display = TrainingDisplay(history, early_stopping=True).plot()
    assert legend(display)[-1] == "best: 1.00e-05 in epoch 2"


def test_a_single_epoch_without_accuracy():
    display = TrainingDisplay({"loss": [2.0], "val_loss": [np.nan], "lr": [0.1]}).plot()
    (ax,) = display.axes_
    display.figure_.draw_without_rendering()
    low, high = ax.get_xlim()
    assert [tick for tick in ax.get_xticks() if low <= tick <= high] == [1]
    assert all(line.get_marker() not in ("", "None") for line in ax.lines)


class WithHistory(GaussianNB):
    """Keeps a history as SimpleMLPClassifier does."""

    def fit(self, X, y):
        self.history_ = {"loss": [self.var_smoothing]}
        return super().fit(X, y)


def test_the_history_is_that_of_the_best_estimator_inside(small_digits):
    search = GridSearchCV(WithHistory(), {"var_smoothing": [1e3, 1e-2]}, cv=2)
    fitted = make_pipeline(MinMaxScaler(), search).fit(*small_digits)
    assert TrainingDisplay.from_estimator(fitted).history["loss"] == [1e-2]


def test_a_fitted_network_is_marked_where_it_stopped_early(digits):
    network = SimpleMLPClassifier(epochs=3, early_stopping=True, random_state=0)
    display = TrainingDisplay.from_estimator(network.fit(digits.X, digits.y))
    np.testing.assert_array_equal(
        display.history["val_loss"], network.history_["val_loss"]
    )
    assert legend(display)[:2] == ["training", "validation"]
    assert len(legend(display)) == 3


def test_an_estimator_without_history_is_refused():
    with pytest.raises(NotFittedError, match="WithHistory has no history_"):
        TrainingDisplay.from_estimator(WithHistory())


@pytest.mark.parametrize(
    ("history", "message"),
    [
        ([1.0, 2.0], r"mapping with 'loss'.*got \[1.0"),
        ({"accuracy": [1.0]}, "mapping with 'loss'"),
        ({"loss": []}, "one or more epochs"),
        (
            {"loss": [1.0, 2.0], "val_loss": [1.0]},
            r"inconsistent numbers of samples: \[2, 1\]",
        ),
    ],
    ids=["list", "no loss", "no epochs", "lengths"],
)
def test_training_display_refuses(history, message):
    with pytest.raises(ValueError, match=message):
        TrainingDisplay(history)
