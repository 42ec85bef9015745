"""The callbacks of two libraries around one training: Keras's and scikit-learn's."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import keras
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackContext


def copy_callbacks(
    callbacks: keras.callbacks.Callback | Sequence[keras.callbacks.Callback] | None,
) -> list[keras.callbacks.Callback]:
    """Copy Keras callbacks, so that no two trainings share one.

    Parameters
    ----------
    callbacks : keras.callbacks.Callback, sequence of such, or None
        The parameter of the estimator.

    Returns
    -------
    list of keras.callbacks.Callback
        Copies.

    Raises
    ------
    TypeError
        If one of them is not a callback, or is a class.
    """
    if callbacks is None:
        return []
    given = [callbacks] if isinstance(callbacks, keras.callbacks.Callback) else list(callbacks)
    for number, callback in enumerate(given):
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                f"callbacks[{number}] must be an instance of keras.callbacks.Callback, got "
                f"{callback!r}."
            )
    return [copy.deepcopy(callback) for callback in given]


class EpochTasks(keras.callbacks.Callback):
    """Reports each epoch as a task to scikit-learn's callbacks.

    Parameters
    ----------
    estimator : BaseEstimator
        The estimator being fitted.
    context : sklearn.callback.CallbackContext
        The task that the epochs are parts of.
    fitted_attributes : callable
        Given the weights of the network, returns the attributes of the fitted estimator.
    **data : dict
        The training data as the user gave it: X, y, metadata.
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
        """End it, and with it the training if a callback says so."""
        if self._task.call_on_fit_task_end(**self._task_arguments()):
            self.model.stop_training = True

    def _task_arguments(self) -> dict[str, Any]:
        return {
            "estimator": self._estimator,
            # Called only if a callback wants to see the fitted estimator.
            "reconstruction_attributes": lambda: self._fitted_attributes(self.model.get_weights()),
            **self._data,
        }
