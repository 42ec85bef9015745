"""Keeping fitted estimators: files that run no code when they are read, and ONNX."""

from skmnist.persistence._onnx import to_onnx
from skmnist.persistence._saving import load, save

__all__ = ["load", "save", "to_onnx"]
