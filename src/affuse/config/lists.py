"""Lists as they are typed: names between commas, numbers with ranges."""

from __future__ import annotations

import re
from itertools import chain

from affuse.errors import ConfigError

MOST_NUMBERS = 10_000
"""Of one range: more is a mistake, or malicious."""


def parse_numbers(text: str) -> tuple[int, ...]:
    """Numbers in a text such as ``1-4,7``, ascending, each once.

    Parameters
    ----------
    text : str

    Returns
    -------
    tuple of int

    Raises
    ------
    ConfigError
        Something else between the commas, or a range as `speakers_of` refuses it.

    Examples
    --------
    >>> parse_numbers("7, 1-4")
    (1, 2, 3, 4, 7)
    """
    numbers: set[int] = set()
    for piece in map(str.strip, text.split(",")):
        try:
            names = _range(piece)
        except ValueError as error:
            raise ConfigError(str(error)) from error
        if not all(name.isascii() and name.isdigit() and len(name) < 7 for name in names):
            raise ConfigError(f"{piece!r} in {text!r} is no number; expected such as 1-4,7")
        numbers.update(map(int, names))
    return tuple(sorted(numbers))


def items_of(value: object) -> object:
    """Items of a text with commas, or a single item as a list; a list stays as it is.

    Parameters
    ----------
    value : object
        What was typed, or read from TOML.

    Returns
    -------
    object
        A tuple, or the value itself where it is no list: what validates it next says so.

    Examples
    --------
    >>> items_of("calm, sad"), items_of(["calm"]), items_of(""), items_of(20)
    (('calm', 'sad'), ['calm'], (), (20,))
    """
    if isinstance(value, str):
        return tuple(item.strip() for item in value.split(",") if item.strip())
    return (value,) if isinstance(value, int | float) and not isinstance(value, bool) else value


def speakers_of(value: object) -> object:
    """Speakers in a text or number; a list stays as it is, whatever its names are.

    Parameters
    ----------
    value : object
        What was typed, or read from TOML.

    Returns
    -------
    object
        A tuple of str, or the value itself.

    Raises
    ------
    ValueError
        A range that runs backwards or has no end, or a very long one.

    Examples
    --------
    >>> speakers_of("1-3, 7, anna"), speakers_of(4), speakers_of([1, "2-3"])
    (('1', '2', '3', '7', 'anna'), ('4',), [1, '2-3'])
    """
    items = items_of(value)
    if isinstance(value, str) and isinstance(items, tuple):
        return tuple(dict.fromkeys(chain.from_iterable(map(_range, items))))
    return tuple(map(str, items)) if isinstance(items, tuple) else items


def _range(name: str) -> tuple[str, ...]:
    """Numbers of a range, with as many digits as were typed; any other name by itself."""
    ends = re.fullmatch(r"([0-9]{1,9})\s*[-\u2013]\s*([0-9]{1,9})", name)
    if re.fullmatch(r"[0-9]+\s*[-\u2013]", name):
        raise ValueError(f"range {name} has no end; expected such as 1-6")
    if ends is None:
        return (name,)
    first, last = map(int, ends.groups())
    if not first <= last < first + MOST_NUMBERS:
        raise ValueError(
            f"range {name} runs backwards or is longer than {MOST_NUMBERS:,}; expected such as 1-6"
        )
    return tuple(f"{number:0{len(ends[1])}}" for number in range(first, last + 1))
