"""Prediction and training of a network in plain NumPy, from the formulas."""

import numpy as np
from scipy.sparse import issparse
from scipy.special import erf, expit, log_softmax, softmax

SELU = 1.0507009873554805
# TensorFlow keeps these in float32, also where it computes in float64.
LEAKS = {"leaky_relu": np.float32(0.2), "LeakyReLU": np.float32(0.3)}
# Those of Keras's documentation, with its constants.
ACTIVATIONS = {
    "celu": lambda x: np.maximum(x, 0) + np.minimum(np.expm1(np.minimum(x, 0)), 0),
    "ELU": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "exponential": np.exp,
    "gelu": lambda x: x * (1 + erf(x / np.sqrt(2))) / 2,
    "hard_shrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "hard_sigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "hard_silu": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "hard_swish": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "leaky_relu": lambda x: np.where(x > 0, x, LEAKS["leaky_relu"] * x),
    "LeakyReLU": lambda x: np.where(x > 0, x, LEAKS["LeakyReLU"] * x),
    "linear": lambda x: x,
    "log_sigmoid": lambda x: -np.logaddexp(0, -x),
    "log_softmax": lambda x: log_softmax(x, axis=1),
    "mish": lambda x: x * np.tanh(np.logaddexp(0, x)),
    "relu": lambda x: np.maximum(x, 0),
    "ReLU": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "selu": lambda x: (
        SELU * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0)))
    ),
    "sigmoid": expit,
    "silu": lambda x: x * expit(x),
    "soft_shrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
    "softmax": lambda x: softmax(x, axis=1),
    "Softmax": lambda x: softmax(x, axis=1),
    "softplus": lambda x: np.logaddexp(0, x),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "sparse_plus": lambda x: np.where(x < 1, np.maximum(x + 1, 0) ** 2 / 4, x),
    "sparse_sigmoid": lambda x: np.clip((x + 1) / 2, 0, 1),
    "sparsemax": lambda x: _sparsemax(x),
    "squareplus": lambda x: (x + np.sqrt(x**2 + 4)) / 2,
    "swish": lambda x: x * expit(x),
    "tanh": np.tanh,
    "tanh_shrink": lambda x: x - np.tanh(x),
}


def plain_proba(classifier, X):
    """Probabilities in float64, and their tolerance for a first product in float32."""
    x = (X.toarray() if issparse(X) else X).reshape(X.shape[0], -1)
    # The classifier converts all input to float32.
    x = x.astype(np.float32).astype(np.float64)
    kernels, biases = classifier.coefs_, classifier.intercepts_
    activate = ACTIVATIONS[classifier.activation]

    def behind_the_first_product(sums):
        for kernel, bias in zip(kernels[1:], biases[1:], strict=True):
            sums = activate(sums) @ kernel.astype(np.float64) + bias
        return softmax(sums, axis=1)

    # Four units in the last place of the terms of the sum: large for raw pixels.
    error = 2.0**-22 * (np.abs(x) @ np.abs(kernels[0]))
    sums = x @ kernels[0].astype(np.float64) + biases[0]
    proba = behind_the_first_product(sums)
    # In several directions: softmax cancels an error that is the same in all units.
    signs = np.random.default_rng(0).choice([-1, 1], (16, *sums.shape))
    differences = [
        behind_the_first_product(sums + sign * error) - proba for sign in signs
    ]
    return proba, 1e-6 + 4 * np.abs(differences).max(axis=(0, 2))[:, np.newaxis]


def train_plainly(
    weights, x, codes, sample_weight, *, activation, rate, l2, batch_size, epochs
):
    """Train by gradient descent, without shuffling, and return weights and losses.

    `weights` are kernels and biases in turn; between the layers is sigmoid or relu.
    """
    kernels = [kernel.astype(np.float64) for kernel in weights[::2]]
    biases = [bias.astype(np.float64) for bias in weights[1::2]]
    activate = ACTIVATIONS[activation]
    slope = {"sigmoid": lambda a: a * (1 - a), "relu": lambda a: a > 0}[activation]
    targets = np.eye(len(biases[-1]))[codes]
    losses = []
    for _ in range(epochs):
        total = 0.0
        for start in range(0, len(x), batch_size):
            batch = slice(start, start + batch_size)
            weight = sample_weight[batch, np.newaxis] / sample_weight[batch].sum()
            values = [x[batch].astype(np.float64)]
            for kernel, bias in zip(kernels[:-1], biases[:-1], strict=True):
                values.append(activate(values[-1] @ kernel + bias))
            logits = values[-1] @ kernels[-1] + biases[-1]
            cross_entropy = -(
                weight * targets[batch] * log_softmax(logits, axis=1)
            ).sum()
            penalty = l2 * sum((kernel**2).sum() for kernel in kernels)
            total += (cross_entropy + penalty) * sample_weight[batch].sum()
            delta = weight * (softmax(logits, axis=1) - targets[batch])
            for layer in reversed(range(len(kernels))):
                kernel_step = values[layer].T @ delta + 2 * l2 * kernels[layer]
                bias_step = delta.sum(axis=0)
                if layer:
                    delta = (delta @ kernels[layer].T) * slope(values[layer])
                kernels[layer] -= rate * kernel_step
                biases[layer] -= rate * bias_step
        losses.append(total / sample_weight.sum())
    return kernels, biases, losses


def _sparsemax(x):
    # Martins and Astudillo, "From softmax to sparsemax", ICML 2016, algorithm 1, but
    # for the threshold: Keras 3.15 adds up all cumulative sums of the support where
    # they take the last.
    descending = -np.sort(-x, axis=1)
    sums = descending.cumsum(axis=1)
    support = 1 + np.arange(1, x.shape[1] + 1) * descending > sums
    threshold = ((sums * support).sum(axis=1) - 1) / support.sum(axis=1)
    return np.maximum(x - threshold[:, np.newaxis], 0)
