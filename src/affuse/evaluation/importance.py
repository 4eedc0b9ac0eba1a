"""What groups of features are worth to a system: its figure without what they tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affuse.errors import ConfigError
from affuse.evaluation.fold_task import FoldTask, scored_rows
from affuse.evaluation.systems import System, TableEstimator
from affuse.features.array import ArrayInMemory
from affuse.features.table import FeatureTable
from affuse.splits.protocols import Protocol
from affuse.tasks.choice import task_of

Columns = NDArray[np.int64]
Groups = Mapping[str, Mapping[str, Columns]]
"""Name of a group -> modality -> columns of its flat features."""


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


def group_importances(
    table: FeatureTable,
    system: System,
    protocol: Protocol,
    groups: Groups,
    *,
    n_repeats: int = 5,
    seed: int = 0,
) -> tuple[Importance, ...]:
    """Permutation importance of groups of features, on clips that no fold has learned from.

    In each fold the system is fitted once on the training clips; then the numbers of one group are
    dealt anew among its test clips, all columns of a group together. What two groups tell alike is
    not missed where only one of them is dealt anew.

    Parameters
    ----------
    table : FeatureTable
        Features as they are: none is learned in the folds.
    system : System
    protocol : Protocol
        Its folds hold rows of `table`.
    groups : mapping of str to (mapping of modality to (n,) int)
    n_repeats, seed : int

    Returns
    -------
    tuple of Importance
        Largest drop first.

    Raises
    ------
    ConfigError
        No group, or a group with columns that there are not.

    Notes
    -----
    Source: Breiman 2001, "Random forests"; of groups as in Au et al. 2022, "Grouped feature
    importance and combined features effect plot".
    """
    _check(table, groups, n_repeats)
    own = table.select(system.modalities)
    fitted = []
    for fold in protocol.folds:
        task = FoldTask(own, (system,), protocol, fold, {}, seed)
        train, test = (scored_rows(own, system, rows) for rows in (task.train, task.test))
        fitted.append((task.build(system).fit(own.take(train)), test))
    whole = _figure(own, fitted, None, np.random.default_rng(seed))
    found = []
    for name, columns in groups.items():
        rng = np.random.default_rng(seed)
        drops = [whole - _figure(own, fitted, columns, rng) for _ in range(n_repeats)]
        found.append(Importance(name, float(np.mean(drops)), min(drops), max(drops)))
    return tuple(sorted(found, key=lambda each: -each.drop))


def _figure(
    table: FeatureTable,
    fitted: list[tuple[TableEstimator, NDArray[np.int64]]],
    columns: Mapping[str, Columns] | None,
    rng: np.random.Generator,
) -> float:
    """The headline figure over the test clips of all folds."""
    task, rows, outputs = task_of(table), [], []
    for estimator, test in fitted:
        own = table.take(test)
        given = own if columns is None else _dealt(own, columns, rng)
        rows.append(test)
        outputs.append(task.outputs(estimator, given))
    scored = np.concatenate(rows)
    made = np.concatenate(outputs)
    return float(task.value(table.take(scored).truth, task.predicted(made)))


def _dealt(
    table: FeatureTable, columns: Mapping[str, Columns], rng: np.random.Generator
) -> FeatureTable:
    """The clips with a group's numbers of one another, among those that have the modality."""
    arrays = {}
    for modality, chosen in columns.items():
        array, has = table.arrays[modality], np.flatnonzero(table.present[modality])
        values = array.whole().reshape(len(table), array.n_features).copy()
        values[np.ix_(has, chosen)] = values[np.ix_(rng.permutation(has), chosen)]
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
            if not len(chosen) or min(chosen) < 0 or max(chosen) >= n_features:
                raise ConfigError(
                    f"group {name!r} was given columns of {modality} that are not there; expected "
                    f"numbers from 0 to {n_features - 1}"
                )
