"""Scoring a network on rows that it is not trained on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from skmnist.network.architecture import Architecture
from skmnist.network.inference import predict_proba
from skmnist.network.rows import RowMatrix


@dataclass(frozen=True)
class ValidationData:
    """Rows that are scored after each epoch."""

    x: RowMatrix
    codes: np.ndarray  # (n_samples,): classes, as integers from 0
    weights: np.ndarray | None = None  # (n_samples,); None for 1


def validate(
    architecture: Architecture,
    weights: Sequence[np.ndarray],
    data: ValidationData,
    batch_size: int,
) -> Iterator[dict[str, float]]:
    """Yield "loss" and "accuracy" of the rows up to the end of each batch.

    Both are means that are weighted by the rows; the regularization is part of the loss.
    """
    probabilities = predict_proba(architecture, weights, data.x)
    likelihoods = probabilities[np.arange(len(data.codes)), data.codes]
    losses = -np.log(np.maximum(likelihoods, np.finfo(np.float64).tiny))
    if architecture.l2:
        losses += architecture.l2 * sum(float(np.sum(kernel**2)) for kernel in weights[::2])
    # Of a network that has diverged, every row would be of the first class.
    is_correct = (probabilities.argmax(axis=1) == data.codes) & ~np.isnan(likelihoods)
    row_weights = np.ones(len(losses)) if data.weights is None else data.weights.astype(float)
    batch_size = min(batch_size, len(losses))
    for end in range(batch_size, len(losses) + batch_size, batch_size):
        weight = row_weights[:end].sum() or 1.0  # as Keras, 0 where nothing weighs
        yield {
            "loss": float(row_weights[:end] @ losses[:end] / weight),
            "accuracy": float(row_weights[:end] @ is_correct[:end] / weight),
        }
