"""What this package reads of Keras's objects that has no public name.

The private methods of optimizers are in `skmnist.engine.stateless`, which overrides
them. tests/test_private_names.py lists all names, and fails when Keras moves one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras.optimizers import Optimizer

# Attributes of an optimizer that Keras makes itself, for the variables of the model
# that the optimizer is built for.
_MADE_BY_KERAS = {
    "_distribution_strategy",
    "_exclude_from_weight_decay_cache",
    "_learning_rate",
    "_lock",
    "_tracker",
    "_trainable_variables",
    "_trainable_variables_indices",
    "_variables",
    "built",
    "name",
}

# TensorFlow's own notes of what is to be saved.
_NOTES_OF_TENSORFLOW = "_self_"


def is_made_by_keras(attribute: str) -> bool:
    """Whether Keras or TensorFlow sets this attribute of an optimizer, not its user."""
    return attribute in _MADE_BY_KERAS or attribute.startswith(_NOTES_OF_TENSORFLOW)


def schedule_of(optimizer: Optimizer) -> Callable | None:
    """Return the schedule that sets the learning rate; None where it is a number."""
    rate = getattr(optimizer, "_learning_rate", None)
    return rate if callable(rate) else None


def step_counter(optimizer: Optimizer) -> keras.Variable:
    """Return the variable that counts the batches of a built optimizer.

    With accumulated gradients, the public `iterations` are its updates, a quotient.
    """
    return optimizer._iterations


def excludes_variables(optimizer: Optimizer) -> bool:
    """Whether variables, not names of such, are excluded from the weight decay."""
    return bool(getattr(optimizer, "_exclude_from_weight_decay", None))


def compiled_loss(model: keras.Model) -> Any:
    """Return the object that `compile` makes, a new one each time."""
    return model._compile_loss


def is_note_of_keras(attribute: str) -> bool:
    """Whether Keras or TensorFlow notes here what it has done, which is no option."""
    return attribute in ("built", "_lock") or attribute.startswith(_NOTES_OF_TENSORFLOW)


def kept_for(
    variable: keras.Variable, weights: Sequence[keras.Variable]
) -> tuple[str, int] | None:
    """Return what a variable of an optimizer keeps, and for which of the weights.

    None is returned for a count or a rate.
    """
    # Keras names what an optimizer keeps for a weight after it.
    name = variable.path.split("/")[-1]
    for number, weight in enumerate(weights):
        prefix = weight.path.replace("/", "_") + "_"
        if name.startswith(prefix):
            return name.removeprefix(prefix), number
    return None


def epoch_to_resume(model: keras.Model) -> int | None:
    """Return the epoch that BackupAndRestore has set; None or 0 where it has not."""
    return getattr(model, "_initial_epoch", None)


def forget_writers(callback: keras.callbacks.TensorBoard) -> None:
    """Drop the open files of a callback, which cannot be copied or pickled."""
    callback._writers = {}
