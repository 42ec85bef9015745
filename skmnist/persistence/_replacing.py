"""Replacing objects inside an estimator, in a copy."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator


def replace_inside(value: Any, replacement: Callable[[Any], Any]) -> Any:
    """Return `value` with each object in it as `replacement` returns it.

    It looks into containers, arrays of objects and estimators, and copies only those in
    which something is replaced.
    """
    return _Replacer(replacement).replace(value)


class _Replacer:
    def __init__(self, replacement: Callable[[Any], Any]) -> None:
        self._replacement = replacement
        # By identity, so that what is shared stays shared. The originals are kept, or
        # the number of one could become that of another object.
        self._done: dict[int, tuple[Any, Any]] = {}

    def replace(self, value: Any) -> Any:
        if id(value) in self._done:
            return self._done[id(value)][1]
        # For an object that contains itself.
        self._done[id(value)] = (value, value)

        replaced = self._replacement(value)
        if replaced is value:
            replaced = self._replace_parts(value)
        self._done[id(value)] = (value, replaced)
        return replaced

    def _replace_parts(self, value: Any) -> Any:
        parts = _parts_of(value)
        new_parts = {key: self.replace(part) for key, part in parts.items()}
        if all(new_parts[key] is part for key, part in parts.items()):
            return value
        return _with_parts(value, new_parts)


def _parts_of(value: Any) -> dict[Any, Any]:
    if type(value) in (list, tuple):
        return dict(enumerate(value))
    if isinstance(value, dict):
        return dict(value)
    if _is_object_array(value):
        return dict(np.ndenumerate(np.ma.getdata(value)))
    if isinstance(value, BaseEstimator) and not _has_own_state(value):
        return dict(vars(value))
    return {}


def _with_parts(value: Any, parts: dict[Any, Any]) -> Any:
    if type(value) in (list, tuple):
        return type(value)(parts.values())
    if isinstance(value, BaseEstimator):
        estimator = object.__new__(type(value))
        vars(estimator).update(parts)
        return estimator

    container = items = copy.copy(value)
    if _is_object_array(container):
        # Assigned to a masked array, they would no longer be masked.
        items = np.ma.getdata(container)
    for key, part in parts.items():
        items[key] = part
    return container


def _is_object_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == object


def _has_own_state(estimator: BaseEstimator) -> bool:
    return type(estimator).__getstate__ is not BaseEstimator.__getstate__
