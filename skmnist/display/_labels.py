"""Short texts for the values of a parameter, which tell the values apart."""

from __future__ import annotations

import inspect
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

MAX_CHARACTERS, MAX_LINES = 24, 3
DEEPEST = 4  # levels of values within values


def describe(values: Sequence[Any]) -> list[str]:
    """Return a text of up to three short lines for each of several different values.

    Of dicts and of objects of one class, only what differs is written, such as the
    momentum of optimizers or the patience of callbacks.
    """
    differing = _differing_parts(values)
    texts = [_fold(_text(value, differing)) for value in values]
    return _told_apart(texts, values)


def _fold(text: str) -> str:
    """Break a text at spaces and after brackets; cut off what is too long."""
    lines = [""]
    for piece in re.split(r"(?<=[ (\[{])", text):
        if lines[-1] and len(lines[-1] + piece.rstrip()) > MAX_CHARACTERS:
            lines.append("")
        lines[-1] += piece

    if len(lines) > MAX_LINES:
        lines = [*lines[:MAX_LINES], "…"]
    shown = []
    for line in map(str.strip, lines):
        if len(line) > MAX_CHARACTERS:
            line = line[: MAX_CHARACTERS - 1] + "…"
        shown.append(line)
    return "\n".join(shown) or repr(text)


def _told_apart(texts: list[str], values: Sequence[Any]) -> list[str]:
    """Quote strings that look like other values, and number what is still the same."""
    counts = Counter(texts)
    quoted = []
    for text, value in zip(texts, values, strict=True):
        if counts[text] > 1 and isinstance(value, str):
            text = repr(text)
        quoted.append(text)

    counts = Counter(quoted)
    seen: Counter[str] = Counter()
    numbered = []
    for text in quoted:
        if counts[text] > 1:
            seen[text] += 1
            text = f"{text} #{seen[text]}"
        numbered.append(text)
    return numbered


def _differing_parts(values: Sequence[Any]) -> set[tuple[str, Any]]:
    """Return the kinds and the names of parts that are not the same in all objects."""
    n_objects: Counter[str] = Counter()
    parts: defaultdict[tuple[str, Any], list[str]] = defaultdict(list)
    for value in values:
        for inner in _walk(value, DEEPEST):
            kind = _kind(inner)
            n_objects[kind] += 1
            for name, part in _parts(inner).items():
                parts[kind, name].append(repr(part))

    differing = set()
    for (kind, name), found in parts.items():
        if len(set(found)) > 1 or len(found) < n_objects[kind]:
            differing.add((kind, name))
    return differing


def _walk(value: Any, depth: int) -> Iterator[Any]:
    """Yield a value and those within it."""
    yield value
    if depth > 0:
        elements = value if isinstance(value, list | tuple) else _parts(value).values()
        for element in elements:
            yield from _walk(element, depth - 1)


def _is_serialized(value: Any) -> bool:
    """Whether a dict is an object of Keras, such as a schedule, in plain values."""
    return isinstance(value, Mapping) and {"class_name", "config"} <= value.keys()


def _kind(value: Any) -> str:
    if _is_serialized(value):
        return value["class_name"]
    return type(value).__name__


def _parts(value: Any) -> Mapping[Any, Any]:
    """Return what a dict or an object consists of, by name."""
    if _is_serialized(value):
        return _without_name(value["config"])
    if isinstance(value, Mapping):
        return value
    if isinstance(value, type):
        return {}
    if hasattr(value, "get_params"):
        return value.get_params(deep=False)
    if hasattr(value, "get_config"):
        return _without_name(value.get_config())
    if type(value).__repr__ is not object.__repr__:
        return {}

    # The parameters it was made with: other attributes may be the state of a fit.
    try:
        names = inspect.signature(type(value)).parameters
    except ValueError:  # of some classes written in C
        return {}
    return {name: getattr(value, name) for name in names if hasattr(value, name)}


def _without_name(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave out the name, which Keras numbers for objects of one class."""
    return {key: part for key, part in config.items() if key != "name"}


def _text(value: Any, differing: set[tuple[str, Any]], depth: int = DEEPEST) -> str:
    if depth < 0:
        return "…"
    inner = depth - 1
    if isinstance(value, list | tuple):
        return _text_of_sequence(value, differing, inner)
    if isinstance(value, Mapping) and not _is_serialized(value):
        return _text_of_mapping(value, differing, inner)
    if isinstance(value, partial):
        arguments = [*map(str, value.args)]
        arguments += [f"{name}={part}" for name, part in value.keywords.items()]
        return f"{_text(value.func, differing, inner)}({', '.join(arguments)})"
    if hasattr(value, "__name__"):
        return value.__name__
    if isinstance(value, float):
        return f"{value:.6g}"

    if _is_made_of_parts(value):
        texts = []
        for name, part in _parts(value).items():
            if (_kind(value), name) in differing:
                texts.append(f"{name}={_text(part, differing, inner)}")
        return f"{_kind(value)}({', '.join(texts)})"

    # Without the address of an object, and in one line.
    text = re.sub(r" (object )?at 0x[0-9a-fA-F]+", "", str(value))
    return " ".join(text.split())


def _is_made_of_parts(value: Any) -> bool:
    if _is_serialized(value):
        return True
    if hasattr(value, "get_params") or hasattr(value, "get_config"):
        return True
    return type(value).__repr__ is object.__repr__


def _text_of_sequence(
    values: Sequence[Any],
    differing: set[tuple[str, Any]],
    depth: int,
) -> str:
    text = ", ".join(_text(element, differing, depth) for element in values)
    if isinstance(values, list):
        return f"[{text}]"
    if len(values) == 1:
        return f"({text},)"
    return f"({text})"


def _text_of_mapping(
    mapping: Mapping[Any, Any],
    differing: set[tuple[str, Any]],
    depth: int,
) -> str:
    """Return the items that differ, or all, if none or all do."""
    kind = _kind(mapping)
    shown = [name for name in mapping if (kind, name) in differing] or list(mapping)
    texts = [f"{name}: {_text(mapping[name], differing, depth)}" for name in shown]
    if len(shown) < len(mapping):
        texts.insert(0, "…")
    return f"{{{', '.join(texts)}}}"
