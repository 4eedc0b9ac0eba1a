"""Tiers of an annotated recording, and which of them hold emotions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from affuse.errors import DatasetError
from affuse.storage.plain_text import first_few

_NAMED = re.compile(r"emotions?(?:[\s@_:.-]+(?P<who>.+))?", re.IGNORECASE)
_FUSED = re.compile(r"fused(?:\s+(?P<face>face \d+)|@(?P<who>.+))?")
"""What affuse calls the tier of its answers, one for each face or person if there are several."""
_NUMBERED = re.compile(r"(face|person) \d+")
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Stretch:
    """A label over a stretch of time.

    Attributes
    ----------
    start_s, end_s : float or None
        Seconds; None where it is not tied to the time line, or to the end.
    label : str
        As written; empty: none.
    targets : mapping of str to float
        Its numbers.
    missing : str
        Why there is no label, in words.
    """

    start_s: float | None
    end_s: float | None
    label: str
    targets: Mapping[str, float] = field(default_factory=dict)
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Tier:
    """One row of an annotation; `participant` is who speaks in it, empty if not stated."""

    name: str
    stretches: tuple[Stretch, ...]
    participant: str = ""


@dataclass(frozen=True, slots=True)
class Annotated:
    """The annotations that one file holds of one recording.

    Attributes
    ----------
    source : Path
        The file of annotations.
    tiers : tuple of Tier
    links : tuple of Path
        Where it says that the recording lies, the likeliest first.
    note : str
        A note on these labels; empty: none.
    """

    source: Path
    tiers: tuple[Tier, ...]
    links: tuple[Path, ...] = ()
    note: str = ""


def emotion_tiers(source: Path, tiers: Sequence[Tier]) -> tuple[Tier, ...]:
    """The tiers that hold emotions: those named so, else those of affuse's export, else the one.

    Parameters
    ----------
    source : Path
        The file, for messages.
    tiers : sequence of Tier
        At least one.

    Returns
    -------
    tuple of Tier
        ``emotion``, or one for each person: ``emotion@Ann``, ``emotion Ben``.

    Raises
    ------
    DatasetError
        There are several, and no name tells.

    Examples
    --------
    >>> both = (Tier("words", ()), Tier("Emotion", ()))
    >>> [tier.name for tier in emotion_tiers(Path("talk.eaf"), both)]
    ['Emotion']
    """
    named = tuple(tier for tier in tiers if _NAMED.fullmatch(tier.name.strip()))
    fused = tuple(tier for tier in tiers if _FUSED.fullmatch(tier.name))
    found = named or fused or tuple(tiers)
    if len(found) > 1 and not named and not fused:
        raise DatasetError(
            f"{source} has the tiers {first_few([tier.name for tier in tiers], _SHOWN)}; expected "
            "one that is named emotion: rename the one with the emotions so (emotion@Ann and "
            "emotion@Ben where each person has one)"
        )
    return found


def speaker_of(tier: Tier, recording: str) -> str:
    """Who speaks in a tier; empty where neither participant nor name tells.

    Parameters
    ----------
    tier : Tier
    recording : str
        What faces and people are counted in.

    Returns
    -------
    str

    Examples
    --------
    >>> speaker_of(Tier("emotion@Ann", ()), "talk"), speaker_of(Tier("fused face 2", ()), "talk")
    ('Ann', 'talk face 2')
    """
    if tier.participant:
        return tier.participant
    name = _NAMED.fullmatch(tier.name.strip()) or _FUSED.fullmatch(tier.name)
    parts = name.groupdict() if name else {}
    who = parts.get("who") or parts.get("face") or ""
    return f"{recording} {who}" if _NUMBERED.fullmatch(who) else who
