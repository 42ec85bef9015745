"""What the network is: Flatten, (Dense, Dropout)*, Dense with softmax."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import keras
import numpy as np

from skmnist.network.forks import check_fork
from skmnist.network.optimizers import state_variables

# Those of Keras's activation layers that have no weights, by their names.
ACTIVATION_LAYERS = {
    layer.__name__: layer
    for layer in (
        keras.layers.ELU,
        keras.layers.LeakyReLU,
        keras.layers.ReLU,
        keras.layers.Softmax,
    )
}


@dataclass(frozen=True)
class Architecture:
    """Everything that decides which Keras layers a network has.

    Two equal architectures train with the same program, so nothing belongs here that only
    decides what the weights are: no seed, no learning rate.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one sample: ``(n_features,)``, or ``(height, width)`` of an image.
    hidden_units : tuple of int
        Units of each hidden layer; empty for softmax regression.
    activation : str or callable
        Activation of the hidden layers, as Keras knows it, or one of `ACTIVATION_LAYERS`.
    n_classes : int
        Units of the softmax layer.
    dropout : float, default=0.0
        Fraction of the units of each hidden layer that are dropped in training.
    l2 : float, default=0.0
        Factor of the sum of the squared kernels that is added to the loss of each batch.
    """

    input_shape: tuple[int, ...]
    hidden_units: tuple[int, ...]
    activation: str | Callable
    n_classes: int
    dropout: float = 0.0
    l2: float = 0.0

    @property
    def n_features(self) -> int:
        """Number of values in one sample."""
        return math.prod(self.input_shape)

    @property
    def weight_shapes(self) -> list[tuple[int, ...]]:
        """Shapes of the kernel and the bias of each Dense layer."""
        widths = (self.n_features, *self.hidden_units, self.n_classes)
        return [shape for n_in, n_out in pairwise(widths) for shape in ((n_in, n_out), (n_out,))]

    @property
    def n_weights(self) -> int:
        """Number of trainable values: 3,985 for 28 × 28 pixels, 5 hidden units, 10 classes."""
        return sum(math.prod(shape) for shape in self.weight_shapes)

    def layers(
        self,
        seed: int,
        *,
        first_dense: type[keras.layers.Dense] = keras.layers.Dense,
        output_activation: str = "softmax",
    ) -> list[keras.layers.Layer]:
        """Make the layers, the Input aside, with weights drawn from `seed` alone.

        Keras draws a seed from Python's global generator wherever it is given none; every
        initializer and every Dropout therefore gets one of its own here, and the global
        generators of Python, NumPy and TensorFlow are left alone.

        Parameters
        ----------
        seed : int
            Decides the initial weights and the Dropout masks.
        first_dense : type, default=keras.layers.Dense
            The class of the first Dense layer.
        output_activation : {"softmax", "linear"}, default="softmax"
            Whether the last layer gives probabilities or their logits.

        Returns
        -------
        list of keras.layers.Layer
            Not built yet: they have no weights before they have seen an input shape.
        """
        seeds = iter(_layer_seeds(seed, 2 * len(self.hidden_units) + 1))
        # Not the global dtype policy: the programs are written for float32.
        layers: list[keras.layers.Layer] = [keras.layers.Flatten(name="flatten", dtype="float32")]
        units_and_activations = [(units, self.activation) for units in self.hidden_units]
        units_and_activations.append((self.n_classes, output_activation))
        for number, (units, activation) in enumerate(units_and_activations):
            if number > 0 and self.dropout:
                layers.append(
                    keras.layers.Dropout(
                        self.dropout, seed=next(seeds), name=f"dropout_{number}", dtype="float32"
                    )
                )
            dense_class = first_dense if number == 0 else keras.layers.Dense
            activation_layer = ACTIVATION_LAYERS.get(activation)
            layers.append(
                dense_class(
                    units,
                    activation=None if activation_layer else activation,
                    kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
                    kernel_regularizer=keras.regularizers.L2(self.l2) if self.l2 else None,
                    # The names that Keras gives to the first model of a process.
                    name=f"dense_{number}" if number else "dense",
                    dtype="float32",
                )
            )
            if activation_layer:
                layers.append(activation_layer(name=f"activation_{number + 1}", dtype="float32"))
        return layers


def build_sequential(
    architecture: Architecture,
    seed: int = 0,
    model_class: type[keras.Sequential] = keras.Sequential,
) -> keras.Sequential:
    """Build the network as a Keras model, not compiled yet.

    Parameters
    ----------
    architecture : Architecture
        The layers to make.
    seed : int, default=0
        Decides the initial weights: Glorot's uniform distribution [1]_ for the kernels,
        zeros for the biases, as in Keras's own Dense.
    model_class : type, default=keras.Sequential
        The class of the model.

    Returns
    -------
    keras.Sequential
        The article's network where the architecture is the default one.

    Raises
    ------
    RuntimeError
        If this process was forked from one in which TensorFlow was running.

    References
    ----------
    .. [1] X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward
       neural networks", AISTATS 2010.

    Examples
    --------
    >>> from skmnist.network.architecture import Architecture, build_sequential
    >>> model = build_sequential(Architecture((28, 28), (5,), "sigmoid", n_classes=10))
    >>> model.count_params()
    3985
    """
    check_fork("Building a network")
    return model_class(
        [keras.Input(architecture.input_shape), *architecture.layers(seed)], name="sequential"
    )


def compile_sequential(model: keras.Sequential, optimizer: keras.optimizers.Optimizer) -> None:
    """Compile a model with the loss and the metric of the training, for integer classes."""
    model.compile(
        optimizer,
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        # float32 needs no scaling.
        auto_scale_loss=False,
    )


def trained_sequential(
    architecture: Architecture,
    weights: Sequence[np.ndarray],
    optimizer: keras.optimizers.Optimizer,
    optimizer_state: Sequence[np.ndarray],
) -> keras.Sequential:
    """Build the network as a compiled Keras model that has been trained.

    Parameters
    ----------
    architecture : Architecture
        The layers.
    weights : sequence of ndarray
        Kernel and bias of each Dense layer. They are copied.
    optimizer : keras.optimizers.Optimizer
        An optimizer that has made no step yet.
    optimizer_state : sequence of ndarray
        The values of its variables; empty to leave them as they are.

    Returns
    -------
    keras.Sequential
        The model.
    """
    model = build_sequential(architecture)
    model.set_weights(weights)
    compile_sequential(model, optimizer)
    # Keras expects it of a file that it reads.
    optimizer.build(model.trainable_variables)
    variables = state_variables(optimizer)
    for variable, value in zip(variables, optimizer_state, strict=bool(optimizer_state)):
        variable.assign(value)
    return model


def activation_names() -> list[str]:
    """Names of Keras's activations and of its activation layers, in alphabetical order."""
    # Not these: "glu" halves the units, "threshold" wants to be told which.
    others = {"deserialize", "get", "glu", "serialize", "threshold"}
    functions = set(dir(keras.activations)) - others
    names = {name for name in functions if not name.startswith("_")}
    return sorted(names | set(ACTIVATION_LAYERS), key=lambda name: (name.lower(), name))


def _layer_seeds(seed: int, n_seeds: int) -> Sequence[int]:
    # SeedSequence makes streams that are independent even for the seeds 0, 1, 2, ... that
    # people use. Keras wants 31 bits.
    return [int(s) >> 1 for s in np.random.SeedSequence(seed).generate_state(n_seeds)]
