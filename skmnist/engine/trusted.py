"""Names of what is trusted of Keras in files of estimators."""

from __future__ import annotations

from functools import cache
from typing import Any

import keras

from skmnist.engine.layers import activation_names

# Those that write nothing and send nothing, and call no functions but those in the
# file, which are trusted or not by their own names.
CALLBACKS = (
    "EarlyStopping",
    "History",
    "LearningRateScheduler",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "SwapEMAWeights",
    "TerminateOnNaN",
)

# Of `keras.ops`: what callbacks compare metrics with.
COMPARISONS = ("less", "greater")


@cache
def callback_names() -> frozenset[str]:
    """Return the full names of Keras's callbacks without effects outside a fit."""
    callbacks = [getattr(keras.callbacks, name) for name in CALLBACKS]
    # The bar of ProgbarLogger.
    return frozenset(map(_full_name, [*callbacks, keras.utils.Progbar]))


@cache
def function_names() -> frozenset[str]:
    """Return the full names of Keras's activations, and of its callbacks' functions."""
    functions = [getattr(keras.activations, name) for name in activation_names()]
    functions += [getattr(keras.ops, name) for name in COMPARISONS]
    return frozenset(map(_full_name, functions))


def _full_name(value: Any) -> str:
    return f"{value.__module__}.{value.__name__}"
