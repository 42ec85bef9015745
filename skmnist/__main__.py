"""``python -m skmnist``."""

import sys

from skmnist.cli import main

if __name__ == "__main__":
    sys.exit(main())
