"""Corpora, emotions and identity of rows, and emotions too rare to count in a corpus."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from affuse.features.table import FeatureTable
from affuse.storage.plain_text import counted

RARE = 1 / 50
"""Share of the clips of a corpus's commonest emotion below which another is rare there: the recall
of a clip or two would count as much as that of hundreds."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What dividing by corpora needs to know of the rows of a table.

    Attributes
    ----------
    corpora : (n_clips,) sequence of str
    emotions : (n_clips,) sequence of str
        Empty where numbers are learned.
    groups : (n_clips,) sequence of str
        Clips of one group are identical recordings.
    """

    corpora: Sequence[str]
    emotions: Sequence[str] = ()
    groups: Sequence[str] = ()


def corpus_labels(table: FeatureTable, groups: Sequence[str] = ()) -> Rows:
    """What dividing by corpora needs to know of the rows of a table.

    Parameters
    ----------
    table : FeatureTable
    groups : (n_clips,) sequence of str
        Of identical clips, where they count.

    Returns
    -------
    Rows
    """
    emotions = [table.classes[label] for label in table.labels]
    return Rows([str(corpus) for corpus in table.corpora], emotions, groups)


def not_rare(rows: Rows) -> frozenset[int]:
    """Rows whose emotion is not rare (`RARE`) in their corpus.

    Parameters
    ----------
    rows : Rows

    Returns
    -------
    frozenset of int
        All rows where numbers are learned.
    """
    if not rows.emotions:
        return frozenset(range(len(rows.corpora)))
    shown = list(zip(rows.corpora, rows.emotions, strict=True))
    counts = Counter(shown)
    most = {corpus: 0 for corpus in rows.corpora}
    for (corpus, _), n in counts.items():
        most[corpus] = max(most[corpus], n)
    return frozenset(n for n, pair in enumerate(shown) if counts[pair] >= RARE * most[pair[0]])


def emotions_of(rows: Rows) -> dict[str, frozenset[str]]:
    """Emotions that each corpus shows, except `RARE` ones.

    Parameters
    ----------
    rows : Rows

    Returns
    -------
    dict of str to frozenset of str

    Examples
    --------
    >>> emotions_of(Rows(["a", "b"], ["sad", "calm"]))["b"]
    frozenset({'calm'})
    """
    shown: dict[str, set[str]] = {corpus: set() for corpus in sorted(set(rows.corpora))}
    for row in not_rare(rows):
        shown[rows.corpora[row]].add(rows.emotions[row])
    return {corpus: frozenset(own) for corpus, own in shown.items()}


def rare_notes(rows: Rows, where: str = "figures by corpus and across corpora") -> Iterator[str]:
    """Notes on emotions that are rare in a corpus.

    Parameters
    ----------
    rows : Rows
    where : str
        What they are left out of.

    Yields
    ------
    str
    """
    left: dict[str, Counter[str]] = defaultdict(Counter)
    for row in sorted(set(range(len(rows.corpora))) - not_rare(rows)):
        left[rows.corpora[row]][rows.emotions[row]] += 1
    for corpus, counts in left.items():
        yield (f"{corpus} has too few clips of {emotion_counts(counts)}: left out of {where}.")


def emotion_counts(counts: Counter[str]) -> str:
    """Emotions with their numbers of clips, in words.

    Parameters
    ----------
    counts : Counter of str

    Returns
    -------
    str
    """
    return ", ".join(f"{name} ({counted(n, 'clip')})" for name, n in counts.items())
