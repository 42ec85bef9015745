"""The order of the gallery: what a beginner needs first comes first."""

from __future__ import annotations

ORDER = [
    "plot_tutorial.py",
    "plot_pipeline.py",
    "plot_early_stopping.py",
    "plot_weights.py",
    "plot_search.py",
    "plot_class_weight.py",
    "plot_own_handwriting.py",
    "plot_saving.py",
    "plot_streaming.py",
    "plot_cluster.py",
]


class ReadingOrder:
    """The key that sphinx-gallery sorts the scripts of a folder by.

    Parameters
    ----------
    folder : str
        The folder.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __call__(self, name: str) -> int:
        """Return the position of a script; one not listed above fails the build."""
        return ORDER.index(name)
