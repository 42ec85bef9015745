"""Optimizers, callbacks and activations of Keras's as plain values, which files hold.

Of what a file describes, only Keras's own names are looked up, and only constructors of
optimizers and schedules are called.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras.callbacks import Callback
from keras.optimizers import Optimizer

from skmnist.engine.callbacks import without_model
from skmnist.engine.layers import activation_name, activation_names
from skmnist.engine.optimizers import optimizer_from_plain, plain_optimizer
from skmnist.engine.trusted import CALLBACKS, COMPARISONS


def described(value: Any) -> Any:
    """Describe what is Keras's own, also in lists; anything else is returned as it is.

    Callbacks are described, or copied, without the model of their fit.
    """
    if isinstance(value, list | tuple):
        return type(value)(map(described, value))
    if isinstance(value, Callback):
        return _described_callback(without_model(value))
    if isinstance(value, Optimizer):
        return plain_optimizer(value)

    name = activation_name(value)
    return value if name is None else {"keras_activation": name}


def made_of(plain: Any) -> Any:
    """Make what `described` has described; anything else is returned as it is."""
    if isinstance(plain, list | tuple):
        return type(plain)(map(made_of, plain))
    if not isinstance(plain, dict):
        return plain
    try:
        return _made_of(plain)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        name = next(iter(plain.values()), None)
        raise ValueError(
            f"{name!r} in a saved estimator is not what Keras {keras.__version__} has "
            f"by this name, or the file is damaged: {error!r}."
        ) from error


def _made_of(plain: dict[str, Any]) -> Any:
    match plain:
        case {"keras_callback": name, "attributes": attributes}:
            return _callback_of(name, attributes)
        case {"keras_activation": name}:
            return _activation_of(name)
    return optimizer_from_plain(plain)


def _described_callback(callback: Callback) -> Any:
    name = type(callback).__name__
    if name not in CALLBACKS or type(callback) is not getattr(keras.callbacks, name):
        return callback

    attributes = dict(vars(callback))
    for comparison in COMPARISONS:
        if attributes.get("monitor_op") is getattr(keras.ops, comparison):
            attributes["monitor_op"] = comparison
    if not all(map(_is_plain, attributes.values())):
        return callback
    return {"keras_callback": name, "attributes": attributes}


def _callback_of(name: str, attributes: dict[str, Any]) -> Callback:
    if name not in CALLBACKS:
        raise ValueError(f"{name!r} is not one of {CALLBACKS}")
    callback_class = getattr(keras.callbacks, name)
    callback = callback_class.__new__(callback_class)
    vars(callback).update(attributes)

    comparison = attributes.get("monitor_op")
    if comparison is not None:
        if comparison not in COMPARISONS:
            raise ValueError(f"monitor_op={comparison!r} is not one of {COMPARISONS}")
        callback.monitor_op = getattr(keras.ops, comparison)
    return callback


def _activation_of(name: str) -> Any:
    if name not in activation_names():
        raise ValueError(f"there is no activation {name!r}")
    return getattr(keras.activations, name)


def _is_plain(value: Any) -> bool:
    """Whether a value is made of numbers, text, arrays, lists and dicts alone."""
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.kind in "biuf"
    if type(value) in (list, tuple):
        return all(map(_is_plain, value))
    if type(value) is dict:
        return all(map(_is_plain, [*value.keys(), *value.values()]))
    return value is None or isinstance(value, bool | int | float | str)
