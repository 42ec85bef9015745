"""What a fit leaves behind: the attributes of a fitted `SimpleMLPClassifier`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from skmnist._fitting import Outcome
from skmnist._inputs import TrainingSet
from skmnist.network.architecture import Architecture

if TYPE_CHECKING:
    from skmnist.classifier import SimpleMLPClassifier


def attributes_after(
    estimator: SimpleMLPClassifier,
    outcome: Outcome,
    training_set: TrainingSet,
    callbacks: list[keras.callbacks.Callback],
) -> dict[str, Any]:
    """Say what an estimator knows after a training.

    All of it at once, to take the place of what it knew: a Ctrl-C in between would leave half of
    the last fit and half of this.

    Parameters
    ----------
    estimator : SimpleMLPClassifier
        Has the parameters; it is not changed.
    outcome : Outcome
        What came of the training.
    training_set : TrainingSet
        What it was trained on.
    callbacks : list of keras.callbacks.Callback
        The callbacks that were called.

    Returns
    -------
    dict
        All its attributes, the parameters too.
    """
    training, stopping = outcome.training, outcome.early_stopping
    weights = training.state.weights
    losses = training.history.setdefault("loss", [])
    kept = {name: value for name, value in vars(estimator).items() if name != "feature_names_in_"}
    return {
        **kept,
        **attributes_to_predict(estimator, training.architecture, training_set, weights),
        "_is_usable": outcome.is_usable,
        "_training": training,
        "history_": training.history,
        "loss_curve_": losses,
        "loss_": losses[-1] if losses else None,
        "n_iter_": len(losses),
        "callbacks_": callbacks,
        "coefs_": weights[::2],
        "intercepts_": weights[1::2],
        "n_layers_": len(weights) // 2 + 1,
        "n_outputs_": training.architecture.n_classes,
        "out_activation_": "softmax",
        "validation_scores_": None if stopping is None else stopping.scores,
        "best_validation_score_": None if stopping is None else stopping.best_score,
        "best_loss_": min(losses, default=None) if stopping is None else None,
    }


def attributes_to_predict(
    estimator: SimpleMLPClassifier,
    architecture: Architecture,
    training_set: TrainingSet,
    weights: list[np.ndarray],
) -> dict[str, Any]:
    """Say what an estimator needs to know in order to predict.

    Parameters
    ----------
    estimator : SimpleMLPClassifier
        Has the parameters; it is not changed.
    architecture : Architecture
        The network.
    training_set : TrainingSet
        What it is trained on.
    weights : list of ndarray
        Kernel and bias of each Dense layer.

    Returns
    -------
    dict
        The attributes.
    """
    names = ("n_features_in_", "feature_names_in_")
    features = vars(training_set.features)
    return {
        **{name: features[name] for name in names if name in features},
        "classes_": training_set.labels.classes,
        "_architecture": architecture,
        "_image_shape": training_set.image_shape,
        "_is_one_hot": training_set.labels.is_one_hot,
        "_model": None,
        # As they were given: the parameters may be set to something else at any time.
        "_optimizer": estimator.optimizer,
        "_learning_rate": estimator.learning_rate,
        "_is_usable": True,
        "_weights": weights,
    }
