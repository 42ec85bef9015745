"""What a file may hold without being named in `trusted`, by exact names.

skops trusts a name wherever it stands in a file, also as a function to be called with
arguments of the file. Here a class is trusted only as the class of an object whose
attributes are set, and a function only as a value, such as the one of a scorer. None of
them reads, writes, sends or executes anything, whatever it is called with later.

Not trusted are, as in skops, scikit-learn's trees: they look up memory by numbers of
the file, without checking them.
"""

from __future__ import annotations

import inspect
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from types import ModuleType
from typing import Any

import scipy.sparse
import sklearn.feature_selection
import sklearn.gaussian_process.kernels
import sklearn.metrics
import sklearn.model_selection
import sklearn.preprocessing
import sklearn.utils

from skmnist._compat import PARTS_OF_ESTIMATORS, functions_of_scorers
from skmnist.persistence._stand_ins import STAND_INS

# Of skops 0.11 and later. Readers of earlier files check less.
_OLDEST_PROTOCOL = 2

# Functions of NumPy that are no ufuncs, which skops trusts, and that only compute.
_NUMPY_FUNCTIONS = (
    "clip",
    "flip",
    "fliplr",
    "flipud",
    "max",
    "mean",
    "median",
    "min",
    "nan_to_num",
    "ravel",
    "reshape",
    "rot90",
    "round",
    "std",
    "sum",
    "transpose",
    "var",
)

# A kind of entry in a file, named by its reader in skops, and the full name of a type
# or function.
Entry = tuple[str, str]


def entries_of(content: bytes) -> set[Entry]:
    """Return what types and functions a file names, and as what."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        schema = json.loads(archive.read("schema.json"))
    if schema["protocol"] < _OLDEST_PROTOCOL:
        raise ValueError("it is in the form of skops 0.10 and before")
    return {
        (node["__loader__"], f"{node['__module__']}.{node['__class__']}")
        for node in _nodes_of(schema)
    }


def trusted_names(entries: Iterable[Entry]) -> set[str]:
    """Return those of the names that are trusted where they stand."""
    return {name for kind, name in entries if _is_trusted(kind, name)}


def misplaced_names(entries: Iterable[Entry]) -> set[str]:
    """Return names that are trusted, but also stand where they are not.

    skops would trust them there as well.
    """
    entries = set(entries)
    elsewhere = {name for kind, name in entries if not _is_trusted(kind, name)}
    return elsewhere & trusted_names(entries)


def _nodes_of(schema: Any) -> Iterator[dict[str, Any]]:
    parts = [schema]
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            if isinstance(part.get("__loader__"), str):
                yield part
            parts.extend(part.values())
        elif isinstance(part, list):
            parts.extend(part)


def _is_trusted(kind: str, name: str) -> bool:
    if name.partition(".")[0] == "keras":
        return name in _keras_names_trusted_as(kind)
    return name in _names_by_kind().get(kind, frozenset())


def _keras_names_trusted_as(kind: str) -> frozenset[str]:
    from skmnist.engine import trusted

    if kind == "ObjectNode":
        return trusted.callback_names()
    if kind == "FunctionNode":
        return trusted.function_names()
    return frozenset()


@cache
def _names_by_kind() -> dict[str, frozenset[str]]:
    return {
        "ObjectNode": frozenset(_object_names()),
        "FunctionNode": frozenset(_function_names()),
        "ConstructorFromReduceNode": frozenset(["builtins.range"]),
        # RepeatedStratifiedKFold holds the class of what it repeats.
        "TypeNode": frozenset(map(_full_name, _splitters())),
        "DictNode": frozenset([_full_name(sklearn.utils.Bunch)]),
        "DTypeNode": frozenset(["numpy.dtype"]),
        # Read by scipy.sparse.load_npz, without pickle.
        "SparseMatrixNode": frozenset(map(_full_name, _sparse_classes())),
    }


def _object_names() -> Iterator[str]:
    yield "skmnist.classifier.SimpleMLPClassifier"
    yield from map(_full_name, STAND_INS)
    yield from PARTS_OF_ESTIMATORS
    yield from map(_full_name, _splitters())
    yield from map(_full_name, _kernels())


def _function_names() -> Iterator[str]:
    # The scaler of the command line.
    yield "skmnist._pixels.scale_pixels"
    yield from map(_full_name, _public_functions(sklearn.feature_selection))
    yield from map(_full_name, _public_functions(sklearn.preprocessing))
    yield from map(_full_name, _metrics())
    yield from (f"numpy.{name}" for name in _NUMPY_FUNCTIONS)


def _splitters() -> list[type]:
    classes = filter(inspect.isclass, vars(sklearn.model_selection).values())
    return [cls for cls in classes if hasattr(cls, "split")]


def _kernels() -> list[type]:
    kernels = sklearn.gaussian_process.kernels
    classes = filter(inspect.isclass, vars(kernels).values())
    return [cls for cls in classes if issubclass(cls, kernels.Kernel)]


def _sparse_classes() -> list[type]:
    classes = filter(inspect.isclass, vars(scipy.sparse).values())
    return [cls for cls in classes if hasattr(cls, "tocsr")]


def _metrics() -> list[Callable]:
    # The functions of named scorers, and those beside them: other modules of
    # sklearn.metrics start processes and draw.
    functions = functions_of_scorers()
    modules = {function.__module__ for function in functions}
    modules -= {sklearn.metrics.make_scorer.__module__}
    public = _public_functions(sklearn.metrics)
    return functions + [
        function for function in public if function.__module__ in modules
    ]


def _public_functions(module: ModuleType) -> list[Callable]:
    values = [getattr(module, name) for name in module.__all__]
    return [value for value in values if inspect.isfunction(value)]


def _full_name(value: Any) -> str:
    return f"{value.__module__}.{value.__name__}"
