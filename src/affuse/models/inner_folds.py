"""Folds within the training clips, for all choices made there."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold

Split = tuple[NDArray[np.int64], NDArray[np.int64]]


def inner_folds(truth: NDArray[Any], groups: ArrayLike | None, n_folds: int) -> list[Split]:
    """Training and test rows of folds within the training rows; none where rows are too few.

    Speakers (`groups`) are kept apart where there are at least two; one speaker's rows are
    divided so that each fold has all classes where `truth` are labels (n_clips,), and one after
    the other where they are numbers (n_clips, n_targets).

    Parameters
    ----------
    truth : (n_clips,) int or (n_clips, n_targets) float
    groups : (n_clips,) array, optional
        Speakers.
    n_folds : int
        At most; none of fewer than two.

    Returns
    -------
    list of (rows, rows)
        Training and test rows of each fold.
    """
    blank = np.zeros((len(truth), 1))
    n_groups = 0 if groups is None else len(np.unique(np.asarray(groups)))
    if min(n_folds, n_groups) >= 2:
        grouped = GroupKFold(min(n_folds, n_groups))
        return list(grouped.split(blank, None, np.asarray(groups)))
    if truth.ndim == 2:
        n_splits = min(n_folds, len(truth) // 2)
        return list(KFold(n_splits).split(blank)) if n_splits >= 2 else []
    n_splits = min(n_folds, int(np.unique(truth, return_counts=True)[1].min()))
    return list(StratifiedKFold(n_splits).split(blank, truth)) if n_splits >= 2 else []
