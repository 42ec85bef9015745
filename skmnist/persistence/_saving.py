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

from skmnist._files import atomic_write

# What is in a fitted search besides estimators, of which skops trusts scikit-learn's.
_SPLITTERS = [
    f"{value.__module__}.{name}"
    for name, value in vars(sklearn.model_selection).items()
    if inspect.isclass(value) and hasattr(value, "split")
]
_TRUSTED = [
    "skmnist.classifier.SimpleMLPClassifier",
    # The scaler of the command line.
    "skmnist._pixels.scale_pixels",
    "sklearn.metrics._scorer._PassthroughScorer",
    *_SPLITTERS,
]


def save(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Write an estimator to a file, with skops.

    A file that exists is replaced when the new one is whole, and not before.

    Parameters
    ----------
    estimator : estimator instance
        A `SimpleMLPClassifier`, or a Pipeline, a search or anything else around one.

    path : str or path-like
        The file, by custom with the ending ".skops".

    Raises
    ------
    OSError
        If the file can't be written.
    TypeError
        If it is no estimator.
    ValueError
        If the estimator holds what can't be written so that it can be read again, such as a
        function without a name.

    See Also
    --------
    load : Read it again.
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
        # Better now than when it is needed. It is the caller's own: there is nothing to distrust.
        skops.io.loads(content, trusted=skops.io.get_untrusted_types(data=content))
    # What can't be written or read again fails in as many ways as there are objects.
    except Exception as error:
        raise ValueError(
            f"This {type(estimator).__name__} holds something that can't be saved: {error!r}. "
            "Functions, for example, must be found by their name in a module."
        ) from error
    with atomic_write(path) as file:
        file.write(content)


def load(path: str | os.PathLike[str], *, trusted: Sequence[str] = ()) -> Any:
    """Read an estimator that `save` has written.

    No code of the file is run: it holds arrays, values, and names of types, of which only
    `SimpleMLPClassifier` and what skops trusts are made, scikit-learn's estimators above all.

    Parameters
    ----------
    path : str or path-like
        The file.

    trusted : sequence of str, default=()
        Names of more types that may be made, such as ``"mypackage.MyTransformer"``.

    Returns
    -------
    estimator instance
        It predicts, and goes on training, as the saved one did.

    Raises
    ------
    OSError
        If the file can't be read.
    TypeError
        If `trusted` is no list.
    ValueError
        If it is damaged or not such a file, or if it names types that are not trusted.

    Warns
    -----
    OtherVersionsWarning
        If it was saved with other versions of skmnist, scikit-learn or Keras. It is an
        `sklearn.exceptions.InconsistentVersionWarning`.
    """
    if isinstance(trusted, str) or not isinstance(trusted, Sequence):
        raise TypeError(f"trusted must be a list of names of types, got {trusted!r}.")
    with open(path, "rb") as file:
        content = file.read()
    name = os.fspath(path)
    if not zipfile.is_zipfile(io.BytesIO(content)):
        raise ValueError(
            f"{name!r} can't be loaded: it is damaged, or skmnist.persistence.save has not written "
            "it. What pickle or joblib has written, they must load, and may run its code."
        )
    try:
        return skops.io.loads(content, trusted=[*_TRUSTED, *trusted])
    except Warning:
        raise  # somebody wants warnings to be errors
    except UntrustedTypesFoundException as error:
        unknown = sorted(set(skops.io.get_untrusted_types(data=content)) - {*_TRUSTED, *trusted})
        raise ValueError(
            f"{name!r} holds types that are not trusted: {unknown}. If you know them and trust the "
            "file, pass them as trusted."
        ) from error
    # A damaged file fails in as many ways as it has bytes.
    except Exception as error:
        raise ValueError(f"{name!r} can't be loaded: {error!r}") from error
