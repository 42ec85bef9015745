"""Saving fitted estimators: files that run no code when they are read, ONNX, pages."""

from typing import TYPE_CHECKING

import lazy_loader as _lazy

if TYPE_CHECKING:
    from skmnist.persistence._html import to_html as to_html
    from skmnist.persistence._onnx import to_onnx as to_onnx
    from skmnist.persistence._saving import load as load
    from skmnist.persistence._saving import save as save

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "_html": ["to_html"],
        "_onnx": ["to_onnx"],
        "_saving": ["load", "save"],
    },
)
