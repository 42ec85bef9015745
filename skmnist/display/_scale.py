"""The values of a parameter along an axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from skmnist.display._axes import font_points, size_in_points, text_width
from skmnist.display._labels import describe

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MANY_NUMBERS = 8  # more than these have an axis of numbers instead of a place each
# The digits that have a tick in each power of ten, if there is room for their labels.
TICKED_DIGITS = ((1, 2, 5), (1, 3), (1,))


def is_number(value: Any) -> bool:
    """Whether a value is a finite real number; True and False are not."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    return math.isfinite(value)


def identity(value: Any) -> Any:
    """Return a key that is the same for equal values, such as lists and estimators."""
    if is_number(value):
        return float(value)
    return repr(value)


class Scale:
    """The places of a parameter's values along an axis, and their texts."""

    def __init__(self, name: str, values: Sequence[Any]) -> None:
        self.name = name
        self.is_numeric = all(map(is_number, values))
        distinct = {identity(value): value for value in values}
        keys = list(distinct)
        if self.is_numeric:
            keys.sort()
            self.labels = [f"{key:.6g}" for key in keys]
        else:
            self.labels = describe(list(distinct.values()))

        self.cells = np.array([keys.index(identity(value)) for value in values])
        self.has_axis = self.is_numeric and len(keys) > MANY_NUMBERS
        self.is_log = self.has_axis and _is_geometric(keys)
        self.places = np.array(keys)[self.cells] if self.has_axis else self.cells

    def label_axis(self, panel: Axes) -> None:
        """Set the scale and the ticks of the horizontal axis of a panel."""
        panel.set_xlabel(self.name)
        if self.is_log:
            panel.set_xscale("log")
        if not self.has_axis:
            panel.set_xticks(range(len(self.labels)), self.labels)
            panel.set_xlim(-0.5, len(self.labels) - 0.5)

    def fit_ticks(self, panel: Axes) -> None:
        """Choose ticks of a logarithmic axis that the width of the panel has room for.

        matplotlib's own are powers of ten, of which there is one between 2 and 96.
        """
        from matplotlib.ticker import LogLocator, NullFormatter

        width = size_in_points(panel)[0]
        low, high = panel.get_xlim()
        for digits in TICKED_DIGITS:
            locator = LogLocator(subs=digits)
            ticks = locator.tick_values(low, high)
            shown = [f"{tick:g}" for tick in ticks if low <= tick <= high]
            needed = font_points("xtick.labelsize") * (text_width(shown) + 0.5)
            if len(shown) * needed <= width:
                break
        panel.xaxis.set_major_locator(locator)
        panel.xaxis.set_major_formatter("{x:g}")
        panel.xaxis.set_minor_formatter(NullFormatter())


def _is_geometric(ascending: Sequence[float]) -> bool:
    """Whether numbers look more like powers than like evenly spaced ones.

    The median of powers is their geometric mean, that of evenly spaced numbers their
    arithmetic mean. What lies between these two counts by its ratio to them.
    """
    low, high = ascending[0], ascending[-1]
    if low <= 0 or high < 10 * low:
        return False
    geometric, arithmetic = math.sqrt(low * high), (low + high) / 2
    return float(np.median(ascending)) < math.sqrt(geometric * arithmetic)
