"""The classifiers that are compared: the same network, trained in the same way."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

NAMES = ("skmnist", "MLPClassifier", "KerasClassifier")


def make(name: str, hidden_units: int, epochs: int, *, batch_size: int = 32) -> Any:
    """Make a classifier, and import no more than it needs."""
    makers: dict[str, Callable[[int, int, int], Any]] = {
        "skmnist": _make_skmnist,
        "MLPClassifier": _make_sklearn,
        "KerasClassifier": _make_scikeras,
    }
    return makers[name](hidden_units, epochs, batch_size)


def _make_skmnist(hidden_units: int, epochs: int, batch_size: int) -> Any:
    from skmnist import SimpleMLPClassifier

    return SimpleMLPClassifier(
        hidden_units, epochs=epochs, batch_size=batch_size, random_state=0
    )


def _make_sklearn(hidden_units: int, epochs: int, batch_size: int) -> Any:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    # It stops where the others stop, converged or not.
    warnings.simplefilter("ignore", ConvergenceWarning)
    return MLPClassifier(
        (hidden_units,),
        activation="logistic",
        alpha=0.0,
        max_iter=epochs,
        tol=0.0,
        n_iter_no_change=epochs,
        batch_size=batch_size,
        random_state=0,
    )


def build_keras_model(hidden_units: int, meta: dict[str, Any]) -> Any:
    """Build the network as a Keras model, for scikeras."""
    import keras

    return keras.Sequential(
        [
            keras.Input((meta["n_features_in_"],)),
            keras.layers.Dense(hidden_units, activation="sigmoid"),
            keras.layers.Dense(meta["n_classes_"], activation="softmax"),
        ]
    )


def _make_scikeras(hidden_units: int, epochs: int, batch_size: int) -> Any:
    from scikeras.wrappers import KerasClassifier

    return KerasClassifier(
        model=build_keras_model,
        hidden_units=hidden_units,
        optimizer="adam",
        loss="sparse_categorical_crossentropy",
        epochs=epochs,
        batch_size=batch_size,
        verbose=0,
    )
