"""What depends on the versions of other packages, and what is private in them.

scikit-learn's own estimators are built of these private names, and there are no public ones: they
validate parameters and targets with the messages that its users know. tests/test_compat.py fails
when one of them is gone.
"""

from sklearn.base import _fit_context
from sklearn.utils._param_validation import (
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
    validate_parameter_constraints,
)
from sklearn.utils.validation import _check_sample_weight, _check_y

__all__ = [
    "Interval",
    "InvalidParameterError",
    "Options",
    "StrOptions",
    "_check_sample_weight",
    "_check_y",
    "_fit_context",
    "validate_parameter_constraints",
]
