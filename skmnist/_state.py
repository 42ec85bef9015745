"""A `SimpleMLPClassifier` as plain values: arrays, text, numbers, lists and dicts.

This is what is pickled, copied and saved of one. A file that holds no objects of Keras
or of this package can be read by what refuses to make any, stays small, and does not
break when a class moves. Other objects that users pass in, such as a function as
activation or a callback, are stored unchanged.
"""

from __future__ import annotations

import dataclasses
import inspect
import operator
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.utils.metadata_routing import MetadataRequest

from skmnist._activations import ACTIVATIONS
from skmnist._compat import REQUESTS, plain_requests
from skmnist._deferred import Deferred, deferred, is_of_keras
from skmnist._digest import digest
from skmnist._fitted import Fitted
from skmnist._inputs import Features
from skmnist._network import Architecture, TrainedNetwork
from skmnist._old_state import from_format_1
from skmnist._settings import OptimizerSettings
from skmnist._warnings import warn_caller

# Goes up when what is written can't be read by the versions before.
_FORMAT = 2

_VERSION = re.compile(r"[\w.+!-]+", re.ASCII)


def plain_state(attributes: dict[str, Any]) -> dict[str, Any]:
    """Turn the attributes of a classifier into plain values; arrays are not copied."""
    state = dict(attributes)
    # The Keras model is made again when it is needed.
    state.pop("_model", None)

    state["activation"] = _plain_activation(state["activation"])
    state["optimizer"] = _plain(state["optimizer"])
    state["callbacks"] = _plain(state["callbacks"])
    if isinstance(state["class_weight"], dict):
        # As pairs: in a file of skops the key False would become True.
        state["class_weight"] = {"items": list(state["class_weight"].items())}
    if REQUESTS in state:
        # It has a reference to the classifier, whose state this is.
        state[REQUESTS] = plain_requests(state[REQUESTS])
    if "_fitted" in state:
        state["_fitted"] = _plain_fitted(state["_fitted"])

    state["_saved_with"] = {"format": _FORMAT, **_versions(), "digest": digest(state)}
    return state


def _plain_fitted(fitted: Fitted) -> dict[str, Any]:
    network = fitted.network
    settings = _values_of(fitted.settings)
    settings["optimizer"] = _plain(settings["optimizer"])

    return {
        "architecture": _values_of(network.architecture),
        "seed": network.seed,
        "weights": network.weights,
        "training_weights": network.training_weights,
        "optimizer_key": network.optimizer_key,
        "optimizer_state": network.optimizer_state,
        "history": network.history,
        "feature_names": fitted.features.names,
        "classes": fitted.classes,
        "is_one_hot": fitted.is_one_hot,
        "is_usable": fitted.is_usable,
        **settings,
        "callbacks": _plain(fitted.callbacks),
        "validation_scores": fitted.validation_scores,
        "best_validation_score": fitted.best_validation_score,
    }


def _values_of(record: Any) -> dict[str, Any]:
    """Return the fields of a record, which are not copied."""
    return {
        field.name: getattr(record, field.name) for field in dataclasses.fields(record)
    }


def _plain_activation(activation: Any) -> Any:
    if isinstance(activation, Deferred) or is_of_keras(activation):
        return _plain(activation)
    return activation


def _plain(value: Any) -> Any:
    """Describe what is Keras's own; anything else is returned as it is."""
    if isinstance(value, Deferred):
        if not value.is_made:
            return value.plain
        value = value.make()

    is_plain = value is None or isinstance(value, str)
    is_empty = isinstance(value, list | tuple) and not value
    if is_plain or is_empty:
        return value
    from skmnist.engine.descriptions import described

    return described(value)


def name_of_activation(activation: Any) -> Any:
    """Return the name of a function of Keras's, as NumPy has it; others as they are."""
    if isinstance(activation, Deferred):
        return activation.plain["keras_activation"]
    if not callable(activation) or not is_of_keras(activation):
        return activation
    from skmnist.engine.layers import activation_name

    name = activation_name(activation)
    return name if name in ACTIVATIONS else activation


def attributes_of(state: dict[str, Any], owner: Any) -> dict[str, Any]:
    """Turn plain values back into the attributes of the classifier `owner`.

    Nothing in them is run. What is Keras's stays as it is described until something
    needs it; then, only Keras's own names are looked up.
    """
    _check_versions(state.get("_saved_with"))

    try:
        if state["_saved_with"]["format"] == 1:
            state = from_format_1(state)
        attributes = _attributes_of(state, owner)
        _check_digest(state)
        return attributes
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            "This is not the state of a SimpleMLPClassifier, or a damaged one: "
            f"{error!r}."
        ) from error


def _attributes_of(state: dict[str, Any], owner: Any) -> dict[str, Any]:
    attributes = {**_default_parameters(owner), **state}
    del attributes["_saved_with"]

    for name in ("activation", "optimizer", "callbacks"):
        attributes[name] = deferred(attributes[name])
    if isinstance(attributes["class_weight"], dict):
        attributes["class_weight"] = dict(attributes["class_weight"]["items"])
    if REQUESTS in attributes:
        attributes[REQUESTS] = _requests_of(attributes[REQUESTS], owner)
    if "_fitted" in attributes:
        attributes["_fitted"] = _fitted_of(attributes["_fitted"])
    return attributes


def _check_digest(state: dict[str, Any]) -> None:
    saved = state["_saved_with"].get("digest")
    if saved is None:  # format 1 has none
        return

    content = {name: value for name, value in state.items() if name != "_saved_with"}
    if digest(content) != saved:
        raise ValueError("its checksum is not that of its content")


def _default_parameters(owner: Any) -> dict[str, Any]:
    """Return the defaults, for parameters that an older version did not have."""
    defaults = {}
    for name, parameter in inspect.signature(type(owner)).parameters.items():
        if parameter.default is not inspect.Parameter.empty:
            defaults[name] = parameter.default
    return defaults


def _requests_of(plain: dict[str, dict[str, Any]], owner: Any) -> MetadataRequest:
    requests = MetadataRequest(owner)
    for method, parameters in plain.items():
        for name, alias in parameters.items():
            getattr(requests, method).add_request(param=name, alias=alias)
    return requests


_FITTED = {
    "architecture",
    "best_validation_score",
    "callbacks",
    "classes",
    "feature_names",
    "history",
    "is_one_hot",
    "is_usable",
    "optimizer_key",
    "optimizer_state",
    "seed",
    "training_weights",
    "validation_scores",
    "weights",
}


def _fitted_of(plain: dict[str, Any]) -> Fitted:
    settings = _settings_of(plain)
    names = _FITTED | _values_of(settings).keys()
    if not _FITTED <= plain.keys() <= names:
        raise ValueError(
            f"names of its fit are missing or unknown: {plain.keys() ^ names}"
        )

    architecture = _architecture_of(plain["architecture"])
    _check_arrays(plain, architecture)

    network = TrainedNetwork(
        architecture=architecture,
        seed=operator.index(plain["seed"]),
        weights=plain["weights"],
        optimizer_key=plain["optimizer_key"],
        optimizer_state=plain["optimizer_state"],
        history=plain["history"],
        training_weights=plain["training_weights"],
    )

    shape = architecture.input_shape
    image_shape = None
    if len(shape) == 2:
        image_shape = (shape[0], shape[1])
    return Fitted(
        network=network,
        features=Features(architecture.n_features, plain["feature_names"], image_shape),
        classes=plain["classes"],
        is_one_hot=plain["is_one_hot"],
        is_usable=plain["is_usable"],
        settings=settings,
        callbacks=deferred(plain["callbacks"]),
        validation_scores=plain["validation_scores"],
        best_validation_score=plain["best_validation_score"],
    )


def _settings_of(plain: dict[str, Any]) -> OptimizerSettings:
    """Read the settings; what an older version did not have gets its default."""
    values = {
        field.name: plain[field.name]
        for field in dataclasses.fields(OptimizerSettings)
        if field.name in plain
    }
    values["optimizer"] = deferred(plain["optimizer"])
    return OptimizerSettings(**values)


def _check_arrays(plain: dict[str, Any], architecture: Architecture) -> None:
    shapes = architecture.weight_shapes
    _check_weights(plain["weights"], shapes, plain["is_usable"])
    if plain["training_weights"] is not None:
        _check_weights(plain["training_weights"], shapes, is_usable=False)
    if plain["classes"].shape != (architecture.n_classes,):
        raise ValueError("the classes are not as many as the units of its last layer")

    names = plain["feature_names"]
    if names is not None and names.shape != (architecture.n_features,):
        raise ValueError(
            "the names of features are not as many as the inputs of its first layer"
        )
    if any(array.dtype.kind not in "biuf" for array in plain["optimizer_state"]):
        raise ValueError("the state of its optimizer is not made of numbers")


def _architecture_of(description: dict[str, Any]) -> Architecture:
    activation = name_of_activation(description["activation"])
    architecture = Architecture(**{**description, "activation": activation})
    # Keras would look anything else up in a module that the file names.
    if not callable(activation) and activation not in ACTIVATIONS:
        raise ValueError(f"there is no activation {activation!r}")
    return architecture


def _check_weights(
    weights: list[np.ndarray], shapes: list[tuple[int, ...]], is_usable: bool
) -> None:
    if [array.shape for array in weights] != shapes:
        raise ValueError("the weights are not those of its layers")
    if any(array.dtype != np.float32 for array in weights):
        raise ValueError("the weights are not float32")
    # After a fit that diverged, there may be NaN: the classifier refuses to predict.
    if is_usable and not all(np.isfinite(array).all() for array in weights):
        raise ValueError("the weights are not finite")


@cache
def _versions() -> dict[str, str]:
    """Return the versions of the packages that are installed."""
    versions = {}
    for name in ("skmnist", "scikit-learn", "keras"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:  # Keras, where networks only predict
            continue
    return versions


def _check_versions(saved_with: dict[str, Any] | None) -> None:
    if not isinstance(saved_with, dict) or not {"format", "skmnist"} <= set(saved_with):
        raise ValueError(
            "This is not the state of a SimpleMLPClassifier: it has no version "
            "information."
        )

    names = _versions().keys() & saved_with.keys()
    saved = {name: saved_with[name] for name in _versions() if name in names}
    # Messages repeat them, so they must not hold control characters.
    if not all(_VERSION.fullmatch(version) for version in saved.values()):
        raise ValueError(
            f"This is not the state of a SimpleMLPClassifier: versions are {saved}."
        )
    if saved_with["format"] > _FORMAT:
        raise ValueError(
            f"This SimpleMLPClassifier was saved with skmnist {saved['skmnist']}, in a "
            f"form that skmnist {version('skmnist')} can't read. Install skmnist "
            f"{saved['skmnist']} or a later version."
        )

    for name, saved_version in saved.items():
        here = _versions()[name]
        if saved_version != here:
            warn_caller(
                InconsistentVersionWarning(
                    estimator_name="SimpleMLPClassifier",
                    current_sklearn_version=f"{here} of {name}",
                    original_sklearn_version=f"{saved_version} of {name}",
                )
            )
