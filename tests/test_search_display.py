"""SearchDisplay: what it draws of which search, and what it refuses."""

import warnings
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.stats import loguniform
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skmnist import SearchDisplay, SimpleMLPClassifier


@pytest.fixture(autouse=True)
def _closed_figures():
    yield
    plt.close("all")


class Scored(BaseEstimator):
    """Needs no data to tell how good its parameters are, and refuses width=0 and height=0."""

    def __init__(self, width=1, height=1, kind="plain", part=None):
        self.width = width
        self.height = height
        self.kind = kind
        self.part = part

    def fit(self, X, y):
        if 0 in (self.width, self.height):
            raise ValueError("refused")
        self.n_rows_ = len(X)
        return self

    def score(self, X, y):
        size = sum(self.width) if isinstance(self.width, (tuple, list)) else self.width
        bonus = {"plain": 0, "fancy": 7, "odd": -7}[self.kind]
        # The rows tell the folds of a search, and the iterations of a halving one, apart.
        return size * self.height + bonus + X.mean() / 100 + self.n_rows_ / 1000


ROWS = np.arange(60, dtype=float).reshape(-1, 1), np.zeros(60)


def searched(grid, estimator=None, *, cls=GridSearchCV, **options):
    return cls(estimator or Scored(), grid, **({"cv": 3} | options)).fit(*ROWS)


def lines(ax):
    return {line.get_label(): line.get_xydata() for line in ax.lines}


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def tick_texts(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


# One parameter


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
    assert legend(ax) == ["mean ± std", "best: 12.0 s"]


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


@pytest.mark.parametrize("style", ["default", "dark_background"])
@pytest.mark.parametrize(
    "grid",
    [
        {"width": [5, 16, 64, 128]},
        {"width": [(64, 32), (128, 64, 32), (256, 128, 64), (512, 256), (1024,)]},
        {"width": [1, 2, 3], "height": [1, 10, 100]},
        {"width": [(64, 32), (128, 64, 32), (256, 128, 64)], "kind": ["plain", "fancy"]},
    ],
    ids=["numbers", "categories", "map", "map of categories"],
)
def test_no_text_lies_on_another_and_all_are_inside(grid, style):
    with plt.style.context(style):
        display = SearchDisplay.from_estimator(searched(grid))
        display.figure_.canvas.draw()
    boxes = []
    for ax in display.axes_:
        low, high = sorted(ax.get_ylim())  # matplotlib makes ticks beyond, and draws none of them
        ticks = [tick for tick in ax.yaxis.get_major_ticks() if low <= tick.get_loc() <= high]
        texts = [ax.title, ax.xaxis.label, ax.yaxis.label, *ax.texts]
        texts += [tick.label1 for tick in ticks]
        labels = ax.get_xticklabels()
        # The boxes of slanted labels overlap where their letters do not.
        texts += labels if labels[0].get_rotation() == 0 else []
        boxes += [text.get_window_extent() for text in texts if text.get_text()]
    assert len(boxes) > 8
    overlapping = [(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :] if a.overlaps(b)]
    assert not overlapping
    edges = display.figure_.bbox.padded(1)
    assert all(edges.contains(*corner) for box in boxes for corner in (box.min, box.max))


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


def test_one_fold_is_its_own_mean():
    search = searched({"width": [1, 2]}, cv=[(np.arange(30), np.arange(30, 60))])
    assert legend(SearchDisplay.from_estimator(search).axes_[0])[0] == "the only fold"


# Which parameters


def test_the_name_is_short_inside_a_pipeline():
    pipeline = Pipeline([("scale", StandardScaler()), ("net", Scored())])
    search = searched({"net__width": [1, 2], "scale__with_mean": [True]}, pipeline)
    assert SearchDisplay.from_estimator(search).axes_[0].get_xlabel() == "width"
    for param in ("width", "net__width", ["width"]):
        display = SearchDisplay.from_estimator(search, param=param)
        assert display.axes_[0].get_xlabel() == "width"


def test_names_stay_long_enough_to_differ():
    pipeline = Pipeline([("a", StandardScaler()), ("b", StandardScaler()), ("net", Scored())])
    grid = {"a__with_mean": [True, False], "b__with_mean": [True, False], "net__width": [1, 2]}
    search = searched(grid, pipeline)
    display = SearchDisplay.from_estimator(search, param="b__with_mean")
    assert display.axes_[0].get_xlabel() == "b__with_mean\n(best over a__with_mean, width)"
    with pytest.raises(ValueError, match=r"several parameters 'with_mean'.*a__.*b__"):
        SearchDisplay.from_estimator(search, param="with_mean")


def test_the_best_over_the_parameters_that_are_not_shown():
    search = searched({"width": [5, 16, 64], "kind": ["plain", "fancy", "odd"], "height": [1, 2]})
    search.cv_results_["mean_fit_time"] = np.arange(18.0)
    display = SearchDisplay.from_estimator(search, param="width")
    results = search.cv_results_

    best = [
        max(
            (row for row, params in enumerate(results["params"]) if params["width"] == width),
            key=results["mean_test_score"].__getitem__,
        )
        for width in (5, 16, 64)
    ]
    np.testing.assert_allclose(display.lines_[0].get_ydata(), results["mean_test_score"][best])
    np.testing.assert_array_equal(display.lines_[1].get_ydata(), best)
    label = display.axes_[0].get_xlabel()
    assert label.startswith("width\n(best over ")
    assert all(name in label for name in ("kind", "height"))
    assert display.best_[0].get_xdata() == [64]


def test_what_does_not_vary_is_neither_shown_nor_named():
    search = searched({"width": [1, 2], "height": [3], "kind": ["fancy"]})
    assert SearchDisplay.from_estimator(search).axes_[0].get_xlabel() == "width"
    single = searched({"width": [2]})
    display = SearchDisplay.from_estimator(single)
    np.testing.assert_allclose(display.lines_[0].get_xydata(), [[2, single.best_score_]])


def test_a_parameter_that_some_candidates_lack():
    search = searched([{"width": [1, 2]}, {"kind": ["fancy"]}])
    display = SearchDisplay.from_estimator(search, param="width")
    assert tick_texts(display.axes_[0].xaxis) == ["1", "2", "not set"]


@pytest.mark.parametrize(
    ("param", "message"),
    [
        (None, r"varies 3 parameters \(height, kind, width\).*param='height'"),
        ("depth", "no parameter 'depth': it went over height, kind, width"),
        (["width", "width"], "one parameter or two different ones"),
        (["width", "kind", "height"], "one parameter or two different ones"),
        ([], "one parameter or two different ones"),
    ],
)
def test_parameters_that_cannot_be_shown(param, message):
    search = searched({"width": [1, 2], "kind": ["plain", "odd"], "height": [1, 2]}, cv=2)
    with pytest.raises(ValueError, match=message):
        SearchDisplay.from_estimator(search, param=param)


# Two parameters


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


# Which search, which metric


@pytest.mark.parametrize("cls", [HalvingGridSearchCV, HalvingRandomSearchCV])
def test_the_last_iteration_of_a_halving_search(cls):
    options = {} if cls is HalvingGridSearchCV else {"n_candidates": 6}
    grid = {"width": [1, 2, 3, 5, 8, 13]}
    search = searched(grid, cls=cls, factor=2, min_resources=10, random_state=0, **options)
    results = search.cv_results_
    assert len(results["params"]) > 6
    last = {params["width"]: row for row, params in enumerate(results["params"])}
    display = SearchDisplay.from_estimator(search)

    np.testing.assert_array_equal(display.lines_[0].get_xdata(), grid["width"])
    rows = [last[width] for width in grid["width"]]
    np.testing.assert_allclose(display.lines_[0].get_ydata(), results["mean_test_score"][rows])
    np.testing.assert_allclose(display.best_[0].get_xydata(), [[13, search.best_score_]])


def test_a_search_over_the_network_in_a_pipeline(digits):
    pipeline = Pipeline(
        [("scale", MinMaxScaler()), ("mlp", SimpleMLPClassifier(epochs=3, random_state=0))]
    )
    grid = {"mlp__hidden_units": [5, 64, (32, 16)]}
    search = GridSearchCV(pipeline, grid, cv=2, scoring="accuracy").fit(digits.X, digits.y)
    display = SearchDisplay.from_estimator(search)
    ax = display.axes_[0]

    assert ax.get_xlabel() == "hidden_units"
    assert ax.get_title() == "Test accuracy"
    assert tick_texts(ax.xaxis) == ["5", "64", "(32, 16)"]
    np.testing.assert_allclose(display.lines_[0].get_ydata(), search.cv_results_["mean_test_score"])
    assert display.best_[0].get_xdata() == [search.best_index_]


def test_a_search_at_the_end_of_a_pipeline():
    pipeline = make_pipeline(StandardScaler(), GridSearchCV(Scored(), {"width": [1, 2]}, cv=2))
    display = SearchDisplay.from_estimator(pipeline.fit(*ROWS))
    np.testing.assert_array_equal(display.lines_[0].get_xdata(), [1, 2])


@pytest.fixture(scope="module")
def two_metrics(digits):
    def fit(refit):
        grid = {"n_neighbors": [1, 3, 50]}
        scoring = {"right": "accuracy", "loss": lambda search, X, y: -search.n_neighbors / 10}
        search = GridSearchCV(KNeighborsClassifier(), grid, cv=2, scoring=scoring, refit=refit)
        return search.fit(digits.X[:100], digits.y[:100])

    return fit


@pytest.mark.parametrize(
    ("metric", "shown"), [(None, "right"), ("right", "right"), ("loss", "loss")]
)
def test_metric_says_which_of_several(two_metrics, metric, shown):
    search = two_metrics("right")
    display = SearchDisplay.from_estimator(search, metric=metric)
    means = search.cv_results_[f"mean_test_{shown}"]
    np.testing.assert_allclose(display.lines_[0].get_ydata(), means)
    assert display.axes_[0].get_title() == f"Test {shown}"
    best = display.best_[0]
    assert best.get_ydata() == pytest.approx([means.max()])


def test_metrics_of_which_none_has_chosen(two_metrics):
    search = two_metrics(False)
    with pytest.raises(ValueError, match=r"several metrics \(right, loss\).*metric='right'"):
        SearchDisplay.from_estimator(search)
    display = SearchDisplay.from_estimator(search, metric="loss")
    assert display.best_[0].get_xdata() == [1]


@pytest.mark.parametrize("scoring", [None, "accuracy"])
def test_a_metric_that_the_search_has_not(scoring, digits):
    search = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 3]}, cv=2, scoring=scoring)
    search.fit(digits.X[:60], digits.y[:60])
    with pytest.raises(ValueError, match=f"no metric 'f1', only '{scoring or 'score'}'"):
        SearchDisplay.from_estimator(search, metric="f1")
    display = SearchDisplay.from_estimator(search, metric=scoring)
    assert display.axes_[0].get_ylabel() == (scoring or "score")


def test_an_unknown_metric_among_several(two_metrics):
    with pytest.raises(ValueError, match="no metric 'f1', only right, loss"):
        SearchDisplay.from_estimator(two_metrics("right"), metric="f1")


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: GridSearchCV(Scored(), {"width": [1]}),
            NotFittedError,
            "GridSearchCV is not fitted",
        ),
        (Scored, ValueError, r"only supports searches such as GridSearchCV, got Scored\(\)"),
        (lambda: [1, 2], ValueError, r"only supports searches.*got \[1, 2\]"),
        (lambda: searched({}), ValueError, "no parameters"),
    ],
)
def test_what_is_no_fitted_search_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        SearchDisplay.from_estimator(make())


# The constructor, and the place


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"param_values": {}}, "one or two parameters, got 0"),
        ({"param_values": {"a": [1, 2], "b": [1, 2], "c": [1, 2]}}, "one or two parameters, got 3"),
        ({"param_values": {"a": [1]}}, "a has 1 values, but fold_scores has 2 rows"),
        ({"param_values": {"a": [3, 3.0]}}, "same a"),
        ({"param_values": {"a": [1, 1], "b": ["x", "x"]}}, "same a and b"),
        ({"fold_scores": [0.5, 0.6]}, "2D array"),
        ({"fold_scores": np.zeros((0, 3)), "param_values": {"a": []}}, "0 sample"),
        ({"fit_times": [1]}, "fit_times has 1 values"),
        ({"fit_times": [1, 2], "fit_time_spreads": [1]}, "fit_time_spreads has 1 values"),
        ({"best_index": 2}, "best_index must be from 0 to 1, got 2"),
        ({"best_index": -1}, "best_index must be from 0 to 1, got -1"),
    ],
)
def test_search_display_refuses(arguments, message):
    defaults = {"param_values": {"a": [1, 2]}, "fold_scores": [[0.5, 0.6], [0.7, 0.8]]}
    with pytest.raises(ValueError, match=message):
        SearchDisplay(**defaults | arguments)


def test_a_search_into_an_axes():
    figure = Figure(figsize=(12, 4), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    curves = SearchDisplay.from_estimator(searched({"width": [5, 16, 64]}), ax=middle)
    cells = SearchDisplay.from_estimator(searched({"width": [1, 2], "height": [1, 2]}), ax=right)
    figure.draw_without_rendering()

    assert curves.figure_ is cells.figure_ is figure
    assert curves.ax_ is middle
    assert cells.ax_ is cells.axes_[0] is right
    assert not plt.get_fignums()
    edges = [
        left.get_window_extent(),
        *(ax.get_window_extent() for ax in curves.axes_),
        right.get_window_extent(),
    ]
    assert all(one.x1 < other.x0 for one, other in pairwise(edges))
    legends = [ax.get_legend().get_window_extent() for ax in curves.axes_]
    assert all(
        legend.width < ax.get_window_extent().width
        for legend, ax in zip(legends, curves.axes_, strict=True)
    )


def test_a_figure_keeps_the_colours_of_the_style_it_was_made_in():
    def drawn(figure):
        figure.canvas.draw()
        return np.asarray(figure.canvas.buffer_rgba()).copy()

    for grid in ({"width": [5, 16]}, {"width": [1, 2], "height": [1, 2]}):
        with plt.style.context("dark_background"):
            figure = SearchDisplay.from_estimator(searched(grid)).figure_
            inside = drawn(figure)
        np.testing.assert_array_equal(drawn(figure), inside)
