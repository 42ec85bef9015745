"""The command line: ``skmnist``, or ``python -m skmnist``.

Errors end a run with a message of one line, or with lines of code, instead of a
traceback. The modules that do the work are imported once the options have been checked,
so that ``--help`` is shown at once.
"""

from __future__ import annotations

import io
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from skmnist._files import printable
from skmnist.cli._options import parse
from skmnist.cli._output import command, describe_error


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
    if argv is None:
        options = parse(sys.argv[1:], command())
        options.command = command()
    else:
        options = parse(argv)
        options.command = "skmnist"
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name that the terminal cannot show must not end the run.
        sys.stdout.reconfigure(errors="backslashreplace")

    try:
        with warnings.catch_warnings():
            warnings.showwarning = _print_warning
            # With this warning, fit returns after Ctrl-C; here, it ends the run.
            warnings.filterwarnings("error", "Training was interrupted", UserWarning)
            is_done = options.run(options)
    except (KeyboardInterrupt, UserWarning) as error:
        if isinstance(error, UserWarning) and "interrupted" not in str(error):
            raise  # by a filter that makes all warnings errors
        print("\nskmnist: interrupted", file=sys.stderr)
        return 130
    except ImportError as error:
        print(f"skmnist: error: {_describe_missing(error)}", file=sys.stderr)
        return 1
    # Some options can only be checked with the data at hand, or by Keras.
    except (MemoryError, OSError, ValueError) as error:
        print(f"skmnist: error: {describe_error(error)}", file=sys.stderr)
        return 1
    return 0 if is_done else 1


def _describe_missing(error: ImportError) -> str:
    """Describe a package that is not installed, such as a backend of Keras."""
    message = describe_error(error)
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    if backend != "tensorflow":
        return (
            f"{message}. KERAS_BACKEND is {printable(backend)!r}, but networks are "
            "trained by TensorFlow: unset it."
        )
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        return f"{message}. Install {package}, as by: pip install {package}"
    return message


def _print_warning(message: Warning | str, *details: Any, **more_details: Any) -> None:
    print(f"skmnist: warning: {describe_error(message)}", file=sys.stderr)
