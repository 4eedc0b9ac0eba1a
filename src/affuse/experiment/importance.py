"""The best system of a run, fitted once more: how far it drops without each group of features."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from affuse.evaluation.importance import Columns, Groups, group_importances
from affuse.experiment.rows import learners
from affuse.features.context import RunContext
from affuse.features.groups import feature_groups
from affuse.features.source import Source
from affuse.records import Modality
from affuse.result import Result


def with_importances(
    result: Result, sources: Mapping[Modality, Source], context: RunContext
) -> Result:
    """A result with the importances of its best honest system, where they are asked for.

    Parameters
    ----------
    result : Result
    sources : mapping of modality to Source
        Of its features.
    context : RunContext

    Returns
    -------
    Result
        With a note where no system kept speakers apart.
    """
    if not result.config.evaluation.importance:
        return result
    if not result.honest:
        note = "Groups of features were not measured: no protocol keeps speakers apart."
        return replace(result, notes=(*result.notes, note))
    best = result.honest[0]
    system = best.out_of_fold.system
    made = learners(result.config, sources)
    own = {m: source for m, source in sources.items() if m in system.modalities}
    found = group_importances(
        result.table,
        system,
        best.protocol,
        groups_of(own, made),
        replace(context, seed=result.config.seed),
        preparation=made,
    )
    return replace(result, importances=found)


def groups_of(sources: Mapping[Modality, Source], learned: Collection[str] = ()) -> Groups:
    """Each modality as a whole, and its features by the first word of their names.

    Parameters
    ----------
    sources : mapping of modality to Source
    learned : collection of str
        Modalities whose features are learned in the folds, and so have no names.

    Returns
    -------
    mapping of str to (mapping of modality to (n,) int, or None)
        Such as ``audio`` and ``audio: pitch``.
    """
    groups: dict[str, dict[str, Columns | None]] = {}
    for modality, source in sources.items():
        groups[modality] = {modality: None}
        named = {} if modality in learned else feature_groups(source.columns)
        groups |= {f"{modality}: {word}": {modality: own} for word, own in named.items()}
    return groups
