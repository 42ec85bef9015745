"""Fitted estimators in files that run no code when they are read."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Sequence
from typing import Any

import skops.io
from sklearn.base import BaseEstimator
from skops.io.exceptions import UntrustedTypesFoundException

from skmnist._files import atomic_write
from skmnist.persistence._stand_ins import with_stand_ins, without_stand_ins
from skmnist.persistence._trusted import entries_of, misplaced_names, trusted_names


def save(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Write an estimator to a file, with skops.

    An existing file is replaced once the new one is complete.

    Parameters
    ----------
    estimator : estimator instance
        A `SimpleMLPClassifier`, or a Pipeline, a search or another estimator around
        one.
    path : str or path-like
        The file, by custom with the ending ".skops".

    Raises
    ------
    OSError
        If the file can't be written.
    TypeError
        If `estimator` is not an estimator.
    ValueError
        If the estimator has a part that could not be read again, such as a function
        without a name. The message names the part, such as
        ``param_grid[0]['activation'][1]``.

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
        content = _encode(estimator)
    # Each kind of object that can't be written or read fails in its own way.
    except Exception as error:
        raise ValueError(
            f"This {type(estimator).__name__} holds something that can't be "
            f"saved{_place_of_failure(estimator)}: {error!r}. Functions, for example, "
            "must be found by their name in a module."
        ) from error

    with atomic_write(path) as file:
        file.write(content)


def load(path: str | os.PathLike[str], *, trusted: Sequence[str] = ()) -> Any:
    """Read an estimator that `save` has written.

    No code of the file is run: it holds arrays, values and names of types and
    functions. These names are trusted:

    - `SimpleMLPClassifier`, and scikit-learn's estimators, splitters, scorers, metrics,
      kernels and functions for preprocessing and for the selection of features;
    - distributions and sparse matrices of SciPy; arrays, dtypes, generators and
      functions of NumPy that only compute;
    - Keras's optimizers, schedules and activations, and its callbacks that neither
      write nor send anything: EarlyStopping, History, LearningRateScheduler,
      ProgbarLogger, ReduceLROnPlateau, SwapEMAWeights and TerminateOnNaN.

    All others are refused unless they are in `trusted`: your own functions and classes,
    callbacks that write, such as ModelCheckpoint, and scikit-learn's trees, such as
    those of a RandomForestClassifier.

    Parameters
    ----------
    path : str or path-like
        The file.
    trusted : sequence of str, default=()
        Names of further types and functions to trust, such as
        ``"mypackage.MyTransformer"``. The error that refuses a file lists them. What a
        file can do with them is up to them.

    Returns
    -------
    estimator instance
        It predicts, and continues training, as the saved one.

    Raises
    ------
    ImportError
        If the file holds something of a package that cannot be imported. Without Keras,
        what it has of Keras's optimizers, activations, and callbacks that write nothing
        is read, and waits until something needs it.
    OSError
        If the file can't be read.
    TypeError
        If `trusted` is not a list of names.
    ValueError
        If the file is damaged or was not written by `save`, if its weights are not
        finite although the training did not diverge, or if it names types that are not
        trusted.

    Warns
    -----
    InconsistentVersionWarning
        If it was saved with other versions of skmnist, scikit-learn or Keras.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skmnist import SimpleMLPClassifier
    >>> from skmnist.persistence import load, save
    >>> path = Path(tempfile.mkdtemp()) / "network.skops"
    >>> save(SimpleMLPClassifier(hidden_units=32), path)
    >>> load(path)
    SimpleMLPClassifier(hidden_units=32)
    """
    if isinstance(trusted, str) or not isinstance(trusted, Sequence):
        raise TypeError(f"trusted must be a list of names of types, got {trusted!r}.")

    with open(path, "rb") as file:
        content = file.read()
    name = os.fspath(path)
    if not zipfile.is_zipfile(io.BytesIO(content)):
        raise ValueError(
            f"{name!r} can't be loaded: it is damaged, or skmnist.persistence.save has "
            "not written it. If pickle or joblib wrote it, load it with that package, "
            "and only if you trust it: it may run code."
        )

    try:
        return _decode(content, trusted)
    except Warning:
        raise  # by a filter that makes warnings errors
    except _UntrustedError as error:
        raise ValueError(
            f"{name!r} holds types that are not trusted: {error.names}. If you trust "
            "the file, pass their names as `trusted`."
        ) from error
    except ImportError as error:
        raise ImportError(f"{name!r} holds what cannot be imported: {error}") from error
    # Each kind of damage fails in its own way.
    except Exception as error:
        raise ValueError(f"{name!r} can't be loaded: {error!r}") from error


class _UntrustedError(Exception):
    def __init__(self, names: list[str]) -> None:
        super().__init__(names)
        self.names = names


def _decode(content: bytes, trusted: Sequence[str]) -> Any:
    """Read the content of a file, of which nothing but what is trusted is made."""
    entries = entries_of(content)
    trusted_here = {*trusted_names(entries), *trusted}

    misplaced = misplaced_names(entries) - set(trusted)
    try:
        if misplaced:
            raise UntrustedTypesFoundException(misplaced)
        loaded = skops.io.loads(content, trusted=sorted(trusted_here))
    except UntrustedTypesFoundException as error:
        unknown = set(skops.io.get_untrusted_types(data=content)) - trusted_here
        raise _UntrustedError(sorted(unknown | misplaced)) from error

    return without_stand_ins(loaded)


def _encode(value: Any) -> bytes:
    """Return the content of a file, which has been read once."""
    content = skops.io.dumps(with_stand_ins(value), compression=zipfile.ZIP_DEFLATED)
    # Read it while the estimator still exists. It is the caller's own, and so trusted.
    trusted = skops.io.get_untrusted_types(data=content)
    without_stand_ins(skops.io.loads(content, trusted=trusted))
    return content


def _place_of_failure(estimator: BaseEstimator) -> str:
    """Return the place of the innermost part that cannot be saved, for a message."""
    value: Any = estimator
    place = ""
    seen: list[Any] = []
    while value is not None:
        seen.append(value)
        parts = _named_parts(value)
        value = None
        for step, part in parts:
            is_new = all(part is not other for other in seen)
            if is_new and not _can_be_saved(part):
                value, place = part, place + step
                break

    if not place:
        return ""
    return f", in {place.removeprefix('.')}"


def _named_parts(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, BaseEstimator):
        state = value.__getstate__()
        names = value.get_params(deep=False)
        in_order = dict.fromkeys([*names, *state])
        return [(f".{name}", state[name]) for name in in_order if name in state]

    if isinstance(value, dict):
        return [(f"[{key!r}]", part) for key, part in value.items()]
    if isinstance(value, list | tuple):
        return [(f"[{number}]", part) for number, part in enumerate(value)]
    return []


def _can_be_saved(value: Any) -> bool:
    try:
        _encode(value)
    except Exception:
        return False
    return True
