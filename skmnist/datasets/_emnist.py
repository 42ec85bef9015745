"""EMNIST's splits: which character a label stands for."""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase, digits

EMNIST_ORIGIN = """\
EMNIST: handwritten characters out of NIST's Special Database 19, by Gregory Cohen, Saeed Afshar,
Jonathan Tapson and André van Schaik, "EMNIST: an extension of MNIST to handwritten letters", 2017,
https://arxiv.org/abs/1702.05373. Its files hold every image with rows and columns swapped; here
they are upright."""

# In two splits, a letter that is written alike large and small is one class; see Cohen et al.
_MERGED = digits + ascii_uppercase + "abdefghnqrt"
_CHARACTERS = {
    "emnist-balanced": _MERGED,
    "emnist-bymerge": _MERGED,
    "emnist-byclass": digits + ascii_uppercase + ascii_lowercase,
    "emnist-digits": digits,
    "emnist-mnist": digits,
}


def emnist_names(split: str) -> dict[int, str]:
    """Give the character of each label of a split, or nothing for a split that is not EMNIST's.

    Parameters
    ----------
    split : str
        The beginning of its files' names, such as ``"emnist-letters"``.

    Examples
    --------
    >>> names = emnist_names("emnist-balanced")
    >>> len(names), names[10], names[46]
    (47, 'A', 't')
    """
    if split == "emnist-letters":  # both cases under one label, counted from 1
        return dict(enumerate(ascii_uppercase, start=1))
    return dict(enumerate(_CHARACTERS.get(split, "")))
