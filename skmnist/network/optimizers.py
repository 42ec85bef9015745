"""Optimizers: their names, copies of them, and what of them a compiled program depends on."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
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


_SCHEDULES = {
    name: value
    for name, value in vars(keras.optimizers.schedules).items()
    if inspect.isclass(value) and name != "LearningRateSchedule"
}


def optimizer_names() -> list[str]:
    """Names of Keras's optimizers, in alphabetical order."""
    return sorted(_classes_by_name())


def make_optimizer(
    optimizer: str | keras.optimizers.Optimizer, learning_rate: float
) -> keras.optimizers.Optimizer:
    """Make an optimizer that has made no step yet.

    Parameters
    ----------
    optimizer : str or keras.optimizers.Optimizer
        A name, or an instance, of which a copy without its state is made.
    learning_rate : float
        For an optimizer that is given by its name.

    Returns
    -------
    keras.optimizers.Optimizer
        The optimizer.

    Raises
    ------
    ValueError
        If the optimizer scales losses, which a training in float32 has no use for.
    """
    if isinstance(optimizer, str):
        return _classes_by_name()[optimizer](learning_rate=learning_rate)
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        raise ValueError(
            "optimizer must not be a LossScaleOptimizer: the training runs in float32, whose "
            "losses need no scaling. Pass the optimizer inside it."
        )
    return type(optimizer).from_config(_config_of(optimizer))


def plain_optimizer(
    optimizer: keras.optimizers.Optimizer,
) -> dict[str, Any] | keras.optimizers.Optimizer:
    """Describe an optimizer of Keras's own by plain values.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Its state is left out.

    Returns
    -------
    dict
        To be read by `optimizer_from_plain`; or the optimizer itself, if Keras doesn't know its
        class, or that of its schedule.
    """
    name = type(optimizer).__name__.lower()
    schedule = _schedule_of(optimizer)
    is_known = _classes_by_name().get(name) is type(optimizer)
    if is_known and (schedule is None or type(schedule) in _SCHEDULES.values()):
        return {"keras_optimizer": name, "config": optimizer.get_config()}
    return optimizer


def optimizer_from_plain(plain: Any) -> Any:
    """Make the optimizer that `plain_optimizer` described; anything else is returned as it is."""
    if not (isinstance(plain, dict) and set(plain) == {"keras_optimizer", "config"}):
        return plain
    config = dict(plain["config"])
    rate = config["learning_rate"]
    if isinstance(rate, dict):
        # Not by Keras's deserialize, which imports what a file names.
        config["learning_rate"] = _SCHEDULES[rate["class_name"]](**rate["config"])
    return _classes_by_name()[plain["keras_optimizer"]](**config)


def _classes_by_name() -> dict[str, type[keras.optimizers.Optimizer]]:
    # By class, since keras.optimizers.get does not know all of them. These are no optimizers by
    # themselves.
    others = {"Optimizer", "LossScaleOptimizer", "MultiOptimizer"}
    return {
        name.lower(): value
        for name, value in vars(keras.optimizers).items()
        if inspect.isclass(value)
        and issubclass(value, keras.optimizers.Optimizer)
        and name not in others
    }


def _config_of(optimizer: keras.optimizers.Optimizer) -> dict[str, Any]:
    config = optimizer.get_config()
    if _schedule_of(optimizer) is not None:
        # As it is: Keras can make it from its configuration only if it was registered.
        config["learning_rate"] = _schedule_of(optimizer)
    return config


def _schedule_of(optimizer: keras.optimizers.Optimizer) -> Callable | None:
    rate = getattr(optimizer, "_learning_rate", None)
    return rate if callable(rate) else None


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
        config, text = _config_of(optimizer), optimizer.get_config()
        for name in ("name",) if _schedule_of(optimizer) else ("name", "learning_rate"):
            config.pop(name, None)
            text.pop(name, None)
        key = json.dumps(text, sort_keys=True, default=repr)
        return cls(type(optimizer), key, config)

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
