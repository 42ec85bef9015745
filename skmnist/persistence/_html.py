"""Fitted networks as pages to draw on, which hold the weights and compute.

The page's own code is in the folder ``_page``. It turns a drawing into 28 x 28 pixels
as `read_digit` does, and computes all of Keras's named activations.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from math import isqrt
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    StandardScaler,
)

from skmnist._activations import ACTIVATIONS
from skmnist._estimators import unwrap
from skmnist._files import atomic_write
from skmnist._inputs import Features
from skmnist._network import Architecture
from skmnist._pixels import scale_pixels
from skmnist.persistence._unwrapping import unwrap_fitted

# Full ink: of pixels from 0 to 1, of `sklearn.datasets.load_digits`, of 8 and 16 bits.
_PIXEL_MAXIMA = (1, 16, 255, 65535)
_DIGITS = set("0123456789")


class Step(NamedTuple):
    """What a step of a Pipeline makes of each pixel, and what it has seen of them."""

    slope: float | NDArray[np.float64] = 1.0
    offset: float | NDArray[np.float64] = 0.0
    # Some sample had a pixel of at least this value; 0 for unknown.
    pixel_max: float = 0.0
    is_exact: bool = False  # whether that is the value of full ink
    spread: NDArray[np.float64] | None = None  # how much each pixel varied


@dataclass(frozen=True)
class DrawnNetwork:
    """A network as the page computes it: of levels from 0 to 1, row by row."""

    name: str
    description: str
    side: int  # of the images that it was fitted to, in pixels
    pixel_max: float  # what level 1 was there
    activation: str
    kernels: list[NDArray[np.float32]]
    biases: list[NDArray[np.float32]]
    labels: list[str]
    spread: NDArray[np.float32] | None  # (side**2,): how much each pixel varies

    def pack(self) -> dict[str, Any]:
        """Return what is written into the page, as values for JSON."""
        layers = [
            {"kernel": _base64(kernel), "bias": _base64(bias)}
            for kernel, bias in zip(self.kernels, self.biases, strict=True)
        ]
        spread = None
        if self.spread is not None:
            spread = _base64(self.spread)

        return {
            "name": self.name,
            "description": self.description,
            "side": self.side,
            "pixelMax": f"{self.pixel_max:g}",
            "activation": self.activation,
            "layers": layers,
            "labels": self.labels,
            "spread": spread,
        }


@overload
def to_html(
    estimator: BaseEstimator, path: None = None, *, pixel_max: float | None = None
) -> str: ...


@overload
def to_html(
    estimator: BaseEstimator,
    path: str | os.PathLike[str],
    *,
    pixel_max: float | None = None,
) -> None: ...


def to_html(
    estimator: BaseEstimator,
    path: str | os.PathLike[str] | None = None,
    *,
    pixel_max: float | None = None,
) -> str | None:
    """Make a page on which one draws, and watches the network read what is drawn.

    The page shows a field to draw on with a mouse, a finger or keys, the pixels that
    `read_digit` makes of the drawing, the hidden units, which light up, and the
    probabilities. It is one file that holds the weights and everything else: it needs
    no other file and no network connection, and can be sent to a friend or opened on a
    phone.

    Up to 128 units of each hidden layer and the ten most probable classes are shown,
    and the others are summed up.

    Parameters
    ----------
    estimator : SimpleMLPClassifier, Pipeline or search, fitted
        It was fitted to square images, or to their pixels as rows; drawings are scaled
        to images of other sizes than 28 x 28. The steps of a Pipeline before the
        network must map each pixel by itself to a multiple of it plus a constant:
        `MinMaxScaler`, `MaxAbsScaler`, `StandardScaler`, or the scaling of the command
        line. Of a search such as `GridSearchCV`, ``best_estimator_`` is shown.
    path : str or path-like, default=None
        The file, by custom with the ending ".html". An existing file is replaced once
        the new one is complete. None returns the text.
    pixel_max : float, default=None
        The value of full ink in the samples that `estimator` was fitted to, such as 1
        or 255, which the page names. None takes it from the scalers of a Pipeline, as
        the least of 1, 16, 255 and 65535 that fits what they have seen. A network
        without a scaler does not show it: there, None stands for 1, and a network
        fitted to raw pixels needs 255.

    Returns
    -------
    page : str or None
        The text of the page if `path` is None. In a notebook,
        ``IPython.display.HTML(to_html(estimator))`` shows it.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    OSError
        If the file can't be written.
    TypeError
        If `estimator` is not such an estimator, or `pixel_max` is not a number.
    ValueError
        If the page can't compute a step or the activation, such as PCA or a function of
        your own, if the samples were not square images, if training diverged, or if
        `pixel_max` is not positive.

    See Also
    --------
    save : Write an estimator for Python.
    to_onnx : Write it for other programs.

    Notes
    -----
    The probabilities agree with ``predict_proba`` to at least four decimals for pixels
    that are scaled. Labels are shown as text, whatever they hold.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import MinMaxScaler
    >>> from skmnist import SimpleMLPClassifier, load_mnist
    >>> from skmnist.persistence import to_html
    >>> (X_train, y_train), _ = load_mnist("sample", return_X_y=True)
    >>> digits = make_pipeline(MinMaxScaler(), SimpleMLPClassifier(random_state=0))
    >>> page = to_html(digits.fit(X_train, y_train))
    >>> page.splitlines()[0]
    '<!doctype html>'
    """
    _check_pixel_max(pixel_max)
    page = make_page(read_network(estimator, pixel_max=pixel_max))
    if path is None:
        return page

    with atomic_write(path) as file:
        file.write(page.encode())
    return None


def make_page(network: DrawnNetwork) -> str:
    """Make a page of its own for a network."""
    drawing = make_drawing([network])
    parts = {
        "version": version("skmnist"),
        "heading": drawing.heading,
        "drawing": drawing.html,
    }
    return _fill("page.html", parts)


class Drawing(NamedTuple):
    """A part of a page to draw on; it may stand in any page."""

    heading: str
    html: str


def make_drawing(networks: Sequence[DrawnNetwork]) -> Drawing:
    """Make a field to draw on, which one of several networks reads."""
    labels = {label for network in networks for label in network.labels}
    heading = "Draw a digit" if labels <= _DIGITS else "Draw"
    packed = json.dumps([network.pack() for network in networks])
    parts = {
        "heading": heading,
        "style": _source("draw.css"),
        "script": _source("draw.js"),
        "networks": _without_tags(packed),
    }
    return Drawing(heading, _fill("draw.html", parts))


def read_network(
    estimator: BaseEstimator,
    *,
    pixel_max: float | None = None,
    unscaled_max: float = 1,
    spread: NDArray[Any] | None = None,
    description: str | None = None,
) -> DrawnNetwork:
    """Return a fitted network, with the steps before it folded into its first kernel.

    `pixel_max` is as in `to_html`, and `unscaled_max` the value where nothing shows it.
    """
    classifier, estimators = unwrap_fitted(estimator, "to_html shows")
    fitted = classifier._last_fit()
    if not fitted.is_usable:
        raise ValueError(
            "Training diverged, so there is no network to show. Lower learning_rate, "
            "or scale the features, and fit again."
        )

    side = _side(fitted.features)
    activation = _activation_name(fitted.architecture)

    steps = [_read_step(step) for step in _flatten(estimators)]
    if pixel_max is None:
        pixel_max = _find_pixel_max(steps) or unscaled_max
    if spread is None:
        spread = _find_spread(steps)
    if spread is not None:
        spread = np.asarray(spread, np.float32)

    kernels = fitted.network.weights[::2]
    biases = fitted.network.weights[1::2]
    kernels[0], biases[0] = _fold(steps, pixel_max, kernels[0], biases[0])

    hidden_units = fitted.architecture.hidden_units
    name = _describe_units(hidden_units)
    if description is None:
        parts = [type(classifier).__name__, name]
        if hidden_units:
            parts.append(activation)
        description = ", ".join(parts)

    return DrawnNetwork(
        name=name,
        description=description,
        side=side,
        pixel_max=pixel_max,
        activation=activation,
        kernels=kernels,
        biases=biases,
        labels=[str(label) for label in fitted.classes],
        spread=spread,
    )


def _check_pixel_max(pixel_max: Any) -> None:
    if pixel_max is None:
        return
    is_number = isinstance(pixel_max, float | int | np.number)
    if not is_number or isinstance(pixel_max, bool):
        raise TypeError(
            "pixel_max must be the value of full ink in the samples of the fit, such "
            f"as 1 or 255, got {pixel_max!r}."
        )

    if not 0 < pixel_max < np.inf:
        raise ValueError(
            "pixel_max must be greater than 0, as 1 or 255 are, which are values of "
            f"full ink; got {pixel_max!r}."
        )


def _side(features: Features) -> int:
    shape = features.image_shape
    if shape is not None and shape[0] != shape[1]:
        raise ValueError(
            f"to_html shows networks fitted to square images, and these were "
            f"{shape[0]} × {shape[1]}. Pad them to a square before the fit."
        )

    n_pixels = features.n_features
    side = isqrt(n_pixels)
    if side * side != n_pixels:
        raise ValueError(
            f"to_html shows networks fitted to square images, and {n_pixels} features "
            "are not the pixels of a square."
        )
    return side


def _activation_name(architecture: Architecture) -> str:
    if not architecture.hidden_units:
        return "linear"

    # A fit has turned functions of Keras's into names.
    activation = architecture.activation
    if callable(activation) or activation not in ACTIVATIONS:
        raise ValueError(
            f"The page can't compute the activation {activation!r}. It computes "
            f"Keras's by name: {', '.join(sorted(ACTIVATIONS))}."
        )
    return activation


def _describe_units(hidden_units: Sequence[int]) -> str:
    if not hidden_units:
        return "no hidden units"
    units = " + ".join(str(width) for width in hidden_units)
    if units == "1":
        return "1 hidden unit"
    return f"{units} hidden units"


# -- The steps before the network ------------------------------------------------------


def _flatten(steps: Sequence[Any]) -> Iterator[Any]:
    for step in steps:
        if isinstance(step, Pipeline):
            # As if a network stood at its end.
            _, inner = unwrap(Pipeline([*step.steps, ("network", None)]))
            yield from _flatten(inner)
        else:
            yield step


def _read_step(step: Any) -> Step:
    # Of the very type: a subclass may compute anything.
    read = _READERS.get(type(step))
    found = None
    if read is not None:
        found = read(step)

    if found is None:
        raise ValueError(
            f"The page can't compute the step {step!r}. Steps that it computes are "
            "MinMaxScaler and MaxAbsScaler without clip, StandardScaler, and the "
            "scaling of the command line."
        )
    return found


def _read_min_max(scaler: MinMaxScaler) -> Step | None:
    if scaler.clip:
        return None
    highest = float(np.max(scaler.data_max_))
    return Step(scaler.scale_, scaler.min_, highest, spread=scaler.data_range_)


def _read_max_abs(scaler: MaxAbsScaler) -> Step | None:
    # From scikit-learn 1.8 on.
    if getattr(scaler, "clip", False):
        return None
    highest = float(np.max(scaler.max_abs_))
    return Step(1.0 / scaler.scale_, 0.0, highest, spread=scaler.max_abs_)


def _read_standard(scaler: StandardScaler) -> Step:
    mean, variance = scaler.mean_, scaler.var_
    if mean is None:
        return Step()
    slope, offset, spread = np.float64(1.0), np.float64(0.0), None

    is_inked = mean > 0
    least = mean[is_inked]
    if scaler.with_std:
        slope = 1.0 / scaler.scale_
        spread = np.sqrt(variance)
        # Values from 0 to M of this mean have at most the variance mean * (M - mean)
        # (Bhatia and Davis, 2000), so that M is at least this.
        least = least + variance[is_inked] / least
    if scaler.with_mean:
        offset = -mean * slope

    highest = float(np.max(least, initial=0.0))
    return Step(slope, offset, highest, spread=spread)


def _read_function(transformer: FunctionTransformer) -> Step | None:
    if transformer.func is None:
        return Step()
    if transformer.func is not scale_pixels:
        return None
    highest = (transformer.kw_args or {}).get("highest", 255)
    return Step(1.0 / highest, 0.0, float(highest), is_exact=True)


_READERS: dict[type, Callable[[Any], Step | None]] = {
    FunctionTransformer: _read_function,
    MaxAbsScaler: _read_max_abs,
    MinMaxScaler: _read_min_max,
    StandardScaler: _read_standard,
}


def _find_pixel_max(steps: Sequence[Step]) -> float | None:
    """Return the value of full ink, by what the first scaler has seen of the pixels."""
    first = next((step for step in steps if step.pixel_max > 0), None)
    if first is None:
        return None
    if first.is_exact:
        return first.pixel_max

    # Rounding makes the least maximum of a variance a little too large.
    seen = first.pixel_max * (1 - 1e-6)
    for maximum in _PIXEL_MAXIMA:
        if maximum >= seen:
            return maximum
    return first.pixel_max


def _find_spread(steps: Sequence[Step]) -> NDArray[np.float64] | None:
    return next((step.spread for step in steps if step.spread is not None), None)


def _fold(
    steps: Sequence[Step],
    pixel_max: float,
    kernel: NDArray[np.float32],
    bias: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return a kernel and a bias that do to levels from 0 to 1 what all steps do."""
    n_pixels = len(kernel)
    slope = np.full(n_pixels, float(pixel_max))
    offset = np.zeros(n_pixels)
    for step in steps:
        slope = slope * step.slope
        offset = offset * step.slope + step.offset

    folded = slope[:, np.newaxis] * kernel.astype(np.float64)
    moved = bias + offset @ kernel.astype(np.float64)
    return folded.astype(np.float32), moved.astype(np.float32)


# -- The text of the page --------------------------------------------------------------


def _source(name: str) -> str:
    return files("skmnist.persistence").joinpath("_page", name).read_text("utf-8")


def _fill(name: str, parts: dict[str, str]) -> str:
    """Put the parts into a template, in one pass: they may hold braces themselves."""
    escaped = parts | {"heading": html.escape(parts["heading"])}
    return re.sub(r"\{\{(\w+)\}\}", lambda match: escaped[match[1]], _source(name))


def _base64(array: NDArray[Any]) -> str:
    # Of little-endian float32, as browsers have them on all machines.
    return base64.b64encode(np.ascontiguousarray(array, "<f4").tobytes()).decode()


def _without_tags(text: str) -> str:
    """Escape what HTML could read as a tag, as JSON writes characters."""
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
