"""Ctrl-C in a training, noticed between two blocks."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def deferred_interrupts() -> Iterator[Callable[[], bool]]:
    """Take note of Ctrl-C instead of raising KeyboardInterrupt wherever Python happens to be.

    Python drops an exception that is raised while it destroys an object, and TensorFlow
    destroys many: a Ctrl-C could be lost. A second Ctrl-C raises KeyboardInterrupt at once.

    Where this is not the main thread, or somebody else handles the signal, nothing is changed.

    Yields
    ------
    callable
        Returns whether Ctrl-C was pressed.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield lambda: False
        return
    is_pressed = False

    def take_note(signal_number: int, frame: FrameType | None) -> None:
        nonlocal is_pressed
        if is_pressed:
            raise KeyboardInterrupt
        is_pressed = True

    signal.signal(signal.SIGINT, take_note)
    try:
        yield lambda: is_pressed
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
