"""Draw the picture of the start page: ``python docs/make_pictures.py``.

It is drawn twice, for light and for dark pages, and kept in the repository: the start page needs
no training to be built.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt

from skmnist import DigitsDisplay, SimpleMLPClassifier, TrainingDisplay, load_mnist

FOLDER = Path(__file__).parent / "_static"
STYLES = {"light": "default", "dark": "dark_background"}


def main() -> None:
    """Train a network, and draw its training and the digits that it finds hardest."""
    digits = load_mnist("sample")
    network = SimpleMLPClassifier(32, learning_rate=0.003, epochs=20, random_state=0)
    X_test = digits.images_test / 255
    network.fit(digits.images_train / 255, digits.y_train, X_val=X_test, y_val=digits.y_test)
    for name, style in STYLES.items():
        with plt.style.context(style):
            figure, (above, below) = plt.subplots(
                2, 1, figsize=(9, 7.6), height_ratios=[3, 4], layout="constrained"
            )
            TrainingDisplay.from_estimator(network, ax=above)
            DigitsDisplay.from_estimator(network, X_test, digits.y_test, worst_first=True, ax=below)
            figure.savefig(
                FOLDER / f"start-{name}.png", dpi=150, transparent=True, bbox_inches="tight"
            )
            plt.close(figure)


if __name__ == "__main__":
    main()
