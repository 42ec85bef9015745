"""A `SimpleMLPClassifier` as plain values: arrays, text, numbers, and lists and dicts of them.

This is what is pickled, copied and saved of one. A file that holds no objects of Keras or of this
package can be read by what refuses to make any, stays small, and does not break when a class moves.
Other objects that users pass in, such as a function as activation or a callback, are stored
unchanged.
"""

from __future__ import annotations

import dataclasses
import operator
import re
import warnings
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.utils.metadata_routing import MetadataRequest

from skmnist._compat import plain_requests
from skmnist._network import NUMPY_ACTIVATIONS, Architecture, TrainedNetwork

# Goes up when what is written can't be read by the versions before.
_FORMAT = 1


def plain_state(attributes: dict[str, Any]) -> dict[str, Any]:
    """Turn the attributes of a classifier into plain values; arrays are not copied."""
    state = {**attributes, "_saved_with": {"format": _FORMAT, **_versions()}}
    for name in {"optimizer", "_optimizer"} & set(state):
        if not isinstance(state[name], str):
            from skmnist.engine.optimizers import plain_optimizer

            state[name] = plain_optimizer(state[name])
    if isinstance(state["class_weight"], dict):
        # As pairs: in a file of skops the key False would become True.
        state["class_weight"] = {"items": list(state["class_weight"].items())}
    if "_architecture" in state:
        state["_architecture"] = dataclasses.asdict(state["_architecture"])
        # The Keras model is made again when it is needed.
        state["_model"] = None
    if "_training" in state:
        # Its other fields are attributes of their own.
        fields = ("seed", "optimizer_key", "optimizer_state")
        state["_training"] = {name: getattr(state["_training"], name) for name in fields}
    if "_metadata_request" in state:
        # It has a reference to the classifier, whose state this is.
        state["_metadata_request"] = plain_requests(state["_metadata_request"])
    for name in {"callbacks", "callbacks_"} & set(state):
        if state[name]:
            from skmnist.engine.callbacks import without_model

            state[name] = without_model(state[name])
    return state


def attributes_of(state: dict[str, Any], owner: Any) -> dict[str, Any]:
    """Turn plain values back into the attributes of the classifier `owner`.

    Nothing in them is run: where a name of Keras's is expected, only Keras's own are looked up.
    """
    _check_versions(state.get("_saved_with"))
    try:
        return _attributes_of(state, owner)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"This is not the state of a SimpleMLPClassifier, or a damaged one: {error!r}."
        ) from error


def _attributes_of(state: dict[str, Any], owner: Any) -> dict[str, Any]:
    attributes = {name: value for name, value in state.items() if name != "_saved_with"}
    for name in {"optimizer", "_optimizer"} & set(attributes):
        if not isinstance(attributes[name], str):
            from skmnist.engine.optimizers import optimizer_from_plain

            attributes[name] = optimizer_from_plain(attributes[name])
    if isinstance(attributes["class_weight"], dict):
        attributes["class_weight"] = dict(attributes["class_weight"]["items"])
    if "_metadata_request" in attributes:
        requests = MetadataRequest(owner)
        for method, parameters in attributes["_metadata_request"].items():
            for name, alias in parameters.items():
                getattr(requests, method).add_request(param=name, alias=alias)
        attributes["_metadata_request"] = requests
    if "_architecture" not in attributes:
        return attributes

    architecture = _architecture_of(attributes["_architecture"])
    weights = attributes["_weights"]
    _check_weights(weights, architecture.weight_shapes, attributes["_is_usable"])
    if attributes["classes_"].shape != (architecture.n_classes,):
        raise ValueError("the classes are not as many as the units of its last layer")
    if attributes["n_features_in_"] != architecture.n_features:
        raise ValueError("the features are not as many as the inputs of its first layer")
    attributes["_architecture"] = architecture
    if "coefs_" in attributes:
        attributes |= {"coefs_": weights[::2], "intercepts_": weights[1::2]}
    if "_training" in attributes:
        training = attributes["_training"]
        if any(array.dtype.kind not in "biuf" for array in training["optimizer_state"]):
            raise ValueError("the state of its optimizer is not made of numbers")
        attributes["_training"] = TrainedNetwork(
            architecture,
            operator.index(training["seed"]),
            weights,
            training["optimizer_key"],
            training["optimizer_state"],
            attributes["history_"],
        )
    return attributes


def _check_weights(
    weights: list[np.ndarray], shapes: list[tuple[int, ...]], is_usable: bool
) -> None:
    if [array.shape for array in weights] != shapes:
        raise ValueError("the weights are not those of its layers")
    if any(array.dtype != np.float32 for array in weights):
        raise ValueError("the weights are not float32")
    # A training that diverged left NaN or infinity, and the classifier refuses to predict.
    if is_usable and not all(np.isfinite(array).all() for array in weights):
        raise ValueError("the weights are not finite")


@cache
def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("skmnist", "scikit-learn", "keras")}


def _check_versions(saved_with: dict[str, Any] | None) -> None:
    if not isinstance(saved_with, dict) or not {"format", *_versions()} <= set(saved_with):
        raise ValueError(
            "This is not the state of a SimpleMLPClassifier: it has no version information."
        )
    saved = {name: saved_with[name] for name in _versions()}
    # Messages repeat them, so they must not hold control characters.
    if not all(re.fullmatch(r"[\w.+!-]+", version, re.ASCII) for version in saved.values()):
        raise ValueError(f"This is not the state of a SimpleMLPClassifier: versions are {saved}.")
    if saved_with["format"] > _FORMAT:
        raise ValueError(
            f"This SimpleMLPClassifier was saved with skmnist {saved['skmnist']}, in a form that "
            f"skmnist {version('skmnist')} can't read. Install skmnist {saved['skmnist']} or a "
            "later version."
        )
    for name, here in _versions().items():
        if saved[name] != here:
            warning = InconsistentVersionWarning(
                estimator_name="SimpleMLPClassifier",
                current_sklearn_version=f"{here} of {name}",
                original_sklearn_version=f"{saved[name]} of {name}",
            )
            warnings.warn(warning, stacklevel=4)


def _architecture_of(description: dict[str, Any]) -> Architecture:
    architecture = Architecture(**description)
    # Keras would look anything else up in a module that the file names.
    activation = architecture.activation
    if not callable(activation) and activation not in NUMPY_ACTIVATIONS:
        from skmnist.engine.layers import activation_names

        if activation not in activation_names():
            raise ValueError(f"there is no activation {activation!r}")
    return architecture
