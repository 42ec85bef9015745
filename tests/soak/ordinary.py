"""Scenarios of one process: fits, copies, files, threads, pipelines, searches."""

import copy
import errno
import io
import pickle
import resource
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from unittest import mock

import joblib
import numpy as np
from draws import draw_classifier, draw_data, draw_weights
from oracle import train_plainly
from scenario import TRUSTED, assert_same, assert_same_classifier, check, fit
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

from skmnist import SimpleMLPClassifier
from skmnist.persistence import load, save


def fit_and_follow_up(scenario):
    """Fit one classifier, and continue with a few random operations."""
    rng = scenario.rng
    data = draw_data(rng)
    classifier = draw_classifier(rng, data)
    scenario.record(f"{classifier}")
    validation = {}
    if rng.random() < 0.3:
        validation = {"X_val": data.X_test, "y_val": data.y_test}
    weights = draw_weights(rng, data)
    can_predict = fit(scenario, classifier, data, weights, **validation)
    if rng.random() < 0.2:
        again = clone(classifier)
        fit(scenario, again, data, weights, **validation)
        assert_same_classifier(again, classifier, "the same fit again")
    for _ in range(rng.randint(1, 4)):
        if not can_predict:
            break
        follow_up = rng.choice(FOLLOW_UPS)
        can_predict = follow_up(scenario, classifier, data) is not False


def same_in_memory(scenario, classifier, data):
    name, copied = scenario.rng.choice(
        [
            ("deep copy", copy.deepcopy),
            ("pickle", lambda c: pickle.loads(pickle.dumps(c))),
            ("joblib", through_joblib),
        ]
    )
    scenario.record(name, copies=1)
    assert_twin(scenario, copied(classifier), classifier, data, name)


def through_joblib(classifier):
    file = io.BytesIO()
    joblib.dump(classifier, file)
    file.seek(0)
    return joblib.load(file)


def same_in_file(scenario, classifier, data):
    scenario.record("save and load", saves=1, loads=1)
    path = scenario.folder / "digits.skops"
    save(classifier, path)
    assert_twin(scenario, load(path, trusted=TRUSTED), classifier, data, "the loaded")


def assert_twin(scenario, twin, classifier, data, what):
    """The twin equals the classifier and, in 3 of 10 cases, also after another fit."""
    assert_same_classifier(twin, classifier, what)
    expected = classifier.predict_proba(data.X_test)
    assert_same(twin.predict_proba(data.X_test), expected, f"predictions of {what}")
    scenario.record("predicts the same", **{"predictions compared": len(expected)})
    if scenario.rng.random() < 0.3:
        scenario.record(f"{what} goes on", fits=2)
        for one in (twin, reference := copy.deepcopy(classifier)):
            one.set_params(warm_start=True, epochs=1).fit(data.X, data.y)
        assert_same_classifier(twin, reference, f"{what}, gone on")


def fit_more(scenario, classifier, data):
    n_epochs = classifier.n_iter_
    scenario.record("warm start")
    classifier.set_params(warm_start=True)
    # A fit that diverges ends early.
    can_predict = fit(scenario, classifier, data, draw_weights(scenario.rng, data))
    assert n_epochs < classifier.n_iter_ <= n_epochs + classifier.epochs
    return can_predict


def fit_partially(scenario, classifier, data):
    classifier.set_params(early_stopping=False)
    if classifier.class_weight == "balanced":
        classifier.set_params(class_weight=None)
    n_rows = data.X.shape[0]
    for _ in range(scenario.rng.randint(1, 3)):
        start = scenario.rng.randrange(n_rows)
        few = data.of_rows(slice(start, start + scenario.rng.choice([1, 33, n_rows])))
        scenario.record(f"partial_fit of {few}", fits=1)
        n_epochs = classifier.n_iter_
        classifier.partial_fit(few.X, few.y)
        assert classifier.n_iter_ == n_epochs + 1
    return check(scenario, classifier, data)


def set_aside_and_clone(scenario, classifier, data):
    scenario.record("clone", copies=1)
    cloned = clone(classifier)
    assert not hasattr(cloned, "coefs_")
    ours, theirs = cloned.get_params(), classifier.get_params()
    # Optimizers and callbacks have no equality.
    for name in set(ours) - {"optimizer", "callbacks"}:
        assert ours[name] == theirs[name], name


def look_at_the_model(scenario, classifier, data):
    scenario.record("model_")
    kernels_and_biases = classifier.model_.get_weights()
    assert_same(kernels_and_biases[::2], classifier.coefs_, "coefs_ of model_")
    assert_same(
        kernels_and_biases[1::2], classifier.intercepts_, "intercepts_ of model_"
    )


def fail_to_write(scenario, classifier, data):
    path = scenario.folder / "kept.skops"
    save(classifier, path)
    before = path.read_bytes()
    name = scenario.rng.choice(sorted(WRITE_FAILURES))
    scenario.record(f"a write that fails: {name}", **{"saves": 1, "failed writes": 1})
    with WRITE_FAILURES[name](scenario.rng, len(before)):
        try:
            save(classifier, path)
        except OSError:
            pass
        else:
            raise AssertionError("a write that must fail did not")
    assert path.read_bytes() == before
    unfinished = [
        file.name for file in scenario.folder.iterdir() if file.name[0] == "."
    ]
    assert not unfinished, f"left behind: {unfinished}"
    assert_twin(
        scenario, load(path, trusted=TRUSTED), classifier, data, "the file before"
    )


@contextmanager
def no_file_so_large(rng, n_bytes):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (rng.randrange(n_bytes - 100), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def raising(function):
    return lambda rng, n_bytes: mock.patch(
        function, side_effect=OSError(errno.ENOSPC, "full")
    )


WRITE_FAILURES = {
    "RLIMIT_FSIZE": no_file_so_large,
    "os.fsync raises": raising("os.fsync"),
    "os.replace raises": raising("os.replace"),
}
FOLLOW_UPS = [
    same_in_memory,
    same_in_memory,
    same_in_file,
    same_in_file,
    fit_more,
    fit_more,
    fit_partially,
    set_aside_and_clone,
    look_at_the_model,
    fail_to_write,
]


def fit_in_threads(scenario):
    """Fits in threads equal single ones, whether they share a program or not."""
    rng = scenario.rng
    data = draw_data(rng)
    first, second = draw_classifier(rng, data), draw_classifier(rng, data)
    classifiers = [first, second, clone(first), clone(second)]
    scenario.record(f"in threads, on {data}, twice each: {first}, {second}", fits=6)
    with ThreadPoolExecutor(len(classifiers)) as pool:
        list(pool.map(lambda classifier: classifier.fit(data.X, data.y), classifiers))
    for number, alone in enumerate([clone(first), clone(second)]):
        alone.fit(data.X, data.y)
        for threaded in classifiers[number::2]:
            assert_same_classifier(threaded, alone, f"classifier {number} in a thread")
        check(scenario, alone, data)


def fit_pipeline(scenario):
    """A pipeline equals its scaler and then its classifier, in memory and in a file."""
    rng = scenario.rng
    data = draw_data(rng, form=rng.choice(["uint8", "float64", "sparse"]))
    pipeline = make_pipeline(MaxAbsScaler(), draw_classifier(rng, data))
    scenario.record(f"{pipeline} on {data}", fits=1, saves=1, loads=1)
    pipeline.fit(data.X, data.y)
    X_test = pipeline[0].transform(data.X_test)
    scaled = copy.copy(data)
    scaled.X_test = X_test
    if not check(scenario, pipeline[-1], scaled):
        return
    path = scenario.folder / "pipeline.skops"
    save(pipeline, path)
    expected = pipeline[-1].predict_proba(X_test)
    for same in (pipeline, load(path, trusted=TRUSTED), copy.deepcopy(pipeline)):
        assert_same(
            same.predict_proba(data.X_test), expected, "predictions of a pipeline"
        )


def search(scenario):
    """A small search, whose best estimator equals a fit with its parameters."""
    rng = scenario.rng
    data = draw_data(
        rng, n_rows=rng.choice([200, 501]), labels=rng.choice(["int", "str"])
    )
    grid = {"hidden_units": rng.sample([1, 3, 5, (), (4, 4)], 2)}
    classifier = draw_classifier(rng, data, learning_rate=0.001, activation="sigmoid")
    found = GridSearchCV(classifier, grid, cv=2, n_jobs=2, error_score="raise")
    scenario.record(
        f"a search of {grid} for {classifier} on {data}", fits=6, saves=1, loads=1
    )
    # Threads: a process of joblib's would import TensorFlow first.
    with joblib.parallel_config("threading"):
        found.fit(data.X, data.y)
    alone = clone(classifier).set_params(**found.best_params_).fit(data.X, data.y)
    assert_same_classifier(found.best_estimator_, alone, "the best of a search")
    check(scenario, found.best_estimator_, data)
    path = scenario.folder / "search.skops"
    save(found, path)
    proba = found.predict_proba(data.X_test)
    assert_same(
        load(path, trusted=TRUSTED).predict_proba(data.X_test),
        proba,
        "predictions of a search",
    )


def train_as_the_formulas_do(scenario):
    """Train a tiny network, and the same network in NumPy."""
    rng = scenario.rng
    data = draw_data(
        rng, n_rows=rng.choice([60, 97, 129]), form="float32", labels="int"
    )
    classifier = SimpleMLPClassifier(
        rng.choice([(), (3,), (4, 3)]),
        activation=rng.choice(["sigmoid", "relu"]),
        optimizer="sgd",
        learning_rate=rng.choice([0.01, 0.1]),
        l2=rng.choice([0.0, 0.01]),
        batch_size=rng.choice([1, 7, 32, 64, 200]),
        epochs=rng.randint(1, 5),
        shuffle=False,
        random_state=rng.randrange(1000),
    )
    numbers = np.random.default_rng(rng.getrandbits(32))
    weights = (
        numbers.uniform(0.2, 2, len(data.y))
        if rng.random() < 0.5
        else np.ones(len(data.y))
    )
    scenario.record(f"{classifier}")
    # A step of this length changes no kernel. It changes biases, which begin as zeros.
    start = (
        clone(classifier).set_params(learning_rate=1e-30, epochs=1).fit(data.X, data.y)
    )
    fit(scenario, classifier, data, weights)
    scenario.record("the same in NumPy", **{"fits in NumPy": 1})
    kernels, biases, losses = train_plainly(
        [
            array
            for kernel in start.coefs_
            for array in (kernel, np.zeros(kernel.shape[1]))
        ],
        data.X,
        np.searchsorted(classifier.classes_, data.y),
        weights,
        activation=classifier.activation,
        rate=classifier.learning_rate,
        l2=classifier.l2,
        batch_size=classifier.batch_size,
        epochs=classifier.epochs,
    )
    for ours, theirs in (
        (classifier.coefs_, kernels),
        (classifier.intercepts_, biases),
    ):
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-4)
    np.testing.assert_allclose(classifier.loss_curve_, losses, rtol=1e-4)
