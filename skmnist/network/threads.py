"""How many threads TensorFlow computes with."""

from __future__ import annotations

import os

import tensorflow as tf


def respect_thread_limit() -> None:
    """Limit TensorFlow to as many threads as OMP_NUM_THREADS allows other libraries.

    joblib and Dask set this variable in the worker processes that they start, so that the workers
    share the cores; TensorFlow does not look at it, and each worker would take all of them. Nothing
    is changed where TensorFlow has been told a number already, or is running.
    """
    limit = os.environ.get("OMP_NUM_THREADS", "")
    is_told = "TF_NUM_INTRAOP_THREADS" in os.environ or bool(
        tf.config.threading.get_intra_op_parallelism_threads()
    )
    if not limit.isdigit() or int(limit) == 0 or is_told:
        return
    try:
        tf.config.threading.set_intra_op_parallelism_threads(int(limit))
    except RuntimeError:
        # It is running.
        return
