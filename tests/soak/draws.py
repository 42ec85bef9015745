"""Random classifiers, and random digits to fit them to."""

from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
from oracle import ACTIVATIONS
from scipy.sparse import csr_matrix

from skmnist import SimpleMLPClassifier, load_mnist
from skmnist.engine.optimizers import optimizer_names

MNIST = load_mnist()
HIDDEN_UNITS = [1, 5, 5, 16, 64, (), (), (8,), (16, 8), [6, 3], (4, 4, 4)]
FORMS = {
    "uint8": lambda images: images.reshape(len(images), -1),
    "float32": lambda images: (images.reshape(len(images), -1) / 255).astype(
        np.float32
    ),
    "float64": lambda images: images.reshape(len(images), -1) / 255,
    "by columns": lambda images: np.asfortranarray(
        images.reshape(len(images), -1) / 255
    ),
    "sparse": lambda images: csr_matrix(images.reshape(len(images), -1) / 255),
    "sparse uint8": lambda images: csr_matrix(images.reshape(len(images), -1)),
    "images": lambda images: images,
    "float images": lambda images: (images / 255).astype(np.float32),
}
LABELS = {
    "int": lambda y: y,
    "str": lambda y: np.array([f"digit {label}" for label in y]),
    "bool": lambda y: y == 8,
    "one-hot": lambda y: np.eye(10, dtype=int)[y],
}


@dataclass
class Data:
    """Samples to fit and samples to predict, in the same form."""

    form: str
    labels: str
    X: Any
    y: np.ndarray
    X_test: Any
    y_test: np.ndarray

    def __str__(self):
        return f"{self.X.shape[0]} rows, {self.form}, labels {self.labels}"

    def of_rows(self, rows):
        return replace(self, X=self.X[rows], y=self.y[rows])


def draw_data(rng, *, n_rows=None, form=None, labels=None):
    # Of batches of 32, 10 and 100 rows, the last one has 0, 1 or more rows.
    n_rows = n_rows or rng.choice(
        [200, 201, 256, 257, 310, 321, 500, 961, 1000, 2001, 3000]
    )
    form, labels = (
        form or rng.choice(sorted(FORMS)),
        labels or rng.choice(sorted(LABELS)),
    )
    rows = np.random.default_rng(rng.getrandbits(32)).permutation(len(MNIST.y_train))[
        :n_rows
    ]
    tests = slice(
        start := rng.randrange(len(MNIST.y_test) - 150), start + rng.randint(1, 150)
    )
    return Data(
        form,
        labels,
        FORMS[form](MNIST.images_train[rows]),
        LABELS[labels](MNIST.y_train[rows]),
        FORMS[form](MNIST.images_test[tests]),
        LABELS[labels](MNIST.y_test[tests]),
    )


def draw_optimizer(rng):
    optimizers, schedules = keras.optimizers, keras.optimizers.schedules
    rate = rng.choice([0.001, 0.01])
    return rng.choice(
        [
            lambda: optimizers.SGD(rate, momentum=0.9, nesterov=rng.random() < 0.5),
            lambda: optimizers.Adam(rate, amsgrad=rng.random() < 0.5),
            lambda: optimizers.AdamW(rate, weight_decay=0.01),
            lambda: optimizers.RMSprop(rate, centered=True, clipnorm=1.0),
            lambda: optimizers.SGD(schedules.ExponentialDecay(rate, 10, 0.9)),
            lambda: optimizers.Adam(schedules.CosineDecay(rate, 200)),
            lambda: optimizers.Adam(rate, use_ema=True, ema_overwrite_frequency=7),
        ]
    )()


def draw_classifier(rng, data, **fixed):
    """Draw a classifier for the data; the parameters in `fixed` are not drawn."""
    label = (
        rng.choice(data.y.tolist()) if data.labels != "one-hot" else rng.randrange(10)
    )
    by_name = rng.random() < 0.6
    early_stopping = rng.random() < 0.2
    parameters = {
        "hidden_units": rng.choice(HIDDEN_UNITS),
        "activation": rng.choice(["sigmoid", "relu", rng.choice(sorted(ACTIVATIONS))]),
        "optimizer": rng.choice(optimizer_names()) if by_name else draw_optimizer(rng),
        "learning_rate": rng.choice([0.001, 0.003, 0.01]),
        "l2": rng.choice([0.0, 0.0, 1e-4, 0.01]),
        "dropout": rng.choice([0.0, 0.0, 0.2, 0.5]),
        "epochs": rng.randint(1, 6),
        "batch_size": rng.choice([10, 32, 32, 100, 5000]),
        "shuffle": rng.random() < 0.8,
        "early_stopping": early_stopping,
        "n_iter_no_change": rng.choice([1, 3, np.inf]) if early_stopping else 10,
        "class_weight": rng.choice([None, None, "balanced", {label: 3.0}]),
        "warm_start": rng.random() < 0.3,
        "callbacks": rng.choice([None, None, None, [keras.callbacks.TerminateOnNaN()]]),
        "random_state": rng.randrange(1000),
    }
    return SimpleMLPClassifier(**parameters | fixed)


def draw_weights(rng, data):
    n_rows, numbers = data.X.shape[0], np.random.default_rng(rng.getrandbits(32))
    return rng.choice(
        [
            lambda: None,
            lambda: None,
            lambda: numbers.uniform(0.1, 2, n_rows),
            lambda: (numbers.random(n_rows) < 0.9).astype(int) * 2,
        ]
    )()
