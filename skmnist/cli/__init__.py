"""The command line: ``skmnist``, or ``python -m skmnist``.

Errors end a run with one line instead of a traceback. The modules that do the work are imported
once the options have been checked, so that ``--help`` is shown at once.
"""

from __future__ import annotations

import _thread
import io
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from skmnist.cli._options import PredictOptions, parse
from skmnist.cli._output import one_line


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, default=None
        The arguments. None takes those of the process.

    Returns
    -------
    status : int
        0 on success, 1 after an error, which is printed to stderr, 130 after Ctrl-C.

    Raises
    ------
    SystemExit
        With status 2 if the arguments are wrong, 0 after ``--help`` and ``--version``.
    """
    options = parse(sys.argv[1:] if argv is None else argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name that the terminal cannot show must not end the run.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        with _repeat_lost_interrupts(), warnings.catch_warnings():
            warnings.showwarning = _print_warning
            if isinstance(options, PredictOptions):
                from skmnist.cli._predict import predict

                return 0 if predict(options) else 1
            from skmnist.cli._train import train

            train(options)
    except KeyboardInterrupt:
        print("\nskmnist: interrupted", file=sys.stderr)
        return 130
    # Some options can only be checked with the data at hand, or by Keras.
    except (MemoryError, OSError, ValueError) as error:
        print(f"skmnist: error: {one_line(error)}", file=sys.stderr)
        return 1
    return 0


def _print_warning(message: Warning | str, *details: Any, **more_details: Any) -> None:
    print(f"skmnist: warning: {one_line(message)}", file=sys.stderr)


@contextmanager
def _repeat_lost_interrupts() -> Iterator[None]:
    """Repeat a Ctrl-C that Python dropped because it was raised in a destructor."""
    usual_hook = sys.unraisablehook

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        if unraisable.exc_type is not KeyboardInterrupt:
            usual_hook(unraisable)
            return
        again = threading.Timer(0.1, _thread.interrupt_main)  # when the destructor has returned
        again.daemon = True
        again.start()

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = usual_hook
