"""Out-of-fold predictions of all systems: whatever is fitted sees training clips alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from affuse.errors import ConfigError, FeatureError
from affuse.evaluation.fold_answers import answers_of_folds
from affuse.evaluation.fold_store import FolderStore, table_digest
from affuse.evaluation.fold_task import (
    FoldTask,
    Predictions,
    TransformerFactories,
    are_predictions,
    check_training_truth,
    losses_key,
    predict_fold,
    scored_rows,
    trials_key,
)
from affuse.evaluation.systems import Losses, OutOfFold, System
from affuse.features.context import RunContext
from affuse.features.table import FeatureTable
from affuse.splits.protocols import Protocol
from affuse.storage.plain_text import none_of
from affuse.tasks.choice import task_of


def out_of_fold(
    table: FeatureTable,
    systems: Sequence[System],
    protocol: Protocol,
    context: RunContext | None = None,
    *,
    preparation: TransformerFactories | None = None,
) -> tuple[OutOfFold, ...]:
    """Predictions of every system for the test clips of every fold of a protocol.

    Parameters
    ----------
    table : FeatureTable
    systems : sequence of System
    protocol : Protocol
        Its folds hold rows of `table`.
    context : RunContext, optional
        Of its workers and of the order of clips in `table` the result does not depend; where
        arrays are stored, workers must find them under the same paths. Its ``progress`` is called
        with ``(protocol.stage, done, total)``. This process and no store by default.
    preparation : mapping of modality to (seed -> unfitted transformer), optional
        Learned features: fitted once a fold on its training clips (on all clips where the
        protocol says so, which is the lecture's leak) and shared by its systems.

    Returns
    -------
    tuple of OutOfFold
        One per system, in their order. A system scores the clips that have its modalities.

    Raises
    ------
    DatasetError
        All clips are of one emotion, or have the same number.
    FoldError
        A fold leaves clips to train on of which nothing can be learned.
    FeatureError
        No clip has the modalities of a system.
    ConfigError
        No systems, or two of one name and modality; features that are learned from emotions where
        the task is dimensional.
    ClusterError
        The workers cannot be reached any more, or die of a fold.
    """
    context = context or RunContext()
    task_of(table).check(table)
    _refuse_learned_from_numbers(table, preparation or {})
    _refuse_learned_from_labels(table, preparation or {})
    _check_systems(table, systems)
    made, kept = dict(preparation or {}), _trials_folder(context)
    tasks = [
        FoldTask(table, tuple(systems), protocol, fold, made, context.seed, kept)
        for fold in protocol.folds
    ]
    for task in tasks:
        check_training_truth(task)
    results = _results(tasks, context)
    return tuple(_gathered(tasks, results, position) for position in range(len(systems)))


def _trials_folder(context: RunContext) -> str:
    """Where searches keep their trials: beside the folds that are kept."""
    folds = context.folds
    return str(folds.root / "trials") if isinstance(folds, FolderStore) else ""


def _refuse_learned_from_numbers(table: FeatureTable, preparation: TransformerFactories) -> None:
    """Refuse features in a dimensional run that are learned from emotions."""
    if not table.targets:
        return
    alone = sorted(
        m for m, make in preparation.items() if not getattr(make(0), "learns_numbers", False)
    )
    if alone:
        modalities = " and ".join(alone)
        raise ConfigError(
            f"{modalities} features would be learned from emotions, and this task has numbers "
            f"({', '.join(table.targets)}); expected fixed ones: choose another extractor with "
            + " ".join(f"--features {m}=NAME" for m in alone)
        )


def _refuse_learned_from_labels(table: FeatureTable, preparation: TransformerFactories) -> None:
    """Refuse features that are learned from labels where vote shares are to be learned."""
    from sklearn.utils.validation import has_fit_parameter

    if not table.soft_labels:
        return
    alone = [m for m, make in preparation.items() if not has_fit_parameter(make(0), "terms")]
    if alone:
        raise ConfigError(
            f"{' and '.join(sorted(alone))} features would be learned from one emotion of each "
            "clip, and target = votes was given; expected others: choose another extractor with "
            + " ".join(f"--features {m}=NAME" for m in sorted(alone))
        )


def _check_systems(table: FeatureTable, systems: Sequence[System]) -> None:
    counts = Counter((system.modality, system.name) for system in systems)
    double = [f"{name} ({modality})" for (modality, name), n in counts.items() if n > 1]
    if double:
        raise ConfigError(
            f"systems {', '.join(double)} were given more than once; expected different names: "
            "remove the second one from the recipe"
        )
    if not systems:
        raise ConfigError("no system was given; expected at least one: add a model to the recipe")
    for system in systems:
        table.select(system.modalities)
        if not len(scored_rows(table, system, np.arange(len(table)))):
            raise FeatureError(
                f"system {system.name!r} needs {system.modality}, and "
                f"{none_of(len(table), 'clip')} has it: add the missing files, or leave this "
                "system out"
            )


def _results(tasks: list[FoldTask], context: RunContext) -> Mapping[int, Predictions]:
    """Predictions by fold number, from the store where it has them."""
    results: dict[int, Predictions] = {}
    keys: dict[int, str] = {}
    store = context.folds
    if store is not None:
        digest = table_digest(tasks[0].table)
        keys = {task.fold.number: task.key(digest) for task in tasks}
        for task in tasks:
            known = store.load(keys[task.fold.number])
            if known is not None and are_predictions(task, known):
                results[task.fold.number] = known
    stage = tasks[0].protocol.stage
    context.progress(stage, len(results), len(tasks))
    todo = [task for task in tasks if task.fold.number not in results]
    folds = [task.fold for task in todo]
    for _, (number, predictions) in answers_of_folds(predict_fold, todo, folds, context.workers):
        results[number] = predictions
        if store is not None:
            store.save(keys[number], predictions)
        context.progress(stage, len(results), len(tasks))
    return results


def _gathered(
    tasks: list[FoldTask], results: Mapping[int, Predictions], position: int
) -> OutOfFold:
    """Predictions of one system from all folds, in the order of clip ids."""
    table, system = tasks[0].table, tasks[0].systems[position]
    rows = [scored_rows(table, system, task.test) for task in tasks]
    folds = [np.full(len(part), task.fold.number) for part, task in zip(rows, tasks, strict=True)]
    outputs = [results[task.fold.number][str(position)] for task in tasks]
    all_rows = np.concatenate(rows)
    order = np.argsort(table.clips[all_rows], kind="stable")
    return OutOfFold(
        system=system,
        protocol=tasks[0].protocol.label,
        rows=all_rows[order],
        folds=np.concatenate(folds)[order],
        outputs=np.concatenate(outputs)[order],
        losses=_losses(results, position),
        feature_losses={
            modality: losses
            for modality in system.modalities
            if (losses := _losses(results, modality))
        },
        task=task_of(table),
        leaks=tasks[0].protocol.leaks,
        published=tasks[0].protocol.published,
        trials={
            number: found[trials_key(position)]
            for number, found in sorted(results.items())
            if trials_key(position) in found
        },
    )


def _losses(results: Mapping[int, Predictions], of: int | str) -> Losses:
    """Training losses by fold number, of a system or of a modality's learned features."""
    name = losses_key(of)
    return {number: found[name] for number, found in sorted(results.items()) if name in found}
