"""Ctrl-C during a fit, noticed between two blocks.

Shared here
    The process's handler of SIGINT during a fit in the main thread, and the time of the
    last press.
Depends on
    Nothing of a fit: a second press may come in the next one.
Who may change it
    The handler; Python's own is back at the end of the fit.
Freed
    With the process.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# Within this many seconds, a second Ctrl-C belongs to the first.
TWICE_SECONDS = 3.0


class Interrupts:
    """Whether Ctrl-C was pressed during a fit, and whether twice in a row."""

    _last_press = float("-inf")  # of the process, not of one fit: a search has many

    def __init__(self) -> None:
        self.is_pressed = self.is_pressed_twice = False
        self._is_over = False

    def _take_note(self, signal_number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        self.is_pressed_twice |= now - Interrupts._last_press < TWICE_SECONDS
        Interrupts._last_press = now
        self.is_pressed = True
        if self._is_over:
            # It came before `deferred_interrupts` restored the handler.
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if self._is_over or self.is_pressed_twice:
            raise KeyboardInterrupt


@contextmanager
def deferred_interrupts() -> Iterator[Interrupts]:
    """Record Ctrl-C instead of raising KeyboardInterrupt wherever Python happens to be.

    Python drops an exception that is raised while it destroys an object, and TensorFlow
    destroys many: a Ctrl-C could be lost. A second Ctrl-C within 3 seconds, also in the
    next fit, raises KeyboardInterrupt at once: the first one ends a fit, two end a
    search. In other threads than the main one, or with another handler of the signal,
    nothing is changed.
    """
    interrupts = Interrupts()
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield interrupts
        return
    try:
        signal.signal(signal.SIGINT, interrupts._take_note)
        yield interrupts
    finally:
        interrupts._is_over = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
