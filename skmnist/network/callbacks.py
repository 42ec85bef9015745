"""Keras callbacks around a training that runs in blocks."""

from __future__ import annotations

import keras

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


def plain_model(network: keras.Sequential) -> keras.Sequential:
    """Wrap the layers and the optimizer of a network in a Sequential of Keras's own.

    Callbacks get this one: what they save loads where this package is not installed.

    Parameters
    ----------
    network : keras.Sequential
        A compiled network.

    Returns
    -------
    keras.Sequential
        Compiled, with the same layers and the same optimizer.
    """
    model = keras.Sequential(
        [keras.Input(network.input_shape[1:]), *network.layers], name="sequential"
    )
    model.compile(
        network.optimizer,
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        auto_scale_loss=False,
    )
    return model
