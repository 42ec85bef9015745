"""Stories of one process: fits, copies, files, threads, pipelines, searches."""

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
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler
from story import TRUSTED, assert_same, assert_same_classifier, check, fit

from skmnist import SimpleMLPClassifier
from skmnist.persistence import load, save


def fit_and_follow_up(story):
    """Fit one classifier, and do a few more things with it."""
    rng = story.rng
    data = draw_data(rng)
    classifier = draw_classifier(rng, data)
    story.does(f"{classifier}")
    validation = {}
    if rng.random() < 0.3:
        validation = {"X_val": data.X_test, "y_val": data.y_test}
    weights = draw_weights(rng, data)
    can_predict = fit(story, classifier, data, weights, **validation)
    if rng.random() < 0.2:
        again = clone(classifier)
        fit(story, again, data, weights, **validation)
        assert_same_classifier(again, classifier, "the same fit again")
    for _ in range(rng.randint(1, 4)):
        if not can_predict:
            break
        follow_up = rng.choice(FOLLOW_UPS)
        can_predict = follow_up(story, classifier, data) is not False


def same_in_memory(story, classifier, data):
    name, copied = story.rng.choice(
        [
            ("deep copy", copy.deepcopy),
            ("pickle", lambda c: pickle.loads(pickle.dumps(c))),
            ("joblib", through_joblib),
        ]
    )
    story.does(name, copies=1)
    assert_twin(story, copied(classifier), classifier, data, name)


def through_joblib(classifier):
    file = io.BytesIO()
    joblib.dump(classifier, file)
    file.seek(0)
    return joblib.load(file)


def same_in_file(story, classifier, data):
    story.does("save and load", saves=1, loads=1)
    path = story.folder / "digits.skops"
    save(classifier, path)
    assert_twin(story, load(path, trusted=TRUSTED), classifier, data, "the loaded")


def assert_twin(story, twin, classifier, data, what):
    """The twin is as the classifier is, and, now and then, goes on as it does."""
    assert_same_classifier(twin, classifier, what)
    expected = classifier.predict_proba(data.X_test)
    assert_same(twin.predict_proba(data.X_test), expected, f"predictions of {what}")
    story.does("predicts the same", **{"predictions compared": len(expected)})
    if story.rng.random() < 0.3:
        story.does(f"{what} goes on", fits=2)
        for one in (twin, reference := copy.deepcopy(classifier)):
            one.set_params(warm_start=True, epochs=1).fit(data.X, data.y)
        assert_same_classifier(twin, reference, f"{what}, gone on")


def fit_more(story, classifier, data):
    n_epochs = classifier.n_iter_
    story.does("warm start")
    classifier.set_params(warm_start=True)
    # A divergence may end it early.
    can_predict = fit(story, classifier, data, draw_weights(story.rng, data))
    assert n_epochs < classifier.n_iter_ <= n_epochs + classifier.epochs
    return can_predict


def fit_partially(story, classifier, data):
    classifier.set_params(early_stopping=False)
    if classifier.class_weight == "balanced":
        classifier.set_params(class_weight=None)
    n_rows = data.X.shape[0]
    for _ in range(story.rng.randint(1, 3)):
        start = story.rng.randrange(n_rows)
        few = data.of_rows(slice(start, start + story.rng.choice([1, 33, n_rows])))
        story.does(f"partial_fit of {few}", fits=1)
        n_epochs = classifier.n_iter_
        classifier.partial_fit(few.X, few.y)
        assert classifier.n_iter_ == n_epochs + 1
    return check(story, classifier, data)


def set_aside_and_clone(story, classifier, data):
    story.does("clone", copies=1)
    cloned = clone(classifier)
    assert not hasattr(cloned, "coefs_")
    ours, theirs = cloned.get_params(), classifier.get_params()
    for name in set(ours) - {"optimizer", "callbacks"}:  # which have no equality
        assert ours[name] == theirs[name], name


def look_at_the_model(story, classifier, data):
    story.does("model_")
    kernels_and_biases = classifier.model_.get_weights()
    assert_same(kernels_and_biases[::2], classifier.coefs_, "coefs_ of model_")
    assert_same(
        kernels_and_biases[1::2], classifier.intercepts_, "intercepts_ of model_"
    )


def fail_to_write(story, classifier, data):
    path = story.folder / "kept.skops"
    save(classifier, path)
    before = path.read_bytes()
    name = story.rng.choice(sorted(WRITE_FAILURES))
    story.does(f"a write that fails: {name}", **{"saves": 1, "failed writes": 1})
    with WRITE_FAILURES[name](story.rng, len(before)):
        try:
            save(classifier, path)
        except OSError:
            pass
        else:
            raise AssertionError("a write that must fail did not")
    assert path.read_bytes() == before
    unfinished = [file.name for file in story.folder.iterdir() if file.name[0] == "."]
    assert not unfinished, f"left behind: {unfinished}"
    assert_twin(story, load(path, trusted=TRUSTED), classifier, data, "the file before")


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


def fit_in_threads(story):
    """Fits in threads end as those that are alone do, whether they share a program or not."""
    rng = story.rng
    data = draw_data(rng)
    first, second = draw_classifier(rng, data), draw_classifier(rng, data)
    classifiers = [first, second, clone(first), clone(second)]
    story.does(f"in threads, on {data}, twice each: {first}, {second}", fits=6)
    with ThreadPoolExecutor(len(classifiers)) as pool:
        list(pool.map(lambda classifier: classifier.fit(data.X, data.y), classifiers))
    for number, alone in enumerate([clone(first), clone(second)]):
        alone.fit(data.X, data.y)
        for threaded in classifiers[number::2]:
            assert_same_classifier(threaded, alone, f"classifier {number} in a thread")
        check(story, alone, data)


def fit_pipeline(story):
    """A pipeline is its scaler and then the classifier, in memory and in a file."""
    rng = story.rng
    data = draw_data(rng, form=rng.choice(["uint8", "float64", "sparse"]))
    pipeline = make_pipeline(MaxAbsScaler(), draw_classifier(rng, data))
    story.does(f"{pipeline} on {data}", fits=1, saves=1, loads=1)
    pipeline.fit(data.X, data.y)
    X_test = pipeline[0].transform(data.X_test)
    scaled = copy.copy(data)
    scaled.X_test = X_test
    if not check(story, pipeline[-1], scaled):
        return
    path = story.folder / "pipeline.skops"
    save(pipeline, path)
    expected = pipeline[-1].predict_proba(X_test)
    for same in (pipeline, load(path, trusted=TRUSTED), copy.deepcopy(pipeline)):
        assert_same(
            same.predict_proba(data.X_test), expected, "predictions of a pipeline"
        )


def search(story):
    """A small search, whose best estimator is what its parameters say."""
    rng = story.rng
    data = draw_data(
        rng, n_rows=rng.choice([200, 501]), labels=rng.choice(["int", "str"])
    )
    grid = {"hidden_units": rng.sample([1, 3, 5, (), (4, 4)], 2)}
    classifier = draw_classifier(rng, data, learning_rate=0.001, activation="sigmoid")
    found = GridSearchCV(classifier, grid, cv=2, n_jobs=2, error_score="raise")
    story.does(
        f"a search of {grid} for {classifier} on {data}", fits=6, saves=1, loads=1
    )
    # Threads: a process of joblib's would import TensorFlow first.
    with joblib.parallel_config("threading"):
        found.fit(data.X, data.y)
    alone = clone(classifier).set_params(**found.best_params_).fit(data.X, data.y)
    assert_same_classifier(found.best_estimator_, alone, "the best of a search")
    check(story, found.best_estimator_, data)
    path = story.folder / "search.skops"
    save(found, path)
    proba = found.predict_proba(data.X_test)
    assert_same(
        load(path, trusted=TRUSTED).predict_proba(data.X_test),
        proba,
        "predictions of a search",
    )


def train_as_the_formulas_do(story):
    """A whole training of a tiny network, against one in NumPy."""
    rng = story.rng
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
    story.does(f"{classifier}")
    # A step of this length changes no kernel, and the biases begin as zeros: a relu of
    # 0 is 0.
    start = (
        clone(classifier).set_params(learning_rate=1e-30, epochs=1).fit(data.X, data.y)
    )
    fit(story, classifier, data, weights)
    story.does("the same in NumPy", **{"plain trainings": 1})
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
