"""Figures of digits, a training and a search, in the manner of scikit-learn's Display classes.

A display holds what it shows and draws it with ``plot``; its ``from_…`` methods make one from an
estimator or from plain arrays and draw at once. Figures are returned, never shown.
"""

from skmnist.display._digits import DigitsDisplay
from skmnist.display._search import SearchDisplay
from skmnist.display._training import TrainingDisplay

__all__ = ["DigitsDisplay", "SearchDisplay", "TrainingDisplay"]
