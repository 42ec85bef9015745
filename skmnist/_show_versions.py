"""Versions of what is installed, for bug reports."""

import os
import re
import sys
from importlib.metadata import PackageNotFoundError, requires, version

import sklearn

_VARIABLES = """
CUDA_VISIBLE_DEVICES KERAS_BACKEND OMP_NUM_THREADS SKMNIST_DATA TF_CPP_MIN_LOG_LEVEL
TF_DETERMINISTIC_OPS TF_NUM_INTEROP_THREADS TF_NUM_INTRAOP_THREADS TF_XLA_FLAGS XLA_FLAGS
""".split()
_DEVELOPMENT = re.compile(r"extra == .(docs|lint|test).")


def show_versions() -> None:
    """Print the versions of Python and of all packages used, settings and devices.

    See Also
    --------
    sklearn.show_versions : The first part of what is printed.
    """
    sklearn.show_versions()
    used = [text for text in requires("skmnist") or () if not _DEVELOPMENT.search(text)]
    names = {re.split(r"[^\w.-]", text)[0] for text in used} - {"skmnist"}
    print("\nskmnist and its dependencies:")
    for name in ("skmnist", *sorted(names)):
        try:
            print(f"  {name}: {version(name)}")
        except PackageNotFoundError:
            print(f"  {name}: not installed")
    print("\nEnvironment variables:")
    for name in _VARIABLES:
        print(f"  {name}: {os.environ.get(name)}")
    if tensorflow := sys.modules.get("tensorflow"):
        print(f"\nTensorFlow's devices: {tensorflow.config.list_physical_devices()}")
