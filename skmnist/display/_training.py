"""The course of a training run: loss and accuracy, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError

from skmnist.display._drawing import divide, draw_legend, keep_within_unit, number_text
from skmnist.display._inputs import unwrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

# What a panel shows, and which of its validation values is the best.
PANELS = {"loss": np.nanargmin, "accuracy": np.nanargmax}
FEW_EPOCHS = 20  # so few that each gets a point; a single one would make no line


class TrainingDisplay:
    """Loss and accuracy over the epochs, side by side, for training and for validation data.

    Validation data are called "held-out" where they had no influence on the training. With early
    stopping they had: it kept the weights of the epoch with the highest validation accuracy, which
    a star marks.

    It is recommended to use :meth:`from_estimator` or :meth:`from_history`.

    Parameters
    ----------
    history : mapping of str to sequence of float
        One value per epoch of "loss" and, if known, "accuracy", "val_loss" and "val_accuracy".
        Other entries are not shown.
    early_stopping : bool, default=False
        Whether the validation accuracy decided which epoch's weights were kept.

    Attributes
    ----------
    history : dict of str to ndarray of shape (n_epochs,)
        The values shown.
    early_stopping : bool
        As given.
    best_epochs : dict of str to int
        For "loss" and "accuracy", if there are validation values, the number of the best epoch,
        counted from 1: the lowest loss, the highest accuracy, the earliest of equals.
    axes_ : ndarray of shape (n_panels,), dtype=object
        The matplotlib Axes of the loss and, if known, of the accuracy. Set by :meth:`plot`, as
        are the following.
    legend_ : matplotlib Legend
        The legend of both panels, above them.
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
    >>> display
    TrainingDisplay(3 epochs)
    >>> display.best_epochs
    {'loss': 2}
    """

    def __init__(
        self, history: Mapping[str, Sequence[float]], *, early_stopping: bool = False
    ) -> None:
        self.history = _check_history(history)
        self.early_stopping = early_stopping
        self.best_epochs = {
            name: int(find_best(self.history[f"val_{name}"])) + 1
            for name, find_best in PANELS.items()
            if f"val_{name}" in self.history and not np.isnan(self.history[f"val_{name}"]).all()
        }

    def __repr__(self) -> str:
        n_epochs = len(self.history["loss"])
        return f"{type(self).__name__}({n_epochs} {'epoch' if n_epochs == 1 else 'epochs'})"

    def plot(
        self, ax: Axes | None = None, *, figsize: tuple[float, float] | None = None
    ) -> TrainingDisplay:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            The axes whose place the panels take. None makes a new figure.
        figsize : tuple of float, default=None
            Width and height in inches of a new figure, if `ax` is None.

        Returns
        -------
        display : TrainingDisplay
            This display, with `axes_`, `legend_`, `ax_` and `figure_` set.

        Raises
        ------
        ValueError
            If `ax` is not an Axes, or not part of a grid.
        """
        shown = [name for name in PANELS if {name, f"val_{name}"} & self.history.keys()]
        self.ax_, panels, legend_ax = divide(ax, len(shown), figsize)
        self.figure_: Figure | SubFigure = self.ax_.figure
        self.axes_ = np.array(panels, dtype=object)
        for panel, name in zip(panels, shown, strict=True):
            self._draw(panel, name)
        self.legend_ = draw_legend(legend_ax, panels)
        return self

    def _draw(self, panel: Axes, name: str) -> None:
        from matplotlib.ticker import MaxNLocator

        n_epochs = len(self.history["loss"])
        epochs = np.arange(1, n_epochs + 1)
        marker = "." if n_epochs <= FEW_EPOCHS else ""
        curves = {name: "training", f"val_{name}": "validation"}
        if not self.early_stopping:
            curves[f"val_{name}"] = "held-out"
        for (key, label), style in zip(curves.items(), ("-", "--"), strict=True):
            if key in self.history:
                (line,) = panel.plot(epochs, self.history[key], style, marker=marker, label=label)
        if self.early_stopping and name == "accuracy" and name in self.best_epochs:
            best = self.best_epochs[name]
            score = self.history["val_accuracy"][best - 1]
            panel.plot(
                best,
                score,
                "*",
                color=line.get_color(),
                markersize=13,
                zorder=3,
                clip_on=False,
                label=f"best: {number_text(score)} in epoch {best}",
            )
        if name == "accuracy":
            keep_within_unit(panel, np.concatenate([line.get_ydata() for line in panel.lines]))
        panel.set(ylabel=name, xlabel="epoch")
        steps = [1, 2, 5, 10]
        locator = MaxNLocator("auto", integer=True, steps=steps, min_n_ticks=min(2, n_epochs))
        panel.xaxis.set_major_locator(locator)
        if n_epochs == 1:
            panel.set_xlim(0.5, 1.5)  # otherwise the axis shows thousandths of an epoch
        panel.grid(alpha=0.3)

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, ax: Axes | None = None, **plot_options: Any
    ) -> TrainingDisplay:
        """Show how a fitted estimator was trained.

        Parameters
        ----------
        estimator : estimator instance
            A fitted estimator with a `history_`, such as SimpleMLPClassifier, a Pipeline that ends
            with one, or a fitted search for one, whose best estimator is shown. If its
            `early_stopping` is True, the best epoch is marked.
        ax : matplotlib Axes, default=None
            The axes whose place the panels take. None makes a new figure.
        **plot_options
            `figsize`, for :meth:`plot`.

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
        trained, _ = unwrap(estimator)
        if not hasattr(trained, "history_"):
            raise NotFittedError(
                f"{type(trained).__name__} has no history_: it is not fitted, or does not keep one."
            )
        early_stopping = getattr(trained, "early_stopping", False) is True
        return cls.from_history(
            trained.history_, early_stopping=early_stopping, ax=ax, **plot_options
        )

    @classmethod
    def from_history(
        cls,
        history: Mapping[str, Sequence[float]],
        *,
        early_stopping: bool = False,
        ax: Axes | None = None,
        **plot_options: Any,
    ) -> TrainingDisplay:
        """Show a history, such as ``history_`` or Keras's ``History.history``.

        Parameters
        ----------
        history : mapping of str to sequence of float
            One value per epoch of "loss" and, if known, "accuracy", "val_loss" and
            "val_accuracy".
        early_stopping : bool, default=False
            Whether the validation accuracy decided which epoch's weights were kept.
        ax : matplotlib Axes, default=None
            The axes whose place the panels take. None makes a new figure.
        **plot_options
            `figsize`, for :meth:`plot`.

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
        >>> [ax.get_ylabel() for ax in display.axes_]
        ['loss', 'accuracy']
        """
        return cls(history, early_stopping=early_stopping).plot(ax, **plot_options)


def _check_history(history: Mapping[str, Sequence[float]]) -> dict[str, NDArray[np.floating]]:
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
                f"{values['loss'].size}."
            )
    return values
