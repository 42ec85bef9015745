"""What a callback can change of a Keras model beside the values of its variables.

Keras's fit reads these attributes when it traces its training step. A compiled program
does not read them, so each change is noticed, and then heeded or refused.
"""

from __future__ import annotations

from types import MethodType
from typing import Any

import keras
import numpy as np

from skmnist.engine.keras_internals import (
    compiled_loss,
    is_note_of_keras,
    schedule_of,
)

_COMPARED_BY_VALUE = (bool, int, float, str, np.generic, MethodType)
_MISSING = object()

# What the classifier predicts and validates with, and what Keras does not read again.
_FIXED_OF_MODEL = ("loss", "call", "compute_loss", "train_step")
_FIXED_OF_LAYER = (
    "activation",
    "activity_regularizer",
    "bias",
    "bias_constraint",
    "bias_regularizer",
    "call",
    "kernel_constraint",
    "kernel_regularizer",
    "lora_enabled",
)
# An optimizer makes variables for them when it is built.
_FIXED_OF_OPTIMIZER = ("use_ema", "gradient_accumulation_steps")

_OF_LAYERS = "The classifier predicts with the layers that its parameters describe."
_OF_LOSS = "The loss of a classifier is the cross-entropy."
_OF_OPTIMIZER = "Pass an optimizer that has it as the parameter `optimizer`."
_OF_VARIABLES = (
    "Keras does not read it in a layer that is built. Set `regularizer` or "
    "`constraint` of the layer's kernel or bias."
)
_REASONS = {
    "bias_constraint": _OF_VARIABLES,
    "bias_regularizer": _OF_VARIABLES,
    "compute_loss": _OF_LOSS,
    "gradient_accumulation_steps": _OF_OPTIMIZER,
    "kernel_constraint": _OF_VARIABLES,
    "kernel_regularizer": _OF_VARIABLES,
    "loss": _OF_LOSS,
    "train_step": "Keras's `fit` does not read it either once it has begun.",
    "use_ema": _OF_OPTIMIZER,
}


def recipe_of(model: keras.Sequential) -> dict[str, Any]:
    """Return what decides how a model is trained, the values of its variables aside."""
    optimizer = model.optimizer
    recipe = {"optimizer": optimizer, "compiled loss": compiled_loss(model)}
    recipe |= _options("optimizer", optimizer)
    recipe |= _options("schedule", schedule_of(optimizer))

    for number, layer in enumerate(model.layers):
        recipe[f"layers[{number}].rate"] = getattr(layer, "rate", None)

    for number, variable in enumerate(model.weights):
        name = f"weights[{number}]"
        recipe[f"{name}.trainable"] = variable.trainable
        for attribute in ("regularizer", "constraint"):
            value = getattr(variable, attribute)
            recipe[f"{name}.{attribute}"] = value
            recipe |= _options(f"{name}.{attribute}", value)
    return recipe


def _options(name: str, thing: Any) -> dict[str, Any]:
    """Return the numbers, texts and functions that an object has, by name."""
    attributes = getattr(thing, "__dict__", {})
    return {
        f"{name}.{attribute}": value
        for attribute, value in attributes.items()
        if _is_option(attribute, value)
    }


def _is_option(name: str, value: Any) -> bool:
    if is_note_of_keras(name):
        return False
    return value is None or callable(value) or isinstance(value, _COMPARED_BY_VALUE)


def network_of(model: keras.Sequential) -> dict[str, Any]:
    """Return what decides what a model computes, and must not change in a fit."""
    network = {f"model.{name}": getattr(model, name) for name in _FIXED_OF_MODEL}
    for number, layer in enumerate(model.layers):
        name = f"model.layers[{number}]"
        network[name] = layer
        network[f"{name}.dtype_policy"] = layer.dtype_policy.name
        for attribute in _FIXED_OF_LAYER:
            network[f"{name}.{attribute}"] = getattr(layer, attribute, None)
    return network


def changed_names(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return the names whose values differ, and those that one of the two lacks."""
    return [
        name
        for name in {**before, **after}
        if not _is_same(before.get(name, _MISSING), after.get(name, _MISSING))
    ]


def _is_same(value: Any, other: Any) -> bool:
    if isinstance(value, _COMPARED_BY_VALUE):
        return type(value) is type(other) and bool(value == other)
    return value is other


def refusal_of(changed_network: list[str], changed_recipe: list[str]) -> str | None:
    """Return why changes can't be heeded; None if they can."""
    refused = list(changed_network)
    # An optimizer that is replaced is not built yet, or has the variables.
    if "optimizer" not in changed_recipe:
        refused += [
            f"model.optimizer.{option}"
            for option in _FIXED_OF_OPTIMIZER
            if f"optimizer.{option}" in changed_recipe
        ]
    if not refused:
        return None

    name = refused[0]
    attribute = name.rpartition(".")[2]
    reason = _REASONS.get(attribute, _OF_LAYERS)
    return f"A callback must not change {name} during a fit. {reason}"
