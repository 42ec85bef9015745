"""The Keras layers of a network: Flatten, (Dense, Dropout)*, Dense with softmax."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf
from keras import Sequential

from skmnist._activations import ACTIVATIONS
from skmnist._network import Architecture, TrainedNetwork
from skmnist.engine.optimizers import OptimizerSpec, difference
from skmnist.engine.own_state import check_caller_state, in_own_state
from skmnist.engine.runtime import raise_if_forked, release_variables
from skmnist.engine.stateless import state_variables


def build_layers(
    hidden_units: Sequence[int],
    n_classes: int,
    *,
    activation: str | Callable,
    dropout: float = 0.0,
    l2: float = 0.0,
    first_dense: type[keras.layers.Dense] = keras.layers.Dense,
    dropout_class: type[keras.layers.Dropout] = keras.layers.Dropout,
    output_activation: str = "softmax",
) -> list[keras.layers.Layer]:
    """Make the layers, the Input aside, without weights yet."""
    # Not the global dtype policy and data format: the programs are written for float32,
    # and rows are pixels in the order of `numpy.ravel`. Keras would draw a seed from
    # Python's global generator wherever it is given none.
    layers: list[keras.layers.Layer] = [
        keras.layers.Flatten(
            name="flatten", data_format="channels_last", dtype="float32"
        )
    ]
    regularizer = keras.regularizers.L2(l2) if l2 else None

    widths = (*hidden_units, n_classes)
    for number, units in enumerate(widths):
        is_last = number == len(widths) - 1
        if number > 0 and dropout:
            layers.append(
                dropout_class(
                    dropout, seed=number, name=f"dropout_{number}", dtype="float32"
                )
            )

        dense_class = keras.layers.Dense if number else first_dense
        layers.append(
            dense_class(
                units,
                activation=output_activation if is_last else activation,
                kernel_initializer=keras.initializers.GlorotUniform(seed=number),
                kernel_regularizer=regularizer,
                # The names that Keras gives to the first model of a process.
                name=f"dense_{number}" if number else "dense",
                dtype="float32",
            )
        )
    return layers


def build_model(
    architecture: Architecture,
    weights: Sequence[np.ndarray],
    optimizer: keras.optimizers.Optimizer,
) -> Sequential:
    """Build and compile the network as a Keras model with these weights.

    Its metrics exist, as callbacks expect it: Keras makes them when it first computes
    them.

    Examples
    --------
    >>> import keras
    >>> from skmnist._network import Architecture
    >>> from skmnist.engine.layers import build_model
    >>> tutorial = Architecture((28, 28), (5,), "sigmoid", n_classes=10)
    >>> weights = tutorial.initial_weights(seed=0)
    >>> model = build_model(tutorial, weights, keras.optimizers.Adam())
    >>> model.count_params()
    3985
    """
    raise_if_forked("Building a network")
    return in_own_state(_build_model, architecture, weights, optimizer)


def _build_model(
    architecture: Architecture,
    weights: Sequence[np.ndarray],
    optimizer: keras.optimizers.Optimizer,
) -> Sequential:
    layers = build_layers(
        architecture.hidden_units,
        architecture.n_classes,
        activation=architecture.activation,
        dropout=architecture.dropout,
        l2=architecture.l2,
    )
    inputs = keras.Input(architecture.input_shape, dtype="float32")
    model = Sequential([inputs, *layers], name="sequential")
    model.set_weights(weights)
    model.compile(
        optimizer,
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        auto_scale_loss=False,  # float32 needs no scaling
    )

    x = np.zeros((1, *architecture.input_shape), np.float32)
    model.compute_metrics(x, np.zeros(1), model(x))
    model.reset_metrics()
    return model


def trained_model(
    network: TrainedNetwork, optimizer: keras.optimizers.Optimizer
) -> Sequential:
    """Build a trained network as a Keras model; the optimizer gets its state."""
    raise_if_forked("Building a network")
    check_caller_state("Building a network")
    release_variables()  # of models before this one
    return in_own_state(_trained_model, network, optimizer)


def _trained_model(
    network: TrainedNetwork, optimizer: keras.optimizers.Optimizer
) -> Sequential:
    model = _build_model(network.architecture, network.weights, optimizer)
    # Keras expects it of a file that it reads.
    optimizer.build(model.trainable_variables)

    # A callback may have trained with another one.
    is_the_same = (
        difference(OptimizerSpec.of(optimizer).key, network.optimizer_key) is None
    )
    if is_the_same and network.optimizer_state:
        variables = state_variables(optimizer)
        for variable, value in zip(variables, network.optimizer_state, strict=True):
            variable.assign(value)
    return model


def activation_names() -> list[str]:
    """Names of Keras's activations, in alphabetical order."""
    # Not these: "glu" halves the units, "threshold" needs arguments.
    others = {"deserialize", "get", "glu", "serialize", "threshold"}
    names = set(dir(keras.activations)) - others
    return sorted(name for name in names if not name.startswith("_"))


def activation_name(function: Callable) -> str | None:
    """Return the name of a function in `keras.activations`; None for any other."""
    names = (n for n in activation_names() if getattr(keras.activations, n) is function)
    return next(names, None)


def check_activation(activation: str | Callable) -> None:
    """Raise ValueError for a callable that does not keep the shape of a tensor."""
    if isinstance(activation, str):
        return
    if isinstance(activation, keras.layers.Layer):
        raise ValueError(
            f"activation must be a function of a tensor, not the layer {activation!r}. "
            "keras.activations has functions for most such layers."
        )

    for dtype in (tf.float32, tf.float64):
        try:
            shape = in_own_state(_shape_of_result, activation, dtype)
        # A function of the user's can raise anything.
        except Exception as error:
            raise ValueError(
                f"activation={activation!r} fails on a {dtype.name} tensor: {error} It "
                "must be made of TensorFlow's or Keras's functions, such as "
                "keras.ops.tanh."
            ) from error
        if shape != (2, 3):
            raise ValueError(
                f"activation={activation!r} must give a tensor of the shape that it "
                f"gets; of (2, 3), it gives {shape}."
            )


def _shape_of_result(
    activation: Callable, dtype: tf.DType
) -> tuple[int | None, ...] | None:
    traced = tf.function(activation, autograph=False).get_concrete_function(
        tf.TensorSpec((2, 3), dtype)
    )
    shape = traced.output_shapes
    if not isinstance(shape, tf.TensorShape) or shape.rank is None:
        return None
    return tuple(shape)


def has_gradient(activation: str | Callable) -> bool:
    """Whether what comes before an activation can be trained through it."""
    return isinstance(activation, str) or in_own_state(_has_gradient, activation)


def _has_gradient(activation: Callable) -> bool:
    outcomes = []

    def gradient(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = activation(x)
        outcomes.append(tape.gradient(y, x) is not None)
        return y

    tf.function(gradient, autograph=False).get_concrete_function(tf.TensorSpec((2, 3)))
    return outcomes[-1]


def activation_in_numpy(
    activation: str | Callable,
) -> Callable[[np.ndarray], np.ndarray]:
    """Return an activation as a function of an array; Keras computes the unnamed."""
    if isinstance(activation, str):
        return ACTIVATIONS[activation]

    def activate(sums: np.ndarray) -> np.ndarray:
        what = f"Predicting with activation={activation!r}"
        raise_if_forked(what)
        check_caller_state(what)
        with tf.device("CPU:0"):
            return np.asarray(activation(tf.constant(sums)))

    return activate
