"""The course of a training run: loss and accuracy, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_consistent_length

from skmnist.display import _drawing
from skmnist.display._inputs import unwrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANELS = ("loss", "accuracy")
FEW_EPOCHS = 20  # so few that each gets a point; a single one would make no line


class TrainingDisplay:
    """Loss and accuracy over the epochs, side by side, for training and for validation data.

    Validation data are called "held-out" where they had no influence on the training. With early
    stopping they had: it kept the weights of the epoch with the highest validation accuracy, which
    a star marks.

    Parameters
    ----------
    history : mapping of str to sequence of float
        One value per epoch of "loss" and, if known, "accuracy", "val_loss" and "val_accuracy", such
        as ``history_`` or Keras's ``History.history``. Other entries are not shown.
    early_stopping : bool, default=False
        Whether the validation accuracy decided which epoch's weights were kept.

    Attributes
    ----------
    history : dict of str to ndarray of shape (n_epochs,)
        The values shown.
    axes_ : ndarray of shape (n_panels,), dtype=object
        The matplotlib Axes of the loss and, if known, of the accuracy. Set by :meth:`plot`, as
        are the following.
    legend_ : matplotlib Legend
        The legend of both panels, above them.
    figure_ : matplotlib Figure
        The figure.

    Raises
    ------
    ValueError
        If `history` has no "loss", no epochs, or not the same number of values everywhere.

    Examples
    --------
    >>> from skmnist import TrainingDisplay
    >>> display = TrainingDisplay({"loss": [2.0, 1.4, 1.1], "accuracy": [0.3, 0.6, 0.7]})
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
                "history must be a mapping with 'loss' for one or more epochs, such as history_ of "
                f"a fitted SimpleMLPClassifier, got {history!r}."
            )
        keys = [key for name in PANELS for key in (name, f"val_{name}") if key in history]
        self.history = {key: np.asarray(history[key], dtype=np.float64) for key in keys}
        check_consistent_length(*self.history.values())
        self.early_stopping = early_stopping

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
            This display, drawn.
        """
        shown = [name for name in PANELS if {name, f"val_{name}"} & self.history.keys()]
        self.axes_ = _drawing.draw_panels(ax, len(shown), figsize)
        self.figure_ = self.axes_[0].get_figure(root=True)
        for panel, name in zip(self.axes_, shown, strict=True):
            self._draw(panel, name)
        self.legend_ = _drawing.draw_legend(self.axes_)
        return self

    def _draw(self, panel: Axes, name: str) -> None:
        n_epochs = len(self.history["loss"])
        epochs = np.arange(1, n_epochs + 1)
        marker = "." if n_epochs <= FEW_EPOCHS else ""
        held_out = "validation" if self.early_stopping else "held-out"
        for key, label, style in ((name, "training", "-"), (f"val_{name}", held_out, "--")):
            if key in self.history:
                (line,) = panel.plot(epochs, self.history[key], style, marker=marker, label=label)
        if name == "accuracy":
            validation = self.history.get("val_accuracy", np.array([np.nan]))
            if self.early_stopping and not np.isnan(validation).all():
                best = int(np.nanargmax(validation))
                label = f"best: {validation[best]:#.3g} in epoch {best + 1}"
                star = {"label": label, "color": line.get_color(), **_drawing.STAR}
                panel.plot(best + 1, validation[best], **star)
            _drawing.keep_within_unit(panel)
        panel.set(ylabel=name, xlabel="epoch")
        panel.locator_params(axis="x", integer=True, min_n_ticks=min(2, n_epochs))
        panel.grid(alpha=0.3)

    @classmethod
    def from_estimator(cls, estimator: Any, **plot_options: Any) -> TrainingDisplay:
        """Show how a fitted estimator was trained.

        Parameters
        ----------
        estimator : estimator instance
            A fitted estimator with a `history_`, such as SimpleMLPClassifier, a Pipeline that ends
            with one, or a fitted search for one, whose best estimator is shown. If its
            `early_stopping` is True, the best epoch is marked.
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
            raise NotFittedError(
                f"{type(trained).__name__} has no history_: it is not fitted, or does not keep one."
            )
        early_stopping = getattr(trained, "early_stopping", False) is True
        return cls(trained.history_, early_stopping=early_stopping).plot(**plot_options)
