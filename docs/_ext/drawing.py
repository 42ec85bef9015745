"""The networks of the page on which one draws a digit, trained when the site is built."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skmnist import SimpleMLPClassifier, load_mnist

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def train() -> list[SimpleMLPClassifier]:
    """Fit the networks, of 64 hidden units and of the article's 5.

    Copies of the digits shifted by a pixel, and a penalty on large weights, make the pictures of
    the weights smooth.
    """
    digits = load_mnist("sample")
    shifts = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
    images = np.concatenate([np.roll(digits.images_train, by, axis=(1, 2)) for by in shifts]) / 255
    labels = np.tile(digits.y_train, len(shifts))
    networks = [
        SimpleMLPClassifier(64, learning_rate=0.003, epochs=12, l2=3e-4, random_state=0),
        SimpleMLPClassifier(5, learning_rate=0.01, epochs=20, l2=1e-3, random_state=0),
    ]
    return [network.fit(images.reshape(-1, 784), labels) for network in networks]


def to_javascript(networks: list[SimpleMLPClassifier]) -> str:
    """Return the weights as JSON in a script, which a page opened from a file can load too."""
    digits = load_mnist("sample")
    spread = (digits.X_train / 255).std(axis=0)
    content = [
        {
            "accuracy": network.score(digits.X_test / 255, digits.y_test),
            "coefs": [np.round(np.float64(array), 5).tolist() for array in network.coefs_],
            "intercepts": [
                np.round(np.float64(array), 5).tolist() for array in network.intercepts_
            ],
            "spread": np.round(np.float64(spread), 4).tolist(),
        }
        for network in networks
    ]
    return f"window.skmnistNetworks = {json.dumps(content)};\n"


def write_networks(app: Sphinx, exception: Exception | None) -> None:
    """Put the networks beside the page's script."""
    if exception is None and app.builder.format == "html":
        path = Path(app.outdir, "_static", "networks.js")
        path.write_text(to_javascript(train()), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the networks when the pages are written."""
    app.connect("build-finished", write_networks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
