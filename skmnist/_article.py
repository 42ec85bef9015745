"""The article end to end: load, look, train, report, draw.

This is what the command line does once it knows what is wanted. It prints what happens and leaves
figures in a folder.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich.console import Console
from sklearn import config_context
from sklearn.base import clone
from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score, classification_report
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from skmnist._quiet import quiet_tensorflow
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
    """

    data: str | None
    raw_pixels: bool
    hidden_units: list[int]
    activation: str
    epochs: int | None
    batch_size: int
    learning_rate: float
    seed: int
    output: Path


def tell(choices: Choices) -> None:
    """Run the article: print what happens, and draw it.

    Parameters
    ----------
    choices : Choices
        What to train on what, and where to put the figures.

    Raises
    ------
    OSError
        If the data cannot be read or a figure cannot be written.
    ValueError
        If the data is not like MNIST, or Keras has no such activation.
    """
    console = _console()
    with quiet_tensorflow():  # which Keras brings along if it has to download
        data = load_mnist(choices.data)
    _make_folder(choices.output)
    _introduce(data, choices, console)
    classifier = _classifier(choices, len(data.y_train), console)
    _show_network(classifier, data, console)
    estimator = _train(classifier, data, choices, console)
    _report(estimator, data, choices, console)


def _make_folder(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(f"{path} is no folder that figures could be written to.")
    path.mkdir(parents=True, exist_ok=True)


def _introduce(data: Bunch, choices: Choices, console: Console) -> None:
    console.print("The data", style="bold")
    for part in ("train", "test"):
        images, labels = data[f"images_{part}"], data[f"y_{part}"]
        console.print(
            f"  X_{part:5}  {images.shape!s:15}  {images.dtype}    y_{part:5}  {labels.shape}"
        )
    with _figure(choices.output / "first_digits.png", 8, 1.9) as ax:
        first = DigitsDisplay.from_images(data.images_train, data.y_train, n=5, ax=ax)
    labels = ", ".join(str(label) for label in data.y_train[: len(first.images)])
    console.print(f"  The first digits are {labels}.")


def _classifier(choices: Choices, n_images: int, console: Console) -> SimpleMLPClassifier:
    with console.status("Loading TensorFlow"), quiet_tensorflow():
        from skmnist.classifier import SimpleMLPClassifier
    epochs = choices.epochs
    if epochs is None:
        epochs = max(1, round(ARTICLE_STEPS / _steps(n_images, choices.batch_size)))
    return SimpleMLPClassifier(
        hidden_units=choices.hidden_units,
        activation=choices.activation,
        learning_rate=choices.learning_rate,
        epochs=epochs,
        batch_size=choices.batch_size,
        random_state=choices.seed,
        verbose=1,
    )


def _steps(n_images: int, batch_size: int) -> int:
    return -(-n_images // batch_size)  # the last batch may be short, and counts


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _show_network(classifier: SimpleMLPClassifier, data: Bunch, console: Console) -> None:
    # An estimator has a network once it is fitted. One image of each digit is enough for a look
    # at it, and for an option that Keras refuses to be refused before the long training.
    _, one_of_each = np.unique(data.y_train, return_index=True)
    rehearsal = clone(classifier).set_params(epochs=1, verbose=0)
    rehearsal.fit(data.images_train[one_of_each], data.y_train[one_of_each])
    console.print("\nThe network", style="bold")
    # Keras measures the terminal; where there is none, it does so by the width of 80 columns.
    rehearsal.model_.summary(print_fn=lambda text: console.print(text.rstrip()))


def _train(
    classifier: SimpleMLPClassifier, data: Bunch, choices: Choices, console: Console
) -> SimpleMLPClassifier | Pipeline:
    n_images = len(data.y_train)
    pixels = "raw pixels" if choices.raw_pixels else "pixels scaled to 0 to 1"
    epochs = _counted(classifier.epochs, "epoch")
    steps = _counted(_steps(n_images, choices.batch_size), "gradient step")
    console.print("\nThe training", style="bold")
    console.print(f"  {_counted(n_images, 'image')}, {pixels}; {epochs} of {steps}")
    start = time.perf_counter()
    # As in the article, the test images watch over the training: they are not learnt from.
    validation = {"X_val": data.images_test, "y_val": data.y_test}
    with config_context(enable_metadata_routing=True), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Training was interrupted")
        estimator = classifier.set_fit_request(X_val=True, y_val=True)
        if not choices.raw_pixels:
            estimator = Pipeline(
                [("scale", FunctionTransformer(scale_pixels)), ("network", classifier)],
                transform_input=["X_val"],
            )
        estimator.fit(data.images_train, data.y_train, **validation)
    if classifier.n_iter_ < classifier.epochs:
        # Ctrl-C: the classifier keeps what it has learnt, but here it means the whole run.
        raise KeyboardInterrupt
    console.print(f"  trained in {time.perf_counter() - start:.1f} s")
    return estimator


def scale_pixels(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Map pixels from 0 to 255 to 0 to 1.

    Parameters
    ----------
    pixels : ndarray of uint8
        Pixels, in an array of any shape.

    Returns
    -------
    scaled : ndarray of float32
        The pixels divided by 255, in an array of the same shape.

    Examples
    --------
    >>> import numpy as np
    >>> scale_pixels(np.array([0, 51, 255], dtype=np.uint8))
    array([0. , 0.2, 1. ], dtype=float32)
    """
    return np.divide(pixels, 255, dtype=np.float32)


def _report(estimator: Any, data: Bunch, choices: Choices, console: Console) -> None:
    predictions = estimator.predict(data.images_test)
    console.print("\nThe test", style="bold")
    console.print(f"  Test accuracy: {accuracy_score(data.y_test, predictions):.4f}\n")
    # A digit that is never predicted has no precision; the report shows 0, without a warning.
    console.print(classification_report(data.y_test, predictions, zero_division=0))

    with _figure(choices.output / "predictions.png", 10, 4.2) as ax:
        shown = DigitsDisplay.from_estimator(estimator, data.images_test, data.y_test, ax=ax)
    with _figure(choices.output / "training.png", 9, 3.5) as ax:
        TrainingDisplay.from_estimator(estimator, ax=ax)
    with _figure(choices.output / "confusion_matrix.png", 6.5, 5.5) as ax:
        ConfusionMatrixDisplay.from_predictions(data.y_test, predictions, ax=ax)

    n_shown, n_wrong = len(shown.wrong), np.count_nonzero(shown.wrong)
    console.print("The figures", style="bold")
    console.print(
        f"  in {choices.output.resolve()}:\n"
        "  first_digits.png      the first five digits\n"
        f"  predictions.png       the first {n_shown} test images, {n_wrong} of them read wrong\n"
        "  training.png          loss and accuracy, epoch by epoch\n"
        "  confusion_matrix.png  which digits are taken for which"
    )


@contextmanager
def _figure(path: Path, width: float, height: float) -> Iterator[Axes]:
    """Give an axes to draw in, then write its figure; an old file stays whole until then."""
    # Not with pyplot: that would open whatever windows the user's backend has.
    figure = Figure(figsize=(width, height), layout="constrained")
    yield figure.add_subplot()
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        figure.savefig(unfinished, format="png", dpi=150)
        os.replace(unfinished, path)
    except OSError as error:
        # The name of the unfinished file would tell nobody anything.
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _console() -> Console:
    # rich still writes bold letters where NO_COLOR asks for no colours, and so do their escape
    # codes; soft_wrap leaves long lines, such as paths, whole.
    color_system: Any = None if os.environ.get("NO_COLOR") else "auto"
    return Console(color_system=color_system, markup=False, highlight=False, soft_wrap=True)
