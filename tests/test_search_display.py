"""SearchDisplay: which search, parameters and metric it shows, and how."""

import warnings
from copy import copy
from functools import partial
from types import MappingProxyType

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
    RandomizedSearchCV,
)
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skmnist import SearchDisplay
from tests.figures import faults, legend, tick_texts

pytestmark = pytest.mark.usefixtures("closed_figures")

ROWS = np.arange(60, dtype=float).reshape(-1, 1), np.zeros(60)


class Scored(BaseEstimator):
    """Has a score that depends on its parameters alone, and refuses width=0."""

    def __init__(self, width=1, height=1, kind="plain", part=None):
        self.width = width
        self.height = height
        self.kind = kind
        self.part = part

    def fit(self, X, y):
        if self.width == 0:
            raise ValueError("refused")
        self.n_rows_ = len(X)
        return self

    def score(self, X, y):
        bonus = {"plain": 0, "fancy": 7, "odd": -7}[self.kind]
        # The rows differ between the folds of a search, and between the iterations of
        # a halving one.
        return self.width * self.height + bonus + X.mean() / 100 + self.n_rows_ / 1000


def searched(grid, estimator=None, *, cls=GridSearchCV, **options):
    return cls(estimator or Scored(), grid, **({"cv": 2} | options)).fit(*ROWS)


def lines(ax):
    return {line.get_label(): line.get_xydata() for line in ax.lines}


def best_scores(search, **shown):
    """The highest mean test score of the candidates with these values."""
    results = search.cv_results_
    return max(
        score
        for params, score in zip(
            results["params"], results["mean_test_score"], strict=True
        )
        if shown.items() <= params.items()
    )


# Which parameters


@pytest.mark.parametrize(
    ("others", "shown"),
    [
        ({}, {"width", "with_mean"}),
        (
            {"a__with_mean": [False, True]},
            {"net__width", "a__with_mean", "b__with_mean"},
        ),
    ],
    ids=["without steps", "with steps"],
)
def test_names_are_as_short_as_they_can_be(others, shown):
    pipeline = Pipeline(
        [("a", StandardScaler()), ("b", StandardScaler()), ("net", Scored())]
    )
    grid = {"net__width": [1, 2], "b__with_mean": [True, False]} | others
    display = SearchDisplay.from_estimator(searched(grid, pipeline))
    assert set(display.param_values) == shown


def test_a_parameter_that_some_candidates_lack():
    search = searched([{"width": [1, 2]}, {"kind": ["fancy"]}])
    display = SearchDisplay.from_estimator(search)
    assert tick_texts(display.axes_[0].yaxis) == ["not set", "fancy"]


# Which search, which metric


def test_a_search_of_one_candidate_in_a_pipeline():
    pipeline = make_pipeline(
        StandardScaler(), GridSearchCV(Scored(), {"width": [2]}, cv=2)
    )
    display = SearchDisplay.from_estimator(pipeline.fit(*ROWS))
    np.testing.assert_allclose(
        display.lines_[0].get_ydata(), [pipeline[-1].best_score_]
    )


def halving(grid, **options):
    options = {"factor": 2, "min_resources": 10, "random_state": 0} | options
    return searched(grid, cls=HalvingGridSearchCV, **options)


def test_each_number_of_rows_of_a_halving_search_has_a_line():
    widths = [1, 2, 3, 5, 8, 13]
    search = halving({"width": widths})
    results = search.cv_results_
    display = SearchDisplay.from_estimator(search)

    amounts = sorted(set(results["n_resources"]))
    assert len(amounts) > 1
    names = [f"{amount} samples" for amount in amounts]
    best = f"best: {search.best_score_:#.3g} with {search.best_params_['width']}"
    assert legend(display) == [*names, "each of 2 folds", best]
    drawn = display.lines_[: len(amounts)], display.lines_[len(amounts) :]
    usual = results["mean_fit_time"] - results["std_fit_time"]  # of two folds
    shown = (results["mean_test_score"], usual)
    for panel, lines, numbers in zip(display.axes_, drawn, shown, strict=True):
        assert all(line.axes is panel for line in lines)
        for amount, line in zip(amounts, lines, strict=True):
            rows = np.flatnonzero(results["n_resources"] == amount)
            rows = sorted(rows, key=lambda row: results["params"][row]["width"])
            places = [widths.index(results["params"][row]["width"]) for row in rows]
            np.testing.assert_array_equal(line.get_xdata(), places)
            np.testing.assert_allclose(line.get_ydata(), numbers[rows])
    place = widths.index(search.best_params_["width"])
    np.testing.assert_allclose(
        display.best_[0].get_xydata(), [[place, search.best_score_]]
    )


def test_a_halving_search_over_another_resource_names_it():
    search = halving(
        {"kind": ["plain", "fancy", "odd"]},
        estimator=Scored(),
        resource="height",
        min_resources=1,
        max_resources=4,
    )
    amounts = dict.fromkeys(search.cv_results_["n_resources"].tolist())
    names = legend(SearchDisplay.from_estimator(search))[: len(amounts)]
    assert names == [f"height={amount}" for amount in amounts]
    assert len(names) > 1


def test_two_parameters_of_a_halving_search_are_not_one_map():
    search = halving({"width": [1, 2, 3], "height": [1, 2]})
    display = SearchDisplay.from_estimator(search)
    assert display.image_ is None
    assert [ax.get_xlabel() for ax in display.axes_] == ["height", "width"]
    assert len(display.lines_) == 2 * len(set(search.cv_results_["n_resources"]))


def test_iterations_with_the_same_rows_share_a_line():
    scores = [[1.0], [2.0], [3.0], [2.5]]
    names = {0: "10 samples", 1: "10 samples"}
    shared = SearchDisplay(
        {"p": [1, 2, 3, 3]}, scores, iterations=[0, 0, 0, 1], iteration_names=names
    ).plot()
    # The last test of a candidate counts.
    np.testing.assert_array_equal(shared.lines_[0].get_ydata(), [1, 2, 2.5])
    assert legend(shared) == ["mean"]
    unnamed = SearchDisplay({"p": [1, 2, 3, 3]}, scores, iterations=[0, 0, 0, 1]).plot()
    assert legend(unnamed) == ["iteration 0", "iteration 1"]


@pytest.fixture(scope="module")
def search_of_two_metrics(digits):
    scoring = {
        "right": "accuracy",
        "loss": lambda search, X, y: -search.n_neighbors / 10,
    }
    knn = KNeighborsClassifier()
    search = GridSearchCV(
        knn, {"n_neighbors": [1, 50]}, cv=2, scoring=scoring, refit="right"
    )
    return search.fit(digits.X[:100], digits.y[:100])


@pytest.mark.parametrize(("metric", "shown"), [(None, "right"), ("loss", "loss")])
def test_metric_selects_one_of_several(search_of_two_metrics, metric, shown):
    display = SearchDisplay.from_estimator(search_of_two_metrics, metric=metric)
    means = search_of_two_metrics.cv_results_[f"mean_test_{shown}"]
    np.testing.assert_allclose(display.lines_[0].get_ydata(), means)
    assert display.axes_[0].get_ylabel() == f"test {shown}"
    assert display.best_[0].get_ydata() == pytest.approx([means.max()])


@pytest.mark.parametrize("metric", [None, "f1"])
def test_a_metric_that_is_not_there_is_refused(search_of_two_metrics, metric):
    search = copy(search_of_two_metrics)
    search.refit = False
    with pytest.raises(ValueError, match="metric must be one of right, loss"):
        SearchDisplay.from_estimator(search, metric=metric)


def a_constant(estimator, X, y):
    return 0.5


@pytest.mark.parametrize(
    ("estimator", "scoring", "name"),
    [
        (KNeighborsClassifier(), "balanced_accuracy", "balanced_accuracy"),
        (KNeighborsClassifier(), None, "accuracy"),
        (make_pipeline(StandardScaler(), KNeighborsClassifier()), None, "accuracy"),
        (KNeighborsRegressor(), None, "R²"),
        (KNeighborsClassifier(), a_constant, "a_constant"),
    ],
    ids=["named", "classifier", "pipeline", "regressor", "function"],
)
def test_the_only_metric_has_the_name_of_its_scorer(digits, estimator, scoring, name):
    parameter = next(
        key for key in estimator.get_params() if key.endswith("n_neighbors")
    )
    search = GridSearchCV(estimator, {parameter: [1, 3]}, cv=2, scoring=scoring)
    display = SearchDisplay.from_estimator(search.fit(digits.X[:60], digits.y[:60]))
    assert display.axes_[0].get_ylabel() == f"test {name}"


def test_a_score_method_of_ones_own_is_a_score():
    display = SearchDisplay.from_estimator(searched({"width": [1, 2]}))
    assert display.axes_[0].get_ylabel() == "test score"


class WithoutParams(BaseEstimator):
    """Has results of another form, as searches of other libraries do."""

    cv_results_ = MappingProxyType({"mean_test_score": [0.5]})


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: GridSearchCV(Scored(), {"width": [1]}),
            NotFittedError,
            "GridSearchCV",
        ),
        (
            lambda: Scored().fit(*ROWS),
            ValueError,
            r"searches with cv_results_, got Scored\(\)",
        ),
        (lambda: searched({}), ValueError, "no parameters"),
        (
            WithoutParams,
            ValueError,
            r"cv_results_ of WithoutParams has no 'params'.*pass them",
        ),
    ],
    ids=["not fitted", "not a search", "empty grid", "no params"],
)
def test_what_is_not_a_fitted_search_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        SearchDisplay.from_estimator(make())


# One parameter


def test_every_fold_and_the_mean_in_ascending_order():
    search = searched({"width": [16, 5, 128, 64]}, cv=3)
    search.cv_results_["mean_fit_time"] = np.array([1.5, 12.0, 3.0, 2.0])
    search.cv_results_["std_fit_time"] = np.zeros(4)
    display = SearchDisplay.from_estimator(search)
    ax, times = display.axes_
    results, order = search.cv_results_, [1, 0, 3, 2]
    assert tick_texts(ax.xaxis) == ["5", "16", "64", "128"]
    means = results["mean_test_score"][order]
    np.testing.assert_allclose(
        display.lines_[0].get_xydata(), np.column_stack([range(4), means])
    )
    folds = [
        (place, results[f"split{fold}_test_score"][row])
        for place, row in enumerate(order)
        for fold in range(3)
    ]
    np.testing.assert_allclose(lines(ax)["each of 3 folds"], folds)
    star = f"best: {search.best_score_:#.3g} with 128"
    assert legend(display) == ["mean", "each of 3 folds", star]
    np.testing.assert_allclose(display.best_[0].get_xydata(), [[3, search.best_score_]])
    np.testing.assert_array_equal(display.lines_[1].get_ydata(), [12, 1.5, 2, 3])
    np.testing.assert_array_equal(display.best_[1].get_ydata(), [3])
    assert times.get_ylabel() == "usual fit time (s)"
    assert times.get_ylim()[0] == 0
    assert not times.collections


def timed(fold_times, n_jobs=None):
    """A search whose fits took so many seconds: a row for each candidate."""
    fold_times = np.array(fold_times)
    n_candidates, n_folds = fold_times.shape
    grid = {"width": list(range(1, n_candidates + 1))}
    search = searched(grid, cv=n_folds, n_jobs=1).set_params(n_jobs=n_jobs)
    search.cv_results_["mean_fit_time"] = fold_times.mean(axis=1)
    search.cv_results_["std_fit_time"] = fold_times.std(axis=1)
    return search


@pytest.mark.parametrize(
    ("n_jobs", "fold_times"),
    [
        (1, [[6.0, 0.3, 0.3], [0.4, 0.4, 0.4]]),
        (None, [[6.0, 0.3, 0.3], [0.9, 0.4, 0.4]]),
        (2, [[6.0, 6.0, 0.3], [0.9, 0.9, 0.4]]),
        (2, [[6.0, 6.0, 0.3, 0.3, 0.3], [0.4] * 5]),
        # Not one slow fold for each job, and more jobs than folds.
        (2, [[6.0, 6.0, 0.3], [6.0, 0.4, 0.4]]),
        (8, [[6.0, 6.0, 0.3], [6.0, 0.4, 0.4]]),
    ],
)
def test_the_usual_fit_time_leaves_out_slow_first_fits(n_jobs, fold_times):
    search = timed(fold_times, n_jobs)
    display = SearchDisplay.from_estimator(search)
    np.testing.assert_allclose(
        display.lines_[1].get_ydata(), np.min(fold_times, axis=1)
    )
    means = search.cv_results_["mean_fit_time"]
    assert legend(display)[-1] == f"mean with slow first fits, up to {means[0]:.2g} s"


def test_usual_times_of_a_noisy_search_are_not_below_its_shortest_fits():
    fold_times = np.random.default_rng(0).lognormal(size=(50, 4))
    display = SearchDisplay.from_estimator(timed(fold_times, n_jobs=1))
    usual = display.lines_[1].get_ydata()
    assert (usual >= fold_times.min(axis=1)).all()
    assert (usual <= np.sort(fold_times)[:, :-1].mean(axis=1)).all()


def test_columns_lead_from_usual_times_to_higher_means():
    display = SearchDisplay(
        {"p": [1, 2, 3]},
        np.zeros((3, 3)),
        fit_times=[0.4, 0.5, 0.6],
        mean_fit_times=[3.0, 0.51, 0.9],
    ).plot()
    (columns,) = display.axes_[1].collections
    expected = [[[0, 0.4], [0, 3.0]], [[2, 0.6], [2, 0.9]]]
    np.testing.assert_allclose(columns.get_segments(), expected)
    # Usual times can be told apart, even if a column does not end in the panel.
    assert 2 <= display.axes_[1].get_ylim()[1] / 0.6 < 3


def test_the_mean_is_shown_where_there_is_one_fold():
    split = [(np.arange(30), np.arange(30, 60))]
    search = searched({"width": [1, 2]}, cv=split)
    display = SearchDisplay.from_estimator(search)
    assert display.axes_[1].get_ylabel() == "mean fit time (s)"
    means = search.cv_results_["mean_fit_time"]
    np.testing.assert_array_equal(display.lines_[1].get_ydata(), means)


def test_the_best_is_the_searchs_own_choice():
    choices = {"width": [5, 16], "height": [1, 2], "kind": ["fancy", "plain"]}
    chosen = {"width": 16, "height": 2, "kind": "plain"}  # not the best with 16
    search = searched(choices, refit=lambda results: results["params"].index(chosen))
    display = SearchDisplay.from_estimator(search)
    plain = search.cv_results_["mean_test_score"][search.best_index_]
    np.testing.assert_allclose(display.best_[1].get_xydata(), [[1, plain]])
    assert display.lines_[1].get_ydata()[1] == plain


@pytest.mark.parametrize("highest", [1.0, 2.0])
def test_the_axis_of_an_accuracy_stays_within_0_and_1(highest):
    (ax,) = SearchDisplay({"p": ["a", "b"]}, [[0.5, highest], [0.2, 0.9]]).plot().axes_
    assert (ax.get_ylim()[1] == 1) == (highest == 1)


def test_a_single_fold_has_no_dots():
    assert legend(SearchDisplay({"p": [1, 2]}, [[1.0], [2.0]]).plot()) == ["mean"]


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        (np.geomspace(1e-4, 1, 12), "log"),
        (range(1, 41), "linear"),
        (range(-5, 9), "linear"),
    ],
)
def test_many_numbers_have_an_axis(values, scale):
    scores = np.zeros((len(values), 2))
    (ax,) = SearchDisplay({"p": list(values)}, scores).plot().axes_
    assert ax.get_xscale() == scale
    np.testing.assert_allclose(ax.lines[0].get_xdata(), values)


@pytest.mark.parametrize("figsize", [None, (6, 2), (20, 2.2)], ids=str)
def test_a_logarithmic_axis_has_several_ticks(figsize):
    widths = [2, 3, 5, 8, 12, 16, 24, 32, 48, 64, 96]
    scores = np.linspace(0.5, 0.9, len(widths))[:, np.newaxis]
    display = SearchDisplay({"width": widths}, scores, fit_times=widths).plot(
        figsize=figsize
    )
    display.figure_.draw_without_rendering()
    for ax in display.axes_:
        low, high = ax.get_xlim()
        ticks = zip(ax.get_xticks(), tick_texts(ax.xaxis), strict=True)
        shown = [text for tick, text in ticks if low <= tick <= high]
        assert len(shown) >= 4
        assert shown[:2] == ["2", "5"]
    assert not faults(display.figure_)


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (
            [1e-5, 0, 0.25, 64],
            ["0", "1e-05", "0.25", "64"],
        ),  # numbers in ascending order
        ([(64, 32), 16, (8,), True, None], ["(64, 32)", "16", "(8,)", "True", "None"]),
        ([np.mean, MinMaxScaler(), 1, "1"], ["mean", "MinMaxScaler()", "1", "'1'"]),
    ],
    ids=["numbers", "mixed", "objects"],
)
def test_values_stand_side_by_side(values, texts):
    display = SearchDisplay.from_estimator(searched({"part": values}))
    assert tick_texts(display.axes_[0].xaxis) == texts
    is_line = (
        display.lines_[0].get_linestyle() != "None"
    )  # nothing is between categories
    assert is_line == (values[0] == 1e-5)


class Optimizer:
    """Has a configuration, as optimizers and schedules of Keras have."""

    def __init__(self, rate=0.1, momentum=0.0):
        self.rate = rate
        self.momentum = momentum
        self.iterations = object()  # a state that does not depend on the candidate

    def get_config(self):
        rate = self.rate
        if isinstance(rate, Optimizer):
            rate = {"class_name": "Schedule", "config": rate.get_config()}
        # Keras numbers the objects of a class.
        return {
            "name": f"optimizer_{id(self)}",
            "rate": rate,
            "momentum": self.momentum,
        }


class Stopping:
    """Keeps its parameters, and what it has seen, as callbacks of Keras do."""

    def __init__(self, monitor="loss", patience=0):
        self.monitor = monitor
        self.patience = patience
        self.best = np.random.default_rng().random()


def activation(x, slope):
    return slope * x


OBJECTS = {
    "optimizers": (
        ["adam", Optimizer(), Optimizer(momentum=0.9)],
        ["adam", "Optimizer(momentum=0)", "Optimizer(momentum=0.9)"],
    ),
    "one optimizer": (["adam", Optimizer(0.3)], ["adam", "Optimizer()"]),
    "schedules": (
        [Optimizer(Optimizer(0.1)), Optimizer(Optimizer(0.2))],
        [
            "Optimizer(rate=Schedule(\nrate=0.1))",
            "Optimizer(rate=Schedule(\nrate=0.2))",
        ],
    ),
    "callbacks": (
        [None, [Stopping()], [Stopping(patience=5)]],
        ["None", "[Stopping(patience=0)]", "[Stopping(patience=5)]"],
    ),
    "callbacks of no difference": (
        [[Stopping()], [Stopping()]],
        ["[Stopping()] #1", "[Stopping()] #2"],
    ),
    "weights of classes": (
        [
            None,
            "balanced",
            dict.fromkeys(range(10), 2),
            dict.fromkeys(range(9), 2) | {9: 3},
        ],
        ["None", "balanced", "{…, 9: 2}", "{…, 9: 3}"],
    ),
    "estimators": (
        [StandardScaler(), StandardScaler(with_mean=False), "passthrough"],
        [
            "StandardScaler(\nwith_mean=True)",
            "StandardScaler(\nwith_mean=False)",
            "passthrough",
        ],
    ),
    "functions": (
        [partial(activation, slope=0.1), partial(activation, slope=0.2), activation],
        ["activation(slope=0.1)", "activation(slope=0.2)", "activation"],
    ),
    "layers and functions": (
        [(64, np.tanh), (8,), None],
        ["(64, tanh)", "(8,)", "None"],
    ),
    "lambdas": ([lambda x: x, lambda x: 2 * x], ["<lambda> #1", "<lambda> #2"]),
    "bound methods": ([[].append, "relu"], None),
    "long texts": (["a" * 200, "b " * 100], None),
    "no text": (["", "relu"], ["''", "relu"]),
}


@pytest.mark.parametrize(("values", "texts"), OBJECTS.values(), ids=OBJECTS)
def test_labels_tell_candidates_apart_and_stay_in_the_figure(values, texts):
    scores = np.linspace(0.5, 0.9, 2 * len(values)).reshape(-1, 2)
    display = SearchDisplay(
        {"p": values}, scores, fit_times=scores[:, 0], best_index=1
    ).plot()
    display.figure_.draw_without_rendering()
    shown = tick_texts(display.axes_[0].xaxis)
    if texts is not None:
        assert shown == texts
    assert len(set(shown)) == len(values)
    assert not any("0x" in text for text in shown)
    labels = [label for ax in display.axes_ for label in ax.get_xticklabels()]
    boxes = [label.get_window_extent() for label in labels]
    assert all(display.figure_.bbox.padded(1).contains(*box.min) for box in boxes)
    assert all(display.figure_.bbox.padded(1).contains(*box.max) for box in boxes)
    assert len({ax.get_window_extent().height for ax in display.axes_}) == 1


def test_objects_stand_beside_a_map():
    optimizers = [Optimizer(), Optimizer(momentum=0.9)]
    values = {"width": [1, 2, 1, 2], "optimizer": np.repeat(optimizers, 2).tolist()}
    (ax,) = SearchDisplay(values, np.arange(8).reshape(4, 2)).plot().axes_
    assert tick_texts(ax.yaxis) == ["Optimizer(momentum=0)", "Optimizer(momentum=0.9)"]


def test_a_candidate_without_a_score_is_missing_not_low():
    with warnings.catch_warnings(action="ignore"):
        search = searched({"width": [0, 5, 16]})
    display = SearchDisplay.from_estimator(search)
    for line in display.lines_:
        assert np.isnan(line.get_ydata()).tolist() == [True, False, False]


def test_where_every_score_is_missing_nothing_is_best(recwarn):
    display = SearchDisplay(
        {"p": [1, 2]}, [[np.nan, 1], [np.nan, 2]], fit_times=[1, 2], best_index=0
    ).plot()
    display.figure_.draw_without_rendering()
    assert not display.best_
    assert not recwarn.list
    assert display.axes_[1].get_ylim()[0] == 0


# Two parameters


def test_a_heat_map_of_two_numbers():
    search = searched({"width": [64, 5, 16], "height": [0.1, 1]})
    display = SearchDisplay.from_estimator(search)
    (ax,) = display.axes_
    image = display.image_.get_array()
    expected = [
        [best_scores(search, width=w, height=h) for h in (0.1, 1)] for w in (5, 16, 64)
    ]
    np.testing.assert_allclose(image, expected)
    assert display.image_.origin == "lower"
    assert tick_texts(ax.xaxis) == ["0.1", "1"]
    assert tick_texts(ax.yaxis) == ["5", "16", "64"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("height", "width")
    written = {text.get_position(): float(text.get_text()) for text in ax.texts}
    for (x, y), number in written.items():
        assert number == pytest.approx(image[y, x], rel=5e-3)
    assert len(written) == 6
    (frame,) = display.best_
    assert frame.get_center() == pytest.approx((1, 2))


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
    display = SearchDisplay(values, [[0.0], [np.nan], [1.0]], best_index=2).plot(
        cmap="gray"
    )
    shown = np.ma.filled(display.image_.get_array(), np.nan)
    np.testing.assert_array_equal(shown, [[0, np.nan], [np.nan, 1]])
    texts = display.axes_[0].texts
    assert [text.get_text() for text in texts] == ["0.00", "NaN", "1.00"]
    # They can be read on their colours.
    assert [texts[i].get_color() for i in (0, 2)] == ["white", "black"]


def test_values_that_would_not_fit_give_way_to_a_colour_bar():
    n = 20
    values = {
        "p": np.repeat(np.arange(n), n).tolist(),
        "q": np.tile(np.arange(n), n).tolist(),
    }
    ax = Figure(figsize=(3, 3)).add_subplot()
    display = SearchDisplay(values, np.random.default_rng(0).random((n * n, 2))).plot(
        ax
    )
    assert display.image_.colorbar is not None
    assert not ax.texts


# Three and more, or two drawn at random


def test_three_parameters_have_a_panel_each():
    search = searched(
        {"width": [5, 16], "height": [1, 2, 3], "kind": ["plain", "fancy"]}
    )
    display = SearchDisplay.from_estimator(search)
    assert [ax.get_xlabel() for ax in display.axes_] == ["height", "width", "kind"]
    grid = {"height": [1, 2, 3], "width": [5, 16], "kind": ["plain", "fancy"]}
    for (name, values), line, star in zip(
        grid.items(), display.lines_, display.best_, strict=True
    ):
        best = [best_scores(search, **{name: value}) for value in values]
        np.testing.assert_allclose(line.get_ydata(), best)
        assert values[star.get_xdata()[0]] == search.best_params_[name]
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
        ({"param_values": {"a": [1]}}, "inconsistent numbers of samples"),
        ({"fit_times": [1]}, "inconsistent numbers of samples"),
        (
            {"fit_times": [1, 1], "mean_fit_times": [1]},
            "inconsistent numbers of samples",
        ),
        ({"fit_times": [[1, 2], [3, 4]]}, "should be a 1d array"),
    ],
)
def test_search_display_refuses(arguments, message):
    defaults = {"param_values": {"a": [1, 2]}, "fold_scores": [[0.5, 0.6], [0.7, 0.8]]}
    with pytest.raises(ValueError, match=message):
        SearchDisplay(**defaults | arguments)
