"""The progress of a fit: lines, and a bar where it can move."""

from __future__ import annotations

import time
from importlib.util import find_spec
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

_MAX_LINES = 20  # with verbose=1
_REDRAWN_EVERY = 0.1  # seconds, in a notebook


class Progress:
    """A line for each epoch, and a bar on a terminal or in a notebook.

    With `verbose` 1 there are at most twenty lines, with 2 one for each epoch and no
    bar. A file, a pipe or a notebook without ipywidgets gets no bar. Epochs are counted
    from 0.
    """

    def __init__(
        self, first_epoch: int, last_epoch: int, n_samples: int, verbose: int
    ) -> None:
        self._first_epoch = first_epoch
        self._last_epoch = last_epoch  # the one to stop before
        self._n_samples = n_samples
        self._line_every = (
            1 if verbose > 1 else -(-(last_epoch - first_epoch) // _MAX_LINES)
        )
        self._console = Console(highlight=False)
        self._is_notebook = self._console.is_jupyter
        can_move = (
            find_spec("ipywidgets") if self._is_notebook else self._console.is_terminal
        )
        self._bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=16),
            TaskProgressColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[metrics]}"),
            console=self._console,
            transient=not self._is_notebook,
            disable=verbose > 1 or not can_move,
            # In a notebook, a widget that a thread redraws catches what others print
            # meanwhile, and each line that rich prints is a block of its own.
            auto_refresh=not self._is_notebook,
            redirect_stdout=not self._is_notebook,
            redirect_stderr=not self._is_notebook,
        )
        self._drawn_at = 0.0
        total = (last_epoch - first_epoch) * n_samples
        self._task = self._bar.add_task(
            self._heading(first_epoch), total=total, metrics=""
        )

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        widget = self._bar.live.ipy_widget
        if widget is not None:
            # rich would leave an empty line behind, which goes with the widget.
            with widget:
                self._bar.stop()
            widget.close()
        elif not self._bar.disable:
            self._bar.stop()

    def advance(self, n_rows: int, logs: dict[str, float]) -> None:
        """Add rows that have been trained on; show the metrics of the epoch so far."""
        self._update(advance=n_rows, metrics=_as_text(logs))

    def end_epoch(self, epoch: int, logs: dict[str, float]) -> None:
        """Show the metrics of an epoch that has ended."""
        n_done = epoch + 1 - self._first_epoch
        is_last = epoch + 1 == self._last_epoch
        if n_done % self._line_every == 0 or n_done == 1 or is_last:
            self.print(self._line(epoch, logs))
        heading = self._heading(epoch if is_last else epoch + 1)
        self._update(description=heading, completed=n_done * self._n_samples)

    def print(self, line: str) -> None:
        """Print a line above the bar."""
        if self._is_notebook:
            print(line)
        else:
            self._console.print(line)

    def _line(self, epoch: int, logs: dict[str, float]) -> str:
        """Return heading and metrics, shorter if they are wider than the console."""
        for separator, n_digits in (("  ", 4), (" ", 4), (" ", 3)):
            line = (
                self._heading(epoch) + separator + _as_text(logs, separator, n_digits)
            )
            if len(line) < self._console.width:
                break
        return line

    def _update(self, **fields: Any) -> None:
        now = time.monotonic()
        is_due = self._is_notebook and now - self._drawn_at >= _REDRAWN_EVERY
        if is_due:
            self._drawn_at = now
        self._bar.update(self._task, refresh=is_due, **fields)

    def _heading(self, epoch: int) -> str:
        width = len(str(self._last_epoch))
        return f"Epoch {epoch + 1:{width}}/{self._last_epoch}"


def _as_text(logs: dict[str, float], separator: str = "  ", n_digits: int = 4) -> str:
    return separator.join(
        f"{name} {value:.{n_digits}f}" for name, value in logs.items()
    )
