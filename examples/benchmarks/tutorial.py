"""Train the tutorial's network with Keras and with skmnist; write the numbers of the
page "From the tutorial", and its picture.

    python examples/benchmarks/tutorial.py        in two minutes

``SKMNIST_DATA`` names the file of all of MNIST. Each network is trained three times. No
seed is set for Keras, whose `keras.utils.set_random_seed` would make `Model.fit` take
the samples in the same order in every epoch.
"""

from __future__ import annotations

import keras
import numpy as np
from data import load_all_of_mnist
from pages import DOCS, as_table, describe_machine, replace_part
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skmnist import DigitsDisplay, SimpleMLPClassifier

PAGE = DOCS / "from-the-tutorial.md"
PICTURE = DOCS / "_static" / "tutorial-predictions.png"
N_RUNS = 3

# Accuracies on the images to train on, in the last epoch, and on those to test with.
Accuracies = tuple[float, float]


def train_keras(X, y, X_test, y_test) -> Accuracies:
    """Train with Keras, as the tutorial does."""
    model = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(5, activation="sigmoid"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"]
    )
    one_hot = keras.utils.to_categorical
    history = model.fit(X, one_hot(y), epochs=5, verbose=0)
    _, accuracy = model.evaluate(X_test, one_hot(y_test), verbose=0)
    return history.history["accuracy"][-1], accuracy


def train_skmnist(X, y, X_test, y_test, seed: int) -> Accuracies:
    """Train with skmnist."""
    classifier = SimpleMLPClassifier(random_state=seed).fit(X, y)
    return classifier.history_["accuracy"][-1], classifier.score(X_test, y_test)


def as_row(pixels: str, name: str, accuracies: list[Accuracies]) -> list[str]:
    """Return the row of a table, with the accuracies of each run."""
    columns = [
        ", ".join(f"{accuracy:.4f}" for accuracy in column)
        for column in zip(*accuracies, strict=True)
    ]
    print(pixels, name, *columns, sep="  ", flush=True)
    return [pixels, name, *columns]


def search(X, y, X_test, y_test) -> str:
    """Run the search at the end of the page; return a sentence on its outcome."""
    pipeline = make_pipeline(MinMaxScaler(), SimpleMLPClassifier(random_state=0))
    grid = {"simplemlpclassifier__hidden_units": [5, 16, 64]}
    searched = GridSearchCV(pipeline, grid, cv=3).fit(X, y)

    (best,) = searched.best_params_.values()
    accuracy = searched.score(X_test, y_test)
    return f"The best of them is {best}, with a test accuracy of {accuracy:.4f}."


def main() -> None:
    """Train and write."""
    X, y, X_test, y_test = load_all_of_mnist()
    raw, raw_test = np.rint(X * 255), np.rint(X_test * 255)

    rows = [["0 to 255", "the tutorial", "0.7542", "0.7737"]]
    for pixels, images, test_images in (
        ("0 to 255", raw, raw_test),
        ("0 to 1", X, X_test),
    ):
        data = images, y, test_images, y_test
        by_keras = [train_keras(*data) for _ in range(N_RUNS)]
        rows.append(as_row(pixels, "Keras", by_keras))
        by_skmnist = [train_skmnist(*data, seed) for seed in range(N_RUNS)]
        rows.append(as_row(pixels, "skmnist", by_skmnist))
    header = ["Pixels", "Trained by", "Training accuracy", "Test accuracy"]
    replace_part(PAGE, "accuracies", f"\n{as_table(header, rows)}\n")

    classifier = SimpleMLPClassifier(random_state=0).fit(raw, y)
    predicted = classifier.predict(raw_test[:10])
    replace_part(
        PAGE,
        "predictions",
        f"\nWith skmnist, `{predicted}`; the labels are `{y_test[:10]}`.\n",
    )
    display = DigitsDisplay.from_estimator(classifier, raw_test, y_test)
    display.figure_.savefig(PICTURE, dpi=100, bbox_inches="tight")

    replace_part(PAGE, "search", f"\n{search(raw, y, raw_test, y_test)}\n")
    replace_part(PAGE, "machine", f"\nMeasured on {describe_machine()}.\n")


if __name__ == "__main__":
    main()
