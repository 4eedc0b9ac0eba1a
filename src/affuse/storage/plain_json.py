"""JSON from elsewhere, checked: plain, finite, not deeply nested, no duplicate keys."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

DEEPEST = 64

_SIGNS = "\t\n"
"""Control characters that text may hold."""


def read_plain(content: bytes) -> Any:
    """Content of a JSON document.

    Parameters
    ----------
    content : bytes
        UTF-8, UTF-16 or UTF-32.

    Returns
    -------
    object
        Dictionaries, lists, texts, numbers, truth values and None.

    Raises
    ------
    ValueError
        No JSON, or one that no honest writer makes: NaN or a number beyond float64, a key that
        is there twice, more than `DEEPEST` lists or objects in each other, control characters.

    Examples
    --------
    >>> read_plain(b'{"a": [1, 2.5]}')
    {'a': [1, 2.5]}
    """
    try:
        found = json.loads(
            content,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_without_repeats,
        )
    except RecursionError as error:
        raise ValueError("lists or objects are nested too deeply") from error
    _refuse_deep(found)
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is beyond what a number can be")
    return number


def _without_repeats(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice, _ = counts.most_common(1)[0]
        raise ValueError(f"{twice[:80]!r} is there twice")
    return found


def _refuse_deep(found: Any) -> None:
    """Check every value, one level after the other."""
    level = [found]
    for _ in range(DEEPEST):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner += [*value.keys(), *value.values()]
            elif isinstance(value, list):
                inner += value
            elif isinstance(value, str):
                _refuse_control(value)
        if not inner:
            return
        level = inner
    raise ValueError("lists or objects are nested too deeply")


def _refuse_control(text: str) -> None:
    if text.isprintable():
        return
    steering = [sign for sign in text if sign < " " or "\x7f" <= sign < "\xa0" or _is_lone(sign)]
    if any(sign not in _SIGNS for sign in steering):
        raise ValueError(f"{text[:40]!r} holds control characters")


def _is_lone(sign: str) -> bool:
    """Whether a character is half of a surrogate pair, which no file can hold."""
    return "\ud800" <= sign <= "\udfff"
