"""``skmnist predict``: read digits in pictures with a saved network."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from skmnist._estimators import unwrap
from skmnist._files import printable
from skmnist._pixels import highest_pixel
from skmnist.classifier import SimpleMLPClassifier
from skmnist.cli._output import describe_error, new_console, prepare_file, write_figure
from skmnist.datasets import read_digit
from skmnist.datasets._picture import open_picture, shrink
from skmnist.display._percent import as_percent
from skmnist.persistence import load

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_N_SHOWN = 3


class _Answer(NamedTuple):
    picture: Path
    digit: NDArray[np.uint8]  # as read_digit returns it
    probabilities: NDArray[np.float32]


def predict(options: Namespace) -> bool:
    """Print which digit each picture shows; return whether all could be read."""
    console = new_console()
    with console.status("Loading the network"):
        model: Any = load(options.model)
    network, steps = unwrap(model)
    shape = _check_network(model, network, options.model)
    if options.show is not None:
        prepare_file(options.show, "--show")

    width = max(len(printable(picture.name)) for picture in options.pictures)
    labels = [printable(label) for label in model.classes_]
    # A network that was trained on levels from 0 to 16 gets such levels.
    factor = highest_pixel(steps) / 255
    answers = []
    for picture in options.pictures:
        try:
            digit = read_digit(picture)
        except (OSError, ValueError) as error:
            print(f"skmnist: error: {describe_error(error)}", file=sys.stderr)
            continue

        pixels = np.rint(digit * factor).astype(np.uint8)
        probabilities = model.predict_proba(pixels.reshape(1, *shape))[0]
        answers.append(_Answer(picture, digit, probabilities))
        shown = "  ".join(_likeliest(probabilities, labels))
        console.print(f"{printable(picture.name):{width}}   {shown}")

    if options.show is not None and answers:
        _draw(answers, labels, options.show)
        console.print(f"drawn in {printable(options.show)}")
    return len(answers) == len(options.pictures)


def _check_network(model: Any, network: Any, path: Path) -> tuple[int, ...]:
    """Return the shape of a model's samples, if pictures can be read as such."""
    if not isinstance(network, SimpleMLPClassifier):
        raise ValueError(
            f"{path} holds a {type(network).__name__}, not a SimpleMLPClassifier."
        )
    check_is_fitted(network)

    # A step before the network may have made more or fewer features of the pixels.
    n_features = getattr(model, "n_features_in_", network.n_features_in_)
    shape: tuple[int, ...] = network.image_shape_ or (n_features,)
    if np.prod(shape) != 28 * 28:
        raise ValueError(
            f"{path} was trained on samples of shape {shape}. Pictures are read as 28 "
            "× 28 pixels."
        )
    return shape


def _likeliest(probabilities: NDArray[np.float32], labels: list[str]) -> list[str]:
    order = np.argsort(-probabilities, kind="stable")
    return [
        f"{labels[code]} ({as_percent(probabilities[code])})"
        for code in order[:_N_SHOWN]
    ]


def _draw(answers: list[_Answer], labels: list[str], path: Path) -> None:
    """Draw a row for each picture: itself, the network's input, probabilities."""
    from matplotlib.figure import Figure

    row_height = max(1.9, 0.19 * len(labels))
    height = row_height * len(answers) + 0.2
    figure = Figure(figsize=(8, height), layout="constrained")

    rows = figure.subplots(len(answers), 3, squeeze=False, width_ratios=[1, 1, 1.6])
    for (given, seen, bars), answer in zip(rows, answers, strict=True):
        image, _ = open_picture(answer.picture)
        given.imshow(shrink(image, 600))
        given.set_title(printable(answer.picture.name), fontsize=9, parse_math=False)
        seen.imshow(answer.digit, cmap="gray")
        seen.set_title("28 × 28 pixels", fontsize=9)
        for ax in (given, seen):
            ax.set(xticks=[], yticks=[])
        _draw_probabilities(bars, answer.probabilities, labels)

    write_figure(figure, path)


def _draw_probabilities(
    ax: Axes,
    probabilities: NDArray[np.float32],
    labels: list[str],
) -> None:
    from matplotlib.ticker import PercentFormatter

    places = np.arange(len(labels))
    best = int(np.argmax(probabilities))
    ax.barh(places, probabilities, color="lightgray")
    ax.barh(best, probabilities[best], color="tab:blue")

    ax.set_yticks(places, labels, fontsize=8, parse_math=False)
    ax.set(xlim=(0, 1), ylim=(len(labels) - 0.5, -0.5))
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.tick_params(axis="x", labelsize=8)
    title = f"{labels[best]}: {as_percent(probabilities[best])}"
    ax.set_title(title, fontsize=9, parse_math=False)
