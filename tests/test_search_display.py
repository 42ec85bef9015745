"""SearchDisplay: which search, parameters and metric it shows, and how."""

import warnings

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.stats import loguniform
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, RandomizedSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skmnist import SearchDisplay
from tests.figures import legend, tick_texts
from tests.searches import ROWS, Scored, searched

pytestmark = pytest.mark.usefixtures("closed_figures")


def lines(ax):
    return {line.get_label(): line.get_xydata() for line in ax.lines}


# Which parameters


def test_the_name_is_short_inside_a_pipeline():
    pipeline = Pipeline([("scale", StandardScaler()), ("net", Scored())])
    search = searched({"net__width": [1, 2], "scale__with_mean": [True]}, pipeline)
    for param in (None, "width", "net__width", ["width"]):
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
    assert display.axes_[0].get_xlabel() == "width\n(best over height, kind)"


def test_what_does_not_vary_is_neither_shown_nor_named():
    search = searched({"width": [1, 2], "height": [3], "kind": ["fancy"]})
    assert SearchDisplay.from_estimator(search).axes_[0].get_xlabel() == "width"
    pipeline = make_pipeline(StandardScaler(), GridSearchCV(Scored(), {"width": [2]}, cv=2))
    display = SearchDisplay.from_estimator(pipeline.fit(*ROWS))
    single = pipeline[-1]
    np.testing.assert_allclose(display.lines_[0].get_ydata(), [single.best_score_])


def test_a_parameter_that_some_candidates_lack():
    search = searched([{"width": [1, 2]}, {"kind": ["fancy"]}])
    display = SearchDisplay.from_estimator(search, param="width")
    assert tick_texts(display.axes_[0].xaxis) == ["1", "2", "not set"]


@pytest.mark.parametrize(
    ("param", "message"),
    [
        ("depth", "no parameter 'depth': it went over kind, width"),
        (["width", "width"], "one or more different parameters"),
    ],
)
def test_parameters_that_cannot_be_shown(param, message):
    search = searched({"width": [1, 2], "kind": ["plain", "odd"]}, cv=2)
    with pytest.raises(ValueError, match=message):
        SearchDisplay.from_estimator(search, param=param)


# Which search, which metric


def test_the_last_iteration_of_a_halving_search():
    grid = {"width": [1, 2, 3, 5, 8, 13]}
    search = searched(grid, cls=HalvingGridSearchCV, factor=2, min_resources=10, random_state=0)
    results = search.cv_results_
    assert len(results["params"]) > 6
    last = {params["width"]: row for row, params in enumerate(results["params"])}
    display = SearchDisplay.from_estimator(search)
    rows = [last[width] for width in grid["width"]]
    np.testing.assert_allclose(display.lines_[0].get_ydata(), results["mean_test_score"][rows])
    np.testing.assert_allclose(display.best_[0].get_xydata(), [[5, search.best_score_]])


@pytest.fixture(scope="module")
def two_metrics(digits):
    def fit(refit):
        grid = {"n_neighbors": [1, 3, 50]}
        scoring = {"right": "accuracy", "loss": lambda search, X, y: -search.n_neighbors / 10}
        search = GridSearchCV(KNeighborsClassifier(), grid, cv=2, scoring=scoring, refit=refit)
        return search.fit(digits.X[:100], digits.y[:100])

    return fit


@pytest.mark.parametrize(("metric", "shown"), [(None, "right"), ("loss", "loss")])
def test_metric_selects_one_of_several(two_metrics, metric, shown):
    search = two_metrics("right")
    display = SearchDisplay.from_estimator(search, metric=metric)
    means = search.cv_results_[f"mean_test_{shown}"]
    np.testing.assert_allclose(display.lines_[0].get_ydata(), means)
    assert display.axes_[0].get_ylabel() == f"test {shown}"
    assert display.best_[0].get_ydata() == pytest.approx([means.max()])


def test_metrics_of_which_none_has_chosen(two_metrics):
    search = two_metrics(False)
    with pytest.raises(ValueError, match=r"several metrics \(right, loss\).*metric='right'"):
        SearchDisplay.from_estimator(search)
    display = SearchDisplay.from_estimator(search, metric="loss")
    assert display.best_[0].get_xdata() == [0]
    with pytest.raises(ValueError, match="no metric 'f1', only right, loss"):
        SearchDisplay.from_estimator(search, metric="f1")


def test_a_search_with_one_metric(digits):
    search = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 3]}, cv=2, scoring="accuracy")
    search.fit(digits.X[:60], digits.y[:60])
    with pytest.raises(ValueError, match="no metric 'f1', only accuracy"):
        SearchDisplay.from_estimator(search, metric="f1")
    display = SearchDisplay.from_estimator(search, metric="accuracy")
    assert display.axes_[0].get_ylabel() == "test accuracy"


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: GridSearchCV(Scored(), {"width": [1]}), NotFittedError, "GridSearchCV"),
        (Scored, ValueError, r"only supports searches such as GridSearchCV, got Scored\(\)"),
        (lambda: searched({}), ValueError, "no parameters"),
    ],
)
def test_what_is_not_a_fitted_search_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        SearchDisplay.from_estimator(make())


# One parameter


def test_every_fold_and_the_mean_in_ascending_order():
    search = searched({"width": [16, 5, 128, 64]})
    display = SearchDisplay.from_estimator(search)
    ax, _ = display.axes_
    results, order = search.cv_results_, [1, 0, 3, 2]
    assert tick_texts(ax.xaxis) == ["5", "16", "64", "128"]
    means = results["mean_test_score"][order]
    np.testing.assert_allclose(display.lines_[0].get_xydata(), np.column_stack([range(4), means]))
    folds = [
        (place, results[f"split{fold}_test_score"][row])
        for place, row in enumerate(order)
        for fold in range(3)
    ]
    np.testing.assert_allclose(lines(ax)["each of 3 folds"], folds)
    star = f"best: {search.best_score_:.4g} with 128"
    assert legend(display) == ["mean", "each of 3 folds", star]
    np.testing.assert_allclose(display.best_[0].get_xydata(), [[3, search.best_score_]])


def test_mean_fit_times():
    search = searched({"width": [5, 16]})
    search.cv_results_["mean_fit_time"] = np.array([1.5, 12.0])
    display = SearchDisplay.from_estimator(search)
    _, ax = display.axes_
    np.testing.assert_array_equal(display.lines_[1].get_ydata(), [1.5, 12])
    np.testing.assert_array_equal(display.best_[1].get_ydata(), [12])
    assert ax.get_ylabel() == "mean fit time (s)"
    assert ax.get_ylim()[0] == 0


def test_fit_times_of_each_fold_are_dots_and_their_median_a_line():
    times = [[1.8, 0.2, 0.3], [0.5, 0.7, 0.4]]
    display = SearchDisplay({"p": [1, 2]}, np.zeros((2, 3)), fit_times=times).plot()
    _, ax = display.axes_
    np.testing.assert_array_equal(display.lines_[1].get_ydata(), [0.3, 0.5])
    np.testing.assert_array_equal(lines(ax)["each of 3 folds"][:, 1], np.ravel(times))
    assert ax.get_ylabel() == "median fit time (s)"


def test_the_best_is_the_searchs_own_choice():
    search = searched({"width": [5, 16, 64]}, refit=lambda results: 1)
    display = SearchDisplay.from_estimator(search)
    assert display.best_[0].get_xdata() == [1]

    choices = {"width": [5, 16], "kind": ["fancy", "plain"]}  # the last is not the best with 16
    search = searched(
        choices, refit=lambda results: results["params"].index({"kind": "plain", "width": 16})
    )
    display = SearchDisplay.from_estimator(search, param="width")
    plain = search.cv_results_["mean_test_score"][search.best_index_]
    np.testing.assert_allclose(display.best_[0].get_xydata(), [[1, plain]])


@pytest.mark.parametrize(
    ("scores", "top"), [([[0.5, 1.0], [0.2, 0.9]], 1), ([[0.5, 2.0], [0.2, 0.9]], None)]
)
def test_the_axis_of_an_accuracy_stays_within_0_and_1(scores, top):
    (ax,) = SearchDisplay({"p": ["a", "b"]}, scores).plot().axes_
    assert ax.get_ylim()[1] == top or (top is None and ax.get_ylim()[1] > 2)


@pytest.mark.parametrize(
    ("values", "scale"),
    [(np.geomspace(1e-4, 1, 12), "log"), (range(1, 41), "linear"), (range(-5, 9), "linear")],
)
def test_many_numbers_have_an_axis(values, scale):
    scores = np.zeros((len(values), 2))
    (ax,) = SearchDisplay({"p": list(values)}, scores).plot().axes_
    assert ax.get_xscale() == scale
    np.testing.assert_allclose(ax.lines[0].get_xdata(), values)


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([1e-5, 0, 0.25, 64], ["0", "1e-05", "0.25", "64"]),  # numbers in ascending order
        ([(64, 32), 16, (8,)], ["(64, 32)", "16", "(8,)"]),  # others as searched
        ([True, None, np.nan], ["True", "None", "nan"]),
        ([np.mean, MinMaxScaler(), 1, "1"], ["mean", "MinMaxScaler()", "1", "1"]),
    ],
)
def test_values_stand_side_by_side(values, texts):
    search = GridSearchCV(Scored(width=2), {"part": values}, cv=2).fit(*ROWS)
    display = SearchDisplay.from_estimator(search)
    assert tick_texts(display.axes_[0].xaxis) == texts
    is_line = display.lines_[0].get_linestyle() != "None"  # nothing is between categories
    assert is_line == (values[0] == 1e-5)


def test_a_candidate_without_a_score_is_missing_not_low():
    with warnings.catch_warnings(action="ignore"):
        search = searched({"width": [0, 5, 16]})
    display = SearchDisplay.from_estimator(search)
    scores, _ = display.axes_
    for line in display.lines_:
        assert np.isnan(line.get_ydata()).tolist() == [True, False, False]
    cross = next(line for line in scores.lines if line.get_label() == "no score (NaN)")
    assert cross.get_xdata() == [0]
    assert cross.get_transform() == scores.get_xaxis_transform()  # in no relation to the scores


def test_where_every_score_is_missing_nothing_is_best(recwarn):
    display = SearchDisplay(
        {"p": [1, 2]}, [[np.nan, 1], [np.nan, 2]], fit_times=[1, 2], best_index=0
    ).plot()
    display.figure_.draw_without_rendering()
    assert not len(display.best_)
    assert not recwarn.list
    assert display.axes_[1].get_ylim()[0] == 0


def test_one_fold_is_its_own_mean():
    search = searched({"width": [1, 2]}, cv=[(np.arange(30), np.arange(30, 60))])
    assert legend(SearchDisplay.from_estimator(search))[0] == "the only fold"


# Two parameters


def test_a_heat_map_of_two_numbers():
    search = searched({"width": [64, 5, 16], "height": [0.1, 1]})
    display = SearchDisplay.from_estimator(search, param=("width", "height"))
    (ax,) = display.axes_
    results = search.cv_results_
    means = {
        (params["width"], params["height"]): score
        for params, score in zip(results["params"], results["mean_test_score"], strict=True)
    }
    image = display.image_.get_array()
    expected = [[means[width, height] for width in (5, 16, 64)] for height in (0.1, 1)]
    np.testing.assert_allclose(image, expected)
    assert display.image_.origin == "lower"
    assert tick_texts(ax.xaxis) == ["5", "16", "64"]
    assert tick_texts(ax.yaxis) == ["0.1", "1"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("width", "height")
    written = {text.get_position(): text.get_text() for text in display.texts_}
    assert written[2, 1] == f"★ {search.best_score_:.4g}"
    assert float(written[1, 0]) == pytest.approx(image[0, 1], abs=1e-3)
    assert len(written) == 6
    (frame,) = display.best_
    assert frame.get_center() == pytest.approx((2, 1))


def test_numbers_go_across_and_categories_down_as_searched():
    search = searched({"width": [1, 5], "kind": ["plain", "odd", "fancy"]})
    display = SearchDisplay.from_estimator(search)
    (ax,) = display.axes_
    assert tick_texts(ax.xaxis) == ["1", "5"]
    assert tick_texts(ax.yaxis) == ["plain", "odd", "fancy"]
    assert display.image_.origin == "upper"
    rises = np.diff(display.image_.get_array(), axis=0) > 0
    np.testing.assert_array_equal(rises, [[False, False], [True, True]])


def test_cells_without_a_score_are_named_and_those_not_tried_are_empty():
    values = {"p": [1, 2, 2], "kind": ["a", "a", "b"]}
    display = SearchDisplay(values, [[1.0], [np.nan], [3.0]], best_index=2).plot()
    shown = np.ma.filled(display.image_.get_array(), np.nan)
    np.testing.assert_array_equal(shown, [[1, np.nan], [np.nan, 3]])
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
    assert not len(display.texts_)


# Three and more, or two drawn at random


def test_three_parameters_have_a_panel_each():
    search = searched({"width": [5, 16], "height": [1, 2, 3], "kind": ["plain", "fancy"]})
    display = SearchDisplay.from_estimator(search)
    results = search.cv_results_
    assert [ax.get_xlabel() for ax in display.axes_] == ["height", "width", "kind"]
    for ax, line, star in zip(display.axes_, display.lines_, display.best_, strict=True):
        name, values = ax.get_xlabel(), tick_texts(ax.xaxis)
        best = [
            max(
                score
                for params, score in zip(results["params"], results["mean_test_score"], strict=True)
                if str(params[name]) == value
            )
            for value in values
        ]
        np.testing.assert_allclose(line.get_ydata(), best)
        assert values[star.get_xdata()[0]] == str(search.best_params_[name])
    assert len({ax.get_ylim() for ax in display.axes_}) == 1


def test_two_numbers_drawn_at_random_have_a_panel_each():
    choices = {"width": loguniform(1, 1e3), "height": loguniform(1, 2)}
    search = searched(choices, cls=RandomizedSearchCV, n_iter=12, random_state=0)
    display = SearchDisplay.from_estimator(search)
    assert display.image_ is None
    for name, line in zip(("height", "width"), display.lines_, strict=True):
        expected = sorted(params[name] for params in search.cv_results_["params"])
        np.testing.assert_allclose(line.get_xdata(), expected)
        assert line.get_linestyle() == "None"  # between them there is only noise


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"param_values": [1, 2]}, r"param_values must be a mapping.*got \[1, 2\]"),
        ({"param_values": {"a": [1]}}, "inconsistent numbers of samples"),
        ({"fit_times": [1]}, "inconsistent numbers of samples"),
        ({"best_index": 2}, "best_index == 2"),
    ],
)
def test_search_display_refuses(arguments, message):
    defaults = {"param_values": {"a": [1, 2]}, "fold_scores": [[0.5, 0.6], [0.7, 0.8]]}
    with pytest.raises(ValueError, match=message):
        SearchDisplay(**defaults | arguments)
