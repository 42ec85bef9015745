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
        title = str(self.get("DESCR", "")).partition("\n")[0] or type(self).__name__
        lines = [f"  {printable(name):12}  {_show(value)}" for name, value in self.items()]
        return "\n".join([printable(title), *lines])


def _show(value: Any) -> str:
    if isinstance(value, str):
        return f"str, {len(value):,} characters"
    if not hasattr(value, "shape"):
        return repr(value)
    kind = getattr(value, "dtype", None) or type(value).__name__  # a DataFrame has many dtypes
    return f"{kind} of shape {value.shape}"


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
