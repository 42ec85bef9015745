"""Packages that loading and predicting do without, named where one is not installed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from importlib.util import find_spec
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

# Modules that are imported by those functions alone that need them, and the names by
# which their packages are installed.
_PACKAGES = {
    "PIL": "pillow",
    "matplotlib": "matplotlib",
    "mlxtend": "mlxtend",
    "pandas": "pandas",
    "pooch": "pooch",
    "rich": "rich",
    "skimage": "scikit-image",
}


def naming_packages(
    function: Function, what: str, *, needed: Iterable[str] = ()
) -> Function:
    """Wrap a function, so that a module that it cannot import is named by its package.

    `what` is the subject of the message. Of `needed`, the modules that all calls need,
    those missing are named at once.
    """

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except ModuleNotFoundError as error:
            module = (error.name or "").partition(".")[0]
            if module not in _PACKAGES:
                raise
            raise_if_missing(what, {module, *needed})
            raise

    # The wrapper is found, for example by pickle, in the package that offers it.
    call.__module__ = function.__module__.rpartition(".")[0]
    return call  # type: ignore[return-value]


def raise_if_missing(what: str, modules: Iterable[str]) -> None:
    """Raise ModuleNotFoundError if packages that `what` needs are not installed."""
    missing = sorted(_PACKAGES[name] for name in modules if find_spec(name) is None)
    if missing:
        raise ModuleNotFoundError(
            f"{what} needs packages that are not installed here: pip install "
            f"{' '.join(missing)}"
        )
