"""``skmnist``: load the data, train or search, report and draw."""

from __future__ import annotations

import shlex
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import parallel_config
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.console import Console
from sklearn import config_context
from sklearn.base import clone
from sklearn.metrics import (
    ConfusionMatrixDisplay,
    accuracy_score,
    classification_report,
)
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from skmnist._compat import show_progress, validate_parameters_of
from skmnist._files import printable
from skmnist._pixels import scale_pixels
from skmnist.classifier import SimpleMLPClassifier
from skmnist.cli._output import new_console, prepare_file, write_figure
from skmnist.datasets import load_mnist
from skmnist.display import (
    DigitsDisplay,
    HiddenUnitsDisplay,
    SearchDisplay,
    TrainingDisplay,
)
from skmnist.display._search_results import fit_times
from skmnist.persistence import save

if TYPE_CHECKING:
    from sklearn.utils import Bunch

# 5 epochs of 60,000 images in batches of 32.
TUTORIAL_STEPS = 9_375
N_FOLDS = 3


def train(options: Namespace) -> None:
    """Train one network, or search for the best width; print and draw the outcome."""
    console = new_console()
    data = load_mnist(
        options.data,
        target_column=options.target_column,
        transposed=options.transposed,
    )
    options.output.mkdir(parents=True, exist_ok=True)
    if options.save is not None:
        prepare_file(options.save, "--save")
    _introduce(data, options.output, console)

    classifier = _new_classifier(options, len(data.y_train))
    with console.status("Loading TensorFlow"):
        validate_parameters_of(classifier)  # imports it
    if options.search is None:
        _show_network(classifier, data, console)

    start = time.perf_counter()
    if options.search is None:
        _announce_training(classifier, data, options, console)
        estimator = fitted = _fit(classifier, data, options.raw_pixels)
        console.print(f"  The training took {_seconds_since(start)}")
    else:
        widths = list(dict.fromkeys(options.search))
        _announce_search(classifier, data, widths, options, console)
        estimator = _search(classifier, data, widths, options.raw_pixels)
        fitted = estimator.best_estimator_
        duration = _seconds_since(start)
        _show_search(estimator, len(data.y_train), console)
        console.print(f"  The search took {duration}")
        with _figure(options.output / "search.png", 9, 3.8) as ax:
            SearchDisplay.from_estimator(estimator, ax=ax)

    if options.save is not None:
        save(fitted, options.save)
        console.print(f"  The network is saved in {printable(options.save)}")
    _report(estimator, data, options.output, console)

    console.print(f"\nThe figures are in {printable(options.output.resolve())}")
    arguments = printable(_next_arguments(options, estimator))
    console.print(f"Try next: {options.command} {arguments}")


def _new_classifier(options: Namespace, n_images: int) -> SimpleMLPClassifier:
    epochs = options.epochs
    if epochs is None:
        n_steps = _n_steps(n_images, options.batch_size)
        epochs = max(1, round(TUTORIAL_STEPS / n_steps))

    return SimpleMLPClassifier(
        hidden_units=options.hidden_units,
        activation=options.activation,
        learning_rate=options.learning_rate,
        epochs=epochs,
        batch_size=options.batch_size,
        random_state=options.seed,
    )


def _seconds_since(start: float) -> str:
    return f"{time.perf_counter() - start:.1f} s"


def _n_steps(n_images: int, batch_size: int) -> int:
    return -(-n_images // batch_size)


def _announce_training(
    classifier: SimpleMLPClassifier,
    data: Bunch,
    options: Namespace,
    console: Console,
) -> None:
    n_images = len(data.y_train)
    images = _pluralize(n_images, "image")
    epochs = _pluralize(classifier.epochs, "epoch")
    steps = _pluralize(_n_steps(n_images, classifier.batch_size), "gradient step")

    console.print("\nThe training", style="bold")
    console.print(
        f"  {images}, {_describe_pixels(data, options)}; {epochs} of {steps}\n"
        "  val_loss and val_accuracy are of the test images; nothing is chosen by them"
    )


def _announce_search(
    classifier: SimpleMLPClassifier,
    data: Bunch,
    widths: list[int],
    options: Namespace,
    console: Console,
) -> None:
    images = _pluralize(len(data.y_train), "image")
    fits = _pluralize(len(widths) * N_FOLDS, "fit")
    epochs = _pluralize(classifier.epochs, "epoch")
    listed = ", ".join(map(str, widths))

    console.print("\nThe search", style="bold")
    console.print(
        f"  hidden units: {listed}; {images} in {N_FOLDS} folds, "
        f"{_describe_pixels(data, options)}\n"
        f"  {fits} of {epochs}, each tested on the fold left out; then the best on all "
        "images"
    )


def _describe_pixels(data: Bunch, options: Namespace) -> str:
    if options.raw_pixels:
        return "raw pixels"
    highest = _highest(data)
    if highest == 255:
        return "pixels scaled to 0 to 1"
    return f"pixels scaled to 0 to 1 (divided by {highest})"


def _next_arguments(options: Namespace, estimator: Any) -> str:
    """Return the arguments of a command to try next."""
    if options.save is not None:
        return shlex.join(["predict", str(options.save), "photo.jpg"])
    if options.search is None:
        return "--search 5 16 64 128"
    return f"--hidden-units {_best_width(estimator)} --save digits.skops"


def _introduce(data: Bunch, folder: Path, console: Console) -> None:
    console.print("The data", style="bold")
    console.print(repr(data))

    with _figure(folder / "first_digits.png", 8, 1.9) as ax:
        first = DigitsDisplay.from_images(data.images_train, data.y_train, n=5, ax=ax)
    labels = ", ".join(printable(label) for label in data.y_train[: len(first.images)])
    console.print(f"  The first digits are {labels}.")


def _show_network(
    classifier: SimpleMLPClassifier,
    data: Bunch,
    console: Console,
) -> None:
    # An estimator has a network once it is fitted. One image of each digit is enough
    # for that.
    _, one_of_each = np.unique(data.y_train, return_index=True)
    rehearsal = clone(classifier).set_params(epochs=1)
    rehearsal.fit(data.images_train[one_of_each], data.y_train[one_of_each])

    console.print("\nThe network", style="bold")
    # A copy that is not compiled, or what Adam keeps of each weight would count as
    # parameters.
    model = rehearsal.model_
    network = type(model).from_config(model.get_config())
    # Keras measures the terminal; where there is none, it takes 80 columns.
    network.summary(print_fn=lambda text: console.print(text.rstrip()))


def _fit(classifier: SimpleMLPClassifier, data: Bunch, raw_pixels: bool) -> Any:
    classifier.set_params(verbose=1)
    with config_context(enable_metadata_routing=True):
        estimator = classifier.set_fit_request(X_val=True, y_val=True)
        if not raw_pixels:
            estimator = _scaled(classifier, data, transform_input=["X_val"])
        return estimator.fit(
            data.images_train,
            data.y_train,
            X_val=data.images_test,
            y_val=data.y_test,
        )


def _search(
    classifier: SimpleMLPClassifier,
    data: Bunch,
    widths: list[int],
    raw_pixels: bool,
) -> GridSearchCV:
    if raw_pixels:
        estimator, parameter = classifier, "hidden_units"
    else:
        estimator, parameter = _scaled(classifier, data), "network__hidden_units"

    search = GridSearchCV(
        estimator,
        {parameter: widths},
        cv=N_FOLDS,
        n_jobs=-1,
        # An option that is wrong for one candidate is wrong for all.
        error_score="raise",
    )
    show_progress(search)
    # In threads, which share what has been compiled.
    with parallel_config(backend="threading"):
        return search.fit(data.images_train, data.y_train)


def _ranking(search: GridSearchCV) -> str:
    import pandas

    results = search.cv_results_
    (parameter,) = search.param_grid
    table = pandas.DataFrame(
        {
            "rank_test_score": results["rank_test_score"],
            "hidden_units": results[f"param_{parameter}"],
            "mean_test_score": results["mean_test_score"].round(4),
            "std_test_score": results["std_test_score"].round(4),
            "fit_time": fit_times(search).usual.round(2),
        }
    )
    ranked = table.sort_values("rank_test_score", kind="stable")
    return ranked.to_string(index=False)


def _show_search(search: GridSearchCV, n_images: int, console: Console) -> None:
    """Print the ranking, and which network was trained on all images."""
    console.print(_ranking(search))
    console.print(
        "  fit_time: seconds of a usual fit; first fits take longer, to compile"
    )

    units = _pluralize(_best_width(search), "hidden unit")
    images = _pluralize(n_images, "image")
    console.print(
        f"\n  Best: {units}, mean accuracy {search.best_score_:.4f}; trained on all "
        f"{images}"
    )


def _best_width(search: GridSearchCV) -> int:
    (width,) = search.best_params_.values()
    return width


def _report(estimator: Any, data: Bunch, folder: Path, console: Console) -> None:
    """Test a fitted estimator and draw the outcome."""
    predictions = estimator.predict(data.images_test)
    console.print("\nThe test", style="bold")
    console.print(f"  Test accuracy: {accuracy_score(data.y_test, predictions):.4f}\n")
    # A digit that is never predicted has no precision: without a warning.
    report = classification_report(data.y_test, predictions, zero_division=0)
    for line in report.splitlines():
        console.print(printable(line))

    with _figure(folder / "predictions.png", 10, 4.2) as ax:
        DigitsDisplay.from_estimator(estimator, data.images_test, data.y_test, ax=ax)
    with _figure(folder / "hidden_units.png", 8, 6) as ax:
        HiddenUnitsDisplay.from_estimator(estimator, X=data.images_train, n=12, ax=ax)
    with _figure(folder / "training.png", 9, 3.5) as ax:
        TrainingDisplay.from_estimator(estimator, ax=ax)
    with _figure(folder / "confusion_matrix.png", 6.5, 5.5) as ax:
        ConfusionMatrixDisplay.from_predictions(data.y_test, predictions, ax=ax)


@contextmanager
def _figure(path: Path, width: float, height: float) -> Iterator[Axes]:
    """Yield axes to draw in, of `width` by `height` inches, and write them as a PNG."""
    # Not with pyplot, which would open the windows of the user's backend.
    drawn = Figure(figsize=(width, height), layout="constrained")
    yield drawn.add_subplot()
    write_figure(drawn, path)


def _scaled(classifier: SimpleMLPClassifier, data: Bunch, **options: Any) -> Pipeline:
    """Scale by the highest pixel of the images to train on."""
    scale = FunctionTransformer(scale_pixels)
    highest = _highest(data)
    if highest != 255:
        scale.set_params(kw_args={"highest": highest})
    return Pipeline([("scale", scale), ("network", classifier)], **options)


def _highest(data: Bunch) -> int:
    return max(1, int(data.images_train.max()))


def _pluralize(n: int, noun: str) -> str:
    if n == 1:
        return f"{n:,} {noun}"
    return f"{n:,} {noun}s"
