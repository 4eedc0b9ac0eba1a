"""Index: the ordered clips of a corpus; filters, a summary, CSV, duplicates."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from affuse.corpora.emotions import emotion_name, in_class_order
from affuse.corpora.filters import Presence, modalities_of, passing
from affuse.corpora.speakers import (
    speaker_key,
    speaker_order,
    spellings_by_corpus,
    spellings_note,
    with_unique_speakers,
)
from affuse.errors import DatasetError, OutputError
from affuse.records import Clip, Skipped
from affuse.storage.plain_text import counted, csv_cell
from affuse.storage.whole import write_text

CSV_COLUMNS = ("clip", "emotion", "speaker", "audio", "video", "start", "end", "corpus")
"""Columns of every index in CSV; those of the clips' attributes and targets follow."""


@dataclass(frozen=True, slots=True)
class IndexSummary:
    """What an index holds, in numbers.

    Attributes
    ----------
    n_clips, n_speakers, n_skipped : int
        Clips, different speakers, files or rows that were left out.
    emotions : mapping of str to int
        Clips per emotion, in the order of the classes.
    modalities : mapping of str to int
        Clips with sound alone, picture alone and both (``audio``, ``video``,
        ``audio+video``); they add up to `n_clips`. Kinds without a clip are left out.
    targets : mapping of str to int
        Clips per number that can be learned, such as valence.
    """

    n_clips: int
    n_speakers: int
    n_skipped: int
    emotions: Mapping[str, int]
    modalities: Mapping[str, int]
    targets: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False)
class Index:
    """The clips of one corpus or several in one order, and what was left out.

    Each speaker has one spelling in all clips, the first. In an index of several corpora a
    speaker is called by the corpus and the name, such as ``EMO-DB/03``: the speakers 3 of two
    corpora are two people.

    Parameters
    ----------
    clips : tuple of Clip
        In any order; the index keeps them sorted by id.
    skipped : tuple of Skipped
        Media files or rows that did not become clips, with the reason for each.
    passed_over : tuple of Skipped
        What else lies in the folder, and why it was not read.
    notes : tuple of str
        Notes for readers of results, such as on labels and speakers written in several ways.
    spellings : tuple of tuple of str
        Those of each speaker who has several, the first one first.

    Raises
    ------
    DatasetError
        Two clips have the same id.

    Examples
    --------
    >>> index = Index((Clip("b", "sad", "2"), Clip("a", "calm", "10")))
    >>> [clip.id for clip in index], index.classes, index.speakers
    (['a', 'b'], ('calm', 'sad'), ('2', '10'))
    >>> index
    <Index: 2 clips, 2 speakers, 2 emotions>
    """

    clips: tuple[Clip, ...]
    skipped: tuple[Skipped, ...] = ()
    passed_over: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    spellings: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        counts = Counter(clip.id for clip in self.clips)
        repeated = sorted(name for name, count in counts.items() if count > 1)
        if repeated:
            raise DatasetError(
                f"{len(repeated)} clip ids stand for several clips (first: {repeated[0]!r}); "
                "expected each id once: give every clip an id of its own"
            )
        joined = sum(spellings_by_corpus(self.clips).values(), ())
        if joined:
            object.__setattr__(self, "spellings", (*self.spellings, *joined))
            object.__setattr__(self, "notes", (*self.notes, spellings_note(joined)))
        ordered = sorted(with_unique_speakers(self.clips), key=lambda clip: clip.id)
        object.__setattr__(self, "clips", tuple(ordered))

    def __len__(self) -> int:
        return len(self.clips)

    def __repr__(self) -> str:
        numbers = {
            "clip": len(self),
            "speaker": len(self.speakers),
            "emotion": len(self.classes),
        }
        parts = [counted(n, what) for what, n in numbers.items()]
        left_out = f"; {len(self.skipped)} skipped" if self.skipped else ""
        return f"<Index: {', '.join(parts)}{left_out}>"

    def __iter__(self) -> Iterator[Clip]:
        return iter(self.clips)

    def __getitem__(self, row: int) -> Clip:
        return self.clips[row]

    @property
    def classes(self) -> tuple[str, ...]:
        """Emotions that occur, in the order of `emotions.in_class_order`."""
        return in_class_order(clip.emotion for clip in self.clips)

    @property
    def corpora(self) -> tuple[str, ...]:
        """Names of the corpora that occur, sorted."""
        return tuple(sorted({clip.corpus for clip in self.clips}))

    @property
    def speakers(self) -> tuple[str, ...]:
        """Speakers that occur, numbers by value."""
        return tuple(sorted({clip.speaker for clip in self.clips}, key=speaker_order))

    def filter(
        self,
        *,
        speakers: Iterable[str | int] = (),
        emotions: Iterable[str] = (),
        where: Mapping[str, Iterable[str]] = MappingProxyType({}),
        modality: Presence | None = None,
    ) -> Index:
        """The index with only the clips that pass every filter.

        Parameters
        ----------
        speakers, emotions : iterable of str
            Values that pass; empty: all do. A speaker is given by name, or by corpus and name:
            ``EMO-DB/03``.
        where : mapping of str to iterable of str
            Attribute of the clips -> values that pass, such as ``{"channel": ["speech"]}``; clips
            of a corpus without the attribute pass.
        modality : {"audio", "video", "audio+video"}, optional
            What a clip must have at least.

        Returns
        -------
        Index

        Raises
        ------
        DatasetError
            A value that no clip of the index has, or filters that leave nothing.

        Examples
        --------
        >>> index = Index((Clip("a", "calm", "1"), Clip("b", "sad", "2")))
        >>> index.filter(emotions=["sad"])[0].id
        'b'
        """
        wanted = {
            "speaker": tuple(map(speaker_key, _texts(speakers))),
            "emotion": tuple(map(emotion_name, _texts(emotions))),
            **{name: _texts(values) for name, values in where.items()},
            "modality": _texts(modality or ()),
        }
        return replace(self, clips=passing(self.clips, wanted))

    def summary(self) -> IndexSummary:
        """Counts of clips, speakers, emotions and modalities.

        Returns
        -------
        IndexSummary
        """
        emotions = Counter(clip.emotion for clip in self.clips)
        modalities = Counter("+".join(modalities_of(clip)) for clip in self.clips)
        return IndexSummary(
            n_clips=len(self.clips),
            n_speakers=len(self.speakers),
            n_skipped=len(self.skipped),
            emotions={name: emotions[name] for name in self.classes if name},
            modalities={name: modalities[name] for name in sorted(modalities) if name},
            targets=Counter(target for clip in self.clips for target in clip.targets),
        )

    def duplicates(self, fingerprint: Callable[[Clip], str | None]) -> tuple[tuple[str, ...], ...]:
        """Groups of clip ids that have the same fingerprint.

        Parameters
        ----------
        fingerprint : callable
            Clip -> a text that is equal for equal recordings; None: unknown.

        Returns
        -------
        tuple of tuple of str
            One tuple for each fingerprint that several clips share.

        Examples
        --------
        >>> index = Index((Clip("a", "calm", "1"), Clip("b", "sad", "1"), Clip("c", "sad", "2")))
        >>> index.duplicates(lambda clip: clip.speaker)
        (('a', 'b'),)
        """
        groups = defaultdict(list)
        for clip in self.clips:
            content = fingerprint(clip)
            if content is not None:
                groups[content].append(clip.id)
        return tuple(tuple(ids) for ids in groups.values() if len(ids) > 1)

    def write_csv(self, path: str | Path) -> None:
        """Write the clips as a CSV that `read_table` reads back.

        Paths below the folder of the CSV are written relative to it, others in full.

        Parameters
        ----------
        path : str or Path
            In a folder that exists.

        Raises
        ------
        OutputError
            The file cannot be written.
        DatasetError
            An attribute has the name of a column of the index.
        """
        target = Path(path)
        attributes = sorted({name for c in self.clips for name in (*c.attributes, *c.targets)})
        taken = sorted({*CSV_COLUMNS, "path"}.intersection(attributes))
        if taken:
            raise DatasetError(
                f"attributes {taken} have names of columns of the index: expected other names"
            )
        rows = [_csv_row(clip, attributes, target.parent) for clip in self.clips]
        if not target.parent.is_dir():
            raise OutputError(
                f"index cannot be written to {target} (No such file or directory): expected a file "
                "in an existing, writable folder"
            )
        text = io.StringIO()
        lines = ([csv_cell(cell) for cell in row] for row in [[*CSV_COLUMNS, *attributes], *rows])
        csv.writer(text, lineterminator="\n").writerows(lines)
        write_text(target, text.getvalue())


def _texts(values: Iterable[str | int]) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else tuple(str(value) for value in values)


def _csv_row(clip: Clip, attributes: Sequence[str], folder: Path) -> list[str]:
    stretch = ("" if time is None else repr(float(time)) for time in (clip.start_s, clip.end_s))
    return [
        clip.id,
        clip.emotion,
        clip.speaker,
        _path_text(clip.audio, folder),
        _path_text(clip.video, folder),
        *stretch,
        clip.corpus,
        *(clip.attributes.get(name, _number(clip.targets.get(name))) for name in attributes),
    ]


def _number(value: float | None) -> str:
    return "" if value is None else repr(float(value))


def _path_text(path: Path | None, folder: Path) -> str:
    if path is None:
        return ""
    # abspath, not resolve: a linked file keeps the name and the place the person gave it.
    full, base = Path(os.path.abspath(path)), Path(os.path.abspath(folder))
    return (full.relative_to(base) if full.is_relative_to(base) else full).as_posix()
