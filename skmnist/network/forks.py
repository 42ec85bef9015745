"""Processes that were forked from one in which TensorFlow was running.

Of a process's threads, a fork has only the one that forked. TensorFlow waits in it for its other
threads, which stayed behind, for ever. Before it has made its first tensor it has no threads, and
a fork may use it.
"""

from __future__ import annotations

import os

import tensorflow as tf

_was_running = False


def check_fork(what: str) -> None:
    """Refuse to use TensorFlow in a fork in which it would wait for ever.

    Parameters
    ----------
    what : str
        What was about to be done, for the message.

    Raises
    ------
    RuntimeError
        If this process was forked from one in which TensorFlow was running.
    """
    if _was_running:
        raise RuntimeError(
            f"{what} needs TensorFlow, which was running already when this process was forked, "
            "and would wait for ever for threads that are not in it. Start processes otherwise, "
            'with joblib\'s backend "loky" or multiprocessing\'s "spawn", or fork before the first '
            "fit."
        )


def _look_back() -> None:
    global _was_running
    _was_running = _is_running()


def _is_running() -> bool:
    # TensorFlow says so in no other way: it refuses another number of threads, not the same.
    n_threads = tf.config.threading.get_intra_op_parallelism_threads()
    try:
        tf.config.threading.set_intra_op_parallelism_threads(n_threads + 1)
    except RuntimeError:
        return True
    tf.config.threading.set_intra_op_parallelism_threads(n_threads)
    return False


if hasattr(os, "register_at_fork"):  # not on Windows, which has no forks
    # In the child, where no other thread can start a training meanwhile.
    os.register_at_fork(after_in_child=_look_back)
