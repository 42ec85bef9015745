"""Saved states of earlier versions, in the form of this one."""

from __future__ import annotations

import ast
import re
from typing import Any

# What a fit of version 0.1.0 has set, and what of it is read.
_FORMAT_1 = {
    "_architecture",
    "_image_shape",
    "_is_one_hot",
    "_is_usable",
    "_learning_rate",
    "_model",
    "_optimizer",
    "_training",
    "_weights",
    "best_loss_",
    "best_validation_score_",
    "callbacks_",
    "classes_",
    "coefs_",
    "feature_names_in_",
    "history_",
    "intercepts_",
    "loss_",
    "loss_curve_",
    "n_features_in_",
    "n_iter_",
    "n_layers_",
    "n_outputs_",
    "out_activation_",
    "validation_scores_",
}

_OPTIMIZER_KEY = re.compile(
    r"OptimizerSpec\(optimizer_class=<class '([\w.]+)'>, key=('.*'|\".*\")\)", re.DOTALL
)


def from_format_1(state: dict[str, Any]) -> dict[str, Any]:
    """Turn the state that version 0.1.0 has saved into one of format 2."""
    new = {name: value for name, value in state.items() if name not in _FORMAT_1}
    if "_architecture" not in state:
        return new

    if state["n_features_in_"] != state["_weights"][0].shape[0]:
        raise ValueError(
            "the features are not as many as the inputs of its first layer"
        )
    # A copy that one of scikit-learn's callbacks got during a fit has no training.
    training = state.get(
        "_training", {"seed": 0, "optimizer_key": "", "optimizer_state": []}
    )
    new["_fitted"] = {
        "architecture": state["_architecture"],
        "seed": training["seed"],
        "weights": state["_weights"],
        "training_weights": None,
        "optimizer_key": _new_optimizer_key(training["optimizer_key"]),
        "optimizer_state": training["optimizer_state"],
        "history": state.get("history_", {"loss": []}),
        "feature_names": state.get("feature_names_in_"),
        "classes": state["classes_"],
        "is_one_hot": state["_is_one_hot"],
        "is_usable": state["_is_usable"],
        "optimizer": state["_optimizer"],
        "learning_rate": state["_learning_rate"],
        "callbacks": state.get("callbacks_", []),
        "validation_scores": state.get("validation_scores_"),
        "best_validation_score": state.get("best_validation_score_"),
    }
    return new


def _new_optimizer_key(old: str) -> str:
    """Turn the text of a private class, once an optimizer's key, into today's key."""
    match = _OPTIMIZER_KEY.fullmatch(old)
    if match is None:
        return old

    name, config = match[1], ast.literal_eval(match[2])
    if name.startswith("keras."):
        name = name.rpartition(".")[2].lower()
    return f"{name} {config}"
