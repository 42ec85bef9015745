"""SearchDisplay: which search, which parameters and which metric it shows, and where."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skmnist import SearchDisplay, SimpleMLPClassifier
from tests.figures import drawn, inside, overlapping, tick_boxes, tick_texts
from tests.searches import ROWS, Scored, searched

pytestmark = pytest.mark.usefixtures("closed_figures")


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
        (3, "no parameter 3: it went over height, kind, width"),
    ],
)
def test_parameters_that_cannot_be_shown(param, message):
    search = searched({"width": [1, 2], "kind": ["plain", "odd"], "height": [1, 2]}, cv=2)
    with pytest.raises(ValueError, match=message):
        SearchDisplay.from_estimator(search, param=param)


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
        ({"best_index": 1.0}, "best_index must be from 0 to 1, got 1.0"),
        ({"best_index": True}, "best_index must be from 0 to 1, got True"),
        ({"param_values": [1, 2]}, r"param_values must be a mapping.*got \[1, 2\]"),
        ({"param_values": None}, "param_values must be a mapping.*got None"),
        ({"fit_times": [[1, 2], [3, 4]]}, r"fit_times must have one dimension.*\(2, 2\)"),
        (
            {"fit_times": [1, 2], "fit_time_spreads": [[1, 2], [3, 4]]},
            r"fit_time_spreads must have one dimension.*\(2, 2\)",
        ),
    ],
)
def test_search_display_refuses(arguments, message):
    defaults = {"param_values": {"a": [1, 2]}, "fold_scores": [[0.5, 0.6], [0.7, 0.8]]}
    with pytest.raises(ValueError, match=message):
        SearchDisplay(**defaults | arguments)


@pytest.mark.parametrize("names", [["a"], ["a", "b"]])
@pytest.mark.parametrize("ax", [np.array([None, None]), Figure()], ids=["array", "figure"])
def test_what_is_no_single_axes_is_refused(names, ax):
    display = SearchDisplay({name: [1, 2] for name in names}, [[0.5], [0.7]])
    with pytest.raises(ValueError, match=f"ax must be one .*Axes.*got {type(ax).__name__}"):
        display.plot(ax)


@pytest.mark.parametrize("others", [{}, {"q": ["a", "b", "c"]}])
def test_a_long_list_of_parameters_left_out_stays_inside_the_figure(others):
    best_over = [f"the_parameter_number_{i}" for i in range(6)]
    scores = [[0.1], [0.2], [0.3]]
    display = SearchDisplay({"p": [1, 2, 3]} | others, scores, best_over=best_over).plot()
    display.figure_.draw_without_rendering()
    label = display.axes_[0].xaxis.label
    assert all(name in label.get_text() for name in best_over)
    assert inside(label.get_window_extent(), display.figure_.bbox)


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
        texts = [ax.title, ax.xaxis.label, ax.yaxis.label, *ax.texts]
        labels = ax.get_xticklabels()
        # The boxes of slanted labels overlap where their letters do not.
        texts += labels if labels[0].get_rotation() == 0 else []
        boxes += [text.get_window_extent() for text in texts if text.get_text()]
        boxes += tick_boxes(ax.yaxis)
    assert len(boxes) > 8
    assert not overlapping(boxes)
    assert all(inside(box, display.figure_.bbox) for box in boxes)


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
    for grid in ({"width": [5, 16]}, {"width": [1, 2], "height": [1, 2]}):
        with plt.style.context("dark_background"):
            figure = SearchDisplay.from_estimator(searched(grid)).figure_
            inside = drawn(figure)
        np.testing.assert_array_equal(drawn(figure), inside)
