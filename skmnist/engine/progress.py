"""How far a training is, shown while it runs."""

from __future__ import annotations

import time
from importlib.util import find_spec
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

# How often a bar in a notebook is drawn, in seconds.
_REDRAWN_EVERY = 0.1


class Progress:
    """A line for each epoch, and where somebody watches, a live bar besides.

    On a terminal, and in a notebook where ipywidgets is installed, the bar moves within the epoch
    and disappears with the end of the training; a file or a pipe gets the lines alone.

    Parameters
    ----------
    first_epoch, last_epoch : int
        The number of the first epoch, from 0, and of the one to stop before.
    n_samples : int
        Rows in an epoch.
    verbose : int
        1 for the bar and at most twenty lines, evenly spread over the epochs; 2 for a line
        for every epoch and no bar.
    console : rich.console.Console, default=None
        Where to write; the standard output by default.

    Attributes
    ----------
    has_bar : bool
        Whether there is a live bar.
    """

    def __init__(
        self,
        first_epoch: int,
        last_epoch: int,
        n_samples: int,
        *,
        verbose: int,
        console: Console | None = None,
    ) -> None:
        self._first_epoch = first_epoch
        self._last_epoch = last_epoch
        self._n_samples = n_samples
        self._line_every = 1 if verbose > 1 else -(-(last_epoch - first_epoch) // _MAX_LINES)
        self._console = console or Console(highlight=False)
        # In a notebook the bar is a widget. Where there are none, the lines have to do.
        self._is_notebook = self._console.is_jupyter
        is_live = (
            find_spec("ipywidgets") is not None if self._is_notebook else self._console.is_terminal
        )
        self.has_bar = verbose == 1 and is_live
        self._bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=16),
            TaskProgressColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[metrics]}"),
            console=self._console,
            transient=not self._is_notebook,
            disable=not self.has_bar,
            # There, a widget that is drawn by a thread catches what others print meanwhile, and
            # what is printed by way of rich stands apart, each line a block of its own.
            auto_refresh=not self._is_notebook,
            redirect_stdout=not self._is_notebook,
            redirect_stderr=not self._is_notebook,
        )
        self._drawn_at = 0.0
        self._task = self._bar.add_task(
            self._heading(first_epoch), total=(last_epoch - first_epoch) * n_samples, metrics=""
        )

    def __enter__(self) -> Progress:
        if self.has_bar:
            self._bar.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self.has_bar:
            return
        widget = self._bar.live.ipy_widget
        if widget is None:
            self._bar.stop()
            return
        # rich would leave an empty line behind, which goes with the widget.
        with widget:
            self._bar.stop()
        widget.close()

    def advance(self, n_rows: int, logs: dict[str, float]) -> None:
        """Say that `n_rows` more rows have been trained on, and the metrics of the epoch so far."""
        self._bar.update(
            self._task, advance=n_rows, metrics=_as_text(logs), refresh=self._must_draw()
        )

    def end_epoch(self, epoch: int, logs: dict[str, float]) -> None:
        """Say that the epoch with this number, from 0, has ended with these logs."""
        n_done = epoch + 1 - self._first_epoch
        is_last = epoch + 1 == self._last_epoch
        if n_done % self._line_every == 0 or n_done == 1 or is_last:
            self._print(self._line(epoch, logs))
        self._bar.update(
            self._task,
            description=self._heading(epoch if is_last else epoch + 1),
            completed=n_done * self._n_samples,
            refresh=self._must_draw(),
        )

    def _line(self, epoch: int, logs: dict[str, float]) -> str:
        """Return heading and metrics, in a shorter form if they are wider than the console."""
        for separator, n_digits in (("  ", 4), (" ", 4), (" ", 3)):
            line = self._heading(epoch) + separator + _as_text(logs, separator, n_digits)
            if len(line) < self._console.width:
                break
        return line

    def _print(self, line: str) -> None:
        if self._is_notebook:
            print(line)
        else:
            self._console.print(line)

    def _must_draw(self) -> bool:
        """Whether nobody else draws the bar, and the last drawing is old."""
        now = time.monotonic()
        if not self._is_notebook or now - self._drawn_at < _REDRAWN_EVERY:
            return False
        self._drawn_at = now
        return True

    def _heading(self, epoch: int) -> str:
        width = len(str(self._last_epoch))
        return f"Epoch {epoch + 1:{width}}/{self._last_epoch}"


def _as_text(logs: dict[str, float], separator: str = "  ", n_digits: int = 4) -> str:
    return separator.join(f"{name} {value:.{n_digits}f}" for name, value in logs.items())
