"""Random divisions. They leak: the same speakers are in training and test."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

import numpy as np

from affuse.errors import FoldError
from affuse.splits.fold import Fold, check_lengths, divided


def random_folds(
    labels: Sequence[Hashable],
    n_folds: int,
    seed: int,
    *,
    clips: Sequence[str] | None = None,
    groups: Sequence[str] | None = None,
) -> tuple[Fold, ...]:
    """Random folds over clips, stratified by class. Leaky: speakers are on both sides.

    Parameters
    ----------
    labels : (n_clips,) sequence
        Class of each clip.
    n_folds : int
    seed : int
    clips : (n_clips,) sequence of str, optional
        Ids that make the folds independent of the order of the rows; the rows of an index
        are in the order of its ids already.
    groups : (n_clips,) sequence of str, optional
        Clips of one group (identical recordings) stay on one side.

    Returns
    -------
    tuple of Fold

    Raises
    ------
    FoldError
        Fewer clips (or groups) than folds, or fewer than two folds.

    Examples
    --------
    >>> folds = random_folds(["calm", "angry"] * 4, 2, seed=0)
    >>> [len(fold.test) for fold in folds]
    [4, 4]
    """
    units = _shuffled_units(len(labels), seed, clips, groups)
    if not 2 <= n_folds <= len(units):
        raise FoldError(
            f"{n_folds} random folds were asked for, but there are {len(units)} different clips; "
            f"expected 2 to {len(units)} folds: pass --set folds.n_folds, or more clips"
        )
    order = {label: place for place, label in enumerate(sorted(set(labels), key=str))}
    units.sort(key=lambda unit: order[labels[unit[0]]])
    fold_of_row = [0] * len(labels)
    for place, unit in enumerate(units):
        for row in unit:
            fold_of_row[row] = place % n_folds
    return divided(fold_of_row, n_folds)


def random_split(
    n_clips: int,
    test_share: float,
    seed: int,
    *,
    clips: Sequence[str] | None = None,
    groups: Sequence[str] | None = None,
) -> Fold:
    """One random division such as the lecture's 80/20. Leaky: speakers are on both sides.

    Parameters
    ----------
    n_clips : int
    test_share : float
        Share of the clips to test on, between 0 and 1; rounded up to whole clips.
    seed : int
    clips, groups : sequence of str, optional
        As in `random_folds`.

    Returns
    -------
    Fold

    Raises
    ------
    FoldError
        The share leaves nothing to train on.

    Examples
    --------
    >>> fold = random_split(32, 0.2, seed=0)
    >>> len(fold.train), len(fold.test)
    (25, 7)
    """
    if not 0 < test_share < 1:
        raise FoldError(f"test share {test_share} was given; expected more than 0 and less than 1")
    # The decimal share, not its binary neighbour: 0.07 of 100 clips is seven clips.
    n_test = math.ceil(round(test_share * n_clips, 9))
    test: list[int] = []
    for unit in _shuffled_units(n_clips, seed, clips, groups):
        if len(test) < n_test:
            test += unit
    train = sorted(set(range(n_clips)).difference(test))
    if not train:
        raise FoldError(
            f"a test share of {test_share} of {n_clips} clips leaves none to train on; "
            "expected more clips or a smaller share: pass --set evaluation.test_share"
        )
    return Fold(1, tuple(train), tuple(sorted(test)))


def _shuffled_units(
    n_clips: int, seed: int, clips: Sequence[str] | None, groups: Sequence[str] | None
) -> list[list[int]]:
    """Rows that stay together, in an order given by the seed and the ids alone."""
    check_lengths(n_clips, groups)
    rows = range(n_clips) if clips is None else sorted(range(n_clips), key=lambda row: clips[row])
    units: dict[Hashable, list[int]] = {}
    for row in rows:
        units.setdefault(row if groups is None else groups[row], []).append(row)
    ordered = list(units.values())
    return [ordered[place] for place in np.random.default_rng(seed).permutation(len(ordered))]
