"""Folds that others have published, so that figures can be held against theirs."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from affuse.errors import FoldError

PUBLISHED_FOLDS: Mapping[str, tuple[tuple[int, ...], ...]] = {
    "luna2021": (
        (2, 5, 14, 15, 16),
        (3, 6, 7, 13, 18),
        (10, 11, 12, 19, 20),
        (8, 17, 21, 23, 24),
        (1, 4, 9, 22),
    ),
    "emobox": (
        (1, 11, 20, 21),
        (4, 10, 12, 14),
        (8, 9, 19, 23),
        (3, 5, 7, 24),
        (2, 15, 16, 18),
        (6, 13, 17, 22),
    ),
    "sequential6": tuple(tuple(range(first, first + 4)) for first in range(1, 25, 4)),
}
"""Test speakers of each fold, as published for RAVDESS speech: Luna-Jiménez et al. 2021,
EmoBox, and the six folds in a row of HiCMAE and MSAF."""

_OF_CORPUS: Mapping[str, Mapping[str, tuple[tuple[int, ...], ...]]] = {"RAVDESS": PUBLISHED_FOLDS}


def published_folds(name: str, corpus: str = "RAVDESS") -> tuple[tuple[int, ...], ...]:
    """Test speakers of a published fold set.

    Parameters
    ----------
    name : str
        Such as a key of `PUBLISHED_FOLDS`.
    corpus : str
        Whose speakers they are, as clips say their corpus.

    Returns
    -------
    tuple of tuple of int
        Speakers of each fold.

    Raises
    ------
    FoldError
        No folds of that corpus are known, or none of that name; says which there are.

    Examples
    --------
    >>> published_folds("luna2021")[4]
    (1, 4, 9, 22)
    """
    known = _OF_CORPUS.get(corpus)
    if known is None:
        raise FoldError(
            f"published folds {name!r} of corpus {corpus!r} were asked for; expected one of the "
            f"corpora whose folds are known: {', '.join(_OF_CORPUS)}"
        )
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f": did you mean {near[0]!r}?" if near else ""
        raise FoldError(
            f"published folds {name!r} were asked for; expected one of {', '.join(known)}{hint}"
        )
    return known[name]
