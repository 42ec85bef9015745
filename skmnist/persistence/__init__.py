"""Saving fitted estimators: files that run no code when they are read, and ONNX."""

from typing import TYPE_CHECKING

import lazy_loader as _lazy

if TYPE_CHECKING:
    from skmnist.persistence._onnx import to_onnx
    from skmnist.persistence._saving import load, save

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__, submod_attrs={"_onnx": ["to_onnx"], "_saving": ["load", "save"]}
)
