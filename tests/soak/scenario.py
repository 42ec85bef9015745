"""A scenario: random operations on one classifier, and the checks after each."""

import random
import warnings
from collections import Counter
from itertools import pairwise

import numpy as np
from oracle import plain_proba
from scipy.sparse import issparse
from sklearn.exceptions import ConvergenceWarning

COUNTS = Counter()
# Objects in files are created only if their types are trusted.
TRUSTED = ["keras.src.callbacks.terminate_on_nan.TerminateOnNaN"]


class Scenario:
    """The random numbers of a scenario, its operations so far, and its folder."""

    def __init__(self, seed, number, folder):
        self.seed, self.number, self.folder = seed, number, folder
        self.rng = random.Random(f"{seed} {number}")
        self.actions = []

    def __str__(self):
        actions = "".join(f"\n    {action}" for action in self.actions)
        return f"scenario {self.number} of seed {self.seed}:{actions}"

    def record(self, action, **counts):
        self.actions.append(action)
        COUNTS.update(counts)


def assert_same(ours, theirs, what):
    """Check that values and types are equal, bit for bit, in lists and dicts too."""
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs), what
        for name in theirs:
            assert_same(ours[name], theirs[name], what)
    elif isinstance(theirs, (list, tuple)):
        assert len(ours) == len(theirs), what
        for one, other in zip(ours, theirs, strict=True):
            assert_same(one, other, what)
    else:
        np.testing.assert_array_equal(ours, theirs, err_msg=what, strict=True)


def assert_same_classifier(ours, theirs, what):
    for name in (
        "coefs_",
        "intercepts_",
        "history_",
        "classes_",
        "n_iter_",
        "validation_scores_",
    ):
        assert_same(getattr(ours, name), getattr(theirs, name), f"{name} of {what}")


def contents(X):
    return X.toarray() if issparse(X) else np.array(X)


def fit(
    scenario, classifier, data, sample_weight=None, *, is_partial=False, **validation
):
    """Fit, check what must not change, and return if the classifier can predict."""
    method = "partial_fit" if is_partial else "fit"
    weighted = "" if sample_weight is None else f", weights {sample_weight.dtype}"
    scenario.record(
        f"{method} of {data}{weighted}{', X_val' if validation else ''}", fits=1
    )
    before = [contents(data.X), data.y.copy(), classifier.get_params()]
    generator = np.random.get_state()[1].copy()  # noqa: NPY002 - to be unchanged
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if is_partial:
            classes = None if data.labels == "one-hot" else np.unique(data.y)
            classifier.partial_fit(data.X, data.y, classes, sample_weight)
        else:
            classifier.fit(data.X, data.y, sample_weight, **validation)
    assert_same([contents(data.X), data.y], before[:2], "the data")
    assert classifier.get_params() == before[2], "parameters were changed"
    now = np.random.get_state()[1]  # noqa: NPY002
    assert_same(now, generator, "NumPy's global generator")
    if any(issubclass(warning.category, ConvergenceWarning) for warning in caught):
        scenario.record("diverged", diverged=1)
    return check(scenario, classifier, data)


def check(scenario, classifier, data):
    """Check state and predictions, and return whether the classifier can predict."""
    check_state(classifier, data)
    if not all(np.isfinite(kernel).all() for kernel in classifier.coefs_):
        try:
            classifier.predict(data.X_test)
        except ValueError as error:
            assert "diverged" in str(error)  # noqa: PT017 - there may be no error
            return False
        raise AssertionError("NaN among the weights, and it predicts")
    proba = classifier.predict_proba(data.X_test)
    check_predictions(
        classifier, data.X_test, proba, is_one_hot=data.labels == "one-hot"
    )
    COUNTS["predictions compared"] += len(proba)
    return True


def check_state(classifier, data):
    history, kernels = classifier.history_, classifier.coefs_
    assert classifier.n_iter_ == len(history["loss"]) == len(history["accuracy"])
    assert classifier.loss_curve_ == history["loss"]
    assert classifier.loss_ == history["loss"][-1] or np.isnan(classifier.loss_)
    assert all(0 <= accuracy <= 1 for accuracy in history["accuracy"])
    if classifier.validation_scores_:
        n_scores = len(classifier.validation_scores_)
        assert_same(
            history["val_accuracy"][-n_scores:], classifier.validation_scores_, "scores"
        )
    n_classes = 10 if data.labels == "one-hot" else len(np.unique(data.y))
    units = np.atleast_1d(np.array(classifier.hidden_units, dtype=int)).tolist()
    widths = [784, *units, n_classes]
    assert [kernel.shape for kernel in kernels] == list(pairwise(widths))
    assert [bias.shape for bias in classifier.intercepts_] == [
        (width,) for width in widths[1:]
    ]
    assert {array.dtype for array in kernels} == {np.dtype(np.float32)}
    assert classifier.n_layers_ == len(widths)
    assert classifier.n_features_in_ == 784
    assert len(classifier.classes_) == classifier.n_outputs_ == n_classes
    assert (classifier.classes_[1:] > classifier.classes_[:-1]).all()


def check_predictions(classifier, X, proba, *, is_one_hot):
    assert proba.dtype == np.float64
    np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-12)
    expected, tolerance = plain_proba(classifier, X)
    excess = (np.abs(proba - expected) - tolerance).max()
    assert excess <= 0, (
        f"predict_proba is {excess:.2e} beyond the tolerance from the formula"
    )
    codes = proba.argmax(axis=1)
    predicted = classifier.predict(X)
    if is_one_hot:
        assert_same(
            predicted, np.eye(len(classifier.classes_), dtype=np.int64)[codes], "labels"
        )
    else:
        assert_same(predicted, classifier.classes_[codes], "labels")
    # Of two classes that are equally probable, either is correct.
    second, first = np.sort(expected, axis=1)[:, -2:].T
    is_clear = first - second > 2 * tolerance[:, 0]
    assert_same(
        codes[is_clear], expected.argmax(axis=1)[is_clear], "most probable classes"
    )
