"""Graphs of a system -> the parts of a manifest that describe them, and their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from affuse.bundle.manifest import Fusion, Stacker
from affuse.bundle.member import FeatureSource, Member
from affuse.fusion.graphs import SystemGraphs
from affuse.records import Modality


@dataclass(frozen=True)
class SystemParts:
    """A system as parts of a manifest and files of a bundle.

    Attributes
    ----------
    members : tuple of Member
    fusion : Fusion
    files : mapping of str to bytes
        Graphs of the members and stackers, by file name.
    """

    members: tuple[Member, ...]
    fusion: Fusion
    files: Mapping[str, bytes]


def parts_of(
    graphs: SystemGraphs,
    sources: Mapping[Modality, FeatureSource],
    outputs: Sequence[str],
    *,
    temperature: float = 1.0,
    numbers: bool = False,
) -> SystemParts:
    """The parts of a manifest that describe a system, and the files that they name.

    Parameters
    ----------
    graphs : SystemGraphs
    sources : mapping of modality to FeatureSource
    outputs : sequence of str
        Names of all classes, or of the targets, of which the members' labels are positions.
    temperature : float
        Of what the members say together.
    numbers : bool
        Whether the members give numbers of targets.

    Returns
    -------
    SystemParts
    """
    stackers = tuple(
        Stacker(members=names, graph=f"stack-{'-'.join(names)}.onnx") for names in graphs.stackers
    )
    # One graph needs no rule, and the usual one does not serve numbers.
    rule = "mean" if numbers and len(graphs.members) == 1 else graphs.rule
    members = tuple(
        Member(
            name=made.name,
            features={m: source for m, source in sources.items() if m in made.modalities},
            graph=_file(made.name),
            needs_all=made.needs_all,
            classes=tuple(outputs[label] for label in made.labels),
            weight=made.weight,
        )
        for made in graphs.members
    )
    files = {_file(made.name): made.content for made in graphs.members}
    files |= {stacker.graph: graphs.stackers[stacker.members] for stacker in stackers}
    fusion = Fusion(rule=rule, temperature=temperature, stackers=stackers)
    return SystemParts(members, fusion, files)


def _file(member: str) -> str:
    return f"{member}.onnx"
