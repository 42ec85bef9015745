"""What depends on the versions of other packages, and what is private in them.

scikit-learn's own estimators are built of these private names, and there are no public ones: they
validate parameters and targets with the messages that its users know. tests/test_compat.py fails
when one of them is gone or does something else.
"""

from typing import Any

from sklearn.base import _fit_context
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import (
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
    validate_parameter_constraints,
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


# Types in files of fitted searches that skops does not trust by itself: the scorer of a search, and
# what it holds in scikit-learn 1.6.
PARTS_OF_SEARCHES = [
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.utils._metadata_requests.MetadataRequest",
    "sklearn.utils._metadata_requests.MethodMetadataRequest",
]


def callbacks_of(estimator: Any) -> list[Any]:
    """Return what `set_callbacks` has set, which has no public name."""
    return getattr(estimator, "_skl_callbacks", [])


def plain_requests(requests: MetadataRequest) -> dict[str, dict[str, Any]]:
    """Return the metadata that each method of an estimator requests."""
    return requests._serialize()


def show_progress(search: Any) -> None:
    """Let a search show a progress bar; before scikit-learn 1.9, print a line for each fit."""
    try:
        from sklearn.callback import ProgressBar
    except ImportError:
        search.set_params(verbose=2)
    else:
        # One bar for the search: a bar for each of the many fits would fill the terminal.
        search.set_callbacks(ProgressBar(max_propagation_depth=0))
