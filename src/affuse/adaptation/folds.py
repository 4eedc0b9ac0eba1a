"""Clips divided so that nobody is in two parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from affuse.records import Clip


def groups_of(clips: Sequence[Clip]) -> tuple[str, ...]:
    """Groups to be kept in one fold: speakers; of one speaker recordings; of one recording clips.

    Parameters
    ----------
    clips : sequence of Clip

    Returns
    -------
    (n_clips,) tuple of str

    Examples
    --------
    >>> one = [Clip("a", "sad", "Ann"), Clip("b", "sad", "Ann")]
    >>> groups_of(one), groups_of([*one, Clip("c", "sad", "Ben")])
    (('a', 'b'), ('Ann', 'Ann', 'Ben'))
    """
    speakers = tuple(clip.speaker for clip in clips)
    if len(set(speakers)) > 1:
        return speakers
    recordings = tuple(" ".join(map(str, clip.files)) for clip in clips)
    return recordings if len(set(recordings)) > 1 else tuple(clip.id for clip in clips)


def fold_numbers(
    groups: Sequence[str], labels: Sequence[str], most: int, seed: int = 0
) -> NDArray[np.int64]:
    """Fold of each clip, groups whole, each emotion and all clips spread evenly.

    Parameters
    ----------
    groups, labels : (n_clips,) sequence of str
    most : int
        Folds, at most: with fewer groups each is a fold by itself.
    seed : int
        Of the order among groups that are alike.

    Returns
    -------
    (n_clips,) int64
        From 0; all 0 where there is one group.

    Examples
    --------
    >>> fold_numbers(["Ann", "Ann", "Ben", "Cem"], ["sad", "happy", "sad", "sad"], most=2).tolist()
    [0, 0, 1, 1]
    """
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    n_folds = min(most, len(names))
    contents = [Counter(np.asarray(labels)[group == n].tolist()) for n in range(len(names))]
    shuffled = np.random.default_rng(seed).permutation(len(names)).tolist()
    order: list[int] = sorted(shuffled, key=lambda n: -contents[n].total())
    held: list[Counter[str]] = [Counter() for _ in range(n_folds)]
    fold_of = np.zeros(len(names), np.int64)
    for n in order:
        usual = contents[n].most_common(1)[0][0]
        place = min(range(n_folds), key=lambda f: (held[f][usual], held[f].total(), f))
        held[place] += contents[n]
        fold_of[n] = place
    return fold_of[group]
