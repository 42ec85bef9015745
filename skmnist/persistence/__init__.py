"""Saving fitted estimators: files that run no code when they are read, and ONNX.

Importing this package registers a converter of `SimpleMLPClassifier` with skl2onnx, if that is
installed.
"""

from contextlib import suppress

from skmnist.persistence._onnx import register_converter, to_onnx
from skmnist.persistence._saving import load, save

__all__ = ["load", "save", "to_onnx"]

with suppress(ImportError):
    register_converter()
