"""The values of a searched parameter along an axis: numbers where they lie, others side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from skmnist.display._text import LETTER_WIDTH, size_in_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LOG_FACTOR = 10 * (1 - 1e-9)  # numbers that span as much are powers: 0.01, 0.1, 1 …
EVEN_GAPS = 1.5  # … unless no gap is longer than another by this factor: 1, 2, 3, … 20
MANY_TICKS = 12  # more numbers than these do not get a tick each
LONGEST_TEXT = 30
LABEL_POINTS = 10  # the size of tick labels that figures are made for


@dataclass(frozen=True)
class Scale:
    """Where the values of a parameter lie on an axis, and what its ticks say.

    Attributes
    ----------
    positions : ndarray of shape (n_candidates,), dtype=float64
        Where each candidate lies: its number, or the place of its category, counted from 0.
    ticks : ndarray of shape (n_values,), dtype=float64
        Where the distinct values lie, in ascending order.
    labels : list of str
        Their texts.
    is_numeric : bool
        Whether the positions are the numbers themselves.
    kind : {"linear", "log", "symlog"}
        The scale of matplotlib that shows the values best.
    """

    positions: NDArray[np.float64]
    ticks: NDArray[np.float64]
    labels: list[str]
    is_numeric: bool
    kind: str

    @classmethod
    def of(cls, values: Sequence[Any]) -> Scale:
        """Find the scale of a parameter.

        Parameters
        ----------
        values : sequence of object
            The value of each candidate. Finite numbers only, but not True and False, make a
            numeric scale; otherwise they are categories, in the order in which they come.

        Returns
        -------
        scale : Scale
            The scale.

        Examples
        --------
        >>> scale = Scale.of([5, 64, 16])
        >>> scale.ticks, scale.labels, scale.kind
        (array([ 5., 16., 64.]), ['5', '16', '64'], 'log')
        >>> scale = Scale.of([(64, 32), 16, (64, 32)])
        >>> scale.positions, scale.labels, scale.kind
        (array([0., 1., 0.]), ['(64, 32)', '16'], 'linear')
        """
        if all(is_number(value) for value in values):
            positions = np.array([float(value) for value in values])
            ticks = np.unique(positions)
            return cls(positions, ticks, _number_texts(ticks), True, _kind(ticks))
        first_of_each: dict[Any, Any] = {}
        for value in values:
            first_of_each.setdefault(identity(value), value)
        places = {key: place for place, key in enumerate(first_of_each)}
        positions = np.array([float(places[identity(value)]) for value in values])
        texts = [_text(value) for value in first_of_each.values()]
        return cls(positions, np.arange(len(places), dtype=np.float64), texts, False, "linear")

    @property
    def cells(self) -> NDArray[np.integer]:
        """The number of each candidate's value among the distinct ones, in ascending order."""
        return np.searchsorted(self.ticks, self.positions)

    def label_of(self, candidate: int) -> str:
        """Return the text of a candidate's value."""
        return self.labels[self.cells[candidate]]

    def stretch(self, panel: Axes, axis: Literal["x", "y"]) -> None:
        """Give an axis this scale, before anything is drawn: margins depend on it.

        Parameters
        ----------
        panel : matplotlib Axes
            The axes.
        axis : {"x", "y"}
            Which of its axes.
        """
        options = {}
        if self.kind == "symlog":
            options = {"linthresh": self.ticks[self.ticks > 0][0], "linscale": 0.5}
        getattr(panel, f"set_{axis}scale")(self.kind, **options)

    def set_ticks(self, panel: Axes, axis: Literal["x", "y"], *, keep: int | None = None) -> None:
        """Put ticks at the values, once everything is drawn.

        Parameters
        ----------
        panel : matplotlib Axes
            The axes.
        axis : {"x", "y"}
            Which of its axes.
        keep : int, default=None
            The candidate whose label is shown in any case, where there is no room for all.
        """
        from matplotlib.ticker import MaxNLocator

        if not self.is_numeric:
            panel.set(**{f"{axis}lim": (-0.5, len(self.ticks) - 0.5)})
            self.name_cells(panel, axis)
        elif len(self.ticks) <= MANY_TICKS:
            panel.set(**{f"{axis}ticks": self.ticks})
            getattr(panel, f"{axis}axis").minorticks_off()
            labels = self._labels_with_room(panel, axis, keep)
            panel.set(**{f"{axis}ticklabels": labels})
        elif self.kind == "linear" and (self.ticks % 1 == 0).all():
            getattr(panel, f"{axis}axis").set_major_locator(MaxNLocator(integer=True))

    def name_cells(self, panel: Axes, axis: Literal["x", "y"]) -> None:
        """Write the texts below or beside equally wide cells, one for each distinct value.

        Parameters
        ----------
        panel : matplotlib Axes
            The axes.
        axis : {"x", "y"}
            Which of its axes.
        """
        n_cells = len(self.labels)
        panel.set(**{f"{axis}ticks": range(n_cells), f"{axis}ticklabels": self.labels})
        room = size_in_points(panel)["xy".index(axis)] / n_cells
        points = min(_label_points(panel, axis), room)
        panel.tick_params(axis, labelsize=points)
        slant = self._slant(room, points) if axis == "x" else 0
        if slant:
            va = "center" if slant == 90 else "top"
            for label in panel.get_xticklabels():
                label.set(rotation=slant, ha="right", va=va, rotation_mode="anchor")

    def slanted_inches(self, column_inches: float) -> float:
        """Return how far the texts below columns reach down where they do not fit side by side.

        Parameters
        ----------
        column_inches : float
            The width of a column.

        Returns
        -------
        float
            In inches; 0 where they do fit, and for the ticks of numbers.
        """
        if self.is_numeric:
            return 0
        slant = self._slant(72 * column_inches, LABEL_POINTS)
        return math.sin(math.radians(slant)) * self._longest * LABEL_POINTS / 72

    @property
    def _longest(self) -> float:
        """The length of the longest text, in parts of the font size."""
        return max(map(len, self.labels)) * LETTER_WIDTH

    def _slant(self, width: float, points: float) -> int:
        """Return the least angle at which letters of a size fit below columns of a width."""
        if self._longest * points <= width:
            return 0
        return 30 if points <= width * math.sin(math.radians(30)) else 90

    def _labels_with_room(
        self, panel: Axes, axis: Literal["x", "y"], keep: int | None
    ) -> list[str]:
        """Leave out texts that would lie on others; their ticks stay."""
        points = _label_points(panel, axis)
        panel.get_xlim(), panel.get_ylim()  # which take note of all that is drawn
        ends = panel.transData + panel.transAxes.inverted()
        corners = ends.transform(np.column_stack([self.ticks, self.ticks]))
        centers = (corners * size_in_points(panel))[:, "xy".index(axis)]
        lengths = [len(text) * LETTER_WIDTH if axis == "x" else 1.0 for text in self.labels]
        n_ticks = len(self.ticks)
        kept = None if keep is None else self.cells[keep]
        # The one to show in any case, then those at the ends, then from left to right.
        order = sorted(range(n_ticks), key=lambda i: (i != kept, i not in (0, n_ticks - 1), i))
        shown: list[int] = []
        for i in order:
            if all(
                abs(centers[i] - centers[j]) > points * ((lengths[i] + lengths[j]) / 2 + 0.3)
                for j in shown
            ):
                shown.append(i)
        return [text if i in shown else "" for i, text in enumerate(self.labels)]


def is_number(value: Any) -> bool:
    """Tell whether a value has its place on a numeric axis.

    Parameters
    ----------
    value : object
        The value of a parameter.

    Returns
    -------
    bool
        True for finite real numbers. True and False are none.
    """
    return (
        isinstance(value, Real) and not isinstance(value, (bool, np.bool_)) and math.isfinite(value)
    )


def identity(value: Any) -> tuple[str, Any]:
    """Return what two equal values of a parameter have in common; it can be hashed.

    Parameters
    ----------
    value : object
        The value of a parameter: a number, a string, a list, an estimator …

    Returns
    -------
    key : tuple
        Equal for equal values.

    Examples
    --------
    >>> import numpy as np
    >>> identity(16) == identity(np.float64(16.0)), identity(1) == identity(True)
    (True, False)
    >>> identity([64, 32]) == identity([64, 32])
    True
    """
    if is_number(value):
        return ("number", float(value))
    return (type(value).__name__, str(value) if isinstance(value, str) else repr(value))


def _kind(ticks: NDArray[np.float64]) -> str:
    positive = ticks[ticks > 0]
    if len(positive) < 2 or ticks[0] < 0 or positive[-1] / positive[0] < LOG_FACTOR:
        return "linear"
    gaps = np.diff(ticks)
    if len(gaps) > 1 and gaps.max() <= EVEN_GAPS * gaps.min():
        return "linear"
    return "log" if ticks[0] > 0 else "symlog"


def _number_texts(ticks: NDArray[np.float64]) -> list[str]:
    """Write numbers as shortly as leaves them distinct."""
    for digits in range(3, 18):
        texts = [_number_text(tick, digits) for tick in ticks]
        if len(set(texts)) == len(texts):
            break
    return texts


def _number_text(number: float, digits: int) -> str:
    if number.is_integer() and abs(number) < 1e6:
        return f"{number:.0f}"
    mantissa, e, exponent = f"{number:.{digits}g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if e else mantissa


def _text(value: Any) -> str:
    text = getattr(value, "__name__", None) if callable(value) else None
    text = " ".join((text or str(value)).split())
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def _label_points(panel: Axes, axis: Literal["x", "y"]) -> float:
    return float(getattr(panel, f"get_{axis}ticklabels")()[0].get_fontsize())
