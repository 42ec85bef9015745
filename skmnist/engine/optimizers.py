"""Optimizers: their names, copies of them, and what of them a compiled program depends on."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf
from keras.optimizers import Optimizer

# Each of these treats every weight on its own, whatever the layout of a kernel. Lamb, Muon and
# Adafactor look at whole matrices.
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


def make_optimizer(optimizer: str | Optimizer, learning_rate: float) -> Optimizer:
    """Make an optimizer without state: by its name, or as a copy of an instance."""
    if isinstance(optimizer, str):
        return _classes_by_name()[optimizer](learning_rate=learning_rate)
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        raise ValueError(
            "optimizer must not be a LossScaleOptimizer: the training runs in float32, whose "
            "losses need no scaling. Pass the optimizer inside it."
        )
    return type(optimizer).from_config(_config_of(optimizer))


# By a name, for callers that leave it as it is: an instance may have changed since the last call.
make_optimizer_once = lru_cache(maxsize=16)(make_optimizer)


def plain_optimizer(optimizer: Optimizer) -> dict[str, Any] | Optimizer:
    """Describe an optimizer of Keras's own, its state aside, by plain values.

    Anything else is returned as it is, also an optimizer whose class, or that of its schedule, is
    not Keras's.
    """
    if not isinstance(optimizer, Optimizer):
        return optimizer
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


def _classes_by_name() -> dict[str, type[Optimizer]]:
    # keras.optimizers.get does not find all of them.
    others = {"Optimizer", "LossScaleOptimizer", "MultiOptimizer"}
    return {
        name.lower(): value
        for name, value in vars(keras.optimizers).items()
        if inspect.isclass(value) and issubclass(value, Optimizer) and name not in others
    }


def _config_of(optimizer: Optimizer) -> dict[str, Any]:
    config = optimizer.get_config()
    if _schedule_of(optimizer) is not None:
        # As it is: Keras can make it from its configuration only if it was registered.
        config["learning_rate"] = _schedule_of(optimizer)
    return config


def _schedule_of(optimizer: Optimizer) -> Callable | None:
    rate = getattr(optimizer, "_learning_rate", None)
    return rate if callable(rate) else None


@dataclass(frozen=True)
class OptimizerSpec:
    """What an optimizer computes, the learning rate aside; two that are equal share programs."""

    optimizer_class: type[Optimizer]
    key: str  # the configuration as text, to compare by
    # A number as learning rate is left out: it is a variable of the program. A schedule stays.
    config: dict[str, Any] = field(compare=False, repr=False)

    @classmethod
    def of(cls, optimizer: Optimizer) -> OptimizerSpec:
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
        # Exactly these classes: a subclass may do anything. `clipnorm` looks at the gradients of
        # each kernel and bias on their own.
        return self.optimizer_class in ELEMENTWISE and self.config["clipnorm"] is None

    @property
    def has_schedule(self) -> bool:
        """Whether a schedule, not a number, sets the learning rate."""
        return "learning_rate" in self.config

    def build_stateless(self) -> Optimizer:
        """Make a fresh optimizer, with Keras's default learning rate, for `StatelessScope`."""
        cls = _stateless_class(self.optimizer_class)  # type: ignore[arg-type]
        return cls.from_config(dict(self.config))


def state_variables(optimizer: Optimizer) -> list[keras.Variable]:
    """Return all variables of a built optimizer, those that Keras doesn't list last."""
    listed = list(optimizer.variables)
    numbers = {id(variable) for variable in listed}
    # Nadam keeps a product of its momentum schedule in an attribute alone.
    others = [value for value in vars(optimizer).values() if isinstance(value, keras.Variable)]
    return listed + [variable for variable in others if id(variable) not in numbers]


class _Stateless:
    """Keras's mathematics without what its TensorFlow flavour does for `tf.distribute`.

    That flavour updates the `tf.Variable` below each Keras variable, which `StatelessScope`
    cannot replace; so `Optimizer.stateless_apply` is refused there. Here the updates go through
    the Keras variables, as on every other backend.
    """

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def _var_key(self, variable: keras.Variable) -> int:
        return id(variable)

    def assign(self, variable: keras.Variable, value: Any) -> None:
        variable.assign(value)

    def assign_add(self, variable: keras.Variable, value: Any) -> None:
        variable.assign_add(value)

    def assign_sub(self, variable: keras.Variable, value: Any) -> None:
        variable.assign_sub(value)

    def _apply_weight_decay(self, variables: Sequence[keras.Variable]) -> None:
        if self.weight_decay is None:
            return
        for variable in variables:
            if self._use_weight_decay(variable):
                rate = keras.ops.cast(self.learning_rate, variable.dtype)
                decay = keras.ops.cast(self.weight_decay, variable.dtype)
                variable.assign(variable - variable * decay * rate)

    def _all_reduce_sum_gradients(self, grads_and_vars: list[tuple]) -> list[tuple]:
        return grads_and_vars

    def _distributed_tf_update_step(
        self, strategy: Any, grads_and_vars: list[tuple], learning_rate: Any
    ) -> None:
        # TensorFlow's flavour has taken the tensors out of the variables on the way here.
        for (gradient, _), variable in zip(grads_and_vars, self._trainable_variables, strict=True):
            self.update_step(gradient, variable, learning_rate)

    def _overwrite_model_variables_with_average_value(
        self, variables: Sequence[keras.Variable], is_due: bool | tf.Tensor = True
    ) -> None:
        for variable, average in zip(variables, self._model_variables_moving_average, strict=True):
            variable.assign(tf.where(is_due, average.value, variable.value))

    def _backend_apply_gradients(
        self, grads: Sequence[tf.Tensor], variables: Sequence[keras.Variable]
    ) -> None:
        # As Keras has it, but without its `ops.cond`, which what is assigned within does not leave.
        n_steps = self.gradient_accumulation_steps
        if n_steps:
            state = [*self._trainable_variables, *state_variables(self)]
            before = [variable.value for variable in state]
            sums = self._accumulated_gradients
            totals = [gradient + total.value for gradient, total in zip(grads, sums, strict=True)]
            grads = [total / n_steps for total in totals]
        self._apply_weight_decay(variables)
        self._backend_update_step(self._clip_gradients(grads), variables, self.learning_rate)
        if n_steps:
            is_update = (self._iterations + 1) % n_steps == 0
            for variable, value in zip(state, before, strict=True):
                variable.assign(tf.where(is_update, variable.value, value))
            for variable, total in zip(sums, totals, strict=True):
                variable.assign(tf.where(is_update, tf.zeros_like(total), total))
        if self.use_ema:
            self._update_model_variables_moving_average(self._trainable_variables)
            if self.ema_overwrite_frequency:
                is_due = (self.iterations + 1) % self.ema_overwrite_frequency == 0
                self._overwrite_model_variables_with_average_value(
                    self._trainable_variables, is_due
                )


@lru_cache(maxsize=64)
def _stateless_class(optimizer_class: type[Optimizer]) -> type[Optimizer]:
    return type(optimizer_class.__name__, (_Stateless, optimizer_class), {})
