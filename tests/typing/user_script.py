"""Code of users with the types that they expect, checked by `.ci/types`."""

from pathlib import Path
from typing import assert_type

import numpy as np

import skmnist
from skmnist import (
    DigitsDisplay,
    HiddenUnitsDisplay,
    SearchDisplay,
    SimpleMLPClassifier,
    TrainingDisplay,
    load_mnist,
    read_digit,
)
from skmnist.persistence import load, save, to_html, to_onnx


def train(folder: Path) -> SimpleMLPClassifier:
    digits = load_mnist("sample")
    (X_train, y_train), (X_test, y_test) = load_mnist("sample", return_X_y=True)
    assert_type(digits.images_train, np.ndarray)
    assert_type(digits.DESCR, str)
    assert_type(X_test, np.ndarray)
    print(load_mnist("sample", as_frame=True, classes=(3, 8)).X_train.columns)
    network = SimpleMLPClassifier((32, 16), activation="relu", random_state=0)
    network.fit(
        digits.X_train, digits.y_train, X_val=digits.X_test, y_val=digits.y_test
    )
    network.partial_fit(X_train, y_train).set_params(epochs=3)
    network.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    network.set_partial_fit_request(classes=True).set_fit_request(
        X_val="X_val", y_val=None
    )

    save(network, folder / "digits.skops")
    to_onnx(network, folder / "digits.onnx")
    assert_type(to_html(network), str)
    to_html(network, folder / "digits.html", pixel_max=255)
    print(network.score(X_test, y_test) + 0.5, load(folder / "digits.skops"))
    return network


def look(network: SimpleMLPClassifier, X: np.ndarray, y: np.ndarray) -> None:
    assert_type(network.predict_proba(X), np.ndarray)
    assert_type(network.history_, dict[str, list[float]])
    assert_type(network.loss_curve_, list[float])
    assert_type(network.n_iter_, int)
    assert_type(network.coefs_, list[np.ndarray])
    assert_type(network.score(X, y), float)
    print(network.model_.count_params(), read_digit("photo.jpg").mean())

    skmnist.show_versions()
    display = DigitsDisplay.from_estimator(network, X, y, worst_first=True)
    display.figure_.savefig("digits.png")
    HiddenUnitsDisplay.from_estimator(network, X=X).figure_.savefig("units.png")
    search = SearchDisplay({"hidden_units": [1, 2]}, [[0.5], [0.6]]).plot()
    search.figure_.savefig("search.png")
    TrainingDisplay.from_estimator(network).figure_.savefig("training.png")
