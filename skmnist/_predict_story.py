"""What ``skmnist predict`` does: read digits in pictures with a model that was saved."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from skmnist._errors import one_line
from skmnist._story import new_console
from skmnist.datasets import read_digit
from skmnist.display._fitted import innermost

# Of 0.05 %, which is shown as 0.1 %.
_LEAST_SHOWN = 0.0005


def tell(path: Path, pictures: Sequence[Path]) -> bool:
    """Print which digit is in each picture, and how probable that is.

    Parameters
    ----------
    path : Path
        The model: what ``skmnist --save`` or `skmnist.persistence.save` has written.
    pictures : sequence of Path
        The pictures, of one digit each.

    Returns
    -------
    bool
        Whether all pictures could be read. What was wrong with the others is said on stderr.

    Raises
    ------
    OSError
        If the model cannot be read.
    ValueError
        If it is damaged, or no model of digits of 28 × 28 pixels.
    """
    console = new_console()
    with console.status("Loading TensorFlow"):
        from skmnist.classifier import SimpleMLPClassifier
        from skmnist.persistence import load

        model: Any = load(path)
    network = innermost(model)
    if not isinstance(network, SimpleMLPClassifier):
        raise ValueError(f"{path} holds a {type(network).__name__}, not a SimpleMLPClassifier.")
    shape = network.model_.input_shape[1:]
    if len(shape) == 1:
        # What comes before the network may have made more or fewer features of the pixels.
        shape = (getattr(model, "n_features_in_", *shape),)
    if np.prod(shape) != 28 * 28:
        raise ValueError(
            f"{path} was trained on samples of shape {shape}. Pictures are read as 28 × 28 pixels."
        )
    width = max(len(picture.name) for picture in pictures)
    all_well = True
    for picture in pictures:
        try:
            digit = read_digit(picture)
        except (OSError, ValueError) as error:
            print(f"skmnist: error: {one_line(error)}", file=sys.stderr)
            all_well = False
            continue
        probabilities = model.predict_proba(digit.reshape(1, *shape))[0]
        ranked = [
            f"{model.classes_[code]} ({probabilities[code]:.1%})"
            for code in np.argsort(-probabilities, kind="stable")
            if probabilities[code] >= _LEAST_SHOWN
        ]
        console.print(f"{picture.name:{width}}   {'  '.join(ranked)}")
    return all_well
