"""Provenance: whom a bundle or a network has met, and whether they are among some clips."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from affuse.bundle.manifest import TrainedOn
from affuse.corpora.clip_keys import row_key
from affuse.corpora.index import speaker_order
from affuse.corpora.speakers import speaker_key
from affuse.records import Clip
from affuse.synthetic.origin import EMBEDDED

RAVDESS = "RAVDESS"

_TAKE_KEY = re.compile(r"0[12](-[0-9]{2}){5}")
_DIGEST_DIGITS = 12


def known_speakers(trained_on: Iterable[TrainedOn], clips: Iterable[Clip]) -> tuple[str, ...]:
    """Speakers of some clips that a network or a bundle was trained on, numbers by value.

    Figures on these speakers are not what new speakers would give: they are leaky.

    Parameters
    ----------
    trained_on : iterable of TrainedOn
        As a manifest has it.
    clips : iterable of Clip

    Returns
    -------
    tuple of str
        Empty where none is known. In a corpus that affuse knows by the names of its takes,
        whatever folder or table lists them, a speaker is known by name; in a person's own table
        by any clip that was trained on.
    """
    parts = tuple(trained_on)
    names = {(part.corpus, speaker_key(name)) for part in parts for name in part.speakers}
    digests = {digest for part in parts for digest in part.clips}
    known = set()
    for corpus, speaker, own in _groups(clips):
        told_by_name = corpus and (corpus, speaker_key(_actor(own[0]))) in names
        if told_by_name or any(not digests.isdisjoint(_digests(clip)) for clip in own):
            known.add(speaker)
    return tuple(sorted(known, key=speaker_order))


def training_clips(name: str, clips: Iterable[Clip]) -> tuple[TrainedOn, ...]:
    """What a manifest says of the clips it was trained on, corpus by corpus.

    Parameters
    ----------
    name : str
        Of a person's own table, for clips of no corpus that affuse knows.
    clips : iterable of Clip
    """
    parts: dict[str, list[Clip]] = {}
    for corpus, _, own in _groups(clips):
        parts.setdefault(corpus, []).extend(own)
    return tuple(_trained_on(corpus, name, own) for corpus, own in sorted(parts.items()))


def with_known(
    trained_on: Iterable[TrainedOn], known: Iterable[tuple[str, Iterable[str]]]
) -> tuple[TrainedOn, ...]:
    """The same records and those whom an extractor's network has met: corpora and speakers.

    Parameters
    ----------
    trained_on : iterable of TrainedOn
    known : iterable of (corpus, speakers)
        As extractors with pretrained networks have it in ``heard``.
    """
    parts = {part.corpus: part for part in trained_on}
    for corpus, speakers in known:
        part = parts.get(corpus, TrainedOn(corpus=corpus, n_clips=0))
        everyone = tuple(sorted({*part.speakers, *speakers}, key=speaker_order))
        parts[corpus] = part.model_copy(update={"speakers": everyone})
    return tuple(parts.values())


def corpus_of(clip: Clip) -> str:
    """Name of the corpus that a clip is of, where affuse knows it; empty otherwise.

    The embedded corpus bears the names of RAVDESS, and says in its files what it is.

    Examples
    --------
    >>> corpus_of(Clip("01-06-01-02-01-12", "fearful", "12")), corpus_of(Clip("me", "sad", "1"))
    ('RAVDESS', '')
    """
    if not _is_take(clip):
        return ""
    source = clip.video or clip.audio
    return EMBEDDED if source is not None and _is_embedded(source) else RAVDESS


def clip_digest(clip: Clip) -> str:
    """What tells a clip again without telling its name: 12 hexadecimal digits."""
    return _digests(clip)[0]


def _digests(clip: Clip) -> tuple[str, str]:
    """A clip's digest, whatever the spelling of its speaker; and as earlier bundles have it."""
    now = f"{speaker_key(clip.speaker)}\0{row_key(clip.id)}"
    first, second = (
        hashlib.sha256(told.encode()).hexdigest()[:_DIGEST_DIGITS]
        for told in (now, f"{clip.speaker}\0{clip.id}")
    )
    return first, second


def _trained_on(corpus: str, name: str, clips: Sequence[Clip]) -> TrainedOn:
    speakers = {_actor(clip) if corpus else clip.speaker for clip in clips}
    return TrainedOn(
        corpus=corpus or name,
        speakers=tuple(sorted(speakers, key=speaker_order)),
        n_clips=len(clips),
        clips=() if corpus else tuple(sorted(clip_digest(clip) for clip in clips)),
    )


def _actor(take: Clip) -> str:
    """Speaker of a RAVDESS take, whatever a table calls them."""
    return str(int(take.id[-2:]))


def _groups(clips: Iterable[Clip]) -> Iterator[tuple[str, str, Sequence[Clip]]]:
    """Corpus, speaker, clips; one look into a file for each speaker."""
    groups: dict[tuple[str, bool], list[Clip]] = {}
    for clip in clips:
        groups.setdefault((clip.speaker, _is_take(clip)), []).append(clip)
    for (speaker, _), own in groups.items():
        yield corpus_of(own[0]), speaker, own


def _is_take(clip: Clip) -> bool:
    return _TAKE_KEY.fullmatch(clip.id) is not None


def _is_embedded(path: Path) -> bool:
    from affuse.synthetic.writer import made_by

    return path.is_file() and (made_by(path) or "").startswith(EMBEDDED)
