"""Groups of clips by any attribute: sex, age, language, corpus, a column of a table."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from itertools import pairwise

from affuse.corpora.attributes import FORMER_NAMES
from affuse.corpora.speakers import speaker_order
from affuse.errors import ConfigError
from affuse.records import Clip
from affuse.storage.csv_rows import number
from affuse.storage.plain_text import first_few

CORPUS = "corpus"
UNKNOWN = "unknown"
"""Group of the clips of which nothing is known: shown, never compared."""

MOST_GROUPS = 24
"""More are no groups but a column of free text, or of numbers."""

_ELSEWHERE = {
    "emotion": "recalls.csv has the recall of each emotion",
    "speaker": "speakers.csv has the figures of each speaker",
}
_AGE_BOUNDS = (0, 30, 45, 60)
_AGES = (
    f"under {_AGE_BOUNDS[1]}",
    *(f"{low}-{high - 1}" for low, high in pairwise(_AGE_BOUNDS[1:])),
    f"{_AGE_BOUNDS[-1]} and over",
)


def group_columns(clips: Sequence[Clip]) -> tuple[str, ...]:
    """Attributes by which clips may be grouped: those that some of them have.

    Parameters
    ----------
    clips : sequence of Clip

    Returns
    -------
    tuple of str
        Attributes by name, after ``corpus``.

    Examples
    --------
    >>> group_columns([Clip("a", "sad", "1", attributes={"sex": "female"})])
    ('corpus', 'sex')
    """
    return (CORPUS, *sorted({name for clip in clips for name in clip.attributes} - {CORPUS}))


def groups_of(clips: Sequence[Clip], by: str) -> tuple[str, ...]:
    """Group of each clip: (n_clips,).

    Parameters
    ----------
    clips : sequence of Clip
    by : str
        ``corpus`` or an attribute; ages that are numbers are joined: under 30, 30-44, 45-59, 60
        and over.

    Returns
    -------
    tuple of str
        `UNKNOWN` for a clip that does not say it.

    Raises
    ------
    ConfigError
        No clip says it (with near names), or it has too many values to be groups.

    Examples
    --------
    >>> clips = [Clip(n, "sad", n, attributes={"age": n} if n else {}) for n in ("31", "29", "")]
    >>> groups_of(clips, "age")
    ('30-44', 'under 30', 'unknown')
    """
    _refuse_unknown(clips, by)
    texts = [clip.corpus if by == CORPUS else clip.attributes.get(by, "") for clip in clips]
    known = ("" if text.casefold() == UNKNOWN else text for text in texts)
    groups = tuple((age_group(text) if by == "age" else text) or UNKNOWN for text in known)
    values = sorted(set(groups), key=group_order)
    if len(values) > MOST_GROUPS:
        raise ConfigError(
            f"--by {by} was given, which has {len(values)} different values "
            f"({first_few(values, 3)}); expected at most {MOST_GROUPS} groups: add a column that "
            "joins them, or choose another"
        )
    return groups


def age_group(age: str) -> str:
    """Age group of an age in years; other words stay as they are.

    Parameters
    ----------
    age : str

    Returns
    -------
    str

    Examples
    --------
    >>> age_group("29.5"), age_group("30"), age_group("71"), age_group("child")
    ('under 30', '30-44', '60 and over', 'child')
    """
    years = number(age)
    # A number that is not one is not above any bound.
    place = sum(years >= bound for bound in _AGE_BOUNDS)
    return _AGES[place - 1] if place else age


def group_order(group: str) -> tuple[bool, int, tuple[object, ...]]:
    """Sorts groups: ages by age, numbers by value, others by name, unknown ones last.

    Parameters
    ----------
    group : str

    Returns
    -------
    tuple
        To be compared.

    Examples
    --------
    >>> sorted(["unknown", "60 and over", "10", "under 30", "9"], key=group_order)
    ['under 30', '60 and over', '9', '10', 'unknown']
    """
    age = _AGES.index(group) if group in _AGES else len(_AGES)
    return group == UNKNOWN, age, speaker_order(group)


def _refuse_unknown(clips: Sequence[Clip], by: str) -> None:
    known = group_columns(clips)
    if by in known:
        return
    former = FORMER_NAMES.get(by)
    if former in known:
        raise ConfigError(f"--by {by} was given, which is called {former} now: give --by {former}")
    if by in _ELSEWHERE:
        raise ConfigError(f"--by {by} was given; {_ELSEWHERE[by]} in every run: leave it out")
    several = [part.strip() for part in by.split(",") if part.strip()]
    if len(several) > 1:
        raise ConfigError(
            f"--by {by} was given; expected one at a time: give --by once for each, "
            f"{' '.join(f'--by {part}' for part in several)}"
        )
    near = difflib.get_close_matches(by, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"expected one of {first_few(known, 12)}"
    raise ConfigError(f"--by {by} was given, and no clip says its {by}: {hint}")
