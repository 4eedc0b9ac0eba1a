"""A published fold set applied to the clips at hand: folds, overlaps, mismatches."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from affuse.corpora.clip_keys import row_key, rows_of_clips
from affuse.corpora.known import corpus_reader
from affuse.corpora.speakers import own_name, speaker_key
from affuse.errors import DatasetError, FoldError
from affuse.records import Clip
from affuse.splits.fold import Fold
from affuse.splits.fold_sets import (
    LET_BE_MADE,
    UNTESTED,
    FoldSet,
    fold_set,
    in_order,
    speakers_on_both_sides,
)
from affuse.storage.plain_text import counted, first_few, none_of

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class PublishedDivision:
    """Clips at hand under the folds of a published set.

    Attributes
    ----------
    folds : tuple of Fold
        Clips that the set does not name are in no part of any.
    n_speakers : int
        Of the clips that the set names.
    on_both_sides : tuple of str
        Those who are trained on and tested in one and the same fold.
    notes : tuple of str
        A sentence on each way in which set and clips differ.
    """

    folds: tuple[Fold, ...]
    n_speakers: int
    on_both_sides: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def overlap(self) -> str:
        """Number of speakers on both sides, in words; empty where there is none."""
        n_both = len(self.on_both_sides)
        return f"{n_both} of {self.n_speakers} speakers on both sides" if n_both else ""


def published_division(
    name: str, clips: Sequence[Clip], kept: Sequence[str] | None = None
) -> PublishedDivision:
    """Folds of a published set over the clips at hand; each corpus has its own set.

    Parameters
    ----------
    name : str
        Such as "emobox".
    clips : sequence of Clip
        All clips that were chosen.
    kept : (n_rows,) sequence of str, optional
        Ids of the clips that make the rows, such as those that gave features; all by default.

    Returns
    -------
    PublishedDivision

    Raises
    ------
    FoldError
        No set of that name for a corpus at hand; it names none of the clips of one; or fewer
        than one fold has clips to train on and to test.
    """
    corpora: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        corpora[_corpus(clip)].append(clip)
    fold_of: dict[str, str] = {}
    notes: list[str] = []
    for corpus, own in corpora.items():
        published = fold_set(name, corpus)
        found = _placed(published, own)
        notes += _notes(published, own, found)
        fold_of |= {clip: published.fold_of[row] for clip, row in found.items()}
    rows = [clip.id for clip in clips] if kept is None else list(kept)
    speaker_of = {clip.id: clip.speaker for clip in clips}
    named = [row for row in rows if row in fold_of]
    speakers = [speaker_of[row] for row in named]
    return PublishedDivision(
        _folds(name, [fold_of.get(row) for row in rows]),
        len(set(speakers)),
        speakers_on_both_sides([fold_of[row] for row in named], speakers),
        tuple(notes),
    )


def _corpus(clip: Clip) -> str:
    """Corpus whose folds apply to a clip: by its name, whatever table lists it."""
    reader = corpus_reader(clip)
    return clip.corpus if reader is None else reader.title


def _placed(published: FoldSet, clips: Sequence[Clip]) -> dict[str, str]:
    """Entry of the set for each clip, by clip id; clips that it does not name are left out."""
    if published.unit == "speaker":
        entries = {speaker_key(name): name for name in published.fold_of}
        keys = {clip.id: speaker_key(own_name(clip)) for clip in clips}
        found = {clip: entries[key] for clip, key in keys.items() if key in entries}
    else:
        entries = {row_key(name): name for name in published.fold_of}
        try:
            rows = rows_of_clips(entries, clips)
        except DatasetError as error:
            raise FoldError(f"published folds {published.name!r}: it {error}") from error
        found = {clip: entries[keys[0]] for clip, keys in rows.items() if keys}
    if not found:
        named = first_few(list(published.fold_of), _SHOWN)
        raise FoldError(
            f"published folds {published.name!r} of {published.corpus} name {published.unit}s such "
            f"as {named}, and {none_of(len(clips), 'clip')} here ({clips[0].id} ...) is among "
            f"them; expected clips under their published names: rename them, {LET_BE_MADE}"
        )
    return found


def _notes(published: FoldSet, clips: Sequence[Clip], found: Mapping[str, str]) -> Iterator[str]:
    """Notes on clips of the set that are not here, and on clips here that it does not name."""
    whose = f"Published folds {published.name} of {published.corpus}"
    absent = in_order(set(published.fold_of) - set(found.values()))
    if absent:
        yield (
            f"{whose}: {len(absent)} of {len(published.fold_of)} {published.unit}s that they name "
            f"have no clip here ({first_few(absent, _SHOWN)}): figures are of the others."
        )
    strangers = [clip.id for clip in clips if clip.id not in found]
    if strangers:
        yield (
            f"{whose}: {counted(len(strangers), 'clip')} here in no fold of theirs "
            f"({first_few(strangers, _SHOWN)}): neither trained on nor tested under them."
        )
    counts = Counter(published.fold_of[row] for row in found.values())
    empty = [fold for fold in published.folds if not counts[fold]]
    if empty:
        which = f"fold {empty[0]} has" if len(empty) == 1 else f"folds {', '.join(empty)} have"
        yield f"{whose}: {which} no clip here."


def _folds(name: str, fold_of_row: Sequence[str | None]) -> tuple[Fold, ...]:
    """Folds by their position among the published ones; None for clips in none."""
    there = {fold for fold in fold_of_row if fold is not None}
    made = (
        Fold(
            number=int(fold),
            train=tuple(n for n, own in enumerate(fold_of_row) if own not in (None, fold)),
            test=tuple(n for n, own in enumerate(fold_of_row) if own == fold),
        )
        for fold in in_order(there - {UNTESTED})
    )
    folds = tuple(fold for fold in made if fold.train)
    if not folds:
        raise FoldError(
            f"published folds {name!r} leave no fold with clips to train on and clips to test; "
            f"expected clips of two folds: add clips, {LET_BE_MADE}"
        )
    return folds
