"""What groups of features are worth to a system: its figure without what they tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affuse.errors import ConfigError
from affuse.evaluation.answers import masked, shared_emotions
from affuse.evaluation.fold_answers import computed_folds
from affuse.evaluation.fold_task import FoldTask, TransformerFactories, fitted_alone, scored_rows
from affuse.evaluation.systems import System, derived_seed
from affuse.features.array import ArrayInMemory, FeatureArray
from affuse.features.context import RunContext
from affuse.features.table import FeatureTable
from affuse.splits.protocols import Protocol
from affuse.tasks.choice import task_of
from affuse.workers.threads import libraries_on_one_thread

Columns = NDArray[np.int64]
Groups = Mapping[str, Mapping[str, Columns | None]]
"""Name of a group -> modality -> columns of its flat features; None: all of them, unread."""
Outputs = NDArray[np.float64]

N_REPEATS = 5
STAGE = "groups of features"
"""What progress is called by."""


@dataclass(frozen=True, slots=True)
class Importance:
    """What a group of features is worth to a system.

    Attributes
    ----------
    group : str
    drop : float
        Of the headline figure (UAR or CCC), where the group's numbers are those of another test
        clip: mean over the repeats. About 0 for what the system does not use.
    low, high : float
        Least and largest drop of the repeats.
    """

    group: str
    drop: float
    low: float
    high: float


@dataclass(frozen=True)
class _GroupsTask:
    """A fold of one system, and the groups that are permuted among its test clips."""

    fold_task: FoldTask
    groups: Groups
    n_repeats: int


def group_importances(
    table: FeatureTable,
    system: System,
    protocol: Protocol,
    groups: Groups,
    context: RunContext | None = None,
    *,
    preparation: TransformerFactories | None = None,
    n_repeats: int = N_REPEATS,
) -> tuple[Importance, ...]:
    """Permutation importance of groups of features, on clips that no fold has learned from.

    In each fold the system is fitted once on the training clips; then the numbers of one group are
    permuted among its test clips, all columns of a group together. What two groups tell alike is
    not missed where only one of them is permuted.

    Parameters
    ----------
    table : FeatureTable
    system : System
    protocol : Protocol
        Its folds hold rows of `table`.
    groups : mapping of str to (mapping of modality to (n,) int, or None)
        Of a modality whose features are learned, only all together.
    context : RunContext, optional
        Its workers compute the folds, all that is random follows from its seed. This process and
        the seed 0 by default.
    preparation : mapping of modality to (seed -> unfitted transformer), optional
        Features that are learned in the folds, as in `affuse.evaluation.crossval.out_of_fold`.
    n_repeats : int

    Returns
    -------
    tuple of Importance
        Largest drop first.

    Raises
    ------
    ConfigError
        No group, or a group with columns that there are not.
    ClusterError
        The workers cannot be reached any more, or die of a fold.

    Notes
    -----
    Source: Breiman 2001, "Random forests"; of groups as in Au et al. 2022, "Grouped feature
    importance and combined features effect plot".
    """
    _check(table, groups, n_repeats)
    context, made = context or RunContext(), preparation or {}
    own = table.select(system.modalities)
    tasks = [
        _GroupsTask(FoldTask(own, (system,), protocol, fold, made, context.seed), groups, n_repeats)
        for fold in protocol.folds
    ]
    folds = [each.fold_task.fold for each in tasks]
    found = computed_folds(_outputs, tasks, folds, STAGE, context)
    rows = np.concatenate([scored_rows(own, system, each.fold_task.test) for each in tasks])
    truth, task = own.take(rows).truth, task_of(own)

    def figure(place: int) -> float:
        outputs = np.concatenate([outputs[place] for outputs in found])
        return float(task.value(truth, task.predicted(outputs)))

    whole = figure(0)
    drops = [whole - figure(place) for place in range(1, 1 + n_repeats * len(groups))]
    by_group = zip(groups, np.reshape(drops, (-1, n_repeats)), strict=True)
    named = [
        Importance(name, float(own.mean()), float(own.min()), float(own.max()))
        for name, own in by_group
    ]
    return tuple(sorted(named, key=lambda each: -each.drop))


def _outputs(task: _GroupsTask) -> Outputs:
    """Outputs for the test clips as they are, then for each group and repeat."""
    own = task.fold_task
    target_task = task_of(own.table)
    with libraries_on_one_thread():
        test, estimator, _ = fitted_alone(own)
        estimator = estimator if len(test) else None
        given = [target_task.outputs(estimator, test)]
        for name, columns in task.groups.items():
            rng = np.random.default_rng(derived_seed(own.seed, "deal", own.fold.number, name))
            given += [
                target_task.outputs(estimator, _permuted(test, columns, rng))
                for _ in range(task.n_repeats)
            ]
    if own.protocol.across_corpora and not own.table.targets:
        can_be = np.broadcast_to(shared_emotions(own.table, own.fold), given[0].shape)
        given = [masked(outputs, can_be) for outputs in given]
    return np.stack(given)


def _permuted(
    table: FeatureTable, columns: Mapping[str, Columns | None], rng: np.random.Generator
) -> FeatureTable:
    """The clips with a group's numbers of one another, among those that have the modality."""
    arrays: dict[str, FeatureArray] = {}
    for modality, chosen in columns.items():
        array, has = table.arrays[modality], np.flatnonzero(table.present[modality])
        order = rng.permutation(has)
        if chosen is None:
            whole = np.arange(len(table))
            whole[has] = order
            arrays[modality] = array.take(whole)
            continue
        values = array.whole().reshape(len(table), array.n_features).copy()
        values[np.ix_(has, chosen)] = values[np.ix_(order, chosen)]
        arrays[modality] = ArrayInMemory(values.reshape(array.shape), array.axes)
    return table.with_arrays(arrays)


def _check(table: FeatureTable, groups: Groups, n_repeats: int) -> None:
    if not groups or n_repeats < 1:
        raise ConfigError(
            f"{len(groups)} groups of features and {n_repeats} repeats were given; expected one of "
            "each at least"
        )
    for name, columns in groups.items():
        for modality, chosen in columns.items():
            n_features = table.select([modality]).arrays[modality].n_features
            if chosen is None:
                continue
            if not len(chosen) or min(chosen) < 0 or max(chosen) >= n_features:
                raise ConfigError(
                    f"group {name!r} was given columns of {modality} that are not there; expected "
                    f"numbers from 0 to {n_features - 1}"
                )
