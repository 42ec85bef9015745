"""`show_versions`: what a report of a fault should say about the installation."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

# What pyproject.toml names, and what those run on.
PACKAGES = (
    "skmnist",
    "keras",
    "tensorflow",
    "scikeras",
    "scikit-learn",
    "numpy",
    "scipy",
    "joblib",
    "matplotlib",
    "mlxtend",
    "pillow",
    "rich",
    "skops",
    "dask",
    "distributed",
    "ipywidgets",
    "onnx",
    "onnxruntime",
    "pandas",
)
VARIABLES = (
    "CUDA_VISIBLE_DEVICES",
    "KERAS_BACKEND",
    "OMP_NUM_THREADS",
    "SKMNIST_DATA",
    "TF_CPP_MIN_LOG_LEVEL",
    "TF_DETERMINISTIC_OPS",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_XLA_FLAGS",
    "XLA_FLAGS",
)


def show_versions() -> None:
    """Print the versions of Python, of this package and of what it runs on.

    Then the environment variables that have a say, the threads, and TensorFlow's devices. The
    versions are read from the installed packages, none of which is imported. Threads and devices
    are those of what the process has imported before: TensorFlow takes seconds, and comes with
    ``from skmnist import SimpleMLPClassifier``.

    See Also
    --------
    sklearn.show_versions : The same for scikit-learn, and what it is built on.

    Examples
    --------
    >>> from skmnist import show_versions
    >>> show_versions()  # doctest: +SKIP
    """
    sections: dict[str, list[tuple[str, object]]] = {
        "System": [
            ("python", sys.version.replace("\n", " ")),
            ("executable", sys.executable),
            ("machine", platform.platform()),
            ("processors", os.cpu_count()),
        ],
        "Packages": [(name, _version_of(name)) for name in PACKAGES],
        "Environment variables": [
            (name, os.environ[name]) for name in VARIABLES if name in os.environ
        ],
        "Threads of the libraries loaded": list(_threads()),
        "TensorFlow": list(_tensorflow()),
    }
    for title, lines in sections.items():
        print(f"\n{title}:")
        width = max((len(name) for name, _ in lines), default=0)
        for name, value in lines or [("none", "")]:
            print(f"  {name:<{width}}  {value}".rstrip())


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _threads() -> Iterator[tuple[str, object]]:
    from threadpoolctl import threadpool_info  # comes with scikit-learn

    for library in threadpool_info():
        name = library["internal_api"]
        yield f"{name} {library['version'] or ''}".rstrip(), library["num_threads"]


def _tensorflow() -> Iterator[tuple[str, object]]:
    tf = sys.modules.get("tensorflow")
    if tf is None:
        yield "not imported", ""
        return
    yield "devices", ", ".join(device.name for device in tf.config.list_physical_devices())
    threading = tf.config.threading
    yield "threads in an operation", threading.get_intra_op_parallelism_threads() or "its choice"
    between = threading.get_inter_op_parallelism_threads()
    yield "threads between operations", between or "its choice"
