"""TensorFlow's and Keras's state while the engine makes things, as it needs it.

What Keras makes, it makes as the settings of the moment say: variables are of the
default dtype, belong to the strategy in whose scope they are made, and are not traced
while functions run eagerly. Most of these settings are those of a thread: scopes of
strategies, devices, tapes and names, dtype policies, callbacks of TensorFlow's
debugging tools. So programs, optimizers and models are made in a thread of their own,
in which nobody has set anything. Two settings are the process's, and are set for that
time alone: Keras's default dtype, and whether functions run eagerly.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import keras
import tensorflow as tf

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_this_thread = threading.local()


class _SettingsOfTheProcess:
    """Keras's default dtype and eager functions, set while any thread needs them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_users = 0
        self._before = ("float32", False)

    def __enter__(self) -> None:
        with self._lock:
            self._n_users += 1
            if self._n_users == 1:
                self._before = (
                    keras.config.floatx(),
                    tf.config.functions_run_eagerly(),
                )
                self._set("float32", False)

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            self._n_users -= 1
            if self._n_users == 0:
                self._set(*self._before)

    def _set(self, dtype: str, runs_eagerly: bool) -> None:
        # Not where nothing changes: another thread may be setting them at this moment.
        if keras.config.floatx() != dtype:
            keras.config.set_floatx(dtype)
        if tf.config.functions_run_eagerly() != runs_eagerly:
            tf.config.run_functions_eagerly(runs_eagerly)


_settings_of_the_process = _SettingsOfTheProcess()


def in_own_state(
    function: Callable[Arguments, Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    """Call a function that makes something of Keras's, under the engine's own state."""
    if getattr(_this_thread, "is_own", False):
        return function(*args, **kwargs)

    outcome: list[Any] = []

    def call() -> None:
        _this_thread.is_own = True
        try:
            with tf.device("CPU:0"):
                outcome[:] = [function(*args, **kwargs), None]
        except BaseException as error:
            outcome[:] = [None, error]

    with _settings_of_the_process:
        thread = threading.Thread(target=call, name="skmnist-own-state")
        thread.start()
        thread.join()

    result, error = outcome
    if error is not None:
        raise error
    return result


def check_caller_state(what: str) -> None:
    """Raise RuntimeError for settings of the caller's under which nothing can run.

    `what` is the subject of the message, such as "Fitting".
    """
    if not tf.executing_eagerly():
        raise RuntimeError(
            f"{what} needs TensorFlow's eager execution, which is off here. Call it "
            "outside of tf.function and of `with tf.Graph().as_default():`, and in a "
            "process without tf.compat.v1.disable_eager_execution() or "
            "tf.compat.v1.disable_v2_behavior()."
        )

    if not tf.config.get_visible_devices("CPU"):
        raise RuntimeError(
            f"{what} needs a CPU, and tf.config.set_visible_devices hides all of them "
            'from TensorFlow. Leave out that call for device_type="CPU", and start '
            "anew."
        )
