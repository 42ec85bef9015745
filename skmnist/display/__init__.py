"""Figures of digits and of a training, in the manner of scikit-learn's Display classes.

A display holds what it shows and draws it with ``plot``; its ``from_…`` methods make one from an
estimator or from plain arrays and draw at once. Figures are returned, never shown.
"""

from skmnist.display._digits import DigitsDisplay
from skmnist.display._training import TrainingDisplay

__all__ = ["DigitsDisplay", "TrainingDisplay"]
