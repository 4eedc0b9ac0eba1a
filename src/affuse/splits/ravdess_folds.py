"""Published folds of RAVDESS, as lists of test speakers."""

from __future__ import annotations

from collections.abc import Mapping

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
    "hicmae": tuple(tuple(range(first, first + 4)) for first in range(1, 25, 4)),
}
"""Test speakers of each fold, as published for RAVDESS speech: Luna-Jiménez et al. 2021,
EmoBox, and the six folds in a row of HiCMAE and MSAF."""
