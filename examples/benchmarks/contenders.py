"""The classifiers that are compared: the same network, trained in the same way."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable
from typing import Any

from sklearn.exceptions import ConvergenceWarning

Factory = Callable[..., Any]


def make_skmnist(hidden_units: int, epochs: int, batch_size: int) -> Any:
    """Ours."""
    from skmnist import SimpleMLPClassifier

    return SimpleMLPClassifier(
        hidden_units, epochs=epochs, batch_size=batch_size, learning_rate=0.001, random_state=0
    )


def make_sklearn(hidden_units: int, epochs: int, batch_size: int) -> Any:
    """scikit-learn's own network."""
    from sklearn.neural_network import MLPClassifier

    # The benchmark stops it where it stops the others, converged or not.
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
    """The network as a Keras model, for scikeras."""
    import keras

    return keras.Sequential(
        [
            keras.Input((meta["n_features_in_"],)),
            keras.layers.Dense(hidden_units, activation="sigmoid"),
            keras.layers.Dense(meta["n_classes_"], activation="softmax"),
        ]
    )


def make_scikeras(hidden_units: int, epochs: int, batch_size: int) -> Any:
    """Keras's own loop, through scikeras."""
    from scikeras.wrappers import KerasClassifier

    return KerasClassifier(
        model=build_keras_model,
        hidden_units=hidden_units,
        optimizer="adam",
        optimizer__learning_rate=0.001,
        loss="sparse_categorical_crossentropy",
        epochs=epochs,
        batch_size=batch_size,
        verbose=0,
    )


def make_keras_wrapper(hidden_units: int, epochs: int, batch_size: int) -> Any:
    """Keras's own loop, through Keras's wrapper."""
    import keras

    def build(X: Any, y: Any) -> Any:
        model = keras.Sequential(
            [
                keras.Input((X.shape[1],)),
                keras.layers.Dense(hidden_units, activation="sigmoid"),
                keras.layers.Dense(y.shape[1], activation="softmax"),
            ]
        )
        model.compile(keras.optimizers.Adam(0.001), "categorical_crossentropy")
        return model

    return keras.wrappers.SKLearnClassifier(
        build, fit_kwargs={"epochs": epochs, "batch_size": batch_size, "verbose": 0}
    )


def make_skorch(hidden_units: int, epochs: int, batch_size: int) -> Any:
    """PyTorch, through skorch."""
    import torch
    from skorch import NeuralNetClassifier

    class Module(torch.nn.Module):
        def __init__(self, n_features: int = 784, n_classes: int = 10) -> None:
            super().__init__()
            self.layers = torch.nn.Sequential(
                torch.nn.Linear(n_features, hidden_units),
                torch.nn.Sigmoid(),
                torch.nn.Linear(hidden_units, n_classes),
            )

        def forward(self, X: Any) -> Any:
            return self.layers(X)

    return NeuralNetClassifier(
        Module,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=0.001,
        max_epochs=epochs,
        batch_size=batch_size,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )


CONTENDERS: dict[str, Factory] = {
    "skmnist": make_skmnist,
    "MLPClassifier": make_sklearn,
    "KerasClassifier": make_scikeras,
}

OPTIONAL_CONTENDERS: dict[str, Factory] = {"SKLearnClassifier": make_keras_wrapper}
if importlib.util.find_spec("skorch") is not None:
    OPTIONAL_CONTENDERS["skorch"] = make_skorch
