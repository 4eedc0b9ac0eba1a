"""Several indexes -> one: speakers identified by corpus and name, each clip once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from affuse.corpora.drawn import EMBEDDED
from affuse.corpora.index import Index
from affuse.corpora.known import corpus_reader, known_readers
from affuse.corpora.speakers import own_name, speaker_key
from affuse.errors import DatasetError
from affuse.records import Clip
from affuse.storage.plain_text import first_few

_SHOWN = 3


def merge(indexes: Sequence[Index]) -> Index:
    """One index of several, of the same corpus or of different ones.

    Parameters
    ----------
    indexes : sequence of Index

    Returns
    -------
    Index
        Of one corpus, names stay. Of several, each speaker is called by corpus and name, such as
        ``EMO-DB/03``, and so are clips whose ids two corpora have. Spellings of a speaker are
        joined within a corpus; `Index.notes` says which, and which corpora have people of the
        same names who count as different people.

    Raises
    ------
    DatasetError
        No index, something else than indexes, or one clip of a corpus in two of them, also where
        one is a table of it.

    Examples
    --------
    >>> one = Index((Clip("a", "sad", "3", corpus="A"),))
    >>> other = Index((Clip("a", "calm", "03", corpus="B"),))
    >>> [(clip.id, clip.speaker) for clip in merge([one, other])]
    [('A/a', 'A/3'), ('B/a', 'B/03')]
    """
    if isinstance(indexes, Index) or not isinstance(indexes, Iterable):
        raise DatasetError(
            "what was given to merge is no list of indexes; expected several in one: "
            "affuse.merge([index_a, index_b])"
        )
    if not indexes:
        raise DatasetError("no index was given to merge; expected one at least: read some data")
    stray = next((given for given in indexes if not isinstance(given, Index)), None)
    if stray is not None:
        raise DatasetError(
            f"{stray!r} was given to merge; expected indexes, such as affuse.read(folder) gives"
        )
    clips = [clip for index in indexes for clip in index.clips]
    _refuse_repeated(clips)
    corpora = {clip.corpus for clip in clips}
    notes = [note for index in indexes for note in _notes(index, several=len(corpora) > 1)]
    return Index(
        _each_once(clips),
        tuple(skip for index in indexes for skip in index.skipped),
        tuple(skip for index in indexes for skip in index.passed_over),
        tuple(dict.fromkeys((*notes, *_namesakes(clips)))),
        tuple(group for index in indexes for group in index.spellings),
    )


def _refuse_repeated(clips: Sequence[Clip]) -> None:
    counts = Counter((_whose(clip), clip.id.removeprefix(f"{clip.corpus}/")) for clip in clips)
    repeated = [key for key, count in counts.items() if count > 1]
    if repeated:
        corpus, first = repeated[0]
        raise DatasetError(
            f"clips of {corpus or 'one corpus'} stand in several of the data given "
            f"({len(repeated)}, such as {first!r}); expected each once: give each folder or table "
            "once, and sound and picture of one corpus as the folder above both"
        )


def _whose(clip: Clip) -> str:
    """Corpus of a clip; of one that a table lists, the corpus whose naming scheme it follows."""
    reader = None if clip.corpus == EMBEDDED else corpus_reader(clip)
    return clip.corpus if reader is None else reader.title


def _each_once(clips: Sequence[Clip]) -> tuple[Clip, ...]:
    """The clips, each once; an id that occurs in two corpora gets the corpus as a prefix."""
    counts = Counter(clip.id for clip in clips)
    return tuple(
        replace(clip, id=f"{clip.corpus}/{clip.id}")
        if counts[clip.id] > 1 and clip.corpus
        else clip
        for clip in clips
    )


def _notes(index: Index, *, several: bool) -> Iterator[str]:
    """Notes of an index, prefixed with its corpus where there are others."""
    corpora = [corpus for corpus in index.corpora if corpus]
    before = f"{' and '.join(corpora)}: " if several and corpora else ""
    yield from (f"{before}{note}" for note in index.notes)


def _namesakes(clips: Sequence[Clip]) -> Iterator[str]:
    """Notes on tables with speakers of the same names.

    Of the corpora that affuse reads it is known that they have no speaker in common.
    """
    titles = {reader.title for reader in known_readers().entries.values()}
    corpora_of: dict[str, set[str]] = defaultdict(set)
    for clip in clips:
        corpora_of[speaker_key(own_name(clip))].add(clip.corpus)
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, corpora in corpora_of.items():
        if len(corpora) > 1 and not corpora <= titles:
            alike[tuple(sorted(corpora))].append(name)
    for shared, names in alike.items():
        yield (
            f"Speakers of {' and '.join(shared)} count as different people, also where their names "
            f"are the same ({first_few(names, _SHOWN)}); if they are the same people, give the "
            "tables a column corpus with one name."
        )
