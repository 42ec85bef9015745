"""``skmnist``: load the data, train or search, report and draw."""

from __future__ import annotations

import shlex
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.console import Console
from sklearn import config_context
from sklearn.base import clone
from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score, classification_report
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from skmnist._pixels import scale_pixels
from skmnist.classifier import SimpleMLPClassifier
from skmnist.cli._options import TrainOptions
from skmnist.cli._output import (
    did_you_mean,
    new_console,
    prepare_file,
    prepare_folder,
    printable,
    write_figure,
)
from skmnist.datasets import load_mnist
from skmnist.display import DigitsDisplay, HiddenUnitsDisplay, SearchDisplay, TrainingDisplay
from skmnist.persistence import save

if TYPE_CHECKING:
    from sklearn.utils import Bunch

# 5 epochs of 60,000 images in batches of 32.
ARTICLE_STEPS = 9_375
N_FOLDS = 3


def train(options: TrainOptions) -> None:
    """Train one network, or search for the best width, and print and draw the outcome."""
    console = new_console()
    data = _load(options.data)
    prepare_folder(options.output)
    if options.save is not None:
        prepare_file(options.save, "--save")
    _introduce(data, options, console)
    classifier = _new_classifier(data, options)
    figures = {"first_digits": "the first five digits"}
    if options.search is None:
        with _activation_errors(options.activation):
            _show_network(classifier, data, console)
        estimator = fitted = _fit(classifier, data, options, console)
        next_command = replace(options, hidden_units=[5], search=[5, 16, 64, 128]).command()
    else:
        with _activation_errors(options.activation):
            estimator = _search(classifier, data, options, console)
        fitted = estimator.best_estimator_
        with figure(options.output / "search.png", 9, 3.8) as ax:
            SearchDisplay.from_estimator(estimator, ax=ax)
        figures["search"] = "score and fit time of each candidate"
        (best_width,) = estimator.best_params_.values()
        next_command = replace(
            options, hidden_units=[best_width], search=None, save=Path("digits.skops")
        ).command()
    if options.save is not None:
        save(fitted, options.save)
        console.print(f"  saved in {printable(options.save)}")
        next_command = shlex.join(["skmnist", "predict", str(options.save), "photo.jpg"])
    figures |= _report(estimator, data, options.output, console)
    console.print("The figures", style="bold")
    console.print(f"  in {printable(options.output.resolve())}:")
    for name, content in figures.items():
        console.print(f"  {f'{name}.png':20}  {content}")
    console.print("\nTo try next", style="bold")
    console.print(f"  {printable(next_command)}")


def _load(source: str | None) -> Bunch:
    try:
        return load_mnist(source)
    except FileNotFoundError as error:
        suggestion = did_you_mean(source or "", ("sample", "full", "fashion"))
        raise FileNotFoundError(f"{error}{suggestion}") from error


def _introduce(data: Bunch, options: TrainOptions, console: Console) -> None:
    console.print("The data", style="bold")
    for part in ("train", "test"):
        images, labels = data[f"images_{part}"], data[f"y_{part}"]
        console.print(
            f"  X_{part:5}  {images.shape!s:15}  {images.dtype}    y_{part:5}  {labels.shape}"
        )
    with figure(options.output / "first_digits.png", 8, 1.9) as ax:
        first = DigitsDisplay.from_images(data.images_train, data.y_train, n=5, ax=ax)
    labels = ", ".join(printable(label) for label in data.y_train[: len(first.images)])
    console.print(f"  The first digits are {labels}.")


def _new_classifier(data: Bunch, options: TrainOptions) -> SimpleMLPClassifier:
    epochs = options.epochs
    if epochs is None:
        epochs = max(1, round(ARTICLE_STEPS / _n_steps(data, options)))
    return SimpleMLPClassifier(
        hidden_units=options.hidden_units,
        activation=options.activation,
        learning_rate=options.learning_rate,
        epochs=epochs,
        batch_size=options.batch_size,
        random_state=options.seed,
    )


@contextmanager
def _activation_errors(activation: str) -> Iterator[None]:
    """Replace the list of all of Keras's activations in an error by the most similar one."""
    try:
        yield
    except ValueError as error:
        from skmnist.engine.layers import activation_names

        if activation in activation_names():
            raise
        suggestion = did_you_mean(activation, activation_names())
        raise ValueError(
            f"--activation: Keras has no activation {activation!r}.{suggestion}"
        ) from error


def _show_network(classifier: SimpleMLPClassifier, data: Bunch, console: Console) -> None:
    # An estimator has a network once it is fitted. One image of each digit is enough for that,
    # and refuses wrong options before the long training.
    _, one_of_each = np.unique(data.y_train, return_index=True)
    rehearsal = clone(classifier).set_params(epochs=1)
    with console.status("Loading TensorFlow"):
        rehearsal.fit(data.images_train[one_of_each], data.y_train[one_of_each])
    console.print("\nThe network", style="bold")
    # A copy that is not compiled, or what Adam keeps of each weight would count as parameters.
    model = rehearsal.model_
    network = type(model).from_config(model.get_config())
    # Keras measures the terminal; where there is none, it takes 80 columns.
    network.summary(print_fn=lambda text: console.print(text.rstrip()))


def _fit(
    classifier: SimpleMLPClassifier, data: Bunch, options: TrainOptions, console: Console
) -> SimpleMLPClassifier | Pipeline:
    images = _pluralize(len(data.y_train), "image")
    epochs = _pluralize(classifier.epochs, "epoch")
    steps = _pluralize(_n_steps(data, options), "gradient step")
    console.print("\nThe training", style="bold")
    console.print(
        f"  {images}, {options.pixels}; {epochs} of {steps}\n"
        "  val_loss and val_accuracy: on the test images, by which nothing is chosen"
    )
    start = time.perf_counter()
    classifier.set_params(verbose=1)
    with config_context(enable_metadata_routing=True), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Training was interrupted")
        estimator = classifier.set_fit_request(X_val=True, y_val=True)
        if not options.raw_pixels:
            estimator = _scaled(classifier, transform_input=["X_val"])
        estimator.fit(data.images_train, data.y_train, X_val=data.images_test, y_val=data.y_test)
    if classifier.n_iter_ < classifier.epochs:
        # fit returns after Ctrl-C, but here it is meant to end the run.
        raise KeyboardInterrupt
    console.print(f"  trained in {time.perf_counter() - start:.1f} s")
    return estimator


def _search(
    classifier: SimpleMLPClassifier, data: Bunch, options: TrainOptions, console: Console
) -> GridSearchCV:
    widths = list(dict.fromkeys(options.search or ()))
    *others, last = map(str, widths)
    listed = f"{', '.join(others)} and {last}" if others else last
    images = _pluralize(len(data.y_train), "image")
    fits = _pluralize(len(widths) * N_FOLDS, "fit")
    epochs = _pluralize(classifier.epochs, "epoch")
    console.print("\nThe search", style="bold")
    console.print(
        f"  {listed} hidden units; {images} in {N_FOLDS} folds, {options.pixels}\n"
        f"  {fits} of {epochs}, each tested on the fold left out; then the best on all images"
    )
    estimator: Any = classifier
    parameter = "hidden_units"
    if not options.raw_pixels:
        estimator = _scaled(classifier)
        parameter = f"network__{parameter}"
    # An option that is wrong for one candidate is wrong for all.
    search = GridSearchCV(estimator, {parameter: widths}, cv=N_FOLDS, error_score="raise")
    _show_progress(search, console)
    start = time.perf_counter()
    with warnings.catch_warnings():
        # fit returns after Ctrl-C, but here it is meant to end the search.
        warnings.filterwarnings("error", message="Training was interrupted")
        try:
            search.fit(data.images_train, data.y_train)
        except UserWarning:
            raise KeyboardInterrupt from None
    console.print(f"  searched in {time.perf_counter() - start:.1f} s\n")
    _rank(search, widths, console)
    return search


def _show_progress(search: GridSearchCV, console: Console) -> None:
    """Let scikit-learn show a bar on a terminal, or else print a line for each fit."""
    if console.is_terminal and not console.is_dumb_terminal:
        try:
            from sklearn.callback import ProgressBar  # scikit-learn 1.9 and later
        except ImportError:
            pass
        else:
            # One bar for the search: a bar for each of the many fits would fill the terminal.
            search.set_callbacks(ProgressBar(max_propagation_depth=0))
            return
    search.set_params(verbose=2)


def _rank(search: GridSearchCV, widths: list[int], console: Console) -> None:
    results = search.cv_results_
    console.print("  rank  hidden units   mean test score ± std   mean fit time")
    for candidate in np.argsort(results["rank_test_score"], kind="stable"):
        score = f"{results['mean_test_score'][candidate]:.4f}"
        spread = f"{results['std_test_score'][candidate]:.4f}"
        fit_time = f"{results['mean_fit_time'][candidate]:.2f} s"
        console.print(
            f"  {results['rank_test_score'][candidate]:4}  {widths[candidate]:12}"
            f"   {f'{score} ± {spread}':>21}   {fit_time:>13}"
            f"{'   best' if candidate == search.best_index_ else ''}"
        )
    console.print("  In long trainings, a fit time includes compiling each network once.")


def _report(estimator: Any, data: Bunch, folder: Path, console: Console) -> dict[str, str]:
    """Test a fitted estimator and draw the outcome; return what is on which figure."""
    predictions = estimator.predict(data.images_test)
    console.print("\nThe test", style="bold")
    console.print(f"  Test accuracy: {accuracy_score(data.y_test, predictions):.4f}\n")
    labels = np.unique([data.y_test, predictions])
    report = classification_report(
        data.y_test,
        predictions,
        labels=labels,
        target_names=[printable(label) for label in labels],
        zero_division=0,  # a digit that is never predicted has no precision: without a warning
    )
    console.print(report)

    with figure(folder / "predictions.png", 10, 4.2) as ax:
        shown = DigitsDisplay.from_estimator(estimator, data.images_test, data.y_test, ax=ax)
    with figure(folder / "hidden_units.png", 8, 6) as ax:
        units = HiddenUnitsDisplay.from_estimator(estimator, X=data.images_train, n=12, ax=ax)
    with figure(folder / "training.png", 9, 3.5) as ax:
        TrainingDisplay.from_estimator(estimator, ax=ax)
    with figure(folder / "confusion_matrix.png", 6.5, 5.5) as ax:
        ConfusionMatrixDisplay.from_predictions(data.y_test, predictions, ax=ax)
    unit = "digit" if units.output_weights is None else "hidden unit"
    n_shown, n_wrong = len(shown.wrong), np.count_nonzero(shown.wrong)
    return {
        "predictions": f"the first {n_shown} test images, {n_wrong} of them read wrong",
        "hidden_units": f"the weights of the pixels, for each {unit}",
        "training": "loss and accuracy, epoch by epoch",
        "confusion_matrix": "which digits are taken for which",
    }


@contextmanager
def figure(path: Path, width: float, height: float) -> Iterator[Axes]:
    """Yield axes to draw in, of `width` by `height` inches, and write them as a PNG."""
    # Not with pyplot, which would open the windows of the user's backend.
    drawn = Figure(figsize=(width, height), layout="constrained")
    yield drawn.add_subplot()
    write_figure(drawn, path)


def _scaled(classifier: SimpleMLPClassifier, **options: Any) -> Pipeline:
    return Pipeline(
        [("scale", FunctionTransformer(scale_pixels)), ("network", classifier)], **options
    )


def _n_steps(data: Bunch, options: TrainOptions) -> int:
    return -(-len(data.y_train) // options.batch_size)


def _pluralize(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"
