"""``skmnist predict``: read digits in pictures with a saved network."""

from __future__ import annotations

import sys
import zipfile
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skmnist.cli._console import new_console, one_line, printable
from skmnist.cli._options import PredictOptions
from skmnist.datasets import read_digit
from skmnist.display._fitted import innermost

# Of 0.05 %, which is shown as 0.1 %.
_LEAST_SHOWN = 0.0005


def predict(options: PredictOptions) -> bool:
    """Print which digit each picture shows, and return whether all pictures could be read."""
    _check_order(options)
    console = new_console()
    with console.status("Loading the network"):
        from skmnist.classifier import SimpleMLPClassifier
        from skmnist.persistence import load

        model: Any = load(options.model)
    network = innermost(model)
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
    width = max(len(printable(picture.name)) for picture in options.pictures)
    all_read = True
    for picture in options.pictures:
        try:
            digit = read_digit(picture)
        except (OSError, ValueError) as error:
            print(f"skmnist: error: {one_line(error)}", file=sys.stderr)
            all_read = False
            continue
        probabilities = model.predict_proba(digit.reshape(1, *shape))[0]
        ranked = [
            f"{printable(model.classes_[code])} ({probabilities[code]:.1%})"
            for code in np.argsort(-probabilities, kind="stable")
            if probabilities[code] >= _LEAST_SHOWN
        ]
        console.print(f"{printable(picture.name):{width}}   {'  '.join(ranked)}")
    return all_read


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
    if image_shape := getattr(network, "_image_shape", None):
        return image_shape
    # A step before the network may have made more or fewer features of the pixels.
    return (getattr(model, "n_features_in_", network.n_features_in_),)
