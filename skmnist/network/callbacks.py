"""Keras callbacks around a training that runs in blocks."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from skmnist.network.architecture import compile_sequential
from skmnist.network.optimizers import state_variables
from skmnist.network.programs import TrainingRun

_BATCH_HOOKS = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")

# These of Keras's own have batch hooks, and nothing to do in them that can't wait for the end of
# a block, unless their attribute `save_freq` or `update_freq` is a number of batches.
_PATIENT = (
    keras.callbacks.BackupAndRestore,
    keras.callbacks.ModelCheckpoint,
    keras.callbacks.TensorBoard,
    keras.callbacks.TerminateOnNaN,
)


def wants_batches(callback: keras.callbacks.Callback) -> bool:
    """Whether a callback must be called at each single batch.

    Parameters
    ----------
    callback : keras.callbacks.Callback
        Any callback.

    Returns
    -------
    bool
        False where the ends of epochs, or now and then a batch, are enough.
    """
    if type(callback) in _PATIENT:
        frequency = getattr(callback, "save_freq", getattr(callback, "update_freq", "epoch"))
        return frequency not in ("epoch", False)
    return any(
        getattr(getattr(callback, hook), "__func__", None)
        is not getattr(keras.callbacks.Callback, hook)
        for hook in _BATCH_HOOKS
    )


class Watchers:
    """Keras callbacks around a training, and the model that they see.

    The callbacks get a Sequential of Keras's own over the network's layers and its optimizer:
    what they save loads where this package is not installed. They see there what the program
    has learnt, and what they change there, the program learns.

    Parameters
    ----------
    callbacks : sequence of keras.callbacks.Callback
        One or more.
    network : keras.Sequential
        Built and compiled.
    program : TrainingRun
        What trains, loaded already.
    epochs : int
        Number of the epoch to stop before.
    """

    def __init__(
        self,
        callbacks: Sequence[keras.callbacks.Callback],
        network: keras.Sequential,
        program: TrainingRun,
        epochs: int,
    ) -> None:
        self._program = program
        self._model = keras.Sequential(
            [keras.Input(network.input_shape[1:]), *network.layers], name="sequential"
        )
        compile_sequential(self._model, network.optimizer)
        self._callbacks = keras.callbacks.CallbackList(
            list(callbacks), add_history=True, model=self._model, epochs=epochs, verbose=0
        )

    @property
    def history(self) -> keras.callbacks.History:
        """The metrics of each epoch."""
        return self._model.history

    @property
    def wants_to_stop(self) -> bool:
        """Whether a callback asked for the end of the training."""
        return self._model.stop_training

    def training_begins(self, initial_epoch: int) -> int:
        """Call the callbacks; return the epoch to begin with."""
        self._model.stop_training = False
        self._show()
        self._callbacks.on_train_begin()
        # BackupAndRestore says so where it goes on.
        return getattr(self._model, "_initial_epoch", None) or initial_epoch

    def epoch_begins(self, epoch: int) -> None:
        """Call the callbacks."""
        self._callbacks.on_epoch_begin(epoch)
        self._obey()

    def block_begins(self, batch: int) -> None:
        """Call the callbacks; `batch` is the number of the first batch."""
        self._callbacks.on_train_batch_begin(batch)

    def block_ends(self, batch: int, logs: dict[str, float]) -> None:
        """Call the callbacks; `batch` is the number of the last batch."""
        self._show()
        self._callbacks.on_train_batch_end(batch, logs)
        self._obey()

    def epoch_ends(self, epoch: int, logs: dict[str, float]) -> None:
        """Call the callbacks."""
        self._show()
        self._callbacks.on_epoch_end(epoch, logs)
        self._obey()

    def training_ends(self, logs: dict[str, float]) -> None:
        """Call the callbacks."""
        self._show()
        self._callbacks.on_train_end(logs)
        self._obey()

    def _show(self) -> None:
        """Give the model the weights of the program, and the optimizer all but the rate."""
        self._model.set_weights(self._program.weights())
        optimizer = self._model.optimizer
        if not optimizer.built:
            optimizer.build(self._model.trainable_variables)
        # None where a schedule sets the rate.
        rate = getattr(optimizer.learning_rate, "path", None)
        state = self._program.optimizer_state()
        for variable, value in zip(state_variables(optimizer), state, strict=True):
            if variable.path != rate:
                variable.assign(value)

    def _obey(self) -> None:
        """Give the program the weights of the model, and all that the optimizer knows."""
        state = [variable.numpy() for variable in state_variables(self._model.optimizer)]
        self._program.load(self._model.get_weights(), state)


class Nobody:
    """Stands where nobody watches: keeps the history, and spares all else.

    Parameters
    ----------
    network : keras.Sequential
        Gets the weights at the end.
    program : TrainingRun
        What trains.
    """

    wants_to_stop = False

    def __init__(self, network: keras.Sequential, program: TrainingRun) -> None:
        self._network = network
        self._program = program
        self.history = keras.callbacks.History()
        self.history.set_model(network)

    def training_begins(self, initial_epoch: int) -> int:
        """Begin the history."""
        self.history.on_train_begin()
        return initial_epoch

    def epoch_begins(self, epoch: int) -> None:
        """Do nothing."""

    def block_begins(self, batch: int) -> None:
        """Do nothing."""

    def block_ends(self, batch: int, logs: dict[str, float]) -> None:
        """Do nothing."""

    def epoch_ends(self, epoch: int, logs: dict[str, float]) -> None:
        """Write the history."""
        self.history.on_epoch_end(epoch, logs)

    def training_ends(self, logs: dict[str, float]) -> None:
        """Give the network its weights."""
        self._network.set_weights(self._program.weights())
