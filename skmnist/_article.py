"""The article end to end: load, look, train, report, draw.

This is what the command line does once it knows what is wanted. It prints what happens and leaves
figures in a folder.
"""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from sklearn import config_context
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from skmnist._pixels import scale_pixels
from skmnist._story import (
    Choices,
    begin,
    counted,
    keep,
    n_steps,
    new_classifier,
    new_console,
    report,
)

if TYPE_CHECKING:
    from sklearn.utils import Bunch

    from skmnist.classifier import SimpleMLPClassifier


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
    console = new_console()
    data = begin(choices, console)
    classifier = new_classifier(choices, len(data.y_train), console)
    _show_network(classifier, data, console)
    estimator = _train(classifier, data, choices, console)
    keep(estimator, choices, console)
    report(estimator, data, choices, console)


def _show_network(classifier: SimpleMLPClassifier, data: Bunch, console: Console) -> None:
    import keras  # here, since the first digits are shown before TensorFlow is loaded

    # An estimator has a network once it is fitted. One image of each digit is enough for a look
    # at it, and for an option that Keras refuses to be refused before the long training.
    _, one_of_each = np.unique(data.y_train, return_index=True)
    rehearsal = clone(classifier).set_params(epochs=1, verbose=0)
    rehearsal.fit(data.images_train[one_of_each], data.y_train[one_of_each])
    console.print("\nThe network", style="bold")
    # A copy that is not compiled, or what Adam keeps of each weight would count as parameters.
    network = keras.Sequential.from_config(rehearsal.model_.get_config())
    # Keras measures the terminal; where there is none, it does so by the width of 80 columns.
    network.summary(print_fn=lambda text: console.print(text.rstrip()))


def _train(
    classifier: SimpleMLPClassifier, data: Bunch, choices: Choices, console: Console
) -> SimpleMLPClassifier | Pipeline:
    n_images = len(data.y_train)
    epochs = counted(classifier.epochs, "epoch")
    steps = counted(n_steps(n_images, choices.batch_size), "gradient step")
    console.print("\nThe training", style="bold")
    console.print(
        f"  {counted(n_images, 'image')}, {choices.pixels}; {epochs} of {steps}\n"
        "  val_loss and val_accuracy are of the test images, by which nothing is chosen"
    )
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
