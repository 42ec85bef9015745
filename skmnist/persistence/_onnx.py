"""Fitted estimators as ONNX files, which predict in programs without Python."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from sklearn.base import BaseEstimator
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.validation import check_is_fitted

import skmnist
from skmnist._files import atomic_write
from skmnist._pixels import scale_pixels
from skmnist.classifier import SimpleMLPClassifier
from skmnist.persistence._onnx_network import OPSETS, make_network

if TYPE_CHECKING:
    import onnx

# The steps of a Pipeline before the classifier.
Steps = list[tuple[str, Any]]


def to_onnx(estimator: BaseEstimator, path: str | os.PathLike[str]) -> None:
    """Write a fitted estimator as an ONNX file, which predicts in programs without Python.

    The file's input is "X", float32 of shape (n_samples, n_features), or of shape
    (n_samples, height, width) after a fit to images. Its outputs are

    - "label", what ``predict`` returns: numbers, truth values or text of shape (n_samples,), of
      the labels' own type, or int64 of shape (n_samples, n_classes) after a fit to one-hot labels;
    - "probabilities", what ``predict_proba`` returns, as float32 of shape
      (n_samples, n_classes), columns in the order of ``classes_``.

    Any number of rows can be predicted at once. A file that exists is replaced when the new one
    is whole, and not before.

    Parameters
    ----------
    estimator : SimpleMLPClassifier, Pipeline or search, fitted
        A Pipeline must end with a `SimpleMLPClassifier`; the steps before it are converted by
        skl2onnx. Of a search such as `GridSearchCV` it is ``best_estimator_`` that is written.

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
        If `estimator` is something else.
    ValueError
        If a step, the activation or the labels can't be said in ONNX, such as a function of
        one's own or the activation "sparsemax", or if the training diverged. The message says
        which and why.

    See Also
    --------
    save : Write an estimator that goes on as it was, in Python.

    Notes
    -----
    The file computes in float32. Probabilities agree with ``predict_proba`` to about 1e-6 where
    the features are scaled, from 0 to 1 for example, and to about 1e-5 for pixels from 0 to 255.

    What comes before the network agrees as well as skl2onnx makes it: scalers and PCA do, but
    `QuantileTransformer`, for example, rounds otherwise where many values are equal. Compare the
    predictions of some samples before you rely on them.

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
    steps, classifier = _steps_and_classifier(estimator)
    if not classifier._is_usable:
        raise ValueError(
            f"This {type(classifier).__name__} can't be exported: its training diverged, and its "
            "weights are of no use. Lower learning_rate, or scale the features, and fit again."
        )
    try:
        import onnx
        import onnx.compose
        import skl2onnx  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "to_onnx needs packages that are not installed: pip install 'skmnist[onnx]'"
        ) from error
    input_shape = _input_shape(steps, classifier)
    divisor = 1.0
    if steps and _divides_by_255(steps[-1][1]):
        divisor = 255.0
        steps = steps[:-1]
    if steps:
        first = _convert_steps(steps, input_shape)
        rows = first.graph.output[0]
        model = onnx.compose.merge_models(
            first, make_network(classifier, rows, divisor), io_map=[(rows.name, rows.name)]
        )
        # Shapes on the way, which skl2onnx guesses and nobody needs: for images they are wrong.
        model.graph.ClearField("value_info")
    else:
        shape: list[str | int | None] = ["n_samples", *input_shape]
        rows = onnx.helper.make_tensor_value_info("X", onnx.TensorProto.FLOAT, shape)
        model = make_network(classifier, rows, divisor)
    # skl2onnx leaves the number of rows without a name.
    for tensor in (*model.graph.input, *model.graph.output):
        tensor.type.tensor_type.shape.dim[0].dim_param = "n_samples"
    model.graph.name = type(estimator).__name__
    model.producer_name = "skmnist"
    model.producer_version = skmnist.__version__
    onnx.checker.check_model(model, full_check=True)
    with atomic_write(path) as file:
        file.write(model.SerializeToString())


def _steps_and_classifier(estimator: Any) -> tuple[Steps, SimpleMLPClassifier]:
    if isinstance(estimator, SimpleMLPClassifier):
        check_is_fitted(estimator)
        return [], estimator
    if isinstance(estimator, Pipeline):
        *steps, (_, last) = estimator.steps
        later_steps, classifier = _steps_and_classifier(last)
        steps = [(name, step) for name, step in steps if step not in (None, "passthrough")]
        for _, step in steps:
            check_is_fitted(step)
        return [*steps, *later_steps], classifier
    if isinstance(estimator, BaseSearchCV):
        check_is_fitted(estimator)
        if not hasattr(estimator, "best_estimator_"):
            raise ValueError(
                f"This {type(estimator).__name__} has no best_estimator_, since refit=False. "
                "Fit an estimator with its best_params_, or the search with refit=True."
            )
        return _steps_and_classifier(estimator.best_estimator_)
    raise TypeError(
        "to_onnx writes a SimpleMLPClassifier, a Pipeline that ends with one, or a search for "
        f"one, got {estimator!r}."
    )


def _input_shape(steps: Steps, classifier: SimpleMLPClassifier) -> tuple[int, ...]:
    # What skl2onnx converts either leaves images alone or doesn't take them.
    if classifier._image_shape is not None:
        return classifier._image_shape
    estimators = [*(step for _, step in steps), classifier]
    return (next(e.n_features_in_ for e in estimators if hasattr(e, "n_features_in_")),)


def _divides_by_255(step: Any) -> bool:
    """Whether a step is the scaler of the command line: skl2onnx converts no functions."""
    return isinstance(step, FunctionTransformer) and step.func is scale_pixels


def _convert_steps(steps: Steps, input_shape: tuple[int, ...]) -> onnx.ModelProto:
    import skl2onnx
    from skl2onnx.common.data_types import FloatTensorType

    def convert(steps: Steps) -> onnx.ModelProto:
        model = skl2onnx.to_onnx(
            Pipeline(steps),
            initial_types=[("X", FloatTensorType([None, *input_shape]))],
            target_opset=OPSETS,
        )
        if len(model.graph.output) > 1:
            raise ValueError("skl2onnx converts what it predicts, not how it transforms.")
        return model

    try:
        return convert(steps)
    # What can't be converted fails in as many ways as there are converters.
    except Exception as error:
        for n_steps, (name, step) in enumerate(steps, start=1):
            try:
                convert(steps[:n_steps])
            except Exception as first_error:
                raise ValueError(
                    f"The step {name!r}, {step!r}, can't be converted to ONNX: {first_error}"
                ) from first_error
        raise error
