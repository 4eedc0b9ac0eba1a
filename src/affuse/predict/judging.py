"""Members' probabilities for a stretch -> an emotion, or why none is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from affuse.bundle.bundle import Bundle
from affuse.bundle.decision import decide
from affuse.bundle.manifest import Manifest
from affuse.bundle.numbers import decide_numbers
from affuse.evaluation.conformal import conformal_sets
from affuse.predict.naming import held_to, name_emotion
from affuse.predict.pooling import pooled
from affuse.records import MODALITIES, Modality, Probabilities

Floats = NDArray[np.float64]
MemberProbabilities = Mapping[str, Floats]
"""Member -> its probabilities, (n_own_classes,); members with nothing to go by are not there."""

MemberDistances = Mapping[str, float]
"""Member -> how far a stretch is from its training; not there where it is not known."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The prediction for a stretch; fields as those of the same names of `Segment`."""

    emotion: str | None
    confidence: float | None
    probabilities: Mapping[str, Probabilities] = field(default_factory=dict)
    abstained: str = ""
    disagreement: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    set: tuple[str, ...] = ()
    familiarity: Mapping[str, float] = field(default_factory=dict)


def judge(
    bundle: Bundle,
    by_member: MemberProbabilities,
    threshold: float,
    nothing: str,
    distances: MemberDistances | None = None,
) -> Judgement:
    """The most probable emotion of a stretch, or its numbers.

    Parameters
    ----------
    bundle : Bundle
    by_member : mapping of str to array
    threshold : float
        Probability below which no emotion is named.
    nothing : str
        Why there is nothing to go by, should there be nothing.
    distances : mapping of str to float, optional
        Member -> how far the stretch is from its training.

    Returns
    -------
    Judgement
    """
    if not by_member:
        return Judgement(None, None, abstained=nothing)
    if bundle.manifest.targets:
        return Judgement(None, None, values=_values(bundle, by_member))
    far = {name: distance for name, distance in (distances or {}).items() if name in by_member}
    by_modality = _by_modality(bundle, by_member)
    fused = held_to(bundle.manifest, _fused(bundle, by_member), by_modality)
    probabilities: dict[str, Probabilities] = {
        modality: _named(bundle, row) for modality, row in by_modality.items()
    }
    decision = name_emotion(bundle.manifest, fused, by_modality, threshold)
    fused_probabilities = _named(bundle, fused)
    emotion = decision.emotion
    confidence = (
        max(fused_probabilities.values()) if emotion is None else fused_probabilities[emotion]
    )
    return Judgement(
        decision.emotion,
        confidence,
        {**probabilities, "fused": fused_probabilities},
        decision.abstained,
        decision.disagreement,
        set=_set(bundle.manifest, fused),
        familiarity=_familiarity_by_modality(bundle.manifest, far),
    )


def _set(manifest: Manifest, fused: Floats) -> tuple[str, ...]:
    """The conformal set of emotions; empty where the bundle makes none."""
    if manifest.sets is None:
        return ()
    inside = conformal_sets(fused[None], manifest.sets.least)[0]
    return tuple(name for name, at in zip(manifest.classes, inside, strict=True) if at)


def averaged(
    manifest: Manifest,
    parts: Sequence[tuple[MemberProbabilities, Mapping[str, float]]],
) -> MemberProbabilities:
    """The members' probabilities averaged over several stretches, by `pooled`.

    Parameters
    ----------
    manifest : Manifest
    parts : sequence of (by_member, weights)
        For each stretch, and for each member there how much it had to go by.

    Returns
    -------
    mapping of str to (n_own_classes,) float64
        Of the members that are in any part.
    """
    names = dict.fromkeys(name for by_member, _ in parts for name in by_member)
    found: dict[str, Floats] = {}
    for name in names:
        own = [(rows[name], weights[name]) for rows, weights in parts if name in rows]
        found[name] = pooled(manifest, name, [row for row, _ in own], [by for _, by in own])
    return found


def _values(bundle: Bundle, by_member: MemberProbabilities) -> dict[str, float]:
    """Number of each target."""
    numbers = decide_numbers(bundle, {name: row[None] for name, row in by_member.items()})[0]
    return dict(zip(bundle.manifest.targets, (float(n) for n in numbers), strict=True))


def _by_modality(bundle: Bundle, by_member: MemberProbabilities) -> dict[Modality, Floats]:
    """Probabilities of each modality by itself, where there are any."""
    rows: dict[Modality, Floats] = {}
    for modality in MODALITIES:
        own = {
            m.name: by_member[m.name]
            for m in bundle.manifest.members
            if m.modalities == (modality,) and m.name in by_member
        }
        if own:
            rows[modality] = _fused(bundle, own)
    return rows


def _fused(bundle: Bundle, by_member: MemberProbabilities) -> Floats:
    return np.asarray(decide(bundle, {name: row[None] for name, row in by_member.items()})[0])


def _familiarity_by_modality(manifest: Manifest, distances: MemberDistances) -> dict[str, float]:
    """Familiarity of each modality; the mean where several members use it alone."""
    found: dict[str, float] = {}
    for modality in MODALITIES:
        shares = [
            float(m.familiarity.share_farther(distances[m.name]))
            for m in manifest.members
            if m.modalities == (modality,) and m.familiarity is not None and m.name in distances
        ]
        if shares:
            found[modality] = float(np.mean(shares))
    return found


def _named(bundle: Bundle, row: Floats) -> Probabilities:
    return dict(zip(bundle.manifest.classes, (float(p) for p in row), strict=True))
