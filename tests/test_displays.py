"""All displays: where they draw, whether it can be read, and what they refuse."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from skmnist import DigitsDisplay, HiddenUnitsDisplay, SearchDisplay, TrainingDisplay
from tests.figures import faults

pytestmark = pytest.mark.usefixtures("closed_figures")

RNG = np.random.default_rng(0)
LONG = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Ankle boot"]
HISTORY = {
    "loss": np.linspace(2, 1, 30),
    "val_loss": np.linspace(2, 1.5, 30),
    "accuracy": np.linspace(0.1, 0.99, 30),
    "val_accuracy": np.linspace(0.2, 0.9, 30),
}
SCORES = RNG.random((12, 3))
DISPLAYS = {
    "digits": DigitsDisplay(
        RNG.random((10, 28, 28)),
        labels=np.arange(10),
        predictions=[1] * 10,
        probabilities=RNG.random(10),
    ),
    "long names": DigitsDisplay(RNG.random((5, 10, 40)), labels=LONG, predictions=LONG[::-1]),
    "pairs": DigitsDisplay(
        RNG.random((3, 28, 28)),
        labels=[5, 5, 4],
        predictions=[8, 8, 9],
        pairs={(5, 8): 21, (4, 9): 1},
    ),
    "units": HiddenUnitsDisplay(
        RNG.normal(size=(12, 28, 28)),
        output_weights=RNG.normal(size=(12, 10)),
        label="weight of a pixel × its standard deviation",
    ),
    "units of 26 classes": HiddenUnitsDisplay(
        RNG.normal(size=(4, 28, 28)),
        output_weights=RNG.normal(size=(4, 26)),
        classes=list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ),
    "units of long names": HiddenUnitsDisplay(
        RNG.normal(size=(4, 28, 28)), output_weights=RNG.normal(size=(4, 5)), classes=LONG
    ),
    "training": TrainingDisplay(HISTORY, early_stopping=True),
    "search of one": SearchDisplay(
        {"width": [5, 16, 64, 128]},
        SCORES[:4],
        fit_times=SCORES[:4, 0],
        best_index=1,
        score_name="accuracy",
    ),
    "search of two": SearchDisplay(
        {"width": [5, 16, 64] * 4, "rate": np.repeat([1e-4, 1e-3, 1e-2, 0.1], 3)},
        SCORES,
        best_index=1,
    ),
    "search of three": SearchDisplay(
        {"width": [5, 16] * 6, "rate": [1, 2, 4] * 4, "kind": ["relu", "tanh", "elu"] * 4},
        SCORES,
        best_index=1,
    ),
}


@pytest.mark.parametrize(
    "name", ["long names", "pairs", "units of 26 classes", "units of long names", "search of three"]
)
def test_no_text_lies_on_another_or_outside_a_new_figure(name):
    assert not faults(DISPLAYS[name].plot().figure_)


@pytest.mark.parametrize("name", ["digits", "units", "training", "search of one", "search of two"])
def test_small_axes_can_be_read(name):
    figure = Figure(figsize=(3, 2), layout="constrained")
    DISPLAYS[name].plot(figure.add_subplot())
    assert not faults(figure)


@pytest.mark.parametrize("name", ["units", "training"])
def test_a_figure_without_a_layout_engine(name):
    figure = Figure(figsize=(9, 5))
    DISPLAYS[name].plot(figure.add_subplot())
    assert not faults(figure)


@pytest.mark.parametrize("name", ["units", "training"])
def test_drawing_into_an_axes_stays_there(name):
    open_before = plt.get_fignums()
    figure = Figure(figsize=(12, 4), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    display = DISPLAYS[name].plot(middle)
    figure.draw_without_rendering()
    assert display.figure_ == figure
    assert plt.get_fignums() == open_before
    inner = [ax.get_tightbbox() for ax in figure.axes if ax not in (left, right)]
    assert min(box.x0 for box in inner) > left.get_window_extent().x1
    assert max(box.x1 for box in inner) < right.get_window_extent().x0


def test_the_size_of_a_figure_can_be_chosen():
    for display in DISPLAYS.values():
        figure = display.plot(figsize=(7, 6)).figure_
        np.testing.assert_array_equal(figure.get_size_inches(), (7, 6))


def test_a_display_is_described_in_short():
    assert [repr(DISPLAYS[name]) for name in ("digits", "units", "training", "search of one")] == [
        "DigitsDisplay(10 images, 9 wrong)",
        "HiddenUnitsDisplay(12 units of 28 × 28 pixels)",
        "TrainingDisplay(30 epochs)",
        f"SearchDisplay(width: 4 candidates, best accuracy {SCORES[1].mean():.3f})",
    ]


def test_only_a_single_axes_is_drawn_into():
    with pytest.raises(ValueError, match=r"ax must be one matplotlib Axes, .* got ndarray"):
        DISPLAYS["digits"].plot(np.array([None, None]))
    with pytest.raises(ValueError, match="ax must be part of a grid"):
        DISPLAYS["training"].plot(Figure().add_axes((0, 0, 1, 1)))


def test_units_are_images_of_one_axes():
    # An axes for each of 256 units would take half a minute.
    display = DISPLAYS["units"].plot()
    assert len(display.figure_.axes) == 2  # and that of the colour bar
    assert len(display.images_) == 12
