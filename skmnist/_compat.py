"""What depends on the versions of other packages, and what is private in them.

scikit-learn's own estimators are built of these private names, and there are no public
ones: they validate parameters and targets with the messages that its users know.
tests/test_private_names.py fails when one of them is gone, tests/test_compat.py when
one does something else.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import (
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
    validate_parameter_constraints,
    validate_params,
)
from sklearn.utils.metadata_routing import MetadataRequest
from sklearn.utils.validation import _check_sample_weight, _check_y, _num_samples

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # before scikit-learn 1.9, estimators have no callbacks

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stand-in without `set_callbacks`."""

        def _init_callback_context(self, max_subtasks: int) -> "_NoCallbacks":
            return _NoCallbacks()

    class _NoCallbacks:
        def call_on_fit_task_begin(self, **data: Any) -> None:
            pass

        def call_on_fit_task_end(self, **data: Any) -> None:
            pass


_Function = TypeVar("_Function", bound=Callable[..., Any])

# The attribute of an estimator that has the requests set by `set_fit_request`.
REQUESTS = "_metadata_request"

# Types of attributes of scikit-learn's estimators that are no estimators themselves.
# Some versions lack some of them.
PARTS_OF_ESTIMATORS = [
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.calibration._TemperatureScaling",
    "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
    "sklearn.metrics._scorer._CurveScorer",
    "sklearn.metrics._scorer._MultimetricScorer",
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.metrics._scorer._Scorer",
    "sklearn.model_selection._search_successive_halving.HalvingGridSearchCV",
    "sklearn.model_selection._search_successive_halving.HalvingRandomSearchCV",
    "sklearn.model_selection._search_successive_halving._SubsampleMetaSplitter",
    "sklearn.model_selection._split._CVIterableWrapper",
    "sklearn.multiclass._ConstantPredictor",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.utils._metadata_requests.MetadataRequest",
    "sklearn.utils._metadata_requests.MethodMetadataRequest",
]


def validate_arguments(
    constraints: dict[str, list[Any]],
) -> Callable[[_Function], _Function]:
    """Validate the arguments of a function by scikit-learn's constraints."""
    return validate_params(constraints, prefer_skip_nested_validation=True)


def validate_parameters_of(estimator: Any) -> None:
    """Validate the parameters of an estimator, as its `fit` does."""
    estimator._validate_params()


def callbacks_of(estimator: Any) -> list[Any]:
    """Return what `set_callbacks` has set, which has no public name."""
    return getattr(estimator, "_skl_callbacks", [])


def functions_of_scorers() -> list[Callable]:
    """Return the functions that scikit-learn's named scorers call."""
    from sklearn.metrics import get_scorer, get_scorer_names  # which takes a while

    return [get_scorer(name)._score_func for name in get_scorer_names()]


class FitTasks:
    """Calls of scikit-learn's callbacks: as a fit and each of its epochs begin and end.

    `attributes_of` makes the fitted attributes of an estimator with the weights that it
    gets. It is called only if a callback needs the fitted estimator.
    """

    def __init__(self, estimator: Any, X: Any, y: Any, sample_weight: Any) -> None:
        self._has_callbacks = bool(callbacks_of(estimator))
        self._context = estimator._init_callback_context(
            max_subtasks=int(estimator.epochs)
        )
        self._epochs: list[Any] = []  # the one that runs

        self._data = {"estimator": estimator, "X": X, "y": y}
        if sample_weight is not None:
            self._data["metadata"] = {"sample_weight": sample_weight}

        self.attributes_of: Callable[[list[np.ndarray]], dict[str, Any]] = (
            lambda weights: {}
        )

    def begin(self) -> None:
        """Report the begin of the fit."""
        self._context.call_on_fit_task_begin(**self._data)

    def listener(self) -> "FitTasks | None":
        """Return what to call at each epoch: this, or None without callbacks."""
        return self if self._has_callbacks else None

    def begin_epoch(self, weights: Callable[[], list[np.ndarray]]) -> None:
        """Report the begin of an epoch."""
        epoch = self._context.subcontext(task_name="epoch")
        self._epochs.append(epoch)
        epoch.call_on_fit_task_begin(**self._data_with(weights))

    def end_epoch(self, weights: Callable[[], list[np.ndarray]]) -> bool:
        """Report the end of an epoch; return whether to stop."""
        epoch = self._epochs.pop()
        return epoch.call_on_fit_task_end(**self._data_with(weights))

    def end(self, weights: list[np.ndarray]) -> None:
        """Report the end of the fit."""
        self._context.call_on_fit_task_end(**self._data_with(lambda: weights))

    def _data_with(self, weights: Callable[[], list[np.ndarray]]) -> dict[str, Any]:
        def attributes() -> dict[str, Any]:
            return self.attributes_of(weights())

        return {**self._data, "reconstruction_attributes": attributes}


class _WithoutAttribute:
    """An estimator for scikit-learn's HTML representation, which reads all in `dir`."""

    def __init__(self, estimator: Any, name: str) -> None:
        self._estimator = estimator
        self._name = name

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self._estimator)

    def __dir__(self) -> list[str]:
        return [name for name in dir(self._estimator) if name != self._name]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._estimator, name)


def fitted_attributes_html(estimator: Any, doc_link: str, *, without: str) -> Any:
    """List the fitted attributes of an estimator for notebooks, one aside."""
    listed: Any = _WithoutAttribute(estimator, without)
    return BaseEstimator._get_fitted_attr_html(listed, doc_link)


def plain_requests(requests: MetadataRequest) -> dict[str, dict[str, Any]]:
    """Return the metadata that each method of an estimator requests."""
    return requests._serialize()


def show_progress(search: Any) -> None:
    """Let a search show a progress bar, or, before scikit-learn 1.9, a line a fit."""
    try:
        from sklearn.callback import ProgressBar
    except ImportError:
        search.set_params(verbose=2)
    else:
        # One bar for the search: bars of its many fits would fill the terminal.
        search.set_callbacks(ProgressBar(max_propagation_depth=0))
