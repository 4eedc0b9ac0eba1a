"""Lengths of time as they are typed: 90s, 30m, 1h30m."""

from __future__ import annotations

import re

_UNITS = {"h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:(\d{1,5})h)?(?:(\d{1,5})m)?(?:(\d{1,7})s)?")


def duration(text: str) -> str:
    """The text as it is, or ValueError, which pydantic expects.

    Parameters
    ----------
    text : str
        Empty: none.

    Returns
    -------
    str
    """
    found = _DURATION.fullmatch(text)
    if text and (found is None or not seconds_of(text)):
        raise ValueError(f"{text!r} was given; expected a length of time such as 90s, 30m or 1h30m")
    return text


def seconds_of(text: str) -> float:
    """Seconds of a length of time that `duration` has checked.

    Parameters
    ----------
    text : str

    Returns
    -------
    float

    Examples
    --------
    >>> seconds_of("1h30m"), seconds_of("90s")
    (5400.0, 90.0)
    """
    found = _DURATION.fullmatch(text)
    numbers = found.groups(default="0") if found else ("0",) * len(_UNITS)
    return float(sum(int(n) * each for n, each in zip(numbers, _UNITS.values(), strict=True)))
