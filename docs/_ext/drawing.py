"""The field to draw on in the pages, with networks that are trained when they are built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from docutils import nodes
from docutils.parsers.rst import Directive

from skmnist import SimpleMLPClassifier, load_mnist
from skmnist.persistence import _html

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


def draw_with(networks: list[SimpleMLPClassifier]) -> str:
    """Return the field to draw on, as HTML."""
    digits = load_mnist("sample")
    spread = (digits.X_train / 255).std(axis=0)
    drawn = []
    for network in networks:
        accuracy = network.score(digits.X_test / 255, digits.y_test)
        description = f"reads {100 * accuracy:.0f} of 100 test digits"
        drawn.append(_html.read_network(network, spread=spread, description=description))
    return _html.make_drawing(drawn).html


class DrawingDirective(Directive):
    """The directive ``drawing``: a field to draw on."""

    def run(self) -> list[nodes.Node]:
        """Train the networks and write them into the page."""
        return [nodes.raw("", draw_with(train()), format="html")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("drawing", DrawingDirective)
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": True}
