"""The scikeras estimator behind `SimpleMLPClassifier`.

This is the only module that imports scikeras. It builds and compiles the model, passes the
optimizer's parameters on, encodes the classes and keeps the history. What scikeras would do to
the state of the process is not asked of it: it gets no `random_state`, since it would seed the
global generators of Python, NumPy and TensorFlow with it.
"""

from __future__ import annotations

import math
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
    verbose: int,
    **network_arguments: Any,
) -> tuple[Network, dict[str, list[float]]]:
    """Build, compile and train a network through scikeras.

    Parameters
    ----------
    x : ndarray of shape (n_samples, n_features), uint8 or float32, C-contiguous
        The validated samples.
    codes : ndarray of shape (n_samples,), int
        Their classes, as integers from 0; with `is_partial`, some may be missing.
    history : dict of str to list of float
        The metrics of the training run to continue, which `epochs` are added to.
    **network_arguments : dict
        Passed on to `Network.fit`.

    Returns
    -------
    network : Network
        Trained.
    history : dict of str to list of float
        The metrics of all epochs; NaN where an epoch has no such metric.
    """
    n_epochs = len(history.get("loss", ()))
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
        verbose=verbose,
    )
    # scikeras extends these lists, and creates one for each metric that is new.
    classifier.history_ = defaultdict(
        lambda: [math.nan] * n_epochs, {name: [*values] for name, values in history.items()}
    )
    # X and y are validated already; scikeras would look at each value twice more.
    with config_context(assume_finite=True):
        if is_partial:
            classes = np.arange(architecture.n_classes)
            classifier.partial_fit(x, codes, classes=classes, seed=seed, **network_arguments)
        else:
            classifier.fit(
                x,
                codes,
                epochs=epochs,
                initial_epoch=n_epochs,
                seed=seed,
                **network_arguments,
            )
    history = dict(classifier.history_)
    n_epochs = max(map(len, history.values()), default=0)
    for values in history.values():
        values += [math.nan] * (n_epochs - len(values))
    return classifier.model_, history
