"""Private names of other packages still mean what this package uses them for.

test_private_names.py lists them.
"""

from numbers import Integral

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

from skmnist import SimpleMLPClassifier, _compat
from skmnist.engine.keras_internals import schedule_of


class Refusing:
    @_compat._fit_context(prefer_skip_nested_validation=True)
    def fit(self):
        return self

    def _validate_params(self):
        raise ValueError("refused")


def test_fit_context_validates_the_parameters_unless_configured_otherwise():
    with pytest.raises(ValueError, match="refused"):
        Refusing().fit()
    with config_context(skip_parameter_validation=True):
        Refusing().fit()


@pytest.mark.parametrize(
    ("constraint", "good", "bad"),
    [
        (_compat.Interval(Integral, 1, None, closed="left"), 1, 0),
        (_compat.Options(int, {1, 2}), 2, 3),
        (_compat.StrOptions({"a", "b"}), "b", "c"),
        ("random_state", np.random.RandomState(0), "seed"),
    ],
)
def test_constraints_name_the_parameter_and_the_value(constraint, good, bad):
    def validate(value):
        constraints = {"parameter": [constraint, None]}
        _compat.validate_parameter_constraints(
            constraints, {"parameter": value}, "Owner"
        )

    validate(good)
    validate(None)
    message = f"The 'parameter' parameter of Owner must be .*{bad!r} instead"
    with pytest.raises(_compat.InvalidParameterError, match=message):
        validate(bad)


def test_check_y_gives_one_dimension():
    assert _compat._check_y(pd.Series([2, 1]), estimator="Owner").tolist() == [2, 1]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        pytest.param([[1, 2], [2, 1]], "y should be", id="two dimensions"),
        pytest.param([1.0, np.nan], "y contains NaN", id="NaN"),
    ],
)
def test_check_y_refuses(y, message):
    with pytest.raises(ValueError, match=message):
        _compat._check_y(y, estimator="Owner")


def test_check_sample_weight_gives_a_weight_for_each_sample():
    X = np.zeros((2, 3))
    assert _compat._check_sample_weight(None, X, dtype=np.float64).tolist() == [
        1.0,
        1.0,
    ]
    weights = _compat._check_sample_weight([1, 2], X, dtype=np.float64)
    assert weights.tolist() == [1.0, 2.0]
    assert weights.dtype == np.float64
    with pytest.raises(ValueError, match="sample_weight"):
        _compat._check_sample_weight([1, 2, 3], X, dtype=np.float64)


@pytest.mark.parametrize("kind", [np.asarray, pd.DataFrame, csr_array, list])
def test_rows_are_counted_and_taken_from_all_kinds_of_data(kind):
    X = kind([[1, 2], [3, 4], [5, 6]])
    assert _compat._num_samples(X) == 3
    taken = _compat._safe_indexing(X, np.array([2, 0]))
    assert type(taken) is type(X)
    taken = taken.toarray() if kind is csr_array else np.asarray(taken)
    assert taken.tolist() == [[5, 6], [1, 2]]


def test_requests_are_plain():
    with config_context(enable_metadata_routing=True):
        classifier = SimpleMLPClassifier().set_fit_request(sample_weight=True)
    requests = _compat.plain_requests(classifier._metadata_request)
    assert type(requests["fit"]) is dict
    assert requests["fit"]["sample_weight"] is True
    assert requests["fit"]["X_val"] is None


def test_callbacks_of_an_estimator():
    assert not _compat.callbacks_of(SimpleMLPClassifier())
    sklearn_callback = pytest.importorskip(
        "sklearn.callback", reason="needs scikit-learn 1.9"
    )
    bar = sklearn_callback.ProgressBar()
    assert _compat.callbacks_of(SimpleMLPClassifier().set_callbacks(bar)) == [bar]


def test_functions_of_scorers():
    functions = _compat.functions_of_scorers()
    assert {accuracy_score, f1_score, roc_auc_score} <= set(functions)


class TestKeras:
    """What optimizers compute is compared in test_mathematics.py, for all of them."""

    def test_schedule_of_an_optimizer(self):
        schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.5)
        assert schedule_of(keras.optimizers.Adam(schedule)) is schedule
        assert schedule_of(keras.optimizers.Adam(0.1)) is None

    def test_writers_of_tensorboard(self, tmp_path):
        assert keras.callbacks.TensorBoard(tmp_path)._writers == {}


def test_tensorflow_frees_the_variables_of_its_kernels():
    from tensorflow.python.eager import context

    assert context.context() is context.context()
    tf.constant(1)
    context.context().clear_kernel_cache()
