"""Draw the pictures of the pages: ``python docs/make_pictures.py``.

They are kept in the repository, so that the pages can be read on a code host and built
without training. That of the start page is drawn twice, for light and for dark pages.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
from PIL import Image, ImageOps
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler

from skmnist import (
    DigitsDisplay,
    HiddenUnitsDisplay,
    SearchDisplay,
    SimpleMLPClassifier,
    TrainingDisplay,
    load_mnist,
    read_digit,
)
from skmnist.cli import main as skmnist

FOLDER = Path(__file__).parent / "_static"
PICTURES = Path(__file__).parent.parent / "tests" / "pictures"
STYLES = {"light": "default", "dark": "dark_background"}

digits = load_mnist("sample")
X, X_test = digits.images_train / 255, digits.images_test / 255


def keep(figure: plt.Figure, name: str) -> None:
    """Write a figure."""
    figure.savefig(FOLDER / f"{name}.png", dpi=100, bbox_inches="tight")
    plt.close(figure)


def shrink(name: str) -> None:
    """Keep fewer colours of a picture with photos."""
    path = FOLDER / f"{name}.png"
    Image.open(path).convert("RGB").quantize(128).save(path, optimize=True)


def draw_start() -> None:
    """Draw what the code at the top of README draws."""
    network = SimpleMLPClassifier(32, learning_rate=0.003, epochs=20, random_state=0)
    network.fit(X, digits.y_train, X_val=X_test, y_val=digits.y_test)
    for name, style in STYLES.items():
        with plt.style.context(style):
            figure, (above, below) = plt.subplots(
                2, 1, figsize=(9, 7.6), height_ratios=[3, 4], layout="constrained"
            )
            TrainingDisplay.from_estimator(network, ax=above)
            DigitsDisplay.from_estimator(
                network, X_test, digits.y_test, worst_first=True, ax=below
            )

            figure.savefig(
                FOLDER / f"start-{name}.png",
                dpi=150,
                transparent=True,
                bbox_inches="tight",
            )
            plt.close(figure)


def draw_training() -> None:
    """Draw the example of early stopping on the page of the estimator."""
    stopped = SimpleMLPClassifier(
        32,
        learning_rate=0.01,
        epochs=40,
        early_stopping=True,
        n_iter_no_change=3,
        random_state=0,
    )
    stopped.fit(X, digits.y_train)

    keep(TrainingDisplay.from_estimator(stopped).figure_, "training")


def draw_search() -> None:
    """Draw the search of its page."""
    network = SimpleMLPClassifier(epochs=20, random_state=0)
    pipeline = Pipeline([("scaler", MinMaxScaler()), ("mlp", network)])
    search = GridSearchCV(pipeline, {"mlp__hidden_units": [5, 16, 64]}, cv=3)
    search.fit(digits.X_train, digits.y_train)
    keep(SearchDisplay.from_estimator(search).figure_, "search")


def draw_hidden_units() -> None:
    """Draw the weights of the tutorial's network, for the page of the display."""
    network = SimpleMLPClassifier(learning_rate=0.005, epochs=20, random_state=0)
    network.fit(X, digits.y_train)

    keep(HiddenUnitsDisplay.from_estimator(network, X=X).figure_, "hidden-units")


def draw_data() -> None:
    """Draw digits of MNIST, and digits that were brought into their form."""
    first = DigitsDisplay.from_images(digits.images_train, digits.y_train, n=10)
    keep(first.figure_, "digits")

    names = ["0-chalk.jpg", "1-red-felt-tip.webp", "2-gradient.jpg", "3-yellow.jpg"]
    names += ["5-blue-ballpoint.jpg", "9-squared-paper.jpg"]
    figure, axes = plt.subplots(2, len(names), figsize=(9, 3.6), layout="constrained")
    for column, name in zip(axes.T, names, strict=True):
        picture = ImageOps.exif_transpose(Image.open(PICTURES / name))
        column[0].imshow(picture.convert("RGB"))
        column[1].imshow(read_digit(PICTURES / name), cmap="gray")
        for ax in column:
            ax.set_axis_off()
    keep(figure, "read-digit")
    shrink("read-digit")


def draw_predictions() -> None:
    """Draw what the command line draws of pictures."""
    names = ["5-blue-ballpoint.jpg", "3-yellow.jpg", "9-squared-paper.jpg"]
    with tempfile.TemporaryDirectory() as folder:
        skmnist(
            ["--data", "sample", "--output", folder, "--save", f"{folder}/digits.skops"]
        )
        pictures = [str(PICTURES / name) for name in names]
        shown = ["--show", str(FOLDER / "predict.png")]
        skmnist(["predict", f"{folder}/digits.skops", *pictures, *shown])
    shrink("predict")


if __name__ == "__main__":
    # First, so that its fits start TensorFlow, as they do for those who run the page.
    draw_search()
    draw_start()
    draw_training()
    draw_hidden_units()
    draw_data()
    draw_predictions()
