"""Versions of what is installed, for bug reports."""

import os
import re
import sys
from importlib.metadata import PackageNotFoundError, requires, version

import sklearn

# By name, since other software has secrets in variables such as TF_VAR_password.
_VARIABLES = re.compile(
    "CUDA_VISIBLE|KERAS_B|OMP_NUM|SKMNIST_|TF_(CPP|DET|NUM|XLA)|XLA_FLAGS"
)
_DEVELOPMENT = re.compile(r"extra == .(docs|lint|test).")


def show_versions() -> None:
    """Print the versions of Python and of all packages used, settings and devices.

    See Also
    --------
    sklearn.show_versions : The first part of what is printed.

    Examples
    --------
    >>> from skmnist import show_versions
    >>> show_versions()  # doctest: +SKIP
    """
    sklearn.show_versions()

    used = [text for text in requires("skmnist") or () if not _DEVELOPMENT.search(text)]
    names = {re.split(r"[^\w.-]", text)[0] for text in used} - {"skmnist"}
    print("\nskmnist and its dependencies:")
    for name in ("skmnist", *sorted(names | {"tensorflow-cpu"})):
        try:
            print(f"  {name}: {version(name)}")
        except PackageNotFoundError:
            print(f"  {name}: not installed")

    print("\nEnvironment variables:")
    for name in sorted(filter(_VARIABLES.match, os.environ)):
        print(f"  {name}: {os.environ[name]}")

    if tensorflow := sys.modules.get("tensorflow"):
        print(f"\nTensorFlow's devices: {tensorflow.config.list_physical_devices()}")
