"""What these pages refer to in other projects' documentation, for builds without a
network.

Each name of an object stands with the page that it is on; Sphinx reads them in the form
of an `objects.inv`, which the projects publish with all that they have.
"""

from __future__ import annotations

import zlib
from pathlib import Path

PROJECTS = {
    "sklearn": (
        "https://scikit-learn.org/stable/",
        """
        sklearn.base.BaseEstimator py:class 1 modules/generated/$.html#$ -
        sklearn.datasets.fetch_openml py:function 1 modules/generated/$.html#$ -
        sklearn.exceptions.ConvergenceWarning py:exception 1 modules/generated/$.html#$ -
        sklearn.exceptions.NotFittedError py:exception 1 modules/generated/$.html#$ -
        sklearn.model_selection.GridSearchCV py:class 1 modules/generated/$.html#$ -
        sklearn.neural_network.MLPClassifier py:class 1 modules/generated/$.html#$ -
        sklearn.pipeline.Pipeline py:class 1 modules/generated/$.html#$ -
        sklearn.set_config py:function 1 modules/generated/$.html#$ -
        sklearn.show_versions py:function 1 modules/generated/$.html#$ -
        sklearn.utils.Bunch py:class 1 modules/generated/$.html#$ -
        sklearn.utils.metadata_routing.MetadataRequest py:class 1 modules/generated/$.html#$ -
        accuracy_score std:label -1 modules/model_evaluation.html#accuracy-score Accuracy score
        metadata_routing std:label -1 metadata_routing.html#metadata-routing Metadata Routing
        meta-estimator std:term 1 glossary.html#term-meta-estimator -
        """,
    ),
    "numpy": (
        "https://numpy.org/doc/stable/",
        """
        numpy.ndarray py:class 1 reference/generated/$.html#$ -
        numpy.random.RandomState py:class 1 reference/random/legacy.html#$ -
        array_like std:term 1 glossary.html#term-array_like -
        """,
    ),
    "python": (
        "https://docs.python.org/3/",
        """
        bool py:class 1 library/functions.html#$ -
        dict py:class 1 library/stdtypes.html#$ -
        float py:class 1 library/functions.html#$ -
        int py:class 1 library/functions.html#$ -
        list py:class 1 library/stdtypes.html#$ -
        str py:class 1 library/stdtypes.html#$ -
        tuple py:class 1 library/stdtypes.html#$ -
        os.PathLike py:class 1 library/os.html#$ -
        False py:data 1 library/constants.html#$ -
        None py:data 1 library/constants.html#$ -
        True py:data 1 library/constants.html#$ -
        callable py:function 1 library/functions.html#$ -
        sequence std:term -1 glossary.html#term-sequence -
        """,
    ),
}


def write_inventories(folder: Path) -> dict[str, tuple[str, str]]:
    """Write a file for each project; return the address of its pages and the file, by name."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for name, (address, entries) in PROJECTS.items():
        lines = [line.strip() for line in entries.strip().splitlines()]
        header = f"# Sphinx inventory version 2\n# Project: {name}\n# Version: \n"
        header += "# The remainder of this file is compressed using zlib.\n"
        path = folder / f"{name}.inv"
        body = "".join(f"{line}\n" for line in lines)
        path.write_bytes(header.encode() + zlib.compress(body.encode()))
        written[name] = (address, str(path))
    return written
