"""Provenance: whom a bundle or a network was trained on, and whether they are among some clips."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from affuse.bundle.manifest import TrainedOn
from affuse.corpora.clip_keys import row_key
from affuse.corpora.drawn import EMBEDDED, is_embedded
from affuse.corpora.known import corpus_reader, known_speaker
from affuse.corpora.speakers import own_name, speaker_key, speaker_order
from affuse.records import Clip

_DIGEST_DIGITS = 12


def known_speakers(trained_on: Iterable[TrainedOn], clips: Iterable[Clip]) -> tuple[str, ...]:
    """Speakers of some clips whom a network or a bundle was trained on, numbers by value.

    Figures on these speakers are leaky: new speakers would give others.

    Parameters
    ----------
    trained_on : iterable of TrainedOn
        As a manifest has it.
    clips : iterable of Clip

    Returns
    -------
    tuple of str
        Empty where none is known; everyone of a corpus that was trained on as a whole, which names
        no speakers. In a corpus that affuse knows (recognised by the names of its
        clips, whatever folder or table lists them) a speaker is known by name; in a person's own
        table by any clip that was trained on.
    """
    parts = tuple(trained_on)
    whole = {corpus_key(part.corpus) for part in parts if not part.speakers and not part.clips}
    names = {(part.corpus, speaker_key(name)) for part in parts for name in part.speakers}
    digests = {digest for part in parts for digest in part.clips}
    known = set()
    for corpus, speaker, own in _groups(clips):
        known_by_name = corpus and (corpus, speaker_key(_known_name(own[0]))) in names
        in_whole = not whole.isdisjoint(map(corpus_key, filter(None, (corpus, own[0].corpus))))
        if known_by_name or in_whole or any(not digests.isdisjoint(_digests(clip)) for clip in own):
            known.add(speaker)
    return tuple(sorted(known, key=speaker_order))


def corpus_key(name: str) -> str:
    """Name of a corpus as it is compared: small letters and digits alone.

    Parameters
    ----------
    name : str

    Returns
    -------
    str

    Examples
    --------
    >>> corpus_key("EMO-DB") == corpus_key("EmoDB")
    True
    """
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def training_clips(name: str, clips: Iterable[Clip]) -> tuple[TrainedOn, ...]:
    """The manifest's record of the clips it was trained on, corpus by corpus.

    Parameters
    ----------
    name : str
        For clips that say no corpus.
    clips : iterable of Clip

    Returns
    -------
    tuple of TrainedOn
        Corpora that affuse knows last; of others a digest of each clip.
    """
    parts: dict[tuple[bool, str], list[Clip]] = {}
    for corpus, _, own in _groups(clips):
        called = corpus or own[0].corpus or name
        parts.setdefault((bool(corpus), called), []).extend(own)
    return tuple(
        _trained_on(called, own, is_known=is_known)
        for (is_known, called), own in sorted(parts.items())
    )


def with_known(
    trained_on: Iterable[TrainedOn], known: Iterable[tuple[str, Iterable[str]]]
) -> tuple[TrainedOn, ...]:
    """The records, joined with the corpora and speakers that an extractor's network was trained on.

    Parameters
    ----------
    trained_on : iterable of TrainedOn
    known : iterable of (corpus, speakers)
        As a Source with a pretrained network has it in ``provenance``.

    Returns
    -------
    tuple of TrainedOn
    """
    parts = {part.corpus: part for part in trained_on}
    for corpus, speakers in known:
        part = parts.get(corpus, TrainedOn(corpus=corpus, n_clips=0))
        everyone = tuple(sorted({*part.speakers, *speakers}, key=speaker_order))
        parts[corpus] = part.model_copy(update={"speakers": everyone})
    return tuple(parts.values())


def corpus_of(clip: Clip) -> str:
    """Name of a clip's corpus, where affuse knows it.

    The embedded corpus bears the names of RAVDESS, and says in its files what it is.

    Parameters
    ----------
    clip : Clip

    Returns
    -------
    str
        Empty where affuse does not know it.

    Examples
    --------
    >>> corpus_of(Clip("01-06-01-02-01-12", "fearful", "12")), corpus_of(Clip("me", "sad", "1"))
    ('RAVDESS', '')
    """
    reader = corpus_reader(clip)
    if clip.corpus == EMBEDDED or reader is None:
        return clip.corpus if clip.corpus == EMBEDDED else ""
    listed = clip.corpus != reader.title  # By a table, which does not say what drew them.
    return EMBEDDED if listed and is_embedded(clip) else reader.title


def clip_digest(clip: Clip) -> str:
    """Hash that identifies a clip without disclosing its name.

    Parameters
    ----------
    clip : Clip

    Returns
    -------
    str
        12 hexadecimal digits.
    """
    return _digests(clip)[0]


def _digests(clip: Clip) -> tuple[str, str]:
    """A clip's digest, whatever the spelling of its speaker; and as earlier bundles have it."""
    speaker, own_id = own_name(clip), clip.id.removeprefix(f"{clip.corpus}/")
    now = f"{speaker_key(speaker)}\0{row_key(own_id)}"
    first, second = (
        hashlib.sha256(identity.encode()).hexdigest()[:_DIGEST_DIGITS]
        for identity in (now, f"{speaker}\0{own_id}")
    )
    return first, second


def _trained_on(corpus: str, clips: Sequence[Clip], *, is_known: bool) -> TrainedOn:
    speakers = {_known_name(clip) if is_known else own_name(clip) for clip in clips}
    return TrainedOn(
        corpus=corpus,
        speakers=tuple(sorted(speakers, key=speaker_order)),
        n_clips=len(clips),
        clips=() if is_known else tuple(sorted(clip_digest(clip) for clip in clips)),
    )


def _known_name(clip: Clip) -> str:
    """Speaker of a clip of a known corpus as it calls them, whatever a table does."""
    reader = corpus_reader(clip)
    known = None if reader is None else known_speaker(reader, clip)
    return own_name(clip) if known is None else known


def _groups(clips: Iterable[Clip]) -> Iterator[tuple[str, str, Sequence[Clip]]]:
    """Corpus, speaker, clips; at most one look into a file for each speaker."""
    groups: dict[tuple[str, str], list[Clip]] = {}
    for clip in clips:
        reader = corpus_reader(clip)
        groups.setdefault((clip.speaker, reader.title if reader else ""), []).append(clip)
    for (speaker, _), own in groups.items():
        yield corpus_of(own[0]), speaker, own
