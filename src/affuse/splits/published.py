"""Published folds, with which results can be compared."""

from __future__ import annotations

from affuse.splits.fold_sets import fold_set
from affuse.splits.ravdess_folds import PUBLISHED_FOLDS

__all__ = ["PUBLISHED_FOLDS", "published_folds"]


def published_folds(name: str, corpus: str = "RAVDESS") -> tuple[tuple[int | str, ...], ...]:
    """Test speakers of each fold of a published set.

    Parameters
    ----------
    name : str
        Such as a key of `PUBLISHED_FOLDS`; ``affuse folds`` lists all.
    corpus : str
        Whose speakers they are, as clips say their corpus.

    Returns
    -------
    tuple of tuple of (int or str)
        Speakers of each fold: numbers for RAVDESS, else names as the corpus has them. Of a set
        that does not keep speakers apart they stand in several folds, or are trained on as well.

    Raises
    ------
    FoldError
        No folds of that corpus are known, or none of that name; says which there are.

    Examples
    --------
    >>> published_folds("luna2021")[4]
    (1, 4, 9, 22)
    >>> published_folds("hicmae", "CREMA-D")[0][:2]
    ('1001', '1002')
    """
    found = fold_set(name, corpus)
    if found.corpus == "RAVDESS":
        return PUBLISHED_FOLDS[name]
    return found.test_speakers()
