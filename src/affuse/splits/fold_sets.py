"""Published fold sets: which clips or speakers each fold tests, and what leaks.

A set of a corpus lies in ``published_sets/`` as ``<name>.<corpus>.csv.gz``, with the columns
``clip,fold`` (no fold: the clip is trained on in every fold) or ``fold,test_speaker``; folds are
whole numbers. Sets of
RAVDESS are lists of speakers, in `affuse.splits.ravdess_folds`.
"""

from __future__ import annotations

import csv
import difflib
import gzip
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from affuse.corpora.known import known_readers
from affuse.corpora.reader import Reader
from affuse.corpora.speakers import speaker_order
from affuse.errors import FoldError
from affuse.splits.fold_files import Unit
from affuse.splits.ravdess_folds import PUBLISHED_FOLDS

LET_BE_MADE = "or let folds be made (--set folds.published= or no --folds)"
"""What to do where published folds do not fit."""

UNTESTED = ""
"""Fold of what a set trains on in every fold."""

SOURCES: Mapping[str, str] = {
    "luna2021": "Luna-Jiménez et al. 2021, Sensors 21 (22), 7665",
    "emobox": "Ma et al. 2024, EmoBox, Interspeech",
    "sequential6": "six folds in a row, as in HiCMAE and MSAF",
    "hicmae": "Sun et al. 2024, HiCMAE, Information Fusion 108",
}
"""Name of a set -> who published it."""

_CLIPS: Mapping[str, int] = {"RAVDESS": 1440, "CREMA-D": 7437}
"""Clips that were divided where a set lists speakers alone: HiCMAE left out five of CREMA-D."""

_SUFFIX = ".csv.gz"


@dataclass(frozen=True, slots=True)
class FoldSet:
    """One published division of one corpus.

    Attributes
    ----------
    name, corpus : str
        Such as "emobox" and "EMO-DB".
    unit : {"clip", "speaker"}
        What `fold_of` names.
    fold_of : mapping of str to str
        Clip or speaker -> name of the fold that tests it; blank: it is trained on in every fold.
    n_clips : int
        That were divided when the set was published.
    """

    name: str
    corpus: str
    unit: Unit
    fold_of: Mapping[str, str]
    n_clips: int

    @property
    def folds(self) -> tuple[str, ...]:
        """Names of the folds, in their order."""
        return in_order(set(self.fold_of.values()) - {UNTESTED})

    @property
    def source(self) -> str:
        """Who published the set."""
        return SOURCES.get(self.name, "")

    def speakers(self) -> tuple[str, ...]:
        """Speaker of each entry of `fold_of`; for a clip by its name, as its reader has it.

        Returns
        -------
        tuple of str

        Raises
        ------
        FoldError
            No reader tells the speaker of a clip by its name.
        """
        if self.unit == "speaker":
            return tuple(self.fold_of)
        return tuple(self._speaker(clip) for clip in self.fold_of)

    def on_both_sides(self) -> tuple[str, ...]:
        """Speakers who are both trained on and tested in one fold.

        Returns
        -------
        tuple of str
        """
        return speakers_on_both_sides(tuple(self.fold_of.values()), self.speakers())

    def test_speakers(self) -> tuple[tuple[str, ...], ...]:
        """Speakers whose clips each fold tests; one may be in several.

        Returns
        -------
        tuple of tuple of str
        """
        pairs = tuple(zip(self.fold_of.values(), self.speakers(), strict=True))
        return tuple(in_order({who for own, who in pairs if own == fold}) for fold in self.folds)

    def _speaker(self, clip: str) -> str:
        reader = _reader(self.corpus)
        found = reader.speaker_of(clip) if reader is not None and reader.speaker_of else None
        if found is None:
            raise FoldError(
                f"published folds {self.name!r} of {self.corpus} name the clip {clip!r}, whose "
                "speaker no reader tells; expected a name of that corpus: see affuse corpora"
            )
        return found


def speakers_on_both_sides(fold_of_row: Sequence[str], speakers: Sequence[str]) -> tuple[str, ...]:
    """Speakers who are both trained on and tested in one fold.

    Parameters
    ----------
    fold_of_row : (n_clips,) sequence of str
        Fold that tests each clip; all others train on it. Blank: every fold trains on it.
    speakers : (n_clips,) sequence of str

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> speakers_on_both_sides(["1", "2", "2", ""], ["Ann", "Ann", "Bob", "Cy"])
    ('Ann',)
    """
    folds_of: dict[str, set[str]] = {}
    for fold, speaker in zip(fold_of_row, speakers, strict=True):
        folds_of.setdefault(speaker, set()).add(fold)
    return in_order(who for who, folds in folds_of.items() if len(folds) > 1)


def fold_sets() -> tuple[FoldSet, ...]:
    """Every published fold set, by name and then by corpus.

    Returns
    -------
    tuple of FoldSet
    """
    return tuple(fold_set(name, corpus) for name, corpus in sorted(_known()))


def fold_set(name: str, corpus: str) -> FoldSet:
    """A published fold set of a corpus.

    Parameters
    ----------
    name : str
        Such as "emobox".
    corpus : str
        As clips say it, or as ``--corpus`` takes it.

    Returns
    -------
    FoldSet

    Raises
    ------
    FoldError
        There is no set of that name, or none of it for that corpus; says which there are.

    Examples
    --------
    >>> fold_set("emobox", "EMO-DB").n_clips
    535
    """
    if not (isinstance(name, str) and isinstance(corpus, str)):
        raise FoldError(
            f"folds {name!r} of {corpus!r} were given; expected the name of published folds and of "
            "their corpus: affuse folds lists them"
        )
    title = _title(corpus)
    if (name, title) not in _known():
        raise FoldError(_why_none(name, corpus, title))
    return _read(name, title)


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Unique names, with numbers sorted by value.

    Parameters
    ----------
    names : iterable of str

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> in_order(["10", "9", "9"])
    ('9', '10')
    """
    return tuple(sorted(set(names), key=speaker_order))


@cache
def _read(name: str, corpus: str) -> FoldSet:
    file = _files().get((name, corpus))
    if file is None:
        return _of_speakers(name, corpus, PUBLISHED_FOLDS[name])
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(file.read_bytes()).decode())))
    if "test_speaker" in rows[0]:
        pairs = [(row["fold"], row["test_speaker"]) for row in rows]
        lists = [
            [who for own, who in pairs if own == fold] for fold in in_order(f for f, _ in pairs)
        ]
        return _of_speakers(name, corpus, lists)
    fold_of = {row["clip"]: row["fold"] for row in rows}
    return FoldSet(name, corpus, "clip", fold_of, len(fold_of))


def _of_speakers(name: str, corpus: str, lists: Iterable[Iterable[int | str]]) -> FoldSet:
    fold_of = {str(who): str(fold) for fold, members in enumerate(lists, 1) for who in members}
    return FoldSet(name, corpus, "speaker", fold_of, _CLIPS[corpus])


def _known() -> frozenset[tuple[str, str]]:
    return frozenset({*_files(), *((name, "RAVDESS") for name in PUBLISHED_FOLDS)})


@cache
def _files() -> Mapping[tuple[str, str], Traversable]:
    """Files by name of the set and corpus."""
    folder = resources.files("affuse.splits") / "published_sets"
    names = {file.name.removesuffix(_SUFFIX): file for file in folder.iterdir()}
    return {(name.split(".")[0], name.split(".")[1]): file for name, file in names.items()}


def _reader(title: str) -> Reader | None:
    readers: Iterator[Reader] = iter(known_readers().entries.values())
    return next((reader for reader in readers if reader.title == title), None)


def _title(corpus: str) -> str:
    """Title of a corpus that is named by its title or by its reader's name."""
    reader = known_readers().entries.get(corpus)
    titles = {title.casefold(): title for _, title in _known()}
    return reader.title if reader is not None else titles.get(corpus.casefold(), corpus)


def _why_none(name: str, corpus: str, title: str) -> str:
    of_corpus = [own for own, whose in sorted(_known()) if whose == title]
    of_name = [whose for own, whose in sorted(_known()) if own == name]
    if not of_corpus:
        known = in_order(of_name) or in_order(whose for _, whose in _known())
        return (
            f"published folds {name!r} of corpus {corpus!r} were asked for; expected one of the "
            f"corpora whose folds are known: {', '.join(known)}: give clips of these alone, "
            f"{LET_BE_MADE}"
        )
    near = difflib.get_close_matches(name, of_corpus, n=1)
    hint = f": did you mean {near[0]!r}?" if near else ""
    return (
        f"published folds {name!r} of {title} were asked for; expected one of "
        f"{', '.join(of_corpus)}{hint}"
    )
