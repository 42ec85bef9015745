"""How far a training is, shown while it runs."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import (
    Progress as RichProgress,
)

# Lines that a training leaves behind at most, where nobody asked for one an epoch.
_MAX_LINES = 20


class Progress:
    """A line for each epoch, and where somebody watches, a live bar below them.

    On a terminal and in a notebook the bar moves within the epoch and disappears with the
    end of the training; a file or a pipe gets the lines alone.

    Parameters
    ----------
    epochs : int
        Number of epochs.
    n_samples : int
        Rows in an epoch.
    verbose : int
        1 for the bar and at most twenty lines, evenly spread over the epochs; 2 for a line
        for every epoch and no bar.
    console : rich.console.Console, default=None
        Where to write; the standard output by default.
    """

    def __init__(
        self, epochs: int, n_samples: int, *, verbose: int, console: Console | None = None
    ) -> None:
        self._epochs = epochs
        self._n_samples = n_samples
        self._line_every = 1 if verbose > 1 else -(-epochs // _MAX_LINES)
        self._console = console or Console(highlight=False)
        has_bar = verbose == 1 and (self._console.is_terminal or self._console.is_jupyter)
        self._bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TimeRemainingColumn(compact=True),
            console=self._console,
            transient=True,
            disable=not has_bar,
        )
        self._task = self._bar.add_task(f"Epoch 1/{epochs}", total=epochs * n_samples)

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def advance(self, n_rows: int) -> None:
        """Say that `n_rows` more rows have been trained on."""
        self._bar.advance(self._task, n_rows)

    def end_epoch(self, epoch: int, logs: dict[str, float]) -> None:
        """Say that the epoch with this number, from 0, has ended with these logs."""
        number = epoch + 1
        if number % self._line_every == 0 or number in (1, self._epochs):
            width = len(str(self._epochs))
            metrics = "  ".join(f"{name} {value:.4f}" for name, value in logs.items())
            self._bar.console.print(f"Epoch {number:{width}}/{self._epochs}  {metrics}")
        self._bar.update(
            self._task,
            description=f"Epoch {min(number + 1, self._epochs)}/{self._epochs}",
            completed=number * self._n_samples,
        )
