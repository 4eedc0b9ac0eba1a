"""Who is who: one person under several spellings is one person everywhere."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from affuse.records import Clip
from affuse.storage.plain_text import first_few

_WHOLE = re.compile(r"(\d+)[.,]0*")
_BETWEEN_WORDS = re.compile(r"[\s_\-\u2010-\u2015]+")
_LEADING_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_SHOWN = 8


@lru_cache(maxsize=1 << 14)
def speaker_key(name: str) -> str:
    """What is the same for two spellings of one speaker.

    Numbers count by value (01 = 1 = 1.0, s01 = s1); letters by what they are, not by their case
    or by how Unicode composes them; blanks, hyphens and underscores part words alike, and at the
    ends count as little as format characters do.

    Examples
    --------
    >>> speaker_key("01"), speaker_key("1.0"), speaker_key(" Anna  B "), speaker_key("Actor_07")
    ('1', '1', 'anna b', 'actor 7')
    """
    seen = "".join(c for c in name if unicodedata.category(c) != "Cf")
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())
    plain = " ".join(_BETWEEN_WORDS.sub(" ", folded).split()) or folded
    whole = _WHOLE.fullmatch(plain)
    return _LEADING_ZEROS.sub("", whole[1] if whole else plain)


def spellings(names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Spellings of each speaker who has several, the first one first.

    >>> spellings(["01", "anna", "1", "Anna", "ben"])
    (('01', '1'), ('anna', 'Anna'))
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for name in dict.fromkeys(names):
        groups[speaker_key(name)].append(name)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def joined_speakers(clips: Sequence[Clip]) -> tuple[Clip, ...]:
    """The clips, each with the first spelling of its speaker."""
    first = {other: group[0] for group in spellings(c.speaker for c in clips) for other in group}
    return tuple(
        replace(clip, speaker=first[clip.speaker])
        if first.get(clip.speaker, clip.speaker) != clip.speaker
        else clip
        for clip in clips
    )


def spellings_note(groups: Sequence[Sequence[str]]) -> str:
    """What a reader must know of joined spellings; empty where there are none.

    >>> spellings_note([("01", "1"), ("anna", "Anna")])
    'Speakers who are written in several ways count as one each: 01 = 1, anna = Anna.'
    """
    if not groups:
        return ""
    told = first_few([" = ".join(group) for group in groups], _SHOWN)
    return f"Speakers who are written in several ways count as one each: {told}."
