"""What members say of a stretch -> an emotion, or the reason why none is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from affuse.bundle.decision import decide
from affuse.bundle.reading import Bundle
from affuse.predict.naming import held_to, name_emotion
from affuse.records import MODALITIES, Modality, Probabilities

Floats = NDArray[np.float64]
Said = Mapping[str, Floats]
"""Member -> its probabilities, (n_own_classes,); members with nothing to say are not there."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """As the fields of the same names of `Segment`."""

    emotion: str | None
    confidence: float | None
    probabilities: Mapping[str, Probabilities] = field(default_factory=dict)
    abstained: str = ""
    disagreement: str = ""


def judge(bundle: Bundle, said: Said, threshold: float, nothing: str) -> Judgement:
    """The most probable emotion of a stretch.

    Parameters
    ----------
    bundle : Bundle
    said : mapping of str to array
    threshold : float
        Probability below which no emotion is named.
    nothing : str
        Why there is nothing to go by, should there be nothing.
    """
    if not said:
        return Judgement(None, None, abstained=nothing)
    alone = _alone(bundle, said)
    fused = held_to(bundle.manifest, _fused(bundle, said), alone)
    probabilities: dict[str, Probabilities] = {
        modality: _named(bundle, row) for modality, row in alone.items()
    }
    named = name_emotion(bundle.manifest, fused, alone, threshold)
    told = _named(bundle, fused)
    confidence = max(told.values()) if named.emotion is None else told[named.emotion]
    return Judgement(
        named.emotion,
        confidence,
        {**probabilities, "fused": told},
        named.abstained,
        named.disagreement,
    )


def averaged(parts: Sequence[tuple[Said, Mapping[str, float]]]) -> Said:
    """Mean of what members say of several stretches.

    Parameters
    ----------
    parts : sequence of (said, weights)
        For each stretch, and for each member there how much it had to go by.
    """
    sums: dict[str, Floats] = {}
    totals: dict[str, float] = {}
    for said, weights in parts:
        for name, row in said.items():
            sums[name] = sums.get(name, np.zeros_like(row)) + weights[name] * row
            totals[name] = totals.get(name, 0.0) + weights[name]
    return {name: row / totals[name] for name, row in sums.items()}


def _alone(bundle: Bundle, said: Said) -> dict[Modality, Floats]:
    """What each modality comes to by itself, where it says anything."""
    found: dict[Modality, Floats] = {}
    for modality in MODALITIES:
        own = {
            m.name: said[m.name]
            for m in bundle.manifest.members
            if m.modalities == (modality,) and m.name in said
        }
        if own:
            found[modality] = _fused(bundle, own)
    return found


def _fused(bundle: Bundle, said: Said) -> Floats:
    return np.asarray(decide(bundle, {name: row[None] for name, row in said.items()})[0])


def _named(bundle: Bundle, row: Floats) -> Probabilities:
    return dict(zip(bundle.manifest.classes, (float(p) for p in row), strict=True))
