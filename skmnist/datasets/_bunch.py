"""What `load_mnist` returns: a Bunch that can be looked at."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from skmnist._files import printable
from skmnist.datasets._downloads import sha256_of
from skmnist.datasets._image_data import ImageData


class ImageBunch(Bunch):
    """A :class:`~sklearn.utils.Bunch` that shows shapes, not 60,000 rows of 784 numbers."""

    def __repr__(self) -> str:
        lines = [str(self.get("DESCR", "")).partition("\n")[0] or type(self).__name__]
        for name, value in self.items():
            shown = f"str, {len(value):,} characters" if isinstance(value, str) else repr(value)
            if hasattr(value, "shape"):
                kind = getattr(value, "dtype", type(value).__name__)  # a DataFrame has many dtypes
                shown = f"{kind} of shape {value.shape}"
            lines.append(f"  {name!s:12}  {shown}")
        return "\n".join(map(printable, lines))


def bunch(data: ImageData, X_train: Any, y_train: Any, X_test: Any, y_test: Any) -> ImageBunch:
    """Return rows and labels, which may be frames, with the images and a description."""
    labels = np.union1d(data.y_train, data.y_test).tolist()
    description = data.description
    if data.files:
        hashes = [f"{sha256_of(p)}  {printable(os.path.basename(p))}\n" for p in data.files]
        description += "\nSHA-256:\n" + "".join(hashes)
    return ImageBunch(
        X_train=X_train,
        X_test=X_test,
        images_train=data.images_train,
        images_test=data.images_test,
        y_train=y_train,
        y_test=y_test,
        target_names=np.array([data.names.get(label, str(label)) for label in labels]),
        DESCR=description,
    )
