"""All displays: where they draw, whether it can be read, and what they refuse."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from skmnist import DigitsDisplay, HiddenUnitsDisplay, SearchDisplay, TrainingDisplay
from tests.figures import captions, drawn_size, faults, visible_texts

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
    "long names": DigitsDisplay(
        RNG.random((5, 10, 40)), labels=LONG, predictions=LONG[::-1]
    ),
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
        RNG.normal(size=(4, 28, 28)),
        output_weights=RNG.normal(size=(4, 5)),
        classes=LONG,
    ),
    "training": TrainingDisplay(HISTORY, early_stopping=True),
    "search of one": SearchDisplay(
        {"width": [5, 16, 64, 128]},
        SCORES[:4],
        fit_times=SCORES[:4, 0],
        mean_fit_times=[3.1, 0.9, 0.9, 0.9],
        best_index=1,
        score_name="accuracy",
    ),
    "search of two": SearchDisplay(
        {"width": [5, 16, 64] * 4, "rate": np.repeat([1e-4, 1e-3, 1e-2, 0.1], 3)},
        SCORES,
        best_index=1,
    ),
    "search of three": SearchDisplay(
        {
            "width": [5, 16] * 6,
            "rate": [1, 2, 4] * 4,
            "kind": ["relu", "tanh", "elu"] * 4,
        },
        SCORES,
        best_index=1,
    ),
    "search of five": SearchDisplay(
        {
            "width": [5, 16] * 6,
            "rate": [1, 2, 4] * 4,
            "kind": ["relu", "tanh", "elu"] * 4,
            "optimizer": ["adam", "stochastic gradient descent"] * 6,
            "epochs": [5, 10, 20, 40] * 3,
        },
        SCORES,
        best_index=1,
    ),
}


SIZES = [(3, 2), (6, 2), (20, 2.2), (4, 8)]
STYLES = ["dark_background", "ggplot", "seaborn-v0_8-poster"]


def in_a_grid(layout):
    def make():
        figure, axes = plt.subplots(2, 2, figsize=(12, 9), layout=layout)
        if layout is None:
            figure.subplots_adjust(
                hspace=0.4
            )  # or the labels of the grid itself would touch
        for other in axes.flat[1:]:
            other.set(xlabel="x", ylabel="y", title="title")
        return axes[0, 0]

    return make


def inset_axes():
    outer = plt.subplots(figsize=(12, 9), layout="constrained")[1]
    return outer.inset_axes((0.2, 0.2, 0.7, 0.7))


def axes_of_a_subfigure():
    left, right = plt.figure(figsize=(14, 6), layout="constrained").subfigures(1, 2)
    left.subplots().set(ylabel="y", title="title")
    return right.subplots()


AXES = {
    "subplots": in_a_grid(None),
    "constrained": in_a_grid("constrained"),
    "tight": in_a_grid("tight"),
    "compressed": in_a_grid("compressed"),
    "add_axes": lambda: plt.figure(figsize=(9, 6)).add_axes((0.1, 0.15, 0.8, 0.75)),
    "plt.axes": lambda: plt.axes(),
    "inset_axes": inset_axes,
    "subfigure": axes_of_a_subfigure,
}


@pytest.mark.parametrize(
    "name",
    [
        "long names",
        "pairs",
        "units of 26 classes",
        "units of long names",
        "search of five",
    ],
)
def test_no_text_lies_on_another_or_outside_a_new_figure(name):
    assert not faults(DISPLAYS[name].plot().figure_)


@pytest.mark.parametrize(
    "name", ["digits", "units", "training", "search of one", "search of two"]
)
def test_small_axes_can_be_read(name):
    figure = Figure(figsize=(3, 2), layout="constrained")
    DISPLAYS[name].plot(figure.add_subplot())
    assert not faults(figure)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(
    "name", ["pairs", "units", "training", "search of one", "search of two"]
)
def test_figures_of_all_sizes_can_be_read(name, size):
    assert not faults(DISPLAYS[name].plot(figsize=size).figure_)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", ["digits", "units", "training", "search of three"])
def test_figures_of_all_styles_can_be_read(name, style):
    with plt.style.context(style):
        assert not faults(DISPLAYS[name].plot().figure_)


@pytest.mark.parametrize("figsize", [(3, 2), (4, 3)], ids=str)
@pytest.mark.parametrize(
    "name",
    [
        "digits",
        "units",
        "training",
        "search of one",
        "search of two",
        "search of three",
    ],
)
def test_small_figures_of_a_style_with_large_letters_can_be_read(name, figsize):
    with plt.style.context("seaborn-v0_8-poster"):
        assert not faults(DISPLAYS[name].plot(figsize=figsize).figure_)


@pytest.mark.parametrize("style", ["default", "seaborn-v0_8-poster"])
@pytest.mark.parametrize("name", ["training", "search of one", "search of two"])
def test_letters_leave_room_in_a_small_figure(name, style):
    with plt.style.context(style):
        display = DISPLAYS[name].plot(figsize=(3, 2))
    # The style counts while it is drawn, not when the figure is saved.
    display.figure_.draw_without_rendering()
    sizes = [ax.get_window_extent().size for ax in display.axes_]
    assert np.prod(sizes, axis=1).sum() > 0.3 * np.prod(display.figure_.bbox.size)


@pytest.mark.parametrize(
    ("name", "long", "short"),
    [
        ("digits", r"1 \(\d+%\)\ntrue: 0", r"1\ntrue: 0"),
        ("units", r"unit 0: for \d", r"for \d"),
    ],
)
def test_captions_are_short_where_images_are_tiny(name, long, short):
    display = DISPLAYS[name]
    assert re.fullmatch(long, captions(display.plot())[0])
    assert re.fullmatch(short, captions(display.plot(figsize=(1.5, 1)))[0])


@pytest.mark.parametrize("make_axes", AXES.values(), ids=AXES)
@pytest.mark.parametrize("name", ["units", "training", "search of three"])
def test_any_axes_is_drawn_into(name, make_axes):
    ax = make_axes()
    figure = ax.get_figure(root=True)
    display = DISPLAYS[name].plot(ax)
    assert display.figure_ is figure
    assert not faults(figure)


@pytest.mark.parametrize("name", ["units", "training", "search of three"])
def test_tight_layout_afterwards(name):
    figure = DISPLAYS[name].plot().figure_
    with pytest.warns(UserWarning, match="layout has changed to tight"):
        plt.tight_layout()
    assert not faults(figure)


def assert_legend_is_above_the_panels(display):
    display.figure_.draw_without_rendering()
    legend = display.legend_.get_window_extent()
    assert all(ax.get_window_extent().y1 <= legend.y0 for ax in display.axes_)
    assert legend.y1 <= display.figure_.bbox.y1


@pytest.mark.parametrize("name", ["training", "search of one", "search of five"])
def test_the_legend_is_above_the_panels_after_tight_layout(name):
    display = DISPLAYS[name].plot()
    with pytest.warns(UserWarning, match="layout has changed to tight"):
        plt.tight_layout()
    assert_legend_is_above_the_panels(display)


@pytest.mark.parametrize("layout", [None, "constrained", "tight"])
@pytest.mark.parametrize("name", ["training", "search of three"])
def test_the_legend_is_above_the_panels_in_a_grid(name, layout):
    display = DISPLAYS[name].plot(in_a_grid(layout)())
    assert_legend_is_above_the_panels(display)
    ax = display.legend_.axes
    assert ax.bbox.x0 - 1 < display.legend_.get_window_extent().x0
    assert display.legend_.get_window_extent().x1 < ax.bbox.x1 + 1


def test_a_map_with_a_colour_bar_takes_another_layout():
    numbers = np.arange(40)
    values = {"p": np.repeat(numbers, 40).tolist(), "q": np.tile(numbers, 40).tolist()}
    display = SearchDisplay(values, RNG.random((1600, 2))).plot()
    assert display.image_.colorbar is not None
    with pytest.warns(UserWarning, match="layout has changed to tight"):
        plt.tight_layout()
    assert not faults(display.figure_)


@pytest.mark.parametrize("name", ["training", "search of five"])
def test_titles_stand_apart_from_the_legend(name):
    display = DISPLAYS[name].plot()
    plt.title("all panels")
    for panel in display.axes_:
        panel.set_title("a panel")
    texts = [text for text, _ in visible_texts(display.figure_)]
    assert texts.count("all panels") == 1
    assert not faults(display.figure_)


@pytest.mark.parametrize("name", ["units", "training", "search of three"])
def test_a_figure_cut_to_what_is_drawn_is_drawn_as_before(name):
    figure = plt.figure(figsize=(8, 6))
    outer = figure.add_axes((0.4, 0.3, 0.5, 0.5))
    outer.set_axis_off()
    # An axes in another one is placed anew when the figure is cut.
    DISPLAYS[name].plot(outer.inset_axes((0, 0, 1, 1)))
    # Where a pixel begins may differ.
    np.testing.assert_allclose(drawn_size(figure), drawn_size(figure, "tight"), atol=2)


def test_a_panel_can_be_zoomed_in_on():
    display = DISPLAYS["training"].plot()
    (outer,) = set(display.figure_.axes) - set(display.axes_)
    assert all(panel.get_navigate() for panel in display.axes_)
    assert not outer.get_navigate()


@pytest.mark.parametrize("name", ["units", "training"])
def test_drawing_into_an_axes_stays_there(name):
    open_before = plt.get_fignums()
    figure = Figure(figsize=(12, 4), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    DISPLAYS[name].plot(middle)
    figure.draw_without_rendering()
    assert plt.get_fignums() == open_before
    inner = [ax.get_tightbbox() for ax in figure.axes if ax not in (left, right)]
    assert min(box.x0 for box in inner) > left.get_window_extent().x1
    assert max(box.x1 for box in inner) < right.get_window_extent().x0


@pytest.mark.parametrize("name", DISPLAYS)
def test_the_size_of_a_figure_can_be_chosen(name):
    figure = DISPLAYS[name].plot(figsize=(7, 6)).figure_
    np.testing.assert_array_equal(figure.get_size_inches(), (7, 6))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("digits", "DigitsDisplay(10 images, 9 wrong)"),
        ("units", "HiddenUnitsDisplay(12 units of 28 × 28 pixels)"),
        ("training", "TrainingDisplay(30 epochs)"),
        (
            "search of one",
            f"SearchDisplay(width: 4 candidates, best accuracy {SCORES[1].mean():.3f})",
        ),
    ],
)
def test_a_display_is_described_in_short(name, text):
    assert repr(DISPLAYS[name]) == text


@pytest.mark.parametrize("name", ["digits", "training", "search of two"])
def test_only_a_single_axes_is_drawn_into(name):
    with pytest.raises(
        ValueError, match=r"ax must be one matplotlib Axes, .* got ndarray"
    ):
        DISPLAYS[name].plot(np.array([None, None]))


def test_units_are_images_of_one_axes():
    # An axes for each of 256 units would take half a minute.
    display = DISPLAYS["units"].plot()
    assert display.figure_.axes == [display.ax_]
    assert display.ax_.child_axes == [display.colorbar_.ax]
    assert len(display.images_) == 12
