"""Figures of digits, training, hidden units and searches; they are never shown."""

from skmnist.display._digits import DigitsDisplay
from skmnist.display._hidden_units import HiddenUnitsDisplay
from skmnist.display._search import SearchDisplay
from skmnist.display._training import TrainingDisplay

__all__ = ["DigitsDisplay", "HiddenUnitsDisplay", "SearchDisplay", "TrainingDisplay"]
