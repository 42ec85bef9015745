"""Scoring a network on rows that it is not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skmnist.network.architecture import Architecture
from skmnist.network.inference import predict_proba
from skmnist.network.rows import RowMatrix


@dataclass(frozen=True)
class ValidationData:
    """Rows that are scored after each epoch.

    Parameters
    ----------
    x : ndarray or CSR matrix of shape (n_samples, n_features), uint8 or float32
        The rows.
    codes : ndarray of shape (n_samples,), int
        Their classes, as integers from 0.
    weights : ndarray of shape (n_samples,), float32, or None
        Their weights; None for 1.
    """

    x: RowMatrix
    codes: np.ndarray
    weights: np.ndarray | None = None


def validate(
    architecture: Architecture, weights: Sequence[np.ndarray], data: ValidationData
) -> dict[str, float]:
    """Compute the loss and the accuracy of a network.

    Parameters
    ----------
    architecture : Architecture
        The network.
    weights : sequence of ndarray
        Kernel and bias of each Dense layer.
    data : ValidationData
        The rows.

    Returns
    -------
    dict of str to float
        "val_loss", the weighted mean of the cross-entropy with the regularization added, and
        "val_accuracy", the weighted share of rows that are classified right.
    """
    probabilities = predict_proba(architecture, weights, data.x)
    likelihoods = probabilities[np.arange(len(data.codes)), data.codes]
    losses = -np.log(np.maximum(likelihoods, np.finfo(np.float64).tiny))
    # Of a network that has diverged, every row would be of the first class.
    is_correct = (probabilities.argmax(axis=1) == data.codes) & ~np.isnan(likelihoods)
    loss = np.average(losses, weights=data.weights)
    if architecture.l2:
        loss += architecture.l2 * sum(float(np.sum(kernel**2)) for kernel in weights[::2])
    accuracy = np.average(is_correct, weights=data.weights)
    return {"val_loss": float(loss), "val_accuracy": float(accuracy)}
