"""Saving fitted estimators: files that run no code when they are read, and ONNX."""

from typing import TYPE_CHECKING, Any

from skmnist.persistence._saving import load, save

if TYPE_CHECKING:
    from skmnist.persistence._onnx import to_onnx

__all__ = ["load", "save", "to_onnx"]


def __getattr__(name: str) -> Any:
    # When it is used: skl2onnx takes 0.3 s to import.
    if name == "to_onnx":
        from skmnist.persistence._onnx import to_onnx

        return to_onnx
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
