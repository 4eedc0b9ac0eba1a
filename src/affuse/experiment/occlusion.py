"""The best system of a run, fitted once more: where in sound and picture it finds each emotion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from affuse.evaluation.occlusion import can_be_hidden, occlusion_maps
from affuse.experiment.rows import learners
from affuse.features.context import RunContext
from affuse.features.source import Source
from affuse.records import Modality
from affuse.result import Result


def with_occlusions(
    result: Result, sources: Mapping[Modality, Source], context: RunContext
) -> Result:
    """A result with the occlusion maps of its best honest system, where they are asked for.

    Parameters
    ----------
    result : Result
    sources : mapping of modality to Source
        Of its features.
    context : RunContext

    Returns
    -------
    Result
        With a note on what could not be mapped.
    """
    config = result.config
    if not config.evaluation.occlusion:
        return result
    modalities = result.honest[0].out_of_fold.system.modalities if result.honest else ()
    own = {m: source for m, source in sources.items() if m in modalities and can_be_hidden(source)}
    notes = tuple(f"Nothing was hidden {why}." for why in _missing(result, sources, own))
    result = replace(result, notes=(*result.notes, *notes))
    if not own or result.table.targets or config.features.normalise != "none":
        return result
    best = result.honest[0]
    found = occlusion_maps(
        result.table,
        best.out_of_fold.system,
        best.protocol,
        result.index.clips,
        own,
        config.evaluation.occlusion,
        replace(context, seed=config.seed),
        preparation=learners(config, sources),
    )
    return replace(result, occlusions=found)


def _missing(
    result: Result, sources: Mapping[Modality, Source], own: Mapping[Modality, Source]
) -> Iterator[str]:
    """Why parts of the clips, or of one modality, were not hidden."""
    if not result.honest:
        yield "from a system: no protocol keeps speakers apart"
    elif result.table.targets:
        yield f"from {result.honest[0].name}: numbers have no probability that could drop"
    elif result.config.features.normalise != "none":
        yield f"from {result.honest[0].name}: its features are normalised over whole corpora"
    else:
        used = result.honest[0].out_of_fold.system.modalities
        for modality, source in sources.items():
            if modality in used and modality not in own:
                yield f"in the {modality} of {source.label}, of which no part can be hidden"
