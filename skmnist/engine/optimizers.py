"""Optimizers: their names, copies, and what of them a program depends on.

Shared here
    `make_optimizer_once`: optimizers of Keras's, made by their names.
Depends on
    The name and the learning rate, under the engine's own state.
Who may change it
    No one: a fit reads the configuration and the rate. A fit with callbacks, which may
    change its optimizer, gets one of its own.
Freed
    After 16 others.
"""

from __future__ import annotations

import inspect
import json
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

import keras
import tensorflow as tf
from keras.optimizers import Optimizer

from skmnist._settings import OptimizerSettings
from skmnist.engine.keras_internals import (
    excludes_variables,
    is_made_by_keras,
    schedule_of,
)
from skmnist.engine.library_code import is_library_code
from skmnist.engine.own_state import in_own_state
from skmnist.engine.stateless import stateless_class

# Each of these treats every weight on its own, whatever the layout of a kernel. Lamb,
# Muon and Adafactor look at whole matrices.
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


def make_optimizer(settings: OptimizerSettings) -> Optimizer:
    """Make an optimizer without state: by its name, or as a copy of an instance."""
    optimizer = settings.optimizer
    if isinstance(optimizer, str):
        optimizer_class = _classes_by_name()[optimizer.lower()]
        return in_own_state(optimizer_class, **settings.options)

    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        raise ValueError(
            "optimizer must not be a LossScaleOptimizer: the training runs in "
            "float32, whose losses need no scaling. Pass the optimizer inside it."
        )
    return copy_optimizer(optimizer)


# By a name, for callers that leave it as it is: an instance may have changed since the
# last call.
make_optimizer_once = lru_cache(maxsize=16)(make_optimizer)


def plain_optimizer(optimizer: Optimizer) -> dict[str, Any] | Optimizer:
    """Describe an optimizer of Keras's own, its state aside, by plain values.

    Anything else is returned as it is, also an optimizer whose class, or that of its
    schedule, is not Keras's.
    """
    if not isinstance(optimizer, Optimizer):
        return optimizer

    name = _keras_name(type(optimizer))
    schedule = schedule_of(optimizer)
    has_known_rate = schedule is None or type(schedule) in _SCHEDULES.values()
    if name is not None and has_known_rate and _is_as_keras_made_it(optimizer):
        return {"keras_optimizer": name, "config": _plain(optimizer.get_config())}
    return optimizer


def optimizer_from_plain(plain: Any) -> Any:
    """Make the optimizer that `plain_optimizer` described; return anything else."""
    if not (isinstance(plain, dict) and set(plain) == {"keras_optimizer", "config"}):
        return plain

    config = dict(plain["config"])
    rate = config["learning_rate"]
    if isinstance(rate, dict):
        # Not by Keras's deserialize, which imports what a file names.
        config["learning_rate"] = _SCHEDULES[rate["class_name"]](**rate["config"])
    return in_own_state(_classes_by_name()[plain["keras_optimizer"]], **config)


@cache
def _classes_by_name() -> dict[str, type[Optimizer]]:
    # keras.optimizers.get does not find all of them.
    others = {"Optimizer", "LossScaleOptimizer", "MultiOptimizer"}
    return {
        name.lower(): value
        for name, value in vars(keras.optimizers).items()
        if inspect.isclass(value)
        and issubclass(value, Optimizer)
        and name not in others
    }


def _keras_name(optimizer_class: type[Optimizer]) -> str | None:
    """Return the name of one of Keras's own classes; None for any other."""
    name = optimizer_class.__name__.lower()
    return name if _classes_by_name().get(name) is optimizer_class else None


def copy_optimizer(optimizer: Optimizer) -> Optimizer:
    """Copy an optimizer without its state: its configuration and its attributes."""
    if isinstance(optimizer, _MULTI_OPTIMIZER):
        raise ValueError(
            f"optimizer={optimizer!r} can't be copied: Keras's configuration of a "
            "MultiOptimizer lacks the optimizers in it. Pass one optimizer for all "
            "weights."
        )
    overridden = [
        name
        for name in vars(optimizer)
        if callable(getattr(type(optimizer), name, None))
    ]
    if overridden:
        raise ValueError(
            f"optimizer={optimizer!r} has methods of its own, {overridden}, which a "
            "copy of it can't have. Define them in a subclass."
        )
    if excludes_variables(optimizer):
        raise ValueError(
            "optimizer excludes variables of another model from its weight decay. "
            'Name them: exclude_from_weight_decay(var_names=["bias"]).'
        )
    try:
        copy = in_own_state(type(optimizer).from_config, _config_of(optimizer))
    # A class of the user's can raise anything.
    except Exception as error:
        name = type(optimizer).__name__
        raise ValueError(
            f"optimizer={optimizer!r} can't be copied: "
            f"{name}.from_config(optimizer.get_config()) raises {error!r}. Each fit "
            f"trains with a copy. Let {name}.get_config return all arguments of its "
            "constructor, such as "
            '`return {**super().get_config(), "my_argument": self.my_argument}`.'
        ) from error

    for name, value in _attributes_beside_config(optimizer, copy).items():
        setattr(copy, name, value)
    return copy


class CopiedWhenCloned:
    """An optimizer for scikit-learn's `clone`, whose deep copy would lack a part."""

    def __init__(self, optimizer: Any) -> None:
        self._optimizer = optimizer

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if isinstance(self._optimizer, Optimizer):
            return copy_optimizer(self._optimizer)
        return deepcopy(self._optimizer, memo)


# None in versions of Keras that have no such class.
_MULTI_OPTIMIZER = getattr(keras.optimizers, "MultiOptimizer", ())


def _attributes_beside_config(optimizer: Optimizer, copy: Optimizer) -> dict[str, Any]:
    """Return what is set on an optimizer, and not on its copy by configuration."""
    copied = vars(copy)
    return {
        name: value
        for name, value in _attributes_of_user(optimizer).items()
        if not (name in copied and _is_equal(value, copied[name]))
    }


def _attributes_of_user(optimizer: Optimizer) -> dict[str, Any]:
    """Return all that is set on an optimizer but what Keras makes itself."""
    return {
        name: value
        for name, value in vars(optimizer).items()
        if not is_made_by_keras(name) and not _holds_variables(value)
    }


def _holds_variables(value: Any) -> bool:
    """Whether this is made for the variables of a model, or an empty list for such."""
    if isinstance(value, list | tuple):
        return not value or any(_holds_variables(part) for part in value)
    return isinstance(value, keras.Variable | tf.Variable | tf.Tensor)


def _is_equal(value: Any, other: Any) -> bool:
    try:
        return value is other or bool(value == other)
    except (TypeError, ValueError):  # arrays
        return False


def _config_of(optimizer: Optimizer) -> dict[str, Any]:
    """Return the configuration in plain values; a schedule stays as it is."""
    config = {name: _plain(value) for name, value in optimizer.get_config().items()}
    schedule = schedule_of(optimizer)
    if schedule is not None:
        # Keras can make it from its configuration only if it was registered.
        config["learning_rate"] = schedule
    return config


def _plain(value: Any) -> Any:
    """Turn the containers that Keras tracks into Python's own."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value


def _is_as_keras_made_it(optimizer: Optimizer) -> bool:
    """Whether this is an optimizer of Keras's with nothing set but its options."""
    optimizer_class = type(optimizer)
    if _keras_name(optimizer_class) is None:
        return False
    names = _attribute_names(optimizer_class)  # type: ignore[arg-type]
    return _attributes_of_user(optimizer).keys() <= names


@lru_cache(maxsize=64)
def _attribute_names(optimizer_class: type[Optimizer]) -> frozenset[str]:
    """Return the names of the attributes of a new instance of a class of Keras's."""
    new: Any = in_own_state(optimizer_class)
    return frozenset(vars(new))


@dataclass(frozen=True)
class OptimizerSpec:
    """What an optimizer computes, the learning rate aside."""

    optimizer_class: type[Optimizer]
    # A name and the configuration. Of library code, two that are equal compute the
    # same.
    key: str
    is_library_code: bool  # whether the class and its schedule are Keras's own
    is_by_keras: bool  # whether the class, and all that is set on it, is Keras's own
    # A number as learning rate is left out: it is a variable of the program. A schedule
    # stays.
    config: dict[str, Any] = field(compare=False, repr=False)

    @classmethod
    def of(cls, optimizer: Optimizer) -> OptimizerSpec:
        """Describe `optimizer`."""
        optimizer_class = type(optimizer)
        schedule: Any = schedule_of(optimizer)
        is_by_keras = _is_as_keras_made_it(optimizer)
        is_library = is_by_keras

        config = {name: _plain(value) for name, value in optimizer.get_config().items()}
        del config["name"]
        if schedule is None:
            del config["learning_rate"]
        key = _key(optimizer_class, config)

        if schedule is not None and is_library_code(type(schedule)):
            # A copy: the user may change the schedule's numbers later.
            config["learning_rate"] = type(schedule).from_config(schedule.get_config())
        elif schedule is not None:
            config["learning_rate"] = schedule
            is_library = False

        return cls(optimizer_class, key, is_library, is_by_keras, config)

    @property
    def is_elementwise(self) -> bool:
        """Whether every weight is updated from its own gradients alone."""
        # Exactly these classes: a subclass may do anything. `clipnorm` looks at the
        # gradients of each kernel and bias on their own.
        return self.optimizer_class in ELEMENTWISE and self.config["clipnorm"] is None

    @property
    def has_schedule(self) -> bool:
        """Whether a schedule, not a number, sets the learning rate."""
        return "learning_rate" in self.config

    def build_stateless(self) -> Optimizer:
        """Make a new optimizer, with Keras's default rate, for a stateless scope."""
        cls = stateless_class(self.optimizer_class)  # type: ignore[arg-type]
        return cls.from_config(dict(self.config))


def _key(optimizer_class: type[Optimizer], config: dict[str, Any]) -> str:
    """Identify an optimizer, also in files: 'sgd {"momentum": 0.9, ...}'."""
    own_name = f"{optimizer_class.__module__}.{optimizer_class.__qualname__}"
    name = _keras_name(optimizer_class) or own_name
    return f"{name} {json.dumps(config, sort_keys=True, default=repr)}"


def difference(key: str, other_key: str) -> str | None:
    """Describe why an optimizer can't take over the state of another, or None.

    A value that only one of the configurations has is of another version of Keras, and
    ignored.
    """
    name, _, text = key.partition(" ")
    other_name, _, other_text = other_key.partition(" ")
    if name != other_name:
        return f"it was {other_name!r}, and is {name!r}"

    try:
        config, other_config = json.loads(text), json.loads(other_text)
    except ValueError:
        return f"it was {other_key!r}"

    for option in sorted(config.keys() & other_config.keys()):
        value, other_value = config[option], other_config[option]
        if value != other_value:
            return f"its {option} was {other_value!r}, and is {value!r}"
    return None
