"""The `callbacks` parameter, and the link to scikit-learn's own callbacks."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, TypeAlias

import keras
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackContext

Callbacks: TypeAlias = keras.callbacks.Callback | Sequence[keras.callbacks.Callback] | None


def check_callbacks(callbacks: Callbacks) -> list[keras.callbacks.Callback]:
    """Validate the parameter `callbacks`, and return the instances in a list."""
    if callbacks is None:
        return []
    given = [callbacks] if isinstance(callbacks, keras.callbacks.Callback) else list(callbacks)
    for number, callback in enumerate(given):
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                f"callbacks[{number}] must be an instance of keras.callbacks.Callback, got "
                f"{callback!r}."
            )
    return given


def without_model(callbacks: Any) -> Any:
    """Copy callbacks without what a fit leaves in Keras's own that cannot be copied or pickled."""
    if isinstance(callbacks, list | tuple):
        return type(callbacks)(map(without_model, callbacks))
    # One that defines __deepcopy__ decides itself, and may be shared by all clones.
    if not isinstance(callbacks, keras.callbacks.Callback) or hasattr(callbacks, "__deepcopy__"):
        return callbacks
    detached = copy.copy(callbacks)
    if isinstance(detached, keras.callbacks.TensorBoard):
        detached._writers = {}
    for name, value in vars(detached).items():
        # The model of the last fit, TensorBoard's module, CSVLogger's file.
        is_closed = isinstance(value, io.IOBase) and value.closed
        if isinstance(value, keras.Model | ModuleType) or is_closed:
            setattr(detached, name, None)
    return detached


class EpochTasks(keras.callbacks.Callback):
    """Reports each epoch as a task of `context` to scikit-learn's callbacks.

    `fitted_attributes` turns weights into the attributes of the fitted estimator; `data` are X, y
    and the metadata, as they were given to `fit`.
    """

    def __init__(
        self,
        estimator: BaseEstimator,
        context: CallbackContext,
        fitted_attributes: Callable[[list[Any]], dict[str, Any]],
        **data: Any,
    ) -> None:
        super().__init__()
        self._estimator = estimator
        self._context = context
        self._fitted_attributes = fitted_attributes
        self._data = data

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Begin a task."""
        self._task = self._context.subcontext(task_name="epoch")
        self._task.call_on_fit_task_begin(**self._task_arguments())

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """End the task, and the training if a callback returns True."""
        if self._task.call_on_fit_task_end(**self._task_arguments()):
            self.model.stop_training = True

    def _task_arguments(self) -> dict[str, Any]:
        return {
            "estimator": self._estimator,
            # Called only if a callback wants to see the fitted estimator.
            "reconstruction_attributes": lambda: self._fitted_attributes(self.model.get_weights()),
            **self._data,
        }
