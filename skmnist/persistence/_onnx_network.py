"""The network of a fitted classifier in the operators of ONNX."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

if TYPE_CHECKING:
    import onnx

    from skmnist.classifier import SimpleMLPClassifier

# Of 2022: what is newer, such as Gelu and Mish, can be said in older operators, and older
# runtimes then read the file too.
OPSETS = {"": 17, "ai.onnx.ml": 3}


class Graph:
    """Nodes of a graph in the making: ``graph.Add(x, 1.0)`` adds one and names its output.

    An input is the name of an output, or a value: a float, or an array.
    """

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def __getattr__(self, operator: str) -> Callable[..., str]:
        return partial(self._add, operator)

    def _add(
        self, operator: str, *inputs: str | float | np.ndarray, output: str = "", **attributes: Any
    ) -> str:
        import onnx

        names = [x if isinstance(x, str) else self._constant(x) for x in inputs]
        # The slash keeps them apart from the names that skl2onnx gives.
        output = output or f"network/{operator}_{len(self.nodes)}"
        self.nodes.append(onnx.helper.make_node(operator, names, [output], **attributes))
        return output

    def _constant(self, value: float | np.ndarray) -> str:
        import onnx

        array = np.float32(value) if isinstance(value, float) else value
        name = f"network/constant_{len(self.constants)}"
        self.constants.append(onnx.numpy_helper.from_array(np.asarray(array), name))
        return name


def make_network(
    classifier: SimpleMLPClassifier, rows: onnx.ValueInfoProto, divisor: float
) -> onnx.ModelProto:
    """Turn a fitted classifier into a model with the outputs "label" and "probabilities".

    Parameters
    ----------
    classifier : SimpleMLPClassifier
        A fitted one.
    rows : onnx.ValueInfoProto
        Name, type and shape of the input: rows or images.
    divisor : float
        What the input is divided by.

    Returns
    -------
    onnx.ModelProto
        The model.

    Raises
    ------
    ValueError
        If ONNX has no such activation or no such labels.
    """
    import onnx

    labels = _labels(classifier)
    graph = Graph()
    x = graph.Flatten(graph.Cast(rows.name, to=onnx.TensorProto.FLOAT))
    if divisor != 1:
        x = graph.Div(x, divisor)
    *hidden, output = zip(classifier._weights[::2], classifier._weights[1::2], strict=True)
    if hidden:
        activate = _activation(classifier._architecture.activation)
    for kernel, bias in hidden:
        x = activate(graph, graph.Add(graph.MatMul(x, kernel), bias))
    kernel, bias = output
    logits = graph.Add(graph.MatMul(x, kernel), bias)
    # Not of the probabilities, which are equal in float32 where the logits still differ.
    codes = graph.ArgMax(logits, axis=1, keepdims=0)
    graph.Gather(labels, codes, axis=0, output="label")
    graph.Softmax(logits, axis=1, output="probabilities")
    label_type = onnx.helper.np_dtype_to_tensor_dtype(labels.dtype)
    outputs = [
        onnx.helper.make_tensor_value_info("label", label_type, ["n_samples", *labels.shape[1:]]),
        onnx.helper.make_tensor_value_info(
            "probabilities", onnx.TensorProto.FLOAT, ["n_samples", len(bias)]
        ),
    ]
    opsets = [onnx.helper.make_opsetid("", OPSETS[""])]
    return onnx.helper.make_model(
        onnx.helper.make_graph(graph.nodes, "network", [rows], outputs, graph.constants),
        opset_imports=opsets,
        # By default it is the newest, and runtimes refuse what is newer than they are.
        ir_version=onnx.helper.find_min_ir_version_for(opsets),
    )


def _labels(classifier: SimpleMLPClassifier) -> np.ndarray:
    classes = classifier.classes_
    if classifier._is_one_hot:
        return np.eye(len(classes), dtype=np.int64)
    is_text = all(isinstance(label, str) for label in classes)
    # ONNX has numbers of up to 64 bits.
    if not is_text and (classes.dtype.kind not in "biuf" or classes.dtype.itemsize > 8):
        raise ValueError(
            f"Labels of the dtype {classes.dtype} can't be written to an ONNX file. Integers, "
            "floats of up to 64 bits, truth values and text can."
        )
    return classes.astype(object) if is_text else classes


def _activation(activation: str | Callable) -> Callable[[Graph, str], str]:
    for name, operators in _ACTIVATIONS.items():
        if activation == name or activation is getattr(keras.activations, name, None):
            return operators
    raise ValueError(
        f"The activation {activation!r} can't be written to an ONNX file. These can: "
        f"{', '.join(_ACTIVATIONS)}."
    )


def _gelu(graph: Graph, x: str) -> str:
    twice_probability = graph.Add(graph.Erf(graph.Mul(x, math.sqrt(0.5))), 1.0)
    return graph.Mul(graph.Mul(x, 0.5), twice_probability)


def _sparse_plus(graph: Graph, x: str) -> str:
    # A parabola from -1 to 1, and the line from there on.
    above_minus_1 = graph.Add(graph.Clip(x, -1.0, 1.0), 1.0)
    parabola = graph.Mul(graph.Mul(above_minus_1, above_minus_1), 0.25)
    return graph.Add(parabola, graph.Relu(graph.Sub(x, 1.0)))


def _squareplus(graph: Graph, x: str) -> str:
    root = graph.Sqrt(graph.Add(graph.Mul(x, x), 4.0))
    return graph.Mul(graph.Add(x, root), 0.5)


# By Keras's names, with the numbers that Keras takes by default. Without sparsemax: Keras 3.15
# computes another function than the published one, and may one day compute that.
_ACTIVATIONS: dict[str, Callable[[Graph, str], str]] = {
    "celu": lambda graph, x: graph.Celu(x),
    "elu": lambda graph, x: graph.Elu(x),
    "ELU": lambda graph, x: graph.Elu(x),
    "exponential": lambda graph, x: graph.Exp(x),
    "gelu": _gelu,
    "hard_shrink": lambda graph, x: graph.Shrink(x, lambd=0.5),
    "hard_sigmoid": lambda graph, x: graph.HardSigmoid(x, alpha=1 / 6, beta=0.5),
    "hard_silu": lambda graph, x: graph.HardSwish(x),
    "hard_swish": lambda graph, x: graph.HardSwish(x),
    "hard_tanh": lambda graph, x: graph.Clip(x, -1.0, 1.0),
    "leaky_relu": lambda graph, x: graph.LeakyRelu(x, alpha=0.2),
    "LeakyReLU": lambda graph, x: graph.LeakyRelu(x, alpha=0.3),
    "linear": lambda graph, x: x,
    "log_sigmoid": lambda graph, x: graph.Neg(graph.Softplus(graph.Neg(x))),
    "log_softmax": lambda graph, x: graph.LogSoftmax(x),
    "mish": lambda graph, x: graph.Mul(x, graph.Tanh(graph.Softplus(x))),
    "relu": lambda graph, x: graph.Relu(x),
    "ReLU": lambda graph, x: graph.Relu(x),
    "relu6": lambda graph, x: graph.Clip(x, 0.0, 6.0),
    "selu": lambda graph, x: graph.Selu(x),
    "sigmoid": lambda graph, x: graph.Sigmoid(x),
    "silu": lambda graph, x: graph.Mul(x, graph.Sigmoid(x)),
    "soft_shrink": lambda graph, x: graph.Shrink(x, bias=0.5, lambd=0.5),
    "softmax": lambda graph, x: graph.Softmax(x),
    "Softmax": lambda graph, x: graph.Softmax(x),
    "softplus": lambda graph, x: graph.Softplus(x),
    "softsign": lambda graph, x: graph.Softsign(x),
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": lambda graph, x: graph.HardSigmoid(x, alpha=0.5, beta=0.5),
    "squareplus": _squareplus,
    "swish": lambda graph, x: graph.Mul(x, graph.Sigmoid(x)),
    "tanh": lambda graph, x: graph.Tanh(x),
    "tanh_shrink": lambda graph, x: graph.Sub(x, graph.Tanh(x)),
}
