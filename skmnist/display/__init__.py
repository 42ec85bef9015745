"""Figures of digits, trainings, units and searches, in the manner of scikit-learn's displays.

A display holds what it shows and draws it with ``plot``; its ``from_…`` methods make one from an
estimator or from plain arrays and draw at once. Figures are returned, never shown.
"""

from skmnist.display._digits import DigitsDisplay
from skmnist.display._hidden_units import HiddenUnitsDisplay
from skmnist.display._search import SearchDisplay
from skmnist.display._training import TrainingDisplay

__all__ = ["DigitsDisplay", "HiddenUnitsDisplay", "SearchDisplay", "TrainingDisplay"]
