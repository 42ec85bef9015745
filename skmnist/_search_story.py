"""A search for the best width of the hidden layer: load, look, search, rank, report, draw."""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from sklearn.callback import CallbackContext, ProgressBar
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from skmnist._pixels import scale_pixels
from skmnist._story import (
    Choices,
    begin,
    counted,
    figure,
    keep,
    new_classifier,
    new_console,
    report,
)
from skmnist.display import SearchDisplay

if TYPE_CHECKING:
    from sklearn.utils import Bunch

    from skmnist.classifier import SimpleMLPClassifier

N_FOLDS = 3


def tell(choices: Choices) -> None:
    """Run the search: print what happens, and draw it.

    Parameters
    ----------
    choices : Choices
        Among which widths to search, what to train on what, and where to put the figures.

    Raises
    ------
    OSError
        If the data cannot be read or a figure cannot be written.
    ValueError
        If the data is not like MNIST or too few, or Keras has no such activation.
    """
    assert choices.search is not None
    console = new_console()
    data = begin(choices, console)
    classifier = new_classifier(choices, len(data.y_train), console).set_params(verbose=0)
    widths = list(dict.fromkeys(choices.search))
    _announce(widths, classifier, data, choices, console)
    search = _search(widths, classifier, data, choices, console)
    _rank(search, widths, console)
    keep(search.best_estimator_, choices, console)
    with figure(choices.output / "search.png", 9, 3.8) as ax:
        SearchDisplay.from_estimator(search, ax=ax)
    report(search, data, choices, console, search="score and fit time of each candidate")


def _announce(
    widths: list[int],
    classifier: SimpleMLPClassifier,
    data: Bunch,
    choices: Choices,
    console: Console,
) -> None:
    *others, last = map(str, widths)
    listed = f"{', '.join(others)} and {last}" if others else last
    trainings = counted(len(widths) * N_FOLDS, "training")
    epochs = counted(classifier.epochs, "epoch")
    images = counted(len(data.y_train), "image")
    console.print("\nThe search", style="bold")
    console.print(
        f"  {listed} hidden units; {images} in {N_FOLDS} folds, {choices.pixels}\n"
        f"  {trainings} of {epochs}, each tested on the fold left out; then the best on all images"
    )


def _search(
    widths: list[int],
    classifier: SimpleMLPClassifier,
    data: Bunch,
    choices: Choices,
    console: Console,
) -> GridSearchCV:
    estimator: Any = classifier
    param = "hidden_units"
    if not choices.raw_pixels:
        scale = FunctionTransformer(scale_pixels)
        estimator = Pipeline([("scale", scale), ("network", classifier)])
        param = f"network__{param}"
    # What Keras refuses of one candidate it refuses of all.
    search = GridSearchCV(estimator, {param: widths}, cv=N_FOLDS, error_score="raise")
    is_watched = console.is_terminal and not console.is_dumb_terminal
    # A bar for each of the many trainings would fill the terminal: one for the search will do.
    search.set_callbacks(
        ProgressBar(max_propagation_depth=0) if is_watched else CandidateLines(widths, console)
    )
    start = time.perf_counter()
    with warnings.catch_warnings():
        # Ctrl-C: a classifier keeps what it has learnt, but here it means the whole search.
        warnings.filterwarnings("error", message="Training was interrupted")
        try:
            search.fit(data.images_train, data.y_train)
        except UserWarning:
            raise KeyboardInterrupt from None
    console.print(f"  searched in {time.perf_counter() - start:.1f} s\n")
    return search


class CandidateLines:
    """A callback of scikit-learn's that prints a line when all folds of a candidate are done.

    Parameters
    ----------
    widths : list of int
        The candidates, in the order of the search.
    console : rich.console.Console
        Where to print.
    """

    def __init__(self, widths: list[int], console: Console) -> None:
        self._widths = widths
        self._console = console
        self._start = 0.0

    def setup(self, estimator: Any, context: CallbackContext) -> None:
        """Begin to measure the time."""
        self._start = time.perf_counter()

    def teardown(self, estimator: Any, context: CallbackContext) -> None:
        """Do nothing."""

    def on_fit_task_begin(self, estimator: Any, context: CallbackContext) -> None:
        """Do nothing."""

    def on_fit_task_end(self, estimator: Any, context: CallbackContext) -> None:
        """Print the line after the last fold."""
        if context.task_name != "candidate-split-evaluation":
            return
        candidate, fold = divmod(context.task_id, N_FOLDS)
        if fold == N_FOLDS - 1:
            now = time.perf_counter()
            units = counted(self._widths[candidate], "hidden unit")
            self._console.print(f"  {units}: {N_FOLDS} folds in {now - self._start:.1f} s")
            self._start = now


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
