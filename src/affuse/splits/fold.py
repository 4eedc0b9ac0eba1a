"""Fold: one round of cross-validation, and the check that it does not leak."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from affuse.corpora.speakers import speaker_key, speaker_order
from affuse.errors import FoldError


@dataclass(frozen=True, slots=True)
class Fold:
    """One round of cross-validation.

    Attributes
    ----------
    number : int
        From 1.
    train, test : tuple of int
        Rows, ascending, none in both. Together all rows, but where a division leaves some out:
        those that a published set does not name, or of corpora that a fold is not about.

    Examples
    --------
    >>> Fold(1, train=(0, 1), test=(2,)).test
    (2,)
    """

    number: int
    train: tuple[int, ...]
    test: tuple[int, ...]


def divided(fold_of_row: Sequence[int], n_folds: int) -> tuple[Fold, ...]:
    """Folds, given for each row the number (from 0) of the fold that tests it.

    Parameters
    ----------
    fold_of_row : (n_clips,) sequence of int
    n_folds : int

    Returns
    -------
    tuple of Fold
        Numbered from 1.
    """
    return tuple(
        Fold(
            number=number + 1,
            train=tuple(row for row, fold in enumerate(fold_of_row) if fold != number),
            test=tuple(row for row, fold in enumerate(fold_of_row) if fold == number),
        )
        for number in range(n_folds)
    )


def check_folds(
    folds: Sequence[Fold], speakers: Sequence[str], *, groups: Sequence[str] | None = None
) -> None:
    """Refuse folds that leak: a speaker or group on both sides, or a clip not tested just once.

    Parameters
    ----------
    folds : sequence of Fold
    speakers : (n_clips,) sequence of str
    groups : (n_clips,) sequence of str, optional
        Clips of one group must stay on one side.

    Raises
    ------
    FoldError
        Names the fold, and the speaker, group or row.

    Examples
    --------
    >>> check_folds([Fold(1, (0,), (1,)), Fold(2, (1,), (0,))], ["Ann", "Ann"])
    Traceback (most recent call last):
    affuse.errors.FoldError: speaker Ann is on both sides of fold 1; expected one side: ...
    """
    tested = Counter(row for fold in folds for row in fold.test)
    wrong = [row for row in range(len(speakers)) if tested[row] != 1]
    if wrong:
        raise FoldError(
            f"row {wrong[0]} is tested {tested[wrong[0]]} times; expected every clip once: "
            "put each clip into one fold"
        )
    check_apart(folds, speakers, groups=groups)


def check_apart(
    folds: Sequence[Fold], speakers: Sequence[str], *, groups: Sequence[str] | None = None
) -> None:
    """Refuse folds with a speaker or a group of identical clips on both sides.

    Parameters
    ----------
    folds : sequence of Fold
    speakers : (n_clips,) sequence of str
    groups : (n_clips,) sequence of str, optional

    Raises
    ------
    FoldError
        Names the fold, and the speaker or group.
    """
    people = [speaker_key(speaker) for speaker in speakers]
    for fold in folds:
        _refuse_both_sides(fold, "speaker", people, speakers)
        if groups is not None:
            _refuse_both_sides(fold, "group of identical clips", groups, groups)


def check_lengths(n_clips: int, groups: Sequence[str] | None) -> None:
    """Refuse groups of another length than the clips.

    Parameters
    ----------
    n_clips : int
    groups : sequence of str or None
    """
    if groups is not None and len(groups) != n_clips:
        raise FoldError(
            f"{len(groups)} groups were given; expected one for each of {n_clips} clips"
        )


def _refuse_both_sides(fold: Fold, kind: str, keys: Sequence[str], names: Sequence[str]) -> None:
    trained = {keys[row] for row in fold.train}
    both = {names[row] for row in fold.test if keys[row] in trained}
    if both:
        raise FoldError(
            f"{kind} {min(both, key=speaker_order)} is on both sides of fold {fold.number}; "
            "expected one side: put all its clips into one fold"
        )
