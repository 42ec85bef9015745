"""The Keras network and how it runs: what it is, how it trains, how it predicts.

Nothing here knows scikit-learn: arrays come in validated, classes come in as the integers
0 to ``n_classes - 1``.
"""


def clear() -> None:
    """Free the compiled programs and the memory that wait for the next training.

    Trainings that run at the moment keep theirs.

    Examples
    --------
    >>> import skmnist.network
    >>> skmnist.network.clear()
    """
    # Here, since importing one module of this package should not import them all.
    from skmnist.network.memory import ROWS_MEMORY
    from skmnist.network.programs import PROGRAMS

    PROGRAMS.clear()
    ROWS_MEMORY.clear()
