"""Votes: how many people perceived each emotion in a clip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Counts = Mapping[str, int]
"""Emotion -> how many people voted for it."""


@dataclass(frozen=True, slots=True)
class Votes:
    """Votes by the names of the rows that hold them.

    Attributes
    ----------
    source : str
        What messages call it.
    rows : mapping of str to (mapping of str to int)
        Name of a clip, as `affuse.corpora.clip_keys.row_key` has it -> its votes.
    passed_over : tuple of str
        Columns that are no emotion.
    """

    source: str
    rows: Mapping[str, Counts]
    passed_over: tuple[str, ...] = ()


def majority(votes: Counts) -> str | None:
    """The emotion with the most votes; None if two or more tie.

    Parameters
    ----------
    votes : mapping of str to int

    Returns
    -------
    str or None

    Examples
    --------
    >>> majority({"sad": 6, "neutral": 4}), majority({"sad": 5, "neutral": 5})
    ('sad', None)
    """
    most = max(votes.values(), default=0)
    first = [emotion for emotion, n in votes.items() if n == most > 0]
    return first[0] if len(first) == 1 else None
