"""TensorFlow in this process: imported quietly, its threads, and forks.

To be imported before anything else that imports TensorFlow.

Shared here
    The settings of TensorFlow in this process: the number of its threads, and whether
    it takes the memory of GPUs as a whole.
Depends on
    OMP_NUM_THREADS at the first import, and what the user has set before it.
Who may change it
    The user, at any time. Here they are set once, where nobody has set them.
Freed
    With the process.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

_LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"

_was_running = False  # in the process that this one was forked from


def raise_if_forked(what: str) -> None:
    """Raise RuntimeError in a fork of a process in which TensorFlow was running.

    Of a process's threads, a fork has only the one that forked. TensorFlow would wait
    in it for its other threads for ever. Before its first tensor it has no threads, and
    a fork may use it.
    """
    if _was_running:
        raise RuntimeError(
            f"{what} needs TensorFlow, which was running already when this process was "
            "forked, and would wait for ever for threads that are not in it. Start "
            "processes otherwise, with joblib's backend \"loky\" or multiprocessing's "
            '"spawn", or fork before the first fit.'
        )


def one_executor_thread() -> AbstractContextManager[None]:
    """Return a context in which TensorFlow runs functions in the caller's thread.

    Otherwise, handing operations of a few microseconds to other threads takes half of
    the time. Functions must be traced in the same context. Products still use all
    threads.
    """
    return context.function_executor_type("SINGLE_THREADED_EXECUTOR")


def release_variables() -> None:
    """Free the variables of models that are gone.

    TensorFlow's cache of kernels keeps the memory of variables that Keras has made.
    Compiled programs stay.
    """
    context.context().clear_kernel_cache()


def _import_quietly() -> None:
    """Import TensorFlow, and silence its messages then and afterwards.

    They are about CPU features, the compiler, and GPUs that are not there. The
    environment variable ``TF_CPP_MIN_LOG_LEVEL`` silences what comes after the import,
    but not, since TensorFlow 2.19, the import itself
    (https://github.com/tensorflow/tensorflow/issues/100442), for which the standard
    error is redirected. Where the variable is set, its value holds; with "0" everything
    is printed, also by the import.

    Both the variable and the standard error are the process's. Beside other threads
    nothing is silenced: what they log would be lost, and a process that one of them
    starts would have no standard error for life. Some lines of TensorFlow's are the
    lesser evil.
    """
    level = os.environ.get(_LOG_LEVEL)
    if "tensorflow" in sys.modules or level == "0" or not _is_only_thread():
        return

    if level is None:
        os.environ[_LOG_LEVEL] = "3"  # TensorFlow reads it once, at its import
    try:
        with _no_standard_error():
            import tensorflow  # noqa: F401
    finally:
        if level is None:
            del os.environ[_LOG_LEVEL]


@contextmanager
def _no_standard_error() -> Iterator[None]:
    # TensorFlow's C++ writes to the file descriptor, which contextlib.redirect_stderr
    # leaves alone.
    try:
        kept = os.dup(2)
    except OSError:  # the process was started without one
        yield
        return

    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


# Threads of a Jupyter kernel pass messages on, and those of rich move a bar or a
# spinner: what they write to the standard error, if anything, may be lost.
_SILENT_THREADS = ("IPython", "ipykernel", "rich")


def _is_only_thread() -> bool:
    """Whether no thread beside this one could write something that matters."""
    others = set(threading.enumerate()) - {threading.current_thread()}
    return all(_is_silent(thread) for thread in others)


def _is_silent(thread: threading.Thread) -> bool:
    target = getattr(thread, "_target", None)
    modules = (type(thread).__module__, getattr(target, "__module__", None) or "")
    return any(module.partition(".")[0] in _SILENT_THREADS for module in modules)


def _import_packages() -> None:
    """Import TensorFlow and Keras; raise ImportError where they can't train."""
    try:
        _import_quietly()
        import keras
        import scikeras  # noqa: F401
        import tensorflow  # noqa: F401
    except (ImportError, ValueError) as error:
        missing = getattr(error, "name", None)
        if missing in ("tensorflow", "keras", "scikeras"):
            raise ImportError(
                f"This needs TensorFlow, Keras and scikeras, and {missing} is not "
                "installed here: pip install tensorflow scikeras. Loading a "
                "classifier and predicting need none of them, unless the activation "
                "is a function of your own."
            ) from error
        # TensorFlow imports Keras, and Keras its backend.
        backend = os.environ.get("KERAS_BACKEND") or "the one in ~/.keras/keras.json"
        raise ImportError(
            f"skmnist cannot import Keras: {error}. It trains with Keras's backend "
            f"'tensorflow'; the backend set here is {backend}. Unset the environment "
            "variable KERAS_BACKEND, or set it to 'tensorflow', and start Python anew."
        ) from error

    if keras.backend.backend() != "tensorflow":
        raise ImportError(
            "skmnist trains with Keras's backend 'tensorflow', but Keras was imported "
            f"with {keras.backend.backend()!r}. Unset the environment variable "
            "KERAS_BACKEND, or set it to 'tensorflow', and start Python anew."
        )


_import_packages()

import tensorflow as tf  # noqa: E402
from tensorflow.python.eager import context  # noqa: E402  # as keras.utils.clear_session does


def _respect_thread_limit() -> None:
    """Limit TensorFlow to as many threads as OMP_NUM_THREADS allows other libraries.

    joblib and Dask set this variable in the worker processes that they start, so that
    the workers share the cores; TensorFlow does not look at it, and each worker would
    take all of them. Nothing is changed where TensorFlow has a number already, or is
    running.
    """
    limit = os.environ.get("OMP_NUM_THREADS", "")
    has_number = "TF_NUM_INTRAOP_THREADS" in os.environ or bool(
        tf.config.threading.get_intra_op_parallelism_threads()
    )
    if not limit.isdigit() or int(limit) == 0 or has_number:
        return
    with suppress(RuntimeError):  # it is running
        tf.config.threading.set_intra_op_parallelism_threads(int(limit))


def _let_gpu_memory_grow() -> None:
    """Let TensorFlow take the memory of GPUs as it is used.

    Otherwise it takes all of it at its start, in each process, although no fit uses
    any. Nothing is changed where that is set already, or TensorFlow is running.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if any(
        tf.config.experimental.get_memory_growth(gpu) is not None
        or tf.config.get_logical_device_configuration(gpu) is not None
        for gpu in gpus
    ):
        return
    with suppress(RuntimeError):  # it is running
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)


def _look_back() -> None:
    global _was_running
    # TensorFlow refuses another number of threads once it runs.
    n_threads = tf.config.threading.get_intra_op_parallelism_threads()
    try:
        tf.config.threading.set_intra_op_parallelism_threads(n_threads + 1)
    except RuntimeError:
        _was_running = True
    else:
        tf.config.threading.set_intra_op_parallelism_threads(n_threads)


# At once, since TensorFlow takes no other number after its first tensor.
_respect_thread_limit()
_let_gpu_memory_grow()
if hasattr(os, "register_at_fork"):  # not on Windows, which has no forks
    # In the child, where no other thread can start a fit meanwhile.
    os.register_at_fork(after_in_child=_look_back)
