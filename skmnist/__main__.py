"""``python -m skmnist``, and the command ``skmnist``."""

import os
import sys

from skmnist.cli import main


def run() -> None:
    """Run the command line, and end the process with its status."""
    status = main()
    if status == 130:
        # Fits of a search may still run in threads, which cannot be ended otherwise.
        sys.stdout.flush()
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    run()
