"""SearchDisplay of two parameters: a map of cells, or points where values were drawn at random."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.stats import loguniform
from sklearn.model_selection import (
    RandomizedSearchCV,
)

from skmnist import SearchDisplay
from tests.figures import hidden_by_legend, tick_texts
from tests.searches import searched

pytestmark = pytest.mark.usefixtures("closed_figures")


def test_a_heat_map_of_two_numbers():
    search = searched({"width": [64, 5, 16], "height": [0.1, 1]})
    display = SearchDisplay.from_estimator(search, param=("width", "height"))
    (ax,) = display.axes_
    means = {
        (params["width"], params["height"]): score
        for params, score in zip(
            search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
        )
    }

    image = display.image_.get_array()
    np.testing.assert_allclose(
        image, [[means[width, height] for width in (5, 16, 64)] for height in (0.1, 1)]
    )
    assert display.image_.origin == "lower"
    assert tick_texts(ax.xaxis) == ["5", "16", "64"]
    assert tick_texts(ax.yaxis) == ["0.1", "1"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("width", "height")
    assert ax.get_title() == "Mean test score"
    written = {text.get_position(): text.get_text().strip("★ ") for text in display.texts_}
    assert written == {
        (column, row): f"{image[row, column]:.{3 if image[row, column] < 10 else 1}f}"
        for row in range(2)
        for column in range(3)
    }
    (frame,) = display.best_
    assert frame.get_center() == pytest.approx((2, 1))
    starred = [text.get_position() for text in display.texts_ if "★" in text.get_text()]
    assert starred == [(2, 1)]


def test_the_numbers_go_across_and_the_categories_down_as_searched():
    search = searched({"width": [1, 5], "kind": ["plain", "odd", "fancy"]})
    display = SearchDisplay.from_estimator(search)
    (ax,) = display.axes_
    display.figure_.draw_without_rendering()
    assert tick_texts(ax.xaxis) == ["1", "5"]
    assert tick_texts(ax.yaxis) == ["plain", "odd", "fancy"]
    heights = [label.get_window_extent().y0 for label in ax.get_yticklabels()]
    assert heights == sorted(heights, reverse=True)
    np.testing.assert_array_equal(
        np.diff(display.image_.get_array(), axis=0) > 0, [[False, False], [True, True]]
    )


def test_cells_without_a_score_say_so_and_those_not_tried_are_empty():
    scores = [[1.0], [np.nan], [3.0]]
    values = {"p": [1, 2, 2], "kind": ["a", "a", "b"]}
    display = SearchDisplay(values, scores, best_index=2).plot()
    np.testing.assert_array_equal(
        np.ma.filled(display.image_.get_array(), np.nan), [[1, np.nan], [np.nan, 3]]
    )
    assert [text.get_text() for text in display.texts_] == ["1.000", "NaN", "★ 3.000"]


def test_the_values_in_the_cells_can_be_read_on_their_colours():
    display = SearchDisplay({"p": [1, 2], "q": ["a", "a"]}, [[0.0], [1.0]]).plot(cmap="gray")
    assert [text.get_color() for text in display.texts_] == ["white", "black"]


def test_values_that_would_not_fit_give_way_to_a_colour_bar():
    n = 20
    values = {"p": np.repeat(np.arange(n), n).tolist(), "q": np.tile(np.arange(n), n).tolist()}
    ax = Figure(figsize=(3, 3)).add_subplot()
    display = SearchDisplay(values, np.random.default_rng(0).random((n * n, 2))).plot(ax)
    assert display.image_.colorbar is not None
    assert {text.get_text() for text in display.texts_} == {""}


def test_numbers_drawn_at_random_are_points_with_colours():
    search = searched(
        {"width": loguniform(1, 1e3), "height": loguniform(1, 2)},
        cls=RandomizedSearchCV,
        n_iter=12,
        random_state=0,
    )
    display = SearchDisplay.from_estimator(search, param=["width", "height"])
    (ax,) = display.axes_
    points = [[params["width"], params["height"]] for params in search.cv_results_["params"]]
    np.testing.assert_allclose(display.image_.get_offsets(), points)
    np.testing.assert_allclose(display.image_.get_array(), search.cv_results_["mean_test_score"])
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "linear")
    (ring,) = display.best_
    np.testing.assert_allclose(ring.get_xydata(), [points[search.best_index_]])


@pytest.mark.parametrize("seed", [1, 4])
def test_the_legend_hides_no_point_of_the_cloud(seed):
    rng = np.random.default_rng(seed)
    values = {name: rng.uniform(1, 2, 150).tolist() for name in "pq"}
    scores = rng.random((150, 1))
    scores[:5] = np.nan
    display = SearchDisplay(values, scores, best_index=7).plot()
    display.figure_.draw_without_rendering()
    assert not hidden_by_legend(display.ax_)


def test_a_row_of_long_categories_keeps_its_height():
    values = {"p": [f"a long category {i:02d} of twelve" for i in range(12)], "q": ["x"] * 12}
    display = SearchDisplay(values, np.zeros((12, 1))).plot()
    short = SearchDisplay(values | {"p": list(range(12))}, np.zeros((12, 1))).plot()
    for one in (display, short):
        one.figure_.draw_without_rendering()
    height, expected = (one.ax_.get_window_extent().height for one in (display, short))
    assert height > 0.8 * expected
