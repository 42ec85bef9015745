"""Fitted estimators in files that run no code when they are read."""

from __future__ import annotations

import inspect
import io
import os
import zipfile
from collections.abc import Sequence
from typing import Any

import sklearn.model_selection
import skops.io
from sklearn.base import BaseEstimator
from skops.io.exceptions import UntrustedTypesFoundException

from skmnist._compat import PARTS_OF_SEARCHES
from skmnist._files import atomic_write

_TRUSTED = [
    "skmnist.classifier.SimpleMLPClassifier",
    # The scaler of the command line.
    "skmnist._pixels.scale_pixels",
    # Parts of a fitted search; skops trusts scikit-learn's estimators itself.
    *PARTS_OF_SEARCHES,
    *(
        f"{value.__module__}.{name}"
        for name, value in vars(sklearn.model_selection).items()
        if inspect.isclass(value) and hasattr(value, "split")
    ),
]


def save(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Write an estimator to a file, with skops.

    An existing file is replaced once the new one is complete.

    Parameters
    ----------
    estimator : estimator instance
        A `SimpleMLPClassifier`, or a Pipeline, a search or another estimator around one.
    path : str or path-like
        The file, by custom with the ending ".skops".

    Raises
    ------
    OSError
        If the file can't be written.
    TypeError
        If `estimator` is not an estimator.
    ValueError
        If the estimator has a part that could not be read again, such as a function without a
        name.

    See Also
    --------
    load : Read the file.
    to_onnx : Write it for programs without Python.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skmnist import SimpleMLPClassifier, load_mnist
    >>> from skmnist.persistence import load, save
    >>> (X_train, y_train), (X_test, y_test) = load_mnist("sample", return_X_y=True)
    >>> classifier = SimpleMLPClassifier(random_state=0).fit(X_train, y_train)
    >>> path = Path(tempfile.mkdtemp()) / "digits.skops"
    >>> save(classifier, path)
    >>> loaded = load(path)
    >>> bool((loaded.predict_proba(X_test) == classifier.predict_proba(X_test)).all())
    True
    """
    if not isinstance(estimator, BaseEstimator):
        raise TypeError(f"save writes an estimator, got {estimator!r}.")
    try:
        content = skops.io.dumps(estimator, compression=zipfile.ZIP_DEFLATED)
        # Read it while the estimator still exists. It is the caller's own, and so trusted.
        skops.io.loads(content, trusted=skops.io.get_untrusted_types(data=content))
    # Each kind of object that can't be written or read fails in its own way.
    except Exception as error:
        raise ValueError(
            f"This {type(estimator).__name__} holds something that can't be saved: {error!r}. "
            "Functions, for example, must be found by their name in a module."
        ) from error
    with atomic_write(path) as file:
        file.write(content)


def load(path: str | os.PathLike[str], *, trusted: Sequence[str] = ()) -> Any:
    """Read an estimator that `save` has written.

    No code of the file is run: it holds arrays, values and names of types. Instances are made
    only of `SimpleMLPClassifier` and of the types that skops trusts, such as scikit-learn's
    estimators.

    Parameters
    ----------
    path : str or path-like
        The file.
    trusted : sequence of str, default=()
        Names of further types to trust, such as ``"mypackage.MyTransformer"``.

    Returns
    -------
    estimator instance
        It predicts, and continues training, as the saved one.

    Raises
    ------
    OSError
        If the file can't be read.
    TypeError
        If `trusted` is not a list of names.
    ValueError
        If the file is damaged or was not written by `save`, if its weights are not finite
        although the training did not diverge, or if it names types that are not trusted.

    Warns
    -----
    InconsistentVersionWarning
        If it was saved with other versions of skmnist, scikit-learn or Keras.
    """
    if isinstance(trusted, str) or not isinstance(trusted, Sequence):
        raise TypeError(f"trusted must be a list of names of types, got {trusted!r}.")
    with open(path, "rb") as file:
        content = file.read()
    name = os.fspath(path)
    if not zipfile.is_zipfile(io.BytesIO(content)):
        raise ValueError(
            f"{name!r} can't be loaded: it is damaged, or skmnist.persistence.save has not written "
            "it. Files of pickle and joblib may run code; only those packages load them."
        )
    try:
        return skops.io.loads(content, trusted=[*_TRUSTED, *trusted])
    except Warning:
        raise  # by a filter that makes warnings errors
    except UntrustedTypesFoundException as error:
        unknown = sorted(set(skops.io.get_untrusted_types(data=content)) - {*_TRUSTED, *trusted})
        raise ValueError(
            f"{name!r} holds types that are not trusted: {unknown}. If you trust the file, pass "
            "their names as `trusted`."
        ) from error
    # Each kind of damage fails in its own way.
    except Exception as error:
        raise ValueError(f"{name!r} can't be loaded: {error!r}") from error
