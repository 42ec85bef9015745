"""Objects of Keras's in a loaded classifier: plain values until something needs them.

Loading, predicting and saving again need no Keras.
"""

from __future__ import annotations

from typing import Any

# The keys of what `skmnist.engine.descriptions` describes an object by. The first has
# its name.
_KEYS = (
    ("keras_optimizer", "config"),
    ("keras_callback", "attributes"),
    ("keras_activation",),
)


class Deferred:
    """An object of Keras's, or a list that holds some, as a file describes it."""

    def __init__(self, plain: Any) -> None:
        self.plain = plain
        self.is_made = False

    def make(self) -> Any:
        """Return the object, each time the same; itself if Keras is not installed."""
        if not self.is_made:
            try:
                from skmnist.engine.descriptions import made_of
            except ImportError:
                return self

            # Another thread may be making one too.
            vars(self).setdefault("_made", made_of(self.plain))
            self.is_made = True
        return vars(self)["_made"]

    def __repr__(self) -> str:
        """Name what it stands for."""
        return shown(self.plain)


class DeferredParameter:
    """A parameter whose value may be a `Deferred`; reading it makes the object."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, estimator: Any, owner: type | None = None) -> Any:
        if estimator is None:
            return self
        try:
            value = vars(estimator)[self._name]
        except KeyError:
            raise AttributeError(
                f"{type(estimator).__name__!r} object has no attribute {self._name!r}"
            ) from None
        return needed(value)

    def __set__(self, estimator: Any, value: Any) -> None:
        vars(estimator)[self._name] = value


def deferred(plain: Any) -> Any:
    """Wrap plain values that describe objects of Keras's; return others as they are."""
    return Deferred(plain) if _names_in(plain) else plain


def needed(value: Any) -> Any:
    """Make what is deferred; anything else is returned as it is."""
    return value.make() if isinstance(value, Deferred) else value


def shown(plain: Any) -> str:
    """Name what plain values describe."""
    return f"<{', '.join(_names_in(plain))} of Keras, which is not imported>"


def is_of_keras(value: Any) -> bool:
    """Whether a function, or the class of an object, is of a module of Keras's.

    Keras is not imported to find out.
    """
    module = getattr(value, "__module__", None)
    return isinstance(module, str) and module.partition(".")[0] == "keras"


def _names_in(plain: Any) -> list[str]:
    """Return the names of the objects that plain values describe."""
    if isinstance(plain, list | tuple):
        return [name for part in plain for name in _names_in(part)]
    if not isinstance(plain, dict):
        return []
    return [str(plain[keys[0]]) for keys in _KEYS if plain.keys() == set(keys)]
