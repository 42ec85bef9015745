"""The scikeras estimator behind `SimpleMLPClassifier`.

This is the only module that imports scikeras. It builds and compiles the model, passes the
optimizer's parameters on, encodes the classes and keeps the history. What scikeras would do to
the state of the process is not asked of it: it gets no `random_state`, since it would seed the
global generators of Python, NumPy and TensorFlow with it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import keras
import numpy as np
from scikeras.wrappers import KerasClassifier
from sklearn import config_context

from skmnist.network.architecture import Architecture
from skmnist.network.optimizers import make_optimizer
from skmnist.network.training import Network, build_network


def train_network(
    architecture: Architecture,
    x: np.ndarray,
    codes: np.ndarray,
    *,
    optimizer: str | keras.optimizers.Optimizer,
    learning_rate: float,
    batch_size: int,
    shuffle: bool,
    seed: int,
    epochs: int,
    history: dict[str, list[float]],
    is_partial: bool,
    callbacks: list[keras.callbacks.Callback],
    **network_arguments: Any,
) -> tuple[Network, dict[str, list[float]]]:
    """Build, compile and train a network through scikeras.

    Parameters
    ----------
    architecture : Architecture
        The network.
    x : ndarray of shape (n_samples, n_features), uint8 or float32, C-contiguous
        The validated samples.
    codes : ndarray of shape (n_samples,), int
        Their classes, as integers from 0.
    optimizer : str or keras.optimizers.Optimizer
        A name, or an instance, which is copied.
    learning_rate : float
        For an optimizer that is given by its name.
    batch_size, shuffle, seed, epochs
        As `Network.fit` takes them; `epochs` counts from the end of `history`.
    history : dict of str to list of float
        The history of the training that this one goes on with; empty for a new one.
    is_partial : bool
        Whether `codes` may lack some classes.
    callbacks : list of keras.callbacks.Callback
        Called as they are, not copied.
    **network_arguments : dict
        Passed on to `Network.fit`.

    Returns
    -------
    network : Network
        Trained.
    history : dict of str to list of float
        `history` and what came to it.
    """
    classifier = KerasClassifier(
        model=build_network,
        model__architecture=architecture,
        model__seed=seed,
        optimizer=make_optimizer(optimizer, learning_rate),
        # The classes stay integers: the same mathematics as one-hot rows and
        # categorical_crossentropy, without an array of n_samples × n_classes.
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        batch_size=batch_size,
        shuffle=shuffle,
        callbacks=callbacks,
        # Lets scikeras add to the history that it is given.
        warm_start=True,
        verbose=0,
    )
    classifier.history_ = defaultdict(list, {name: [*values] for name, values in history.items()})
    # All of it was validated at the door; scikeras would look at each value twice more.
    with config_context(assume_finite=True):
        if is_partial:
            classes = np.arange(architecture.n_classes)
            classifier.partial_fit(x, codes, classes=classes, seed=seed, **network_arguments)
        else:
            classifier.fit(
                x,
                codes,
                epochs=epochs,
                initial_epoch=len(history.get("loss", ())),
                seed=seed,
                **network_arguments,
            )
    return classifier.model_, dict(classifier.history_)
