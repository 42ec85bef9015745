"""Keras callbacks around a training loop that runs in compiled blocks of batches."""

from __future__ import annotations

import copy
import io
import math
from collections.abc import Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

import keras
import numpy as np
from keras.callbacks import Callback

from skmnist._network import Architecture
from skmnist._warnings import warn_caller
from skmnist.engine.keras_internals import epoch_to_resume, forget_writers
from skmnist.engine.keras_run import KerasRun
from skmnist.engine.layers import build_model
from skmnist.engine.model_changes import (
    changed_names,
    network_of,
    recipe_of,
    refusal_of,
)
from skmnist.engine.own_state import in_own_state
from skmnist.engine.runs import TrainingRun, have_same_values
from skmnist.engine.stateless import state_variables

_HOOKS = [name for name in vars(Callback) if name.startswith("on_")]

# These have batch hooks that can wait for the end of a block of batches, unless their
# attribute `save_freq` or `update_freq` is a number of batches.
_EPOCH_LEVEL = (
    keras.callbacks.BackupAndRestore,
    keras.callbacks.ModelCheckpoint,
    keras.callbacks.TensorBoard,
    keras.callbacks.TerminateOnNaN,
)


def overrides(callback: Callback, hook: str) -> bool:
    """Whether a callback defines this hook, in its class or as an attribute."""
    # Keras calls "on_batch_end" from "on_train_batch_end".
    return any(
        getattr(getattr(callback, name), "__func__", None)
        is not getattr(Callback, name)
        for name in {hook, hook.replace("train_batch", "batch")}
    )


def wants_batches(callback: Callback) -> bool:
    """Whether a callback must be called at each batch, not at ends of blocks."""
    if type(callback) in _EPOCH_LEVEL:
        frequency = getattr(
            callback, "save_freq", getattr(callback, "update_freq", "epoch")
        )
        return frequency not in ("epoch", False)
    return overrides(callback, "on_train_batch_begin") or overrides(
        callback, "on_train_batch_end"
    )


class AlignedHistory(keras.callbacks.History):
    """Keras's History that continues another; NaN where an epoch lacks a metric."""

    def __init__(self, last: dict[str, list[float]]) -> None:
        super().__init__()
        self.history = {name: [*values] for name, values in last.items()}

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Count the epochs of the other one."""
        self.epoch = list(range(len(self.history.get("loss", ()))))

    def skip_to(self, epoch: int) -> None:
        """Leave out the epochs before `epoch`, whose metrics are not known."""
        missing = range(len(self.epoch), epoch)
        if not missing:
            return
        self.history.setdefault("loss", [math.nan] * len(self.epoch))
        for values in self.history.values():
            values.extend([math.nan] * len(missing))
        self.epoch.extend(missing)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Append the metrics of an epoch."""
        logs = logs or {}
        for name in logs:
            self.history.setdefault(name, [math.nan] * len(self.epoch))
        for name, values in self.history.items():
            values.append(logs.get(name, math.nan))
        self.epoch.append(epoch)


class CallbackRunner:
    """Calls Keras callbacks, and keeps their model and what trains it in step.

    The model is a plain Sequential: what callbacks save of it loads where this package
    is not installed. It has the values of the program when a hook is called, and the
    values that the hook changes are loaded into the program. What it leaves alone stays
    as the program has it. Once a hook changes something else that decides how Keras
    trains, the model itself is trained by Keras's loop. A change that makes it another
    network is refused.

    Parameters
    ----------
    callbacks : sequence of keras.callbacks.Callback
        What to call.
    run : TrainingRun or KerasRun
        What trains; ready to begin.
    architecture : Architecture
        The layers of the model.
    optimizer : keras.optimizers.Optimizer
        The optimizer of the model.
    last_history : dict
        The metrics of the epochs before.
    **params : int
        `steps`, `epochs` and `verbose`: the ``params`` of the callbacks.
    """

    def __init__(
        self,
        callbacks: Sequence[Callback],
        run: TrainingRun | KerasRun,
        architecture: Architecture,
        optimizer: keras.optimizers.Optimizer,
        last_history: dict[str, list[float]],
        **params: int,
    ) -> None:
        self.run = run
        self.history = AlignedHistory(last_history)
        self._has_callbacks = bool(callbacks)
        self._hooks = {
            hook for hook in _HOOKS if any(overrides(c, hook) for c in callbacks)
        }
        self._is_over = False  # whether nothing is trained any more
        self._is_stale = True  # whether the program has other values than the model
        self._values_before: list[np.ndarray] = []  # those of the model before a hook

        self._model: Any
        if isinstance(run, KerasRun):
            self._model = run.model
        elif callbacks:
            self._model = build_model(architecture, run.weights(), optimizer)
        else:
            # No callback reads it.
            self._model = SimpleNamespace(stop_training=False)
        if callbacks:
            self._network = network_of(self._model)
            self._recipe = recipe_of(self._model)
        self._list = keras.callbacks.CallbackList(
            [*callbacks, self.history], model=self._model, **params
        )

    @property
    def stop_training(self) -> bool:
        """Whether a callback has stopped the training."""
        return self._model.stop_training

    def begin(self, initial_epoch: int) -> int:
        """Call `on_train_begin`; return the epoch to begin with."""
        self._model.stop_training = False
        self.call("on_train_begin")
        first_epoch = epoch_to_resume(self._model) or initial_epoch
        self.history.skip_to(first_epoch)
        return first_epoch

    def call(self, hook: str, *arguments: Any) -> None:
        """Call a hook of all callbacks."""
        has_hook = hook in self._hooks
        if has_hook and self._is_stale:
            self._sync_model()

        getattr(self._list, hook)(*arguments)

        if has_hook:
            self._heed_changes()

    def end_block(self, batch: int, logs: dict[str, float]) -> None:
        """Call `on_train_batch_end` after a block; `batch` is the last one in it."""
        self._is_stale = True
        self.call("on_train_batch_end", batch, logs)

    def end(self, logs: dict[str, float] | None) -> None:
        """Call `on_train_end` with the weights that are kept."""
        self._is_stale = True
        if self._has_callbacks:
            self._sync_model()
        self._is_over = True
        self.call("on_train_end", logs)

    def _sync_model(self) -> None:
        """Give the model the values of the program, the learning rate aside."""
        self._is_stale = False
        if isinstance(self.run, KerasRun):
            return  # it trains the model itself

        self._model.set_weights(self.run.weights())
        optimizer = self._model.optimizer
        if not optimizer.built:
            in_own_state(optimizer.build, self._model.trainable_variables)
        # None where a schedule sets the rate.
        rate = getattr(optimizer.learning_rate, "path", None)
        state = self.run.optimizer_state()
        for variable, value in zip(state_variables(optimizer), state, strict=True):
            if variable.path != rate:
                variable.assign(value)

        self._values_before = self._values()

    def _heed_changes(self) -> None:
        """Train on with what a hook has changed of the model and its optimizer."""
        recipe = recipe_of(self._model)
        changed = changed_names(self._recipe, recipe)
        changed_network = changed_names(self._network, network_of(self._model))

        refusal = refusal_of(changed_network, changed)
        if refusal is not None:
            if not self._is_over or isinstance(self.run, KerasRun):
                raise ValueError(refusal)
            # What the program has learnt is not lost for it.
            warn_caller(refusal, UserWarning)
            return

        if changed:
            self._recipe = recipe
            self.run = KerasRun(self._model)
        elif isinstance(self.run, TrainingRun):
            self._sync_program(self.run)

    def _sync_program(self, run: TrainingRun) -> None:
        """Give the program the values that a hook has changed."""
        values = self._values()
        if have_same_values(values, self._values_before):
            return

        n_weights = len(self._model.weights)
        run.load(values[:n_weights], values[n_weights:])
        self._values_before = values

    def _values(self) -> list[np.ndarray]:
        """Return the weights of the model, and the state of its optimizer."""
        state = [
            variable.numpy() for variable in state_variables(self._model.optimizer)
        ]
        return [*self._model.get_weights(), *state]


def check_callbacks(
    callbacks: Callback | Sequence[Callback] | None,
) -> list[Callback]:
    """Validate the parameter `callbacks`, and return the instances in a list."""
    if callbacks is None:
        return []
    given = _flatten(callbacks)
    for number, callback in enumerate(given):
        if not isinstance(callback, Callback):
            raise TypeError(
                f"callbacks[{number}] must be an instance of keras.callbacks.Callback, "
                f"got {callback!r}."
            )
    return given


def _flatten(callbacks: Any) -> list[Any]:
    """Return what is in a list of callbacks, and in the lists in it, as Keras does."""
    if not isinstance(callbacks, list | tuple):
        return [callbacks]
    flat = []
    for callback in callbacks:
        flat.extend(_flatten(callback))
    return flat


def without_model(callbacks: Any) -> Any:
    """Copy callbacks; Keras's own lose what a fit left that cannot be pickled."""
    if isinstance(callbacks, list | tuple):
        return type(callbacks)(map(without_model, callbacks))
    # One that defines __deepcopy__ decides itself, and may be shared by all clones.
    if not isinstance(callbacks, Callback) or hasattr(callbacks, "__deepcopy__"):
        return callbacks
    detached = copy.copy(callbacks)
    if isinstance(detached, keras.callbacks.TensorBoard):
        forget_writers(detached)
    for name, value in vars(detached).items():
        # The model of the last fit, TensorBoard's module, CSVLogger's file.
        is_closed = isinstance(value, io.IOBase) and value.closed
        if isinstance(value, keras.Model | ModuleType) or is_closed:
            setattr(detached, name, None)
    return detached
