"""Which clips are kept: by speaker, emotion, attributes and modalities."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from typing import Literal, get_args

from affuse.corpora.attributes import FORMER_NAMES
from affuse.corpora.emotions import emotion_name, in_class_order
from affuse.corpora.speakers import own_name, speaker_key, speaker_order
from affuse.errors import DatasetError
from affuse.records import Clip
from affuse.storage.plain_text import counted, none_of

Presence = Literal["audio", "video", "audio+video"]

_NO_ATTRIBUTES = ("speaker", "emotion", "modality")

Wanted = Mapping[str, Sequence[str]]
"""``speaker`` (as `speaker_key` has it), ``emotion`` (common name), ``modality`` or an attribute
-> values that pass; none: all do."""


def passing(clips: Sequence[Clip], wanted: Wanted) -> tuple[Clip, ...]:
    """Clips that pass every filter.

    Parameters
    ----------
    clips : sequence of Clip
    wanted : mapping of str to sequence of str

    Returns
    -------
    tuple of Clip
        Clips of a corpus none of whose clips has an attribute pass its filter.

    Raises
    ------
    DatasetError
        A value that no clip has, or filters that leave nothing.
    """
    asked = {field: values for field, values in wanted.items() if values}
    for field, values in asked.items():
        _refuse_unknown(clips, field, values)
    silent = _silent(clips, asked)
    kept = tuple(clip for clip in clips if _passes(clip, asked, silent))
    if not kept:
        raise DatasetError(_nothing_left(clips, asked, silent))
    return kept


def corpora_without(clips: Sequence[Clip], attribute: str) -> tuple[str, ...]:
    """Names of the corpora none of whose clips has an attribute.

    Parameters
    ----------
    clips : sequence of Clip
    attribute : str

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> corpora_without([Clip("a", "sad", "1", corpus="A")], "channel")
    ('A',)
    """
    saying = {clip.corpus for clip in clips if attribute in clip.attributes}
    return tuple(sorted({clip.corpus for clip in clips} - saying))


def modalities_of(clip: Clip) -> tuple[str, ...]:
    """Modalities that a clip has.

    Parameters
    ----------
    clip : Clip

    Returns
    -------
    tuple of str
        Audio before video.
    """
    present = (("audio", clip.audio), ("video", clip.video))
    return tuple(name for name, path in present if path is not None)


def _silent(clips: Sequence[Clip], asked: Wanted) -> frozenset[tuple[str, str]]:
    """Corpus and attribute, where no clip of the corpus has the attribute."""
    attributes = [field for field in asked if field not in _NO_ATTRIBUTES]
    return frozenset(
        (corpus, name) for name in attributes for corpus in corpora_without(clips, name)
    )


def _passes(clip: Clip, asked: Wanted, silent: Collection[tuple[str, str]]) -> bool:
    facts = {
        **{name: {value} for name, value in clip.attributes.items()},
        "speaker": {speaker_key(clip.speaker), speaker_key(own_name(clip))},
        "emotion": {emotion_name(clip.emotion)},
    }
    return all(
        set(values[0].split("+")).issubset(modalities_of(clip))
        if field == "modality"
        else (clip.corpus, field) in silent or not facts.get(field, set()).isdisjoint(values)
        for field, values in asked.items()
    )


def _refuse_unknown(clips: Sequence[Clip], field: str, values: Sequence[str]) -> None:
    legal = _values(clips, field)
    known: Collection[str] = legal
    if field == "speaker":
        known = {speaker_key(name) for clip in clips for name in (clip.speaker, own_name(clip))}
    unknown = [value for value in values if value not in known]
    if not unknown:
        return
    if not legal and field in FORMER_NAMES:
        raise DatasetError(
            f"{field} {', '.join(unknown)} was asked for; expected the attribute under its name "
            f"of now: {FORMER_NAMES[field]}"
        )
    if not legal:
        raise DatasetError(
            f"{field} {', '.join(unknown)} was asked for, but no clip of this index says its "
            f"{field}: leave this filter out, or add a column {field!r} to the table"
        )
    near = difflib.get_close_matches(unknown[0], legal, n=1)
    hint = f": did you mean {near[0]!r}?" if near else ""
    raise DatasetError(
        f"{field} {', '.join(map(repr, unknown))} was asked for; "
        f"expected one of {', '.join(legal)}{hint}"
    )


def _values(clips: Sequence[Clip], field: str) -> tuple[str, ...]:
    if field == "speaker":
        return tuple(sorted({clip.speaker for clip in clips}, key=speaker_order))
    if field == "emotion":
        return in_class_order(clip.emotion for clip in clips)
    if field == "modality":
        return get_args(Presence)
    return tuple(sorted({c.attributes[field] for c in clips if field in c.attributes}))


def _nothing_left(clips: Sequence[Clip], asked: Wanted, silent: Collection[tuple[str, str]]) -> str:
    alone = [
        f"{field} {', '.join(values)}: "
        f"{counted(sum(_passes(clip, {field: values}, silent) for clip in clips), 'clip')}"
        for field, values in asked.items()
    ]
    return (
        f"{none_of(len(clips), 'clip')} passes all filters ({'; '.join(alone)}): "
        "widen or leave out one of them"
    )
