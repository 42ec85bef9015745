"""Optimizers: their names, copies of them, and what of them a compiled program depends on."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass, field
from typing import Any

import keras

# Each of these treats every weight on its own, so that the layout of a kernel is no matter to
# it. Lamb, Muon and Adafactor look at whole matrices.
ELEMENTWISE = (
    keras.optimizers.Adadelta,
    keras.optimizers.Adagrad,
    keras.optimizers.Adam,
    keras.optimizers.AdamW,
    keras.optimizers.Adamax,
    keras.optimizers.Ftrl,
    keras.optimizers.Lion,
    keras.optimizers.Nadam,
    keras.optimizers.RMSprop,
    keras.optimizers.SGD,
)


def optimizer_names() -> list[str]:
    """Names of Keras's optimizers, in alphabetical order."""
    not_for_use_alone = {keras.optimizers.Optimizer, keras.optimizers.LossScaleOptimizer}
    return sorted(
        value.__name__.lower()
        for value in vars(keras.optimizers).values()
        if inspect.isclass(value)
        and issubclass(value, keras.optimizers.Optimizer)
        and value not in not_for_use_alone
    )


def copy_optimizer(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Make a fresh optimizer with the same configuration and none of the state."""
    return type(optimizer).from_config(optimizer.get_config())


@dataclass(frozen=True)
class OptimizerSpec:
    """What an optimizer computes, the learning rate aside; two that are equal share programs.

    Parameters
    ----------
    optimizer_class : type
        Subclass of `keras.optimizers.Optimizer`.
    key : str
        Its configuration as text, to compare by.
    config : dict
        Its configuration. A number as learning rate is left out: it lives in a variable, and
        one program serves every value of it. A schedule stays.
    """

    optimizer_class: type[keras.optimizers.Optimizer]
    key: str
    config: dict[str, Any] = field(compare=False, repr=False)

    @classmethod
    def of(cls, optimizer: keras.optimizers.Optimizer) -> OptimizerSpec:
        """Describe `optimizer`."""
        config = optimizer.get_config()
        config.pop("name", None)
        if not isinstance(config.get("learning_rate"), dict):
            config.pop("learning_rate", None)
        return cls(type(optimizer), json.dumps(config, sort_keys=True, default=repr), config)

    @property
    def is_elementwise(self) -> bool:
        """Whether every weight is updated from its own gradients alone."""
        # Exactly these classes: a subclass may do anything. The norms that gradients are
        # clipped by are the same in every layout.
        return self.optimizer_class in ELEMENTWISE

    @property
    def has_schedule(self) -> bool:
        """Whether a schedule, not a number, sets the learning rate."""
        return "learning_rate" in self.config

    def build(self) -> keras.optimizers.Optimizer:
        """Make a fresh optimizer of this kind, with Keras's default learning rate."""
        return self.optimizer_class.from_config(dict(self.config))
