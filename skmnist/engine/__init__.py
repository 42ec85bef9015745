"""What trains: options and arrays in, a trained network out.

This is the only folder that imports TensorFlow, Keras and scikeras. It is imported by the first
fit, and by what only Keras computes.
"""

import ctypes
import gc
from contextlib import suppress

# Before anything else, since importing Keras imports TensorFlow too.
from skmnist.engine import runtime  # isort: skip


def clear() -> None:
    """Free the compiled programs and the memory that are kept for the next fit.

    Fits that run at the moment keep theirs. What XLA has compiled stays in memory until the process
    ends, about 6 MB for each number of hidden units.

    Examples
    --------
    >>> import skmnist.engine
    >>> skmnist.engine.clear()
    """
    # Here, since importing one module of this package should not import them all.
    from skmnist.engine import programs
    from skmnist.engine.blocks import ROWS_MEMORY

    programs.programs.cache_clear()
    ROWS_MEMORY.clear()
    gc.collect()  # graphs refer to themselves
    runtime.release_variables()
    with suppress(AttributeError, OSError, TypeError):  # the C library is not GNU's
        ctypes.CDLL(None).malloc_trim(0)
