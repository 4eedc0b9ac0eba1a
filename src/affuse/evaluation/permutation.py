"""Label permutation test: what a system scores when there is nothing to learn.

Labels are shuffled before anything is fitted. A sound system then scores chance; one that still
scores more has access to labels of its test clips.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.errors import ConfigError, DatasetError, FeatureError
from affuse.evaluation.crossval import out_of_fold
from affuse.evaluation.fold_task import TransformerFactories
from affuse.evaluation.systems import System
from affuse.features.context import RunContext, silent
from affuse.features.table import FeatureTable
from affuse.records import ProgressCallback
from affuse.splits.protocols import Protocol
from affuse.tasks.metrics import uar
from affuse.workers.local import InProcess

Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """A figure compared with those that shuffled labels give.

    Attributes
    ----------
    figure : float
        With the true labels.
    null : tuple of float
        With shuffled labels, one for each permutation.
    p : float
        ``(b + 1) / (n + 1)``, b the permutations that reach the figure: small where the system
        has learned something.
    """

    figure: float
    null: tuple[float, ...]
    p: float

    @property
    def null_mean(self) -> float:
        """Mean figure with shuffled labels: chance, unless labels leak."""
        return float(np.mean(self.null))


def permutation_test(
    labels: ArrayLike,
    speakers: ArrayLike,
    figure: Callable[[Labels], float],
    *,
    n_permutations: int = 100,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> PermutationTest:
    """A figure with the true labels and with labels shuffled among each speaker's clips.

    Within speakers, because each keeps her own numbers of clips of each emotion: what a system
    could gain from knowing the speakers is in the null distribution as well.

    Parameters
    ----------
    labels : (n_clips,) int
    speakers : (n_clips,) str
    figure : callable
        Labels (n_clips,) -> the figure, everything that is fitted fitted anew.
    n_permutations, seed : int
    progress : callable, optional
        Called with ``("permutations", done, total)``.

    Returns
    -------
    PermutationTest

    Raises
    ------
    FeatureError
        Labels and speakers are not of one length.
    ConfigError
        No permutation was asked for.
    DatasetError
        No speaker has clips of two labels: there is nothing to shuffle.

    Notes
    -----
    Source: Ojala & Garriga 2010, "Permutation tests for studying classifier performance".

    Examples
    --------
    >>> labels, speakers = [0, 1] * 8, ["Ann"] * 8 + ["Bob"] * 8
    >>> guess = np.array(labels)
    >>> found = permutation_test(labels, speakers, lambda given: float(np.mean(given == guess)))
    >>> found.figure, round(found.null_mean, 1), found.p < 0.05
    (1.0, 0.5, True)
    """
    true, names = np.asarray(labels, np.int64), np.asarray(speakers)
    _check(true, names, n_permutations)
    rng = np.random.default_rng(seed)
    found = float(figure(true))
    null = []
    for done in range(1, n_permutations + 1):
        null.append(float(figure(shuffled_within_speakers(true, names, rng))))
        if progress is not None:
            progress("permutations", done, n_permutations)
    n_reached = sum(value >= found - 1e-12 for value in null)
    return PermutationTest(found, tuple(null), (n_reached + 1) / (n_permutations + 1))


def system_permutation_test(
    table: FeatureTable,
    system: System,
    protocol: Protocol,
    *,
    preparation: TransformerFactories | None = None,
    n_permutations: int = 100,
    context: RunContext | None = None,
) -> PermutationTest:
    """The pooled UAR of one system, fitted anew in every fold for each permutation of labels.

    Parameters
    ----------
    table : FeatureTable
    system : System
        A cheap one: it is fitted ``(n_permutations + 1) * n_folds`` times.
    protocol : Protocol
    preparation
        As in `affuse.evaluation.crossval.out_of_fold`.
    n_permutations : int
    context : RunContext, optional
        Its seed is that of the permutations and of the system; its ``progress`` is called as in
        `permutation_test`. Its folds and workers are not used: fits take milliseconds.

    Returns
    -------
    PermutationTest

    Raises
    ------
    ConfigError, DatasetError, FeatureError, FoldError
        As in `permutation_test` and `out_of_fold`.
    """
    context = context or RunContext()
    # One fit is over before a process has started.
    each = replace(context, workers=InProcess(), folds=None, progress=silent)
    # Shuffled in the order of clip ids, so that the table's own order has no effect.
    order = np.argsort(table.clips, kind="stable")

    def figure(ordered: Labels) -> float:
        labels = np.empty_like(ordered)
        labels[order] = ordered
        (found,) = out_of_fold(
            # Shares of votes would hold the labels as they are.
            replace(table, labels=labels, votes=np.zeros((0, 0)), soft_labels=False),
            [system],
            protocol,
            each,
            preparation=preparation,
        )
        return uar(labels[found.rows], found.predicted)

    return permutation_test(
        table.labels[order],
        table.speakers[order],
        figure,
        n_permutations=n_permutations,
        seed=context.seed,
        progress=context.progress,
    )


def shuffled_within_speakers(
    labels: Labels, speakers: NDArray[np.str_], rng: np.random.Generator
) -> Labels:
    """Labels shuffled among each speaker's clips: (n_clips,).

    Parameters
    ----------
    labels : (n_clips,) int
    speakers : (n_clips,) str
    rng : Generator
        Whose next numbers decide.

    Returns
    -------
    (n_clips,) int
        A copy.

    Examples
    --------
    >>> labels, speakers = np.array([0, 1, 2, 2]), np.array(["Ann", "Ann", "Bob", "Bob"])
    >>> shuffled_within_speakers(labels, speakers, np.random.default_rng(1))[2:]
    array([2, 2])
    """
    shuffled = labels.copy()
    for speaker in np.unique(speakers):
        rows = np.flatnonzero(speakers == speaker)
        shuffled[rows] = labels[rng.permutation(rows)]
    return shuffled


def _check(labels: Labels, speakers: NDArray[np.str_], n_permutations: int) -> None:
    if labels.ndim != 1 or labels.shape != speakers.shape:
        raise FeatureError(
            f"labels of shape {labels.shape} and speakers of shape {speakers.shape} were given; "
            "expected one of each for each clip"
        )
    if n_permutations < 1:
        raise ConfigError(
            f"{n_permutations} permutations were asked for; expected at least 1 (19 can show "
            "p = 0.05, 99 p = 0.01)"
        )
    if all(len(np.unique(labels[speakers == speaker])) < 2 for speaker in np.unique(speakers)):
        raise DatasetError(
            f"each of {len(np.unique(speakers))} speakers has clips of one emotion only; expected "
            "at least two emotions of some speaker: there is nothing to shuffle"
        )
