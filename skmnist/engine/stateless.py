"""Keras's optimizers as parts of pure functions, with tensors for variables.

Shared here
    The classes that `stateless_class` makes.
Depends on
    The optimizer class that each is derived from.
Who may change it
    No one.
Freed
    After 64 others. Instances are made for each program.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf
from keras.optimizers import Optimizer


def stateless_scope(
    variables: Sequence[keras.Variable], values: Sequence[tf.Tensor]
) -> keras.StatelessScope:
    """Return a scope in which the variables have these values, and keep their own."""
    scope = keras.StatelessScope(initialize_variables=False)
    # Not by its constructor, which refuses tensors whose widths are not known yet.
    for variable, value in zip(variables, values, strict=True):
        scope.add_update((variable, value))
    return scope


def state_variables(optimizer: Optimizer) -> list[keras.Variable]:
    """Return all variables of a built optimizer, those that Keras doesn't list last."""
    listed = list(optimizer.variables)
    numbers = {id(variable) for variable in listed}
    # Nadam keeps a product of its momentum schedule in an attribute alone.
    others = [
        value for value in vars(optimizer).values() if isinstance(value, keras.Variable)
    ]
    return listed + [variable for variable in others if id(variable) not in numbers]


class _Stateless:
    """Keras's mathematics without what its TensorFlow flavour does for `tf.distribute`.

    That flavour updates the `tf.Variable` below each Keras variable, which
    `StatelessScope` cannot replace; so `Optimizer.stateless_apply` is refused there.
    Here the updates go through the Keras variables, as on every other backend.
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
        # TensorFlow's flavour has taken the tensors out of the variables on the way
        # here.
        for (gradient, _), variable in zip(
            grads_and_vars, self._trainable_variables, strict=True
        ):
            self.update_step(gradient, variable, learning_rate)

    def _overwrite_model_variables_with_average_value(
        self, variables: Sequence[keras.Variable], is_due: bool | tf.Tensor = True
    ) -> None:
        for variable, average in zip(
            variables, self._model_variables_moving_average, strict=True
        ):
            variable.assign(tf.where(is_due, average.value, variable.value))

    def _backend_apply_gradients(
        self, grads: Sequence[tf.Tensor], variables: Sequence[keras.Variable]
    ) -> None:
        # As Keras has it, but without its `ops.cond`, which what is assigned within
        # does not leave.
        n_steps = self.gradient_accumulation_steps
        if n_steps:
            state = [*self._trainable_variables, *state_variables(self)]
            before = [variable.value for variable in state]
            sums = self._accumulated_gradients
            totals = [
                gradient + total.value
                for gradient, total in zip(grads, sums, strict=True)
            ]
            grads = [total / n_steps for total in totals]
        self._apply_weight_decay(variables)
        self._backend_update_step(
            self._clip_gradients(grads), variables, self.learning_rate
        )
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
def stateless_class(optimizer_class: type[Optimizer]) -> type[Optimizer]:
    """Return a class of optimizers whose updates `stateless_scope` can follow."""
    return type(optimizer_class.__name__, (_Stateless, optimizer_class), {})
