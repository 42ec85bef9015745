"""``skmnist predict``: read digits in pictures with a saved network."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from skmnist.classifier import SimpleMLPClassifier
from skmnist.cli._options import PredictOptions
from skmnist.cli._output import new_console, one_line, prepare_file, printable, write_figure
from skmnist.datasets import read_digit
from skmnist.datasets._picture import open_picture, shrink
from skmnist.display._inputs import unwrap
from skmnist.persistence import load

# Of 0.05 %, which is shown as 0.1 %.
_LEAST_SHOWN = 0.0005


class Answer(NamedTuple):
    """What a network computed for a picture."""

    picture: Path
    digit: NDArray[np.uint8]  # (28, 28)
    probabilities: NDArray[np.float64]  # (n_classes,)


def predict(options: PredictOptions) -> bool:
    """Print which digit each picture shows, and return whether all pictures could be read."""
    _check_order(options)
    console = new_console()
    with console.status("Loading the network"):
        model: Any = load(options.model)
    network, _ = unwrap(model)
    if not isinstance(network, SimpleMLPClassifier):
        raise ValueError(
            f"{options.model} holds a {type(network).__name__}, not a SimpleMLPClassifier."
        )
    check_is_fitted(network)
    shape = _sample_shape(model, network)
    if np.prod(shape) != 28 * 28:
        raise ValueError(
            f"{options.model} was trained on samples of shape {shape}. Pictures are read as "
            "28 × 28 pixels."
        )
    if options.show is not None:
        prepare_file(options.show, "--show")
    width = max(len(printable(picture.name)) for picture in options.pictures)
    answers = []
    for picture in options.pictures:
        try:
            digit = read_digit(picture)
        except (OSError, ValueError) as error:
            print(f"skmnist: error: {one_line(error)}", file=sys.stderr)
            continue
        probabilities = model.predict_proba(digit.reshape(1, *shape))[0]
        ranked = [
            f"{printable(model.classes_[code])} ({probabilities[code]:.1%})"
            for code in np.argsort(-probabilities, kind="stable")
            if probabilities[code] >= _LEAST_SHOWN
        ]
        console.print(f"{printable(picture.name):{width}}   {'  '.join(ranked)}")
        answers.append(Answer(picture, digit, probabilities))
    if options.show is not None and answers:
        _draw(answers, [printable(label) for label in model.classes_], options.show)
        console.print(f"drawn in {printable(options.show)}")
    return len(answers) == len(options.pictures)


def _check_order(options: PredictOptions) -> None:
    if zipfile.is_zipfile(options.model):
        return
    for path in options.pictures:
        if zipfile.is_zipfile(path):
            raise ValueError(
                f"{options.model} is not a saved network, but {path} may be one. "
                f"The network comes first: skmnist predict {path} {options.model}"
            )


def _sample_shape(model: Any, network: Any) -> tuple[int, ...]:
    if network.image_shape_ is not None:
        return network.image_shape_
    # A step before the network may have made more or fewer features of the pixels.
    return (getattr(model, "n_features_in_", network.n_features_in_),)


def _draw(answers: list[Answer], labels: list[str], path: Path) -> None:
    """Draw a row for each picture: itself, the pixels of the network's input, probabilities."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    row_height = max(1.9, 0.19 * len(labels))
    figure = Figure(figsize=(8, row_height * len(answers) + 0.2), layout="constrained")
    rows = figure.subplots(len(answers), 3, squeeze=False, width_ratios=[1, 1, 1.6])
    for (given, seen, bars), answer in zip(rows, answers, strict=True):
        picture, _ = open_picture(answer.picture)
        given.imshow(shrink(picture, 600))
        given.set_title(printable(answer.picture.name), fontsize=9, parse_math=False)
        seen.imshow(answer.digit, cmap="gray")
        seen.set_title("28 × 28 pixels", fontsize=9)
        for ax in (given, seen):
            ax.set(xticks=[], yticks=[])
        places = np.arange(len(labels))
        best = int(np.argmax(answer.probabilities))
        colors = ["tab:blue" if place == best else "lightgray" for place in places]
        bars.barh(places, answer.probabilities, color=colors)
        bars.set_yticks(places, labels, fontsize=8, parse_math=False)
        bars.set(xlim=(0, 1), ylim=(len(labels) - 0.5, -0.5))
        bars.xaxis.set_major_formatter(PercentFormatter(1))
        bars.tick_params(axis="x", labelsize=8)
        bars.set_title(
            f"{labels[best]}: {answer.probabilities[best]:.1%}", fontsize=9, parse_math=False
        )
    write_figure(figure, path)
