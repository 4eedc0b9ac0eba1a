"""Conformal sets of out-of-fold predictions, and how often they hold the true emotion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from affuse.evaluation.by_corpus import can_be
from affuse.evaluation.conformal import (
    SEPARATOR,
    conformal_sets,
    least_probability,
    least_speakers,
)
from affuse.evaluation.systems import OutOfFold
from affuse.features.table import FeatureTable
from affuse.storage.plain_text import counted
from affuse.tasks.intervals import N_RESAMPLES, percentile_interval, speaker_draws

LEAST = 0.5
"""Coverage that is asked for at least."""
Sets = NDArray[np.bool_]
SHORT = "less than asked"
"""A warning about sets whose coverage is below what was asked for, by the whole interval."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Coverage and size of one system's sets on some clips; each speaker counts alike.

    Attributes
    ----------
    corpus : str
        Whose clips they are; empty: all.
    asked : float
        Coverage that was asked for.
    coverage, coverage_low, coverage_high : float
        Share of clips whose set holds the true emotion, with its 95 % bootstrap over speakers.
    size, size_low, size_high : float
        Emotions in a set, on average.
    one : float
        Share of clips whose set is one emotion.
    n_emotions : int
        That a set could have.
    n_clips, n_speakers : int
    """

    corpus: str
    asked: float
    coverage: float
    coverage_low: float
    coverage_high: float
    size: float
    size_low: float
    size_high: float
    one: float
    n_emotions: int
    n_clips: int
    n_speakers: int

    @property
    def short(self) -> bool:
        """Whether the whole interval lies below the coverage that was asked for."""
        return self.coverage_high < self.asked

    def columns(self) -> dict[str, str | float | int]:
        """Columns of sets.csv after ``system``, in their order.

        Returns
        -------
        dict of str to str, float or int
        """
        return {**asdict(self), "corpus": self.corpus or "all", "short": self.short}


def too_few_speakers(found: OutOfFold, table: FeatureTable, coverage: float) -> str:
    """Why sets cannot be calibrated for the clips of a fold; empty where they can.

    Parameters
    ----------
    found : OutOfFold
    table : FeatureTable
    coverage : float

    Returns
    -------
    str
        A sentence without a full stop.
    """
    speakers = table.speakers[found.rows]
    others = {n: len(np.unique(speakers[found.folds != n])) for n in np.unique(found.folds)}
    number = min(others, key=lambda each: others[each])
    there, needed = others[number], least_speakers(coverage)
    if there >= needed:
        return ""
    if len(others) == 1:
        return (
            "there is one fold, and sets are calibrated on the clips of others: use several folds"
        )
    least = _feasible(there)
    less = f", or ask for less (--coverage {least:g})" if least >= LEAST else ""
    return (
        f"{counted(there, 'speaker')} would calibrate the sets of fold {number}, "
        f"and {100 * coverage:g} % takes {needed}: add speakers{less}"
    )


def emotion_sets(found: OutOfFold, table: FeatureTable, coverage: float) -> Sets:
    """Set of each scored clip, calibrated on the test clips of the other folds (cross-conformal).

    Parameters
    ----------
    found : OutOfFold
        Of folds that keep speakers apart.
    table : FeatureTable
        The one that `found` has rows of.
    coverage : float

    Returns
    -------
    (n_scored, n_classes) bool

    Notes
    -----
    Calibration clips are held out of the models that tell about them, and their speakers are
    others than those of the fold. But these models are others than the fold's own, and were trained
    on its speakers. So what `affuse.evaluation.conformal` guarantees holds as far as models of
    different folds are alike (Vovk 2015); the figures of `coverage_of` are measured.
    """
    probabilities, labels = found.probabilities, table.labels[found.rows]
    speakers = table.speakers[found.rows]
    least = np.zeros(len(labels))
    for number in np.unique(found.folds):
        rest = found.folds != number
        least[~rest] = least_probability(
            probabilities[rest], labels[rest], speakers[rest], coverage
        )
    return conformal_sets(probabilities, least)


def coverage_of(
    sets: Sets,
    found: OutOfFold,
    table: FeatureTable,
    asked: float,
    *,
    n_bootstrap: int = N_RESAMPLES,
    seed: int = 0,
) -> tuple[Coverage, ...]:
    """Coverage of sets on all clips, and on each corpus where there are several.

    There a set is what is left of it among the emotions that the corpus can have.

    Parameters
    ----------
    sets : (n_scored, n_classes) bool
    found : OutOfFold
    table : FeatureTable
    asked : float
        Coverage that was asked for.
    n_bootstrap, seed : int
        Of the intervals over speakers.

    Returns
    -------
    tuple of Coverage
        All clips first.
    """
    corpora = table.corpora[found.rows]
    names = np.unique(corpora)
    everything = np.ones(len(table.classes), np.bool_)
    parts = [("", np.ones(len(corpora), np.bool_), everything)]
    if len(names) > 1:
        parts += [(str(name), corpora == name, can_be(table, str(name))) for name in names]

    def coverage(corpus: str, at: Sets, possible: Sets) -> Coverage:
        rows, own = found.rows[at], sets[at] & possible
        holds = own[np.arange(len(rows)), table.labels[rows]]
        sizes, speakers = own.sum(axis=1), table.speakers[rows]
        return Coverage(
            corpus,
            asked,
            *_mean_of_speakers(holds, speakers, n_bootstrap, seed),
            *_mean_of_speakers(sizes, speakers, n_bootstrap, seed),
            one=float(np.mean(sizes == 1)),
            n_emotions=int(possible[np.unique(table.labels)].sum()),
            n_clips=len(rows),
            n_speakers=len(np.unique(speakers)),
        )

    return tuple(coverage(*part) for part in parts)


def set_names(sets: Sets, classes: tuple[str, ...]) -> list[str]:
    """Each set as text, its emotions in the order of the classes.

    Parameters
    ----------
    sets : (n_clips, n_classes) bool
    classes : tuple of str

    Returns
    -------
    list of str

    Examples
    --------
    >>> set_names(np.array([[True, False, True]]), ("calm", "sad", "angry"))
    ['calm|angry']
    """
    return [SEPARATOR.join(_named(row, classes)) for row in sets]


def _named(row: Sets, classes: tuple[str, ...]) -> Iterator[str]:
    return (name for name, inside in zip(classes, row, strict=True) if inside)


def _mean_of_speakers(
    values: NDArray[np.generic], speakers: NDArray[np.str_], n_bootstrap: int, seed: int
) -> tuple[float, float, float]:
    """Mean over speakers of each speaker's mean over clips, with its bounds."""
    names, of_clip = np.unique(speakers, return_inverse=True)
    means = np.bincount(of_clip, values.astype(np.float64)) / np.bincount(of_clip)
    draws = speaker_draws(len(names), n_bootstrap, seed) @ means / len(names)
    return float(means.mean()), *percentile_interval(draws, len(names))


def _feasible(n_speakers: int) -> float:
    """Largest coverage in steps of 5 % that so many speakers can calibrate."""
    return int(20 * n_speakers / (n_speakers + 1) + 1e-9) / 20
