"""One training of a `SimpleMLPClassifier`, from checked data to a trained network."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import keras
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state

from skmnist._inputs import TrainingSet
from skmnist._parameters import check_activation, check_hidden_units
from skmnist._scikeras import train_network
from skmnist.network.architecture import Architecture
from skmnist.network.capacity import enough_memory
from skmnist.network.early_stopping import EarlyStopping
from skmnist.network.forks import check_fork
from skmnist.network.interruption import deferred_interrupts
from skmnist.network.progress import Progress
from skmnist.network.training import Network, TrainingState
from skmnist.network.validation import ValidationData

if TYPE_CHECKING:
    from skmnist.classifier import SimpleMLPClassifier


@dataclass(frozen=True)
class Training:
    """Where a training has ended, and the next one can go on.

    Parameters
    ----------
    architecture : Architecture
        The network.
    seed : int
        Decides the initial weights, the orders of the epochs and the dropout.
    state : TrainingState
        The weights and what the optimizer knows.
    history : dict of str to list of float
        The metrics of each epoch, from the first training on.
    """

    architecture: Architecture
    seed: int
    state: TrainingState
    history: dict[str, list[float]]


@dataclass(frozen=True)
class Outcome:
    """What came of one training.

    Parameters
    ----------
    training : Training
        Where it has ended.
    is_usable : bool
        Whether the weights are those of a network that has not diverged.
    early_stopping : EarlyStopping or None
        What it saw.
    """

    training: Training
    is_usable: bool
    early_stopping: EarlyStopping[TrainingState] | None


def architecture_of(estimator: SimpleMLPClassifier, training_set: TrainingSet) -> Architecture:
    """Describe the network that an estimator's parameters ask for."""
    return Architecture(
        input_shape=training_set.image_shape or (training_set.x.shape[1],),
        hidden_units=check_hidden_units(estimator.hidden_units),
        activation=check_activation(estimator.activation),
        n_classes=len(training_set.labels.classes),
        dropout=float(estimator.dropout),
        l2=float(estimator.l2),
    )


def new_seed(random_state: int | np.random.RandomState | None) -> int:
    """Draw the seed of a training."""
    # None asks for any numbers, and NumPy's global generator is somebody else's.
    generator = np.random.RandomState() if random_state is None else random_state
    return int(check_random_state(generator).randint(2**31 - 1))


def run_training(
    estimator: SimpleMLPClassifier,
    architecture: Architecture,
    training_set: TrainingSet,
    *,
    last: Training | None,
    is_partial: bool,
    validation_data: ValidationData | None,
    callbacks: Sequence[keras.callbacks.Callback],
) -> Outcome:
    """Train the network of an estimator, which is not changed; `last` is the run to continue."""
    check_fork("Fitting")
    if last is None:
        seed = new_seed(estimator.random_state)
    else:
        _check_same_network(architecture, last.architecture)
        seed = last.seed
    rows = early_stopping = None
    if estimator.early_stopping:
        early_stopping = EarlyStopping[TrainingState](
            float(estimator.n_iter_no_change), float(estimator.tol)
        )
        if validation_data is None:
            fraction = float(estimator.validation_fraction)
            rows, validation_data = _set_aside(training_set, fraction, seed)
    history = {} if last is None else last.history
    epochs = 1 if is_partial else int(estimator.epochs)
    first_epoch = len(history.get("loss", ()))
    progress = (
        Progress(
            first_epoch,
            first_epoch + epochs,
            training_set.n_samples if rows is None else len(rows),
            verbose=int(estimator.verbose),
        )
        if estimator.verbose
        else nullcontext()
    )
    with (
        progress as shown,
        # Around the building too, where a KeyboardInterrupt that Python drops would be lost.
        deferred_interrupts() as interrupts,
        enough_memory(architecture, estimator.optimizer),
    ):
        network, history = train_network(
            architecture,
            training_set.x,
            training_set.labels.codes,
            # Keras takes Python's numbers only.
            optimizer=estimator.optimizer,
            learning_rate=float(estimator.learning_rate),
            batch_size=int(estimator.batch_size),
            shuffle=bool(estimator.shuffle),
            seed=seed,
            epochs=epochs,
            history=history,
            is_partial=is_partial,
            state=None if last is None else last.state,
            rows=rows,
            row_weights=training_set.weights,
            validation_data=validation_data,
            early_stopping=early_stopping,
            callbacks=list(callbacks),
            verbose=int(estimator.verbose),
            progress=shown,
            interrupts=interrupts,
        )
    # Pressed after the last block, Ctrl-C came too late to end anything, but gets its warning.
    network.was_interrupted |= interrupts.is_pressed
    _warn(network, len(history.get("loss", ())))
    training = Training(architecture, seed, network.state, history)
    return Outcome(training, network.is_usable, early_stopping)


def _check_same_network(architecture: Architecture, last: Architecture) -> None:
    # Dropout and l2 may change on the way; what the weights mean may not.
    for name in ("hidden_units", "activation"):
        now, before = getattr(architecture, name), getattr(last, name)
        if now != before:
            raise ValueError(
                f"The network was fitted with {name}={before!r} and can't go on with {now!r}. "
                "Set warm_start=False to start anew."
            )


def _set_aside(
    training_set: TrainingSet, fraction: float, seed: int
) -> tuple[np.ndarray, ValidationData]:
    x, labels, weights = training_set.x, training_set.labels, training_set.weights
    # A weight of 0 leaves a sample out, on either side.
    used = np.arange(training_set.n_samples) if weights is None else np.flatnonzero(weights)
    split = partial(train_test_split, used, test_size=fraction, random_state=seed)
    try:
        rows, validation_rows = split(stratify=labels.codes[used])
    except ValueError as impossible:
        try:
            rows, validation_rows = split()
        except ValueError as error:
            raise ValueError(
                f"early_stopping cannot set validation_fraction={fraction} of {len(used)} samples "
                f"aside: {error} Change validation_fraction, or pass X_val and y_val."
            ) from error
        # The fifth level is the caller of fit: through scikit-learn's wrapper of it.
        warnings.warn(
            f"early_stopping sets validation_fraction={fraction} of {len(used)} samples aside "
            f"without stratifying them by class: {impossible}",
            UserWarning,
            stacklevel=5,
        )
    return rows, ValidationData(
        x[validation_rows],
        labels.codes[validation_rows],
        None if weights is None else weights[validation_rows],
    )


def _warn(network: Network, n_epochs: int) -> None:
    if network.was_interrupted:
        warnings.warn(
            f"Training was interrupted after {n_epochs} whole epochs. The classifier keeps what "
            "it has learnt so far. Press Ctrl-C twice to end a search.",
            UserWarning,
            stacklevel=5,
        )
    if network.has_diverged or not network.is_usable:
        outcome = "has gone back to its best epoch" if network.is_usable else "is of no use"
        warnings.warn(
            f"Training diverged: the loss of epoch {n_epochs} is not finite, and the network "
            f"{outcome}. Lower learning_rate, or that of the optimizer, or scale the features.",
            ConvergenceWarning,
            stacklevel=5,
        )
