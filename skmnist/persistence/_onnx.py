"""Fitted estimators as ONNX files, by skl2onnx and a converter registered here."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from skmnist._files import atomic_write
from skmnist._pixels import highest_pixel, scale_pixels
from skmnist.classifier import SimpleMLPClassifier
from skmnist.persistence._unwrapping import unwrap_fitted

# Of 2022. Newer activations are written in these operators, for older runtimes.
OPSETS = {"": 17, "ai.onnx.ml": 3}

# Makes an operator of ONNX: ``op("Add", x, 1.0)``. An input is an operator, or a value.
Op = Callable[..., Any]


def to_onnx(estimator: BaseEstimator, path: str | os.PathLike[str]) -> None:
    """Write a fitted estimator as an ONNX file, which predicts without Python.

    The file's input is "X", float32 of shape (n_samples, n_features), or of shape
    (n_samples, height, width) after a fit to images. Its outputs are

    - "label", what ``predict`` returns: numbers, truth values or text of shape
      (n_samples,), of the labels' own type, or int64 of shape (n_samples, n_classes)
      after a fit to one-hot labels;
    - "probabilities", what ``predict_proba`` returns, as float32 of shape
      (n_samples, n_classes), columns in the order of ``classes_``.

    Any number of rows can be predicted at once. An existing file is replaced once the
    new one is complete.

    Parameters
    ----------
    estimator : SimpleMLPClassifier, Pipeline or search, fitted
        A Pipeline must end with a `SimpleMLPClassifier`; the steps before it are
        converted by skl2onnx. Of a search such as `GridSearchCV`, ``best_estimator_``
        is written.
    path : str or path-like
        The file, by custom with the ending ".onnx".

    Raises
    ------
    ImportError
        If onnx or skl2onnx is not installed: ``pip install 'skmnist[onnx]'``.
    NotFittedError
        If the estimator is not fitted.
    OSError
        If the file can't be written.
    TypeError
        If `estimator` is not such an estimator.
    ValueError
        If a step, the activation or the labels can't be expressed in ONNX, such as a
        Python function or the activation "sparsemax", or if training diverged.

    See Also
    --------
    save : Write an estimator for Python, where it can also continue training.

    Notes
    -----
    The file computes in float32. Probabilities agree with ``predict_proba`` to about
    1e-6 where the features are scaled, from 0 to 1 for example, and to about 1e-5 for
    pixels from 0 to 255.

    The steps before the network agree as well as skl2onnx converts them: scalers and
    PCA do, but `QuantileTransformer`, for example, rounds differently where many values
    are equal. Compare the predictions of some samples before you rely on them.

    Importing this function registers the converter with skl2onnx, so that
    ``skl2onnx.to_onnx`` converts a `SimpleMLPClassifier` as well, with its own options
    and in everything that skl2onnx converts around a classifier, such as
    `CalibratedClassifierCV`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import onnxruntime
    >>> from skmnist import SimpleMLPClassifier, load_mnist
    >>> from skmnist.persistence import to_onnx
    >>> (X_train, y_train), (X_test, y_test) = load_mnist("sample", return_X_y=True)
    >>> classifier = SimpleMLPClassifier(random_state=0).fit(X_train, y_train)
    >>> path = Path(tempfile.mkdtemp()) / "digits.onnx"
    >>> to_onnx(classifier, path)
    >>> session = onnxruntime.InferenceSession(path)
    >>> label, probabilities = session.run(None, {"X": X_test.astype(np.float32)})
    >>> bool((label == classifier.predict(X_test)).all())
    True
    """
    network, steps = unwrap_fitted(estimator, "to_onnx writes")
    try:
        import onnx
        from skl2onnx import convert_sklearn
    except ImportError as error:
        raise ImportError(
            "to_onnx needs packages that are not installed: pip install 'skmnist[onnx]'"
        ) from error

    name = type(estimator).__name__
    named = [(f"step_{number}", step) for number, step in enumerate((*steps, network))]
    try:
        model = convert_sklearn(
            Pipeline(named),
            name=name,
            initial_types=_input_types(steps, network),
            target_opset=OPSETS,
            options={SimpleMLPClassifier: {"zipmap": False}},
            custom_conversion_functions={FunctionTransformer: _convert_function},
            custom_shape_calculators={FunctionTransformer: _set_function_types},
        )
    # What can't be converted fails in as many ways as there are converters.
    except Exception as error:
        raise ValueError(f"This {name} can't be converted: {error}") from error

    for tensor in (*model.graph.input, *model.graph.output):
        tensor.type.tensor_type.shape.dim[0].dim_param = "n_samples"
    onnx.checker.check_model(model, full_check=True)

    with atomic_write(path) as file:
        file.write(model.SerializeToString())


def _input_types(
    steps: list[Any], network: SimpleMLPClassifier
) -> list[tuple[str, Any]]:
    from skl2onnx.common.data_types import FloatTensorType

    shape = [None, *_sample_shape(steps, network)]
    return [("X", FloatTensorType(shape))]


def _sample_shape(steps: list[Any], network: SimpleMLPClassifier) -> tuple[int, ...]:
    # What skl2onnx converts either leaves images alone or doesn't take them.
    if network.image_shape_ is not None:
        return network.image_shape_

    for step in steps:
        if hasattr(step, "n_features_in_"):
            return (step.n_features_in_,)
    return (network.n_features_in_,)


def _set_function_types(operator: Any) -> None:
    step = operator.raw_operator
    if step.func not in (None, scale_pixels):
        raise ValueError(f"the step {step!r} calls a Python function.")
    operator.outputs[0].set_type(operator.inputs[0].type)


def _convert_function(scope: Any, operator: Any, container: Any) -> None:
    step = operator.raw_operator
    divisor = 1.0
    if step.func is not None:
        divisor = float(highest_pixel([step]))
    scaled = _operators(container)(
        "Div", operator.inputs[0], divisor, output=operator.outputs[0]
    )
    scaled.add_to(scope, container)


def _set_output_types(operator: Any) -> None:
    """Set the types of the outputs: the shape calculator of skl2onnx."""
    from skl2onnx.common.data_types import FloatTensorType, guess_data_type

    n_samples = operator.inputs[0].get_first_dimension()
    labels = _labels(operator.raw_operator)
    ((_, label_type),) = guess_data_type(labels)
    label_type.shape = [n_samples, *labels.shape[1:]]
    operator.outputs[0].set_type(label_type)
    operator.outputs[1].set_type(FloatTensorType([n_samples, len(labels)]))


def _convert_classifier(scope: Any, operator: Any, container: Any) -> None:
    """Add the nodes of the network to the graph: the converter of skl2onnx."""
    classifier = operator.raw_operator
    fitted = classifier._last_fit()
    if not fitted.is_usable:
        raise ValueError(
            "training diverged, so there is no network to convert. Lower "
            "learning_rate, or scale the features, and fit again."
        )
    if len(operator.inputs) != 1:
        raise ValueError(
            "the step before the network has more than one output in ONNX."
        )

    op = _operators(container)
    x = op("Flatten", op("Cast", operator.inputs[0], to=1))  # float32
    *hidden, last = zip(classifier.coefs_, classifier.intercepts_, strict=True)
    for kernel, bias in hidden:
        activate = _activation(fitted.architecture.activation)
        x = activate(op, op("Add", op("MatMul", x, kernel), bias))
    logits = op("Add", op("MatMul", x, last[0]), last[1])

    label_output, probabilities_output = operator.outputs
    # Not of the probabilities, which may be equal in float32 where the logits differ.
    codes = op("ArgMax", logits, axis=1, keepdims=0)
    label = op("Gather", _labels(classifier), codes, axis=0, output=label_output)
    probabilities = op("Softmax", logits, axis=1, output=probabilities_output)
    label.add_to(scope, container)
    probabilities.add_to(scope, container)


def _operators(container: Any) -> Op:
    from skl2onnx.algebra import onnx_ops

    def op(name: str, *inputs: Any, output: Any = None, **attributes: Any) -> Any:
        make = getattr(onnx_ops, f"Onnx{name}")
        if output is not None:
            attributes["output_names"] = [output]
        return make(
            *[_as_input(value) for value in inputs],
            op_version=container.target_opset,
            **attributes,
        )

    return op


def _as_input(value: Any) -> Any:
    if isinstance(value, float):
        return np.array(value, np.float32)
    return value


def _labels(classifier: SimpleMLPClassifier) -> np.ndarray:
    classes = classifier.classes_
    if classifier._last_fit().is_one_hot:
        return np.eye(len(classes), dtype=np.int64)
    if all(isinstance(label, str) for label in classes):
        return classes.astype(object)

    # ONNX has numbers of up to 64 bits.
    if classes.dtype.kind not in "biuf" or classes.dtype.itemsize > 8:
        raise ValueError(
            f"Labels of the dtype {classes.dtype} can't be written to an ONNX file. "
            "Integers, floats of up to 64 bits, truth values and text can."
        )
    return classes


def _activation(activation: str | Callable) -> Callable[[Op, Any], Any]:
    # A fit has turned functions of Keras's into names.
    if callable(activation) or activation not in _ACTIVATIONS:
        raise ValueError(
            f"The activation {activation!r} can't be written to an ONNX file. These "
            f"can: {', '.join(sorted(_ACTIVATIONS))}."
        )
    return _ACTIVATIONS[activation]


def _gelu(op: Op, x: Any) -> Any:
    twice_probability = op("Add", op("Erf", op("Mul", x, math.sqrt(0.5))), 1.0)
    return op("Mul", op("Mul", x, 0.5), twice_probability)


def _sparse_plus(op: Op, x: Any) -> Any:
    # A parabola from -1 to 1, and the line from there on.
    above_minus_1 = op("Add", op("Clip", x, -1.0, 1.0), 1.0)
    parabola = op("Mul", op("Mul", above_minus_1, above_minus_1), 0.25)
    return op("Add", parabola, op("Relu", op("Sub", x, 1.0)))


def _squareplus(op: Op, x: Any) -> Any:
    root = op("Sqrt", op("Add", op("Mul", x, x), 4.0))
    return op("Mul", op("Add", x, root), 0.5)


# By Keras's names, with the numbers that Keras takes by default. Without sparsemax:
# Keras 3.15 computes another function than the published one, and may change that.
_ACTIVATIONS: dict[str, Callable[[Op, Any], Any]] = {
    "celu": lambda op, x: op("Celu", x),
    "elu": lambda op, x: op("Elu", x),
    "exponential": lambda op, x: op("Exp", x),
    "gelu": _gelu,
    "hard_shrink": lambda op, x: op("Shrink", x, lambd=0.5),
    "hard_sigmoid": lambda op, x: op("HardSigmoid", x, alpha=1 / 6, beta=0.5),
    "hard_silu": lambda op, x: op("HardSwish", x),
    "hard_swish": lambda op, x: op("HardSwish", x),
    "hard_tanh": lambda op, x: op("Clip", x, -1.0, 1.0),
    "leaky_relu": lambda op, x: op("LeakyRelu", x, alpha=0.2),
    "linear": lambda op, x: x,
    "log_sigmoid": lambda op, x: op("Neg", op("Softplus", op("Neg", x))),
    "log_softmax": lambda op, x: op("LogSoftmax", x),
    "mish": lambda op, x: op("Mul", x, op("Tanh", op("Softplus", x))),
    "relu": lambda op, x: op("Relu", x),
    "relu6": lambda op, x: op("Clip", x, 0.0, 6.0),
    "selu": lambda op, x: op("Selu", x),
    "sigmoid": lambda op, x: op("Sigmoid", x),
    "silu": lambda op, x: op("Mul", x, op("Sigmoid", x)),
    "soft_shrink": lambda op, x: op("Shrink", x, bias=0.5, lambd=0.5),
    "softmax": lambda op, x: op("Softmax", x),
    "softplus": lambda op, x: op("Softplus", x),
    "softsign": lambda op, x: op("Softsign", x),
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": lambda op, x: op("HardSigmoid", x, alpha=0.5, beta=0.5),
    "squareplus": _squareplus,
    "swish": lambda op, x: op("Mul", x, op("Sigmoid", x)),
    "tanh": lambda op, x: op("Tanh", x),
    "tanh_shrink": lambda op, x: op("Sub", x, op("Tanh", x)),
}


# So that skl2onnx converts a `SimpleMLPClassifier`, alone and inside of others.
with suppress(ImportError):
    from skl2onnx import update_registered_converter

    update_registered_converter(
        SimpleMLPClassifier,
        "SkmnistSimpleMLPClassifier",
        _set_output_types,
        _convert_classifier,
        options={
            "nocl": [False],
            "output_class_labels": [False, True],
            "zipmap": [True, False, "columns"],
        },
    )
