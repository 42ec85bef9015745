"""The networks of the field to draw on in the pages, trained when these are built."""

from __future__ import annotations

import numpy as np
from drawn_digits import draw_variations, random_shape
from numpy.typing import NDArray
from scipy.ndimage import affine_transform

from skmnist import SimpleMLPClassifier, load_mnist
from skmnist.persistence import _html

SHIFTS = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
N_VARIATIONS = 20  # of each digit drawn by hand


def train() -> list[SimpleMLPClassifier]:
    """Fit the networks, of 64 hidden units and of the tutorial's 5.

    People draw flagged 1s, narrow 0s and slanted digits, of which MNIST has few: such
    digits, drawn by hand, and warped copies of MNIST's are added. Copies shifted by a
    pixel, and a penalty on large weights, make the pictures of the weights smooth.
    """
    digits = load_mnist("sample")
    generator = np.random.default_rng(0)
    drawn, drawn_labels = draw_variations(N_VARIATIONS, generator)
    warped = [_warp(image, generator) for image in digits.images_train]
    images = (
        np.concatenate([_shifted(digits.images_train), warped, _shifted(drawn)]) / 255
    )
    labels = np.concatenate(
        [
            np.tile(digits.y_train, len(SHIFTS)),
            digits.y_train,
            np.tile(drawn_labels, len(SHIFTS)),
        ]
    )
    networks = [
        SimpleMLPClassifier(
            64, learning_rate=0.003, epochs=10, l2=1e-4, random_state=0
        ),
        SimpleMLPClassifier(5, learning_rate=0.005, epochs=20, l2=5e-4, random_state=0),
    ]
    return [network.fit(images.reshape(-1, 784), labels) for network in networks]


def _shifted(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.concatenate([np.roll(images, by, axis=(1, 2)) for by in SHIFTS])


def _warp(
    image: NDArray[np.uint8], generator: np.random.Generator
) -> NDArray[np.uint8]:
    """Turn, slant, widen and shift an image a little."""
    # Of a place in the new image to that in the old one, as (row, column).
    inverse = np.linalg.inv(random_shape(generator))[::-1, ::-1]
    middle = np.array([14, 14])
    shift = generator.uniform(-1, 1, size=2)
    return affine_transform(
        image, inverse, middle - inverse @ (middle + shift), order=1
    )


def draw_with(networks: list[SimpleMLPClassifier]) -> str:
    """Return the field to draw on, as HTML."""
    digits = load_mnist("sample")
    spread = (digits.X_train / 255).std(axis=0)
    drawn = []
    for network in networks:
        accuracy = network.score(digits.X_test / 255, digits.y_test)
        description = f"reads {100 * accuracy:.0f} of 100 test digits"
        drawn.append(
            _html.read_network(network, spread=spread, description=description)
        )
    return _html.make_drawing(drawn).html
