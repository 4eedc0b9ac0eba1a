"""Folds across corpora: train on some of them, test on others."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from affuse.errors import FoldError
from affuse.splits.corpus_rows import Rows, emotion_counts, not_rare, rare_notes
from affuse.splits.fold import Fold
from affuse.storage.plain_text import counted


@dataclass(frozen=True, slots=True)
class CorpusFold:
    """Corpora that a fold trains on and tests on; others take no part."""

    train: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CorpusFolds:
    """Folds over the rows of a table.

    Attributes
    ----------
    folds : tuple of Fold
    notes : tuple of str
        Notes for readers of their figures.
    untested : tuple of str
        Which emotions of a corpus are not tested, since its fold never trains on them.
    """

    folds: tuple[Fold, ...]
    notes: tuple[str, ...] = ()
    untested: tuple[str, ...] = ()


def cross_corpus(
    corpora: Collection[str], train_on: Sequence[str], test_on: Sequence[str]
) -> tuple[CorpusFold, ...]:
    """One fold that trains on some corpora and tests on others.

    Parameters
    ----------
    corpora : collection of str
        That have clips.
    train_on, test_on : sequence of str
        Either may be empty: all others.

    Returns
    -------
    tuple of CorpusFold

    Raises
    ------
    FoldError
        Neither is given, a corpus is on both sides or has no clip, or none is left for one side.

    Examples
    --------
    >>> cross_corpus(["A", "B", "C"], [], ["B"])
    (CorpusFold(train=('A', 'C'), test=('B',)),)
    """
    _refuse_one(corpora, "cross-corpus")
    if not train_on and not test_on:
        raise FoldError(
            "the protocol cross-corpus was asked for without corpora; expected some to train on or "
            f"to test on: --set folds.test_on=NAME, of {', '.join(sorted(corpora))}"
        )
    known = {name.casefold(): name for name in corpora}
    for name in (*train_on, *test_on):
        if name.casefold() not in known:
            raise FoldError(
                f"corpus {name!r} was named for the protocol cross-corpus, and no clip is of it; "
                f"expected one of {', '.join(sorted(corpora))}"
            )
    train, test = ([known[name.casefold()] for name in side] for side in (train_on, test_on))
    both = sorted(set(train) & set(test))
    if both:
        raise FoldError(
            f"{both[0]} stands in folds.train_on and in folds.test_on; expected each corpus on one "
            "side: speakers of a corpus that is trained on would be tested"
        )
    train = train or [name for name in sorted(corpora) if name not in test]
    test = test or [name for name in sorted(corpora) if name not in train]
    if not train or not test:
        side = "test" if train else "train on"
        raise FoldError(
            f"the protocol cross-corpus is left without a corpus to {side}; expected one of "
            f"{', '.join(sorted(corpora))} there"
        )
    return (CorpusFold(tuple(train), tuple(test)),)


def leave_one_corpus_out(corpora: Collection[str]) -> tuple[CorpusFold, ...]:
    """A fold for each corpus, which trains on all others and tests on it.

    Parameters
    ----------
    corpora : collection of str
        That have clips.

    Returns
    -------
    tuple of CorpusFold
        By name of the tested corpus.

    Raises
    ------
    FoldError
        There is one corpus only.
    """
    _refuse_one(corpora, "leave-one-corpus-out")
    names = sorted(corpora)
    return tuple(CorpusFold(tuple(n for n in names if n != name), (name,)) for name in names)


def folds_of_corpora(wanted: Sequence[CorpusFold], rows: Rows) -> CorpusFolds:
    """Rows of a table under folds across corpora.

    What is tested stays out of training, also where another corpus holds a copy of it; emotions
    that no corpus of the training side shows are not tested, and those that are `RARE` in
    a corpus have no part there.

    Parameters
    ----------
    wanted : sequence of CorpusFold
    rows : Rows

    Returns
    -------
    CorpusFolds

    Raises
    ------
    FoldError
        A fold has nothing to train on, or shows no emotion on both sides.
    """
    common = not_rare(rows)
    folds: list[Fold] = []
    untested: list[str] = []
    notes = list(rare_notes(rows))
    for number, fold in enumerate(wanted, 1):
        train, copies = _without_copies(fold, rows, common)
        test, unknown = _shown_in_training(fold, train, rows, common)
        if not train or not test:
            raise FoldError(_why_nothing(fold, bool(train)))
        folds.append(Fold(number, tuple(train), tuple(test)))
        notes += copies
        untested += unknown
    return CorpusFolds(tuple(folds), tuple(dict.fromkeys(notes)), tuple(untested))


def _why_nothing(fold: CorpusFold, something_to_train_on: bool) -> str:
    train, test = (" and ".join(side) for side in (fold.train, fold.test))
    if something_to_train_on:
        return (
            f"{train} and {test} have no emotion in common; expected one at least to train on the "
            "one and test on the other: leave one of them out"
        )
    return (
        f"every clip of {train} is identical to one of {test}, so that nothing is left to train "
        f"on; expected recordings that {test} has not: leave {train} out"
    )


def _without_copies(
    fold: CorpusFold, rows: Rows, common: frozenset[int]
) -> tuple[list[int], Iterator[str]]:
    """Training rows that are identical to no tested clip; a note on those left out."""
    tested = _of(rows, fold.test, common)
    groups = {rows.groups[row] for row in tested} if rows.groups else set()
    train, copies = [], Counter[str]()
    for row in _of(rows, fold.train, common):
        if rows.groups and rows.groups[row] in groups:
            copies[rows.corpora[row]] += 1
        else:
            train.append(row)
    notes = (
        f"{counted(n, 'clip')} of {corpus} {'is' if n == 1 else 'are'} identical to "
        f"clips of {' and '.join(fold.test)}: not trained on where these are tested."
        for corpus, n in copies.items()
    )
    return train, notes


def _shown_in_training(
    fold: CorpusFold, train: Sequence[int], rows: Rows, common: frozenset[int]
) -> tuple[list[int], Iterator[str]]:
    """Test rows whose emotion occurs in training; a note on the others, corpus by corpus."""
    tested = _of(rows, fold.test, common)
    if not rows.emotions:
        return tested, iter(())
    known = {rows.emotions[row] for row in train}
    left: dict[str, Counter[str]] = defaultdict(Counter)
    for row in tested:
        if rows.emotions[row] not in known:
            left[rows.corpora[row]][rows.emotions[row]] += 1
    notes = (
        f"{corpus} is tested without {emotion_counts(counts)}, which {' and '.join(fold.train)} "
        f"never show{'s' if len(fold.train) == 1 else ''}."
        for corpus, counts in left.items()
    )
    return [row for row in tested if rows.emotions[row] in known], notes


def _of(rows: Rows, corpora: Collection[str], common: frozenset[int]) -> list[int]:
    return [row for row in sorted(common) if rows.corpora[row] in corpora]


def _refuse_one(corpora: Collection[str], protocol: str) -> None:
    if len(set(corpora)) < 2:
        name = next(iter(corpora), "") or "one corpus"
        raise FoldError(
            f"the protocol {protocol} was asked for, and all clips are of {name}; expected two "
            "corpora or more: give several folders or tables"
        )
