"""The course of a training: loss and accuracy, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError

from skmnist.display._colors import style_color
from skmnist.display._fitted import innermost
from skmnist.display._panels import divide
from skmnist.display._text import add_legend, number_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

# What a panel shows, and which of its validation values is the best.
PANELS = {"loss": np.nanargmin, "accuracy": np.nanargmax}
FEW_EPOCHS = 20  # so few that each deserves a point, and one alone would make no line


class TrainingDisplay:
    """Loss and accuracy over the epochs, side by side, for training and for validation data.

    In each panel the best epoch on the validation data is marked: the lowest loss, the highest
    accuracy, and the earliest where several are equal. The two may be different epochs.

    It is recommended to use :meth:`from_estimator` or :meth:`from_history`.

    Parameters
    ----------
    history : mapping of str to sequence of float
        One value per epoch of "loss" and, if known, "accuracy", "val_loss" and "val_accuracy".
        Other entries are not shown.

    Attributes
    ----------
    history : dict of str to ndarray of shape (n_epochs,)
        What is shown.
    best_epochs : dict of str to int
        For "loss" and "accuracy", if there are validation values, the number of the best epoch,
        counted from 1.
    axes_ : ndarray of shape (n_panels,), dtype=object
        The matplotlib Axes of the loss and, if known, of the accuracy. Set by :meth:`plot`, as
        are the following.
    ax_ : matplotlib Axes
        The invisible axes around the panels.
    figure_ : matplotlib Figure
        The figure.

    Raises
    ------
    ValueError
        If `history` has no "loss", no epochs, or not the same number of values everywhere.

    Examples
    --------
    >>> from skmnist import TrainingDisplay
    >>> display = TrainingDisplay({"loss": [2.0, 1.4, 1.1], "val_loss": [1.7, 1.4, 1.5]})
    >>> display.best_epochs
    {'loss': 2}
    """

    def __init__(self, history: Mapping[str, Sequence[float]]) -> None:
        self.history = _checked_history(history)
        self.best_epochs = {
            name: int(find_best(self.history[f"val_{name}"])) + 1
            for name, find_best in PANELS.items()
            if f"val_{name}" in self.history and not np.isnan(self.history[f"val_{name}"]).all()
        }

    def plot(self, ax: Axes | None = None) -> TrainingDisplay:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            The axes whose place the panels take. None makes a new figure.

        Returns
        -------
        display : TrainingDisplay
            This display, with `axes_`, `ax_` and `figure_` set.

        Raises
        ------
        ValueError
            If `ax` is no Axes, or one without a place in a grid.
        """
        shown = [name for name in PANELS if {name, f"val_{name}"} & self.history.keys()]
        self.ax_, panels = divide(
            ax, len(shown), len(shown), figsize=(4.5 * len(shown), 3.5), spacing=(0.3, 0)
        )
        self.figure_: Figure | SubFigure = self.ax_.figure
        self.axes_ = np.array(panels, dtype=object)
        for panel, name in zip(panels, shown, strict=True):
            self._draw(panel, name)
        return self

    def _draw(self, panel: Axes, name: str) -> None:
        from matplotlib.ticker import MaxNLocator

        training_color, validation_color = style_color("C0"), style_color("C1")
        n_epochs = len(self.history["loss"])
        epochs = np.arange(1, n_epochs + 1)
        marker = "." if n_epochs <= FEW_EPOCHS else ""
        if name in self.history:
            values = self.history[name]
            panel.plot(epochs, values, color=training_color, marker=marker, label="training")
        if f"val_{name}" in self.history:
            values = self.history[f"val_{name}"]
            panel.plot(
                epochs, values, "--", color=validation_color, marker=marker, label="validation"
            )
        if name in self.best_epochs:
            best = self.best_epochs[name]
            label = f"best: {number_text(values[best - 1])} in epoch {best}"
            panel.plot(
                best, values[best - 1], "*", color=validation_color, markersize=12, label=label
            )
        panel.set(title=name.capitalize(), xlabel="epoch")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        if n_epochs == 1:
            panel.set_xlim(0.5, 1.5)  # otherwise the axis shows thousandths of an epoch
        panel.grid(alpha=0.3)
        add_legend(panel)

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Axes | None = None) -> TrainingDisplay:
        """Show how a fitted estimator was trained.

        Parameters
        ----------
        estimator : estimator instance
            A fitted estimator with a `history_`, such as SimpleMLPClassifier, a Pipeline that ends
            with one, or a fitted search for one, whose best estimator is shown.
        ax : matplotlib Axes, default=None
            The axes whose place the panels take. None makes a new figure.

        Returns
        -------
        display : TrainingDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator, or the last step of the Pipeline, has no `history_`.
        ValueError
            In the cases of the constructor and of :meth:`plot`.
        """
        trained = innermost(estimator)
        if not hasattr(trained, "history_"):
            raise NotFittedError(
                f"{type(trained).__name__} has no history_: it is not fitted yet, was not refitted "
                "after the search, or is not an estimator that keeps one."
            )
        return cls.from_history(trained.history_, ax=ax)

    @classmethod
    def from_history(
        cls, history: Mapping[str, Sequence[float]], *, ax: Axes | None = None
    ) -> TrainingDisplay:
        """Show a history, such as ``history_`` or Keras's ``History.history``.

        Parameters
        ----------
        history : mapping of str to sequence of float
            One value per epoch of "loss" and, if known, "accuracy", "val_loss" and
            "val_accuracy".
        ax : matplotlib Axes, default=None
            The axes whose place the panels take. None makes a new figure.

        Returns
        -------
        display : TrainingDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            In the cases of the constructor and of :meth:`plot`.

        Examples
        --------
        >>> from skmnist import TrainingDisplay
        >>> history = {"loss": [2.0, 1.4], "accuracy": [0.3, 0.6]}
        >>> display = TrainingDisplay.from_history(history)
        >>> [ax.get_title() for ax in display.axes_]
        ['Loss', 'Accuracy']
        """
        return cls(history).plot(ax)


def _checked_history(history: Mapping[str, Sequence[float]]) -> dict[str, NDArray[np.floating]]:
    if not isinstance(history, Mapping):
        raise ValueError(
            "history must be a mapping such as history_ of a fitted SimpleMLPClassifier, "
            f"got {type(history).__name__}."
        )
    shown = [key for name in PANELS for key in (name, f"val_{name}") if key in history]
    if "loss" not in shown:
        raise ValueError(f"history has no 'loss', only {sorted(history)}.")
    values: dict[str, NDArray[np.floating]] = {
        key: np.asarray(history[key], dtype=np.float64) for key in shown
    }
    if values["loss"].ndim != 1 or values["loss"].size == 0:
        raise ValueError(
            "history['loss'] must hold one value for each of one or more epochs, "
            f"got {history['loss']!r}."
        )
    for key in shown:
        if values[key].shape != values["loss"].shape:
            raise ValueError(
                f"history[{key!r}] has {values[key].size} values but history['loss'] has "
                f"{values['loss'].size}: which epochs they belong to cannot be told."
            )
    return values
