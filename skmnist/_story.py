"""What the two stories of the command line share: the choices, the data, the report, the figures.

Both print what happens and leave figures in a folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.console import Console
from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score, classification_report

from skmnist._files import replacing
from skmnist.datasets import load_mnist
from skmnist.display import DigitsDisplay, TrainingDisplay

if TYPE_CHECKING:
    from sklearn.utils import Bunch

    from skmnist.classifier import SimpleMLPClassifier

# 5 epochs of 60,000 images in batches of 32.
ARTICLE_STEPS = 9_375


@dataclass(frozen=True)
class Choices:
    """What one may choose about a run.

    Attributes
    ----------
    data : str or None
        A source for :func:`skmnist.load_mnist`.
    raw_pixels : bool
        Whether to train on pixels from 0 to 255. Otherwise a Pipeline scales them to 0 to 1.
    hidden_units : list of int
        The units of each hidden layer.
    search : list of int or None
        The widths of one hidden layer among which to search for the best. None searches nothing,
        and takes `hidden_units`.
    activation : str
        The activation of the hidden layers.
    epochs : int or None
        How often to go over the data. None makes as many gradient steps as the article.
    batch_size : int
        How many images make a gradient step.
    learning_rate : float
        The learning rate of Adam.
    seed : int
        The `random_state` of the network.
    output : Path
        The folder for the figures.
    save : Path or None
        The file for the trained network. None keeps it nowhere.
    """

    data: str | None
    raw_pixels: bool
    hidden_units: list[int]
    search: list[int] | None
    activation: str
    epochs: int | None
    batch_size: int
    learning_rate: float
    seed: int
    output: Path
    save: Path | None

    @property
    def pixels(self) -> str:
        """What the network is given, in words."""
        return "raw pixels" if self.raw_pixels else "pixels scaled to 0 to 1"


def begin(choices: Choices, console: Console) -> Bunch:
    """Load the data, show them, and draw the first digits.

    Parameters
    ----------
    choices : Choices
        What to load, and where to put the figure.
    console : rich.console.Console
        Where to print.

    Returns
    -------
    data : sklearn.utils.Bunch
        What :func:`skmnist.load_mnist` returns.

    Raises
    ------
    OSError
        If the data cannot be read or the figure cannot be written.
    ValueError
        If the data is not like MNIST.
    """
    data = load_mnist(choices.data)
    _make_folder(choices.output)
    if choices.save is not None:
        # Better now than after the training.
        if choices.save.is_dir():
            raise IsADirectoryError(f"{choices.save} is a folder, no file for the network.")
        _make_folder(choices.save.parent)
    _introduce(data, choices, console)
    return data


def _make_folder(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(f"{path} is no folder that files could be written to.")
    path.mkdir(parents=True, exist_ok=True)


def _introduce(data: Bunch, choices: Choices, console: Console) -> None:
    console.print("The data", style="bold")
    for part in ("train", "test"):
        images, labels = data[f"images_{part}"], data[f"y_{part}"]
        console.print(
            f"  X_{part:5}  {images.shape!s:15}  {images.dtype}    y_{part:5}  {labels.shape}"
        )
    with figure(choices.output / "first_digits.png", 8, 1.9) as ax:
        first = DigitsDisplay.from_images(data.images_train, data.y_train, n=5, ax=ax)
    labels = ", ".join(str(label) for label in data.y_train[: len(first.images)])
    console.print(f"  The first digits are {labels}.")


def new_classifier(choices: Choices, n_images: int, console: Console) -> SimpleMLPClassifier:
    """Load TensorFlow and make the classifier, not fitted yet.

    Parameters
    ----------
    choices : Choices
        The parameters of the network and its training.
    n_images : int
        How many images there are to train on: the number of epochs may depend on it.
    console : rich.console.Console
        Where to show that TensorFlow takes a while.

    Returns
    -------
    classifier : SimpleMLPClassifier
        The classifier.
    """
    with console.status("Loading TensorFlow"):
        from skmnist.classifier import SimpleMLPClassifier
    epochs = choices.epochs
    if epochs is None:
        epochs = max(1, round(ARTICLE_STEPS / n_steps(n_images, choices.batch_size)))
    return SimpleMLPClassifier(
        hidden_units=choices.hidden_units,
        activation=choices.activation,
        learning_rate=choices.learning_rate,
        epochs=epochs,
        batch_size=choices.batch_size,
        random_state=choices.seed,
        verbose=1,
    )


def n_steps(n_images: int, batch_size: int) -> int:
    """Return how many gradient steps an epoch has: the last batch may be short, and counts."""
    return -(-n_images // batch_size)


def counted(n: int, noun: str) -> str:
    """Write a number of things, one or several.

    Examples
    --------
    >>> counted(1, "epoch"), counted(9375, "step")
    ('1 epoch', '9,375 steps')
    """
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def keep(estimator: Any, choices: Choices, console: Console) -> None:
    """Save a fitted estimator, if that is wanted.

    Parameters
    ----------
    estimator : estimator instance
        The fitted classifier, or a Pipeline that ends with it.
    choices : Choices
        Where to save it.
    console : rich.console.Console
        Where to print.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    if choices.save is None:
        return
    from skmnist.persistence import save  # here, since few need it

    save(estimator, choices.save)
    console.print(f"  saved in {choices.save}")


def report(
    estimator: Any, data: Bunch, choices: Choices, console: Console, **more_figures: str
) -> None:
    """Test a fitted estimator, draw what it makes of the test images, and list all figures.

    Parameters
    ----------
    estimator : estimator instance
        The fitted classifier, a Pipeline that ends with it, or a search that has refitted one.
    data : sklearn.utils.Bunch
        The data.
    choices : Choices
        Where to put the figures.
    console : rich.console.Console
        Where to print.
    **more_figures : str
        What is on a figure that has already been drawn, by its name without ".png".

    Raises
    ------
    OSError
        If a figure cannot be written.
    """
    predictions = estimator.predict(data.images_test)
    console.print("\nThe test", style="bold")
    console.print(f"  Test accuracy: {accuracy_score(data.y_test, predictions):.4f}\n")
    # A digit that is never predicted has no precision; the report shows 0, without a warning.
    console.print(classification_report(data.y_test, predictions, zero_division=0))

    with figure(choices.output / "predictions.png", 10, 4.2) as ax:
        shown = DigitsDisplay.from_estimator(estimator, data.images_test, data.y_test, ax=ax)
    with figure(choices.output / "training.png", 9, 3.5) as ax:
        TrainingDisplay.from_estimator(estimator, ax=ax)
    with figure(choices.output / "confusion_matrix.png", 6.5, 5.5) as ax:
        ConfusionMatrixDisplay.from_predictions(data.y_test, predictions, ax=ax)

    n_shown, n_wrong = len(shown.wrong), np.count_nonzero(shown.wrong)
    figures = {
        "first_digits": "the first five digits",
        **more_figures,
        "predictions": f"the first {n_shown} test images, {n_wrong} of them read wrong",
        "training": "loss and accuracy, epoch by epoch",
        "confusion_matrix": "which digits are taken for which",
    }
    console.print("The figures", style="bold")
    console.print(f"  in {choices.output.resolve()}:")
    for name, content in figures.items():
        console.print(f"  {f'{name}.png':20}  {content}")


@contextmanager
def figure(path: Path, width: float, height: float) -> Iterator[Axes]:
    """Give an axes to draw in, then write its figure; an old file stays whole until then.

    Parameters
    ----------
    path : Path
        The file, a PNG.
    width, height : float
        In inches.

    Yields
    ------
    ax : matplotlib Axes
        The only one of the figure.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    # Not with pyplot: that would open whatever windows the user's backend has.
    drawn = Figure(figsize=(width, height), layout="constrained")
    yield drawn.add_subplot()
    with replacing(path) as file:
        drawn.savefig(file, format="png", dpi=150)


def new_console() -> Console:
    """Return a console for the standard output, plain where colours are not wanted."""
    # rich still writes bold letters where NO_COLOR asks for no colours, and so do their escape
    # codes; soft_wrap leaves long lines, such as paths, whole.
    color_system: Any = None if os.environ.get("NO_COLOR") else "auto"
    return Console(color_system=color_system, markup=False, highlight=False, soft_wrap=True)
