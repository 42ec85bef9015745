"""What of a fitted network is shown of its units: the first layer, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError

from skmnist.display._checks import checked_image_shape
from skmnist.display._fitted import unwrapped


@dataclass(frozen=True)
class FirstLayer:
    """The units of the first layer that count most: the arguments of HiddenUnitsDisplay.

    Attributes
    ----------
    weights : ndarray of shape (n_shown, height, width)
        The weight of each pixel, by unit.
    votes : ndarray of shape (n_shown, n_classes) or None
        The weight of each unit for each class, less the mean over the classes; None unless the
        output is the next layer.
    classes : ndarray of shape (n_classes,)
        The labels.
    indices : ndarray of shape (n_shown,), dtype=int
        Which units these are.
    n_units : int
        How many there are.
    is_output : bool
        Whether they are the classes themselves, since there is no hidden layer.
    pixel_name : str
        What the weights are those of.
    """

    weights: NDArray[np.floating]
    votes: NDArray[np.floating] | None
    classes: NDArray[Any]
    indices: NDArray[np.integer]
    n_units: int
    is_output: bool
    pixel_name: str

    @classmethod
    def of(cls, estimator: Any, image_shape: tuple[int, int] | None, n: int) -> FirstLayer:
        """Read a fitted network.

        Parameters
        ----------
        estimator : estimator instance
            A fitted network with `coefs_` and `classes_`, or a Pipeline or a search around it.
        image_shape : tuple of (height, width) or None
            The shape of an image. None finds it.
        n : int
            How many units to take at most. A layer without a hidden one before it is whole.

        Returns
        -------
        FirstLayer
            The units, in the order of their numbers.

        Raises
        ------
        ValueError
            If `estimator` is no such network, or its weights make no images.
        sklearn.exceptions.NotFittedError
            If it is not fitted.
        """
        network, transformers = unwrapped(estimator)
        kernels = _kernels(network)
        steps = [type(transformer).__name__ for transformer in transformers]
        n_features = kernels[0].shape[0]
        height, width = (
            _image_shape(network, estimator, n_features, steps)
            if image_shape is None
            else checked_image_shape(image_shape)
        )
        if height * width != n_features:
            raise ValueError(
                f"image_shape={image_shape!r} needs {height * width} weights a unit, but the first "
                f"layer has {n_features}: one for each feature that the network was "
                "fitted to."
            )
        is_output = len(kernels) == 1
        n_units = kernels[0].shape[1]
        indices = np.arange(n_units) if is_output else most_important(kernels, n)
        votes = kernels[1] - kernels[1].mean(axis=1, keepdims=True) if len(kernels) == 2 else None
        return cls(
            kernels[0].T.reshape(-1, height, width)[indices],
            None if votes is None else votes[indices],
            network.classes_,
            indices,
            n_units,
            is_output,
            f"a pixel as {steps[-1]} leaves it" if steps else "a pixel",
        )


def most_important(kernels: list[NDArray[np.floating]], n: int) -> NDArray[np.integer]:
    """Find the hidden units of the first layer that have the most weight.

    Parameters
    ----------
    kernels : list of ndarray of shape (n_inputs, n_outputs)
        The kernel of each layer, two or more.
    n : int
        How many units to find.

    Returns
    -------
    indices : ndarray of shape (min(n, n_units),), dtype=int
        Their numbers, in ascending order. The weight of a unit is the length of the vector of its
        weights for what it sees, times that of its weights for what sees it: what a unit does can
        be moved from the one to the other.

    Examples
    --------
    >>> import numpy as np
    >>> most_important([np.array([[3.0, 1.0, 2.0]]), np.array([[1.0], [1.0], [2.0]])], 2)
    array([0, 2])
    """
    importance = np.linalg.norm(kernels[0], axis=0) * np.linalg.norm(kernels[1], axis=1)
    return np.sort(np.argsort(-importance, kind="stable")[:n])


def _kernels(network: Any) -> list[NDArray[np.floating]]:
    if not hasattr(network, "coefs_"):
        if hasattr(network, "hidden_units") or hasattr(network, "hidden_layer_sizes"):
            raise NotFittedError(
                f"This {type(network).__name__} has no weights to show: call its fit first."
            )
        if hasattr(network, "cv_results_") or hasattr(network, "estimator"):
            raise NotFittedError(
                f"This {type(network).__name__} has no best_estimator_: it is not fitted yet, or "
                "has refit=False."
            )
    if not hasattr(network, "coefs_") or not hasattr(network, "classes_"):
        raise ValueError(
            "HiddenUnitsDisplay.from_estimator only supports classifiers with the weights of their "
            f"layers in coefs_, such as SimpleMLPClassifier, got {network!r}."
        )
    kernels = [np.asarray(kernel) for kernel in network.coefs_]
    if kernels[-1].shape[1] == 1 and len(network.classes_) == 2:
        # MLPClassifier has one output for two classes: what is for the one is against the other.
        kernels[-1] = np.hstack([-kernels[-1], kernels[-1]])
    if not all(np.isfinite(kernel).all() for kernel in kernels):
        raise ValueError(
            f"The weights of this {type(network).__name__} are not finite: its training diverged. "
            "Lower learning_rate, or scale the features, and fit again."
        )
    return kernels


def _image_shape(
    network: Any, estimator: Any, n_features: int, steps: list[str]
) -> tuple[int, int]:
    shape = getattr(network, "_image_shape", None)  # of the images that it was fitted to
    if shape is not None:
        return shape
    n_pixels = getattr(estimator, "n_features_in_", n_features)
    if n_pixels != n_features:
        raise ValueError(
            f"The network sees {n_features} features that {' and '.join(steps)} made of {n_pixels} "
            "pixels: its weights make no image. What works: a network that sees pixels, scaled or "
            "not, or image_shape=(height, width) if the features are an image after all."
        )
    side = isqrt(n_features)
    if side * side != n_features:
        raise ValueError(
            f"The {n_features} features that the network was fitted to make no square image. "
            "Pass image_shape=(height, width), or fit the network to images of shape "
            "(n_samples, height, width)."
        )
    return side, side
