"""The command line: ``skmnist``, or ``python -m skmnist``.

Errors end a run with one line instead of a traceback. The modules that do the work are imported
once the options have been checked, so that ``--help`` is shown at once.
"""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from skmnist.cli._options import parse
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
        with warnings.catch_warnings():
            warnings.showwarning = _print_warning
            # With this warning, fit returns after Ctrl-C; here, it ends the run.
            warnings.filterwarnings("error", "Training was interrupted", UserWarning)
            if "pictures" in options:
                from skmnist.cli._predict import predict

                return 0 if predict(options) else 1
            from skmnist.cli._train import train

            train(options)
    except (KeyboardInterrupt, UserWarning) as error:
        if isinstance(error, UserWarning) and "interrupted" not in str(error):
            raise  # by a filter that makes all warnings errors
        print("\nskmnist: interrupted", file=sys.stderr)
        return 130
    # Some options can only be checked with the data at hand, or by Keras.
    except (MemoryError, OSError, ValueError) as error:
        print(f"skmnist: error: {one_line(error)}", file=sys.stderr)
        return 1
    return 0


def _print_warning(message: Warning | str, *details: Any, **more_details: Any) -> None:
    print(f"skmnist: warning: {one_line(message)}", file=sys.stderr)
