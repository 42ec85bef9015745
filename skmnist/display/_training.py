"""The course of a training run: loss and accuracy, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_consistent_length

from skmnist._estimators import unwrap
from skmnist.display._axes import keep_within_unit, root_figure
from skmnist.display._panels import draw_legend, draw_panels, draw_star

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEW_EPOCHS = 20  # so few that each gets a point; a single one would make no line


class TrainingDisplay:
    """Loss and accuracy over the epochs, side by side, of training and held-out data.

    Validation data are called "held-out" where they had no influence on the training.
    With early stopping they had: it kept the weights of the epoch with the highest
    validation accuracy, which a star marks.

    Parameters
    ----------
    history : mapping of str to sequence of float
        One value per epoch of "loss" and, if known, "accuracy", "val_loss" and
        "val_accuracy", such as ``history_`` or Keras's ``History.history``. Other
        entries are not shown.
    early_stopping : bool, default=False
        Whether the validation accuracy decided which epoch's weights were kept.

    Attributes
    ----------
    history : dict of str to ndarray of shape (n_epochs,)
        The values shown.
    axes_ : ndarray of shape (n_panels,), dtype=object
        The matplotlib Axes of the loss and, if known, of the accuracy. Set by
        :meth:`plot`, as are the following.
    legend_ : matplotlib Legend
        The legend of both panels, above them.
    figure_ : matplotlib Figure
        The figure.

    Raises
    ------
    ValueError
        If `history` has no "loss", no epochs, or not the same number of values
        everywhere.

    Examples
    --------
    >>> from skmnist import TrainingDisplay
    >>> history = {"loss": [2.0, 1.4, 1.1], "accuracy": [0.3, 0.6, 0.7]}
    >>> display = TrainingDisplay(history)
    >>> display
    TrainingDisplay(3 epochs)
    >>> [ax.get_ylabel() for ax in display.plot().axes_]
    ['loss', 'accuracy']
    """

    def __init__(
        self, history: Mapping[str, Sequence[float]], *, early_stopping: bool = False
    ) -> None:
        if not isinstance(history, Mapping) or not np.size(history.get("loss", [])):
            raise ValueError(
                "history must be a mapping with 'loss' for one or more epochs, such as "
                f"history_ of a fitted SimpleMLPClassifier, got {history!r}."
            )
        self.history: dict[str, NDArray[np.float64]] = {}
        for key in ("loss", "val_loss", "accuracy", "val_accuracy"):
            if key in history:
                self.history[key] = np.asarray(history[key], dtype=np.float64)
        check_consistent_length(*self.history.values())
        self.early_stopping = early_stopping

    def __repr__(self) -> str:
        n_epochs = len(self.history["loss"])
        epochs = "epoch" if n_epochs == 1 else "epochs"
        return f"{type(self).__name__}({n_epochs} {epochs})"

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
            This display, drawn.
        """
        shown = ["loss"]
        if {"accuracy", "val_accuracy"} & self.history.keys():
            shown.append("accuracy")

        with draw_panels(ax, len(shown), figsize) as panels:
            self.axes_ = panels.axes
            self.figure_ = root_figure(panels.outer)
            for panel, name in zip(self.axes_, shown, strict=True):
                self._draw(panel, name)
            self.legend_ = draw_legend(panels)
        return self

    def _draw(self, panel: Axes, name: str) -> None:
        n_epochs = len(self.history["loss"])
        epochs = np.arange(1, n_epochs + 1)
        marker = "." if n_epochs <= FEW_EPOCHS else ""
        if name in self.history:
            values = self.history[name]
            panel.plot(epochs, values, "-", marker=marker, label="training")
        if f"val_{name}" in self.history:
            self._draw_validation(panel, name, epochs, marker)

        if name == "accuracy":
            keep_within_unit(panel)
        panel.set(ylabel=name, xlabel="epoch")
        panel.locator_params(axis="x", integer=True, min_n_ticks=min(2, n_epochs))
        panel.grid(alpha=0.3)

    def _draw_validation(
        self, panel: Axes, name: str, epochs: NDArray[np.integer], marker: str
    ) -> None:
        values = self.history[f"val_{name}"]
        label = "validation" if self.early_stopping else "held-out"
        (line,) = panel.plot(epochs, values, "--", marker=marker, label=label)

        is_decisive = self.early_stopping and name == "accuracy"
        if is_decisive and not np.isnan(values).all():
            best = int(np.nanargmax(values))
            draw_star(
                panel,
                epochs[best],
                values[best],
                label=f"best: {values[best]:#.3g} in epoch {epochs[best]}",
                color=line.get_color(),
            )

    @classmethod
    def from_estimator(cls, estimator: Any, **plot_options: Any) -> TrainingDisplay:
        """Show how a fitted estimator was trained.

        Parameters
        ----------
        estimator : estimator instance
            A fitted estimator with a `history_`, such as SimpleMLPClassifier, a
            Pipeline that ends with one, or a fitted search for one, whose best
            estimator is shown. If its `early_stopping` is True, the best epoch is
            marked.
        **plot_options
            `ax` and `figsize`, for :meth:`plot`.

        Returns
        -------
        display : TrainingDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator, or the last step of the Pipeline, has no `history_`.
        """
        trained, _ = unwrap(estimator)
        if not hasattr(trained, "history_"):
            name = type(trained).__name__
            raise NotFittedError(
                f"{name} has no history_: it is not fitted, or does not keep one.",
            )
        early_stopping = getattr(trained, "early_stopping", False) is True
        return cls(trained.history_, early_stopping=early_stopping).plot(**plot_options)
