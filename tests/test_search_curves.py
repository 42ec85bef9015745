"""SearchDisplay of one parameter: the score of each fold, the times of the fits, and the best."""

import warnings

import numpy as np
import pytest
from sklearn.model_selection import (
    GridSearchCV,
)
from sklearn.preprocessing import MinMaxScaler

from skmnist import SearchDisplay
from tests.figures import (
    hidden_by_legend,
    inside,
    legend,
    overlapping,
    tick_boxes,
    tick_texts,
)
from tests.searches import ROWS, Scored, searched

pytestmark = pytest.mark.usefixtures("closed_figures")


def lines(ax):
    return {line.get_label(): line.get_xydata() for line in ax.lines}


def test_every_fold_and_the_mean_against_the_numbers_searched():
    search = searched({"width": [16, 5, 128, 64]})
    display = SearchDisplay.from_estimator(search)
    ax, _ = display.axes_
    results, order = search.cv_results_, [1, 0, 3, 2]

    np.testing.assert_array_equal(display.lines_[0].get_xdata(), [5, 16, 64, 128])
    np.testing.assert_allclose(display.lines_[0].get_ydata(), results["mean_test_score"][order])
    folds = [
        [x, results[f"split{k}_test_score"][i]]
        for i, x in enumerate((16, 5, 128, 64))
        for k in range(3)
    ]
    drawn = lines(ax)["each of 3 folds"]
    assert sorted(map(tuple, drawn)) == sorted(map(tuple, folds))
    assert len(set(drawn[:, 1])) == 12  # no fold hides another in this test
    assert ax.get_title() == "Test score"
    assert ax.get_xlabel() == "width"


def test_the_fit_times_and_their_spread():
    search = searched({"width": [5, 16]})
    search.cv_results_["mean_fit_time"] = np.array([1.5, 12.0])
    search.cv_results_["std_fit_time"] = np.array([0.25, 2.0])
    display = SearchDisplay.from_estimator(search)
    _, ax = display.axes_

    np.testing.assert_array_equal(display.lines_[1].get_xydata(), [[5, 1.5], [16, 12]])
    (bars,) = ax.containers[0].lines[2]
    spans = [segment[:, 1].tolist() for segment in bars.get_segments()]
    np.testing.assert_allclose(spans, [[1.25, 1.75], [10, 14]])
    assert ax.get_ylabel() == "fit time (s)"
    assert ax.get_ylim()[0] == 0
    assert ax.get_ylim()[1] > 14
    assert legend(ax) == ["mean ± std", "best candidate: 12.0 s"]


def test_the_best_candidate_is_marked():
    search = searched({"width": [5, 128, 64]})
    search.cv_results_["mean_fit_time"] = np.array([1.0, 3.0, 2.0])
    display = SearchDisplay.from_estimator(search)
    assert search.best_index_ == 1

    score, time = (mark.get_xydata() for mark in display.best_)
    np.testing.assert_allclose(score, [[128, search.best_score_]])
    np.testing.assert_allclose(time, [[128, 3]])
    assert legend(display.axes_[0])[-1] == f"best: {search.best_score_:.1f} with 128"


def test_the_best_is_the_searchs_own_choice():
    search = searched({"width": [5, 16, 64]}, refit=lambda results: 1)
    display = SearchDisplay.from_estimator(search)
    assert display.best_[0].get_xdata() == [16]

    choices = {"width": [5, 16], "kind": ["fancy", "plain"]}  # the last is not the best with 16
    search = searched(
        choices, refit=lambda results: results["params"].index({"kind": "plain", "width": 16})
    )
    display = SearchDisplay.from_estimator(search, param="width")
    plain = search.cv_results_["mean_test_score"][search.best_index_]
    np.testing.assert_allclose(display.best_[0].get_xydata(), [[16, plain]])


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([5, 16, 64, 128], "log"),
        ([1e-4, 1e-3, 1e-2], "log"),
        ([0.1, 1], "log"),
        ([16, 32, 64], "linear"),
        ([10, 20, 30, 40, 100], "log"),
        (list(range(1, 13)), "linear"),  # a factor of 12, but in even steps
        ([-10, 0, 100], "linear"),
        ([0, 1e-3, 1e-2, 1e-1], "symlog"),
        ([3], "linear"),
    ],
)
def test_powers_lie_on_a_logarithmic_axis(values, scale):
    scores = np.zeros((len(values), 2))
    display = SearchDisplay({"p": values}, scores, fit_times=scores[:, 0]).plot()
    for ax in display.axes_:
        assert ax.get_xscale() == scale
        np.testing.assert_allclose(ax.get_xticks(), values)
        assert not len(ax.get_xticks(minor=True))
        low, high = ax.get_xlim()
        assert low < values[0] <= values[-1] < high


def test_tick_labels_are_the_values_as_one_would_write_them():
    display = SearchDisplay({"p": [1e-5, 1e-3, 0.25, 1, 64]}, np.zeros((5, 1))).plot()
    assert tick_texts(display.axes_[0].xaxis) == ["1e-5", "0.001", "0.25", "1", "64"]


def test_many_numbers_leave_the_ticks_to_matplotlib():
    search = searched({"width": list(range(1, 41))})
    ax = SearchDisplay.from_estimator(search).axes_[0]
    ticks = ax.get_xticks()
    assert len(ticks) < 15
    np.testing.assert_array_equal(ticks % 1, 0)


def test_labels_that_would_touch_are_left_out_but_not_that_of_the_best():
    values = [1e-4, 1.1e-4, 1.2e-4, 1e-2]
    display = SearchDisplay({"p": values}, [[1], [2], [4], [3]], best_index=2).plot()
    (ax,) = display.axes_
    assert tick_texts(ax.xaxis) == ["", "", "0.00012", "0.01"]
    np.testing.assert_array_equal(ax.get_xticks(), values)


def test_categories_stand_side_by_side_as_searched():
    search = searched({"kind": ["plain", "odd", "fancy"]})
    display = SearchDisplay.from_estimator(search)
    ax = display.axes_[0]

    assert tick_texts(ax.xaxis) == ["plain", "odd", "fancy"]
    np.testing.assert_allclose(
        display.lines_[0].get_xydata(),
        np.column_stack([[0, 1, 2], search.cv_results_["mean_test_score"]]),
    )
    assert display.lines_[0].get_linestyle() == "None"
    assert legend(ax)[-1].endswith(" with fancy")


@pytest.fixture(scope="module")
def twenty_categories():
    rng = np.random.default_rng(0)
    scores = rng.random((20, 3))
    scores[0] = np.nan  # one more line in the legend
    display = SearchDisplay(
        {"part": [f"a long category {i:02d} of twenty" for i in range(20)]},
        scores,
        fit_times=rng.random(20) * 10,
        fit_time_spreads=rng.random(20) * 5,
        best_index=4,
    ).plot()
    display.figure_.draw_without_rendering()
    return display


def test_many_long_categories_do_not_overlap_and_stay_inside_the_figure(twenty_categories):
    for ax in twenty_categories.axes_:
        boxes = tick_boxes(ax.xaxis)
        assert len(boxes) == 20
        assert not overlapping(boxes)
        assert all(inside(box, twenty_categories.figure_.bbox) for box in boxes)


def test_many_long_categories_leave_the_axes_its_height(twenty_categories):
    few = SearchDisplay({"part": ["a", "b"]}, [[1], [2]]).plot()
    few.figure_.draw_without_rendering()
    height = few.axes_[0].get_window_extent().height
    assert twenty_categories.axes_[0].get_window_extent().height > 0.9 * height


def test_the_legend_hides_no_point_star_or_error_bar(twenty_categories):
    assert [hidden_by_legend(ax) for ax in twenty_categories.axes_] == [[], []]


@pytest.mark.parametrize(("n", "seed"), [(3, 1), (6, 2)])
def test_the_legend_hides_no_error_bar_above_long_names(n, seed):
    rng = np.random.default_rng(seed)
    times = rng.random(n) * 10
    scores = rng.random((n, 3))
    display = SearchDisplay(
        {"part": [f"{i:02d}{'x' * 30}" for i in range(n)]},
        scores,
        fit_times=times,
        fit_time_spreads=rng.random(n) * times,
        best_index=int(scores.mean(axis=1).argmin()),  # as of a loss: its star lies low
    ).plot()
    display.figure_.draw_without_rendering()
    assert [hidden_by_legend(ax) for ax in display.axes_] == [[], []]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([(64, 32), 16, (8,)], ["(64, 32)", "16", "(8,)"]),
        ([[64, 32], [8]], ["[64, 32]", "[8]"]),
        ([None, 5, 3], ["None", "5", "3"]),
        ([True, False], ["True", "False"]),
        ([1, "1"], ["1", "1"]),
        ([np.nan, 1.0], ["nan", "1.0"]),
        ([np.mean, max], ["mean", "max"]),
        ([MinMaxScaler(), "passthrough"], ["MinMaxScaler()", "passthrough"]),
        ([" ".join(["long"] * 20), "b"], ["long long long long long long…", "b"]),
    ],
)
def test_what_is_no_number_is_a_category(values, texts):
    search = GridSearchCV(Scored(width=2), {"part": values}, cv=2).fit(*ROWS)
    ax = SearchDisplay.from_estimator(search).axes_[0]
    assert tick_texts(ax.xaxis) == texts
    assert ax.get_xlim() == (-0.5, len(texts) - 0.5)


def test_a_candidate_without_a_score_is_missing_not_low():
    with warnings.catch_warnings(action="ignore"):
        search = searched({"width": [0, 5, 16]})
    display = SearchDisplay.from_estimator(search)
    scores, times = display.axes_

    assert np.isnan(display.lines_[0].get_ydata()).tolist() == [True, False, False]
    assert np.isnan(display.lines_[1].get_ydata()).tolist() == [True, False, False]
    cross = next(line for line in scores.lines if line.get_label() == "no score (NaN)")
    assert cross.get_xdata() == [0]
    assert cross.get_transform() == scores.get_xaxis_transform()  # in no relation to the scores
    assert scores.get_ylim()[0] > 4
    assert scores.get_xlim() == times.get_xlim()


def test_where_every_score_is_missing_nothing_is_best(recwarn):
    display = SearchDisplay(
        {"p": [1, 2]}, [[np.nan, 1], [np.nan, 2]], fit_times=[1, 2], best_index=0
    ).plot()
    display.figure_.draw_without_rendering()
    assert not len(display.best_)
    assert not recwarn.list


@pytest.mark.parametrize("values", [[1, 2], ["a", "b"]])
def test_where_every_score_is_missing_times_begin_at_0(values):
    display = SearchDisplay({"p": values}, np.full((2, 2), np.nan), fit_times=[1, 2]).plot()
    low, high = display.axes_[1].get_ylim()
    assert low == 0 < high


def test_one_fold_is_its_own_mean():
    search = searched({"width": [1, 2]}, cv=[(np.arange(30), np.arange(30, 60))])
    assert legend(SearchDisplay.from_estimator(search).axes_[0])[0] == "the only fold"
