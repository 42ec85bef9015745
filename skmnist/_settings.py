"""The parameters that an optimizer is made of."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class OptimizerSettings:
    """The parameters of a classifier that its optimizer is made of, as a fit had them.

    Files keep them by their names. One that is added needs a default, for files of
    versions before it.
    """

    optimizer: Any  # a name, an instance, or the description of one in a file
    learning_rate: float

    @property
    def options(self) -> dict[str, Any]:
        """Arguments of an optimizer that is given by its name."""
        return {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name != "optimizer"
        }
