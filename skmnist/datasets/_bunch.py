"""What `load_mnist` returns: a Bunch that can be looked at."""

from __future__ import annotations

from typing import Any

from sklearn.utils import Bunch


class ImageBunch(Bunch):
    """A :class:`~sklearn.utils.Bunch` that shows what it holds, not 60,000 rows of 784 numbers.

    Examples
    --------
    >>> import numpy as np
    >>> ImageBunch(DESCR="Two images\\n\\nOf nothing.", X_train=np.zeros((2, 4)), k=range(2))
    Two images
      DESCR    str, 23 characters
      X_train  float64 of shape (2, 4)
      k        range(0, 2)
    """

    def __repr__(self) -> str:
        title = str(self.get("DESCR", "")).partition("\n")[0] or type(self).__name__
        width = max((len(str(name)) for name in self), default=0)
        lines = [f"  {name!s:{width}}  {_show(value)}" for name, value in self.items()]
        return "\n".join([title, *lines])


def _show(value: Any) -> str:
    if isinstance(value, str):
        return f"str, {len(value):,} characters"
    if not hasattr(value, "shape"):
        return repr(value)
    kind = getattr(value, "dtype", None) or type(value).__name__  # a DataFrame has many dtypes
    return f"{kind} of shape {value.shape}"
