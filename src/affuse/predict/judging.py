"""What members say of a stretch -> an emotion, or the reason why none is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from affuse.bundle.decision import decide
from affuse.bundle.reading import Bundle
from affuse.records import MODALITIES, Probabilities

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
    fused = _fused(bundle, said)
    probabilities: dict[str, Probabilities] = {}
    for modality in MODALITIES:
        alone = {
            m.name: said[m.name]
            for m in bundle.manifest.members
            if m.modalities == (modality,) and m.name in said
        }
        if alone:
            probabilities[modality] = _named(bundle, _fused(bundle, alone))
    probabilities["fused"] = _named(bundle, fused)
    emotion, confidence = bundle.manifest.classes[int(fused.argmax())], float(fused.max())
    if confidence < threshold:
        reason = (
            f"{emotion} is the most probable with {confidence:.0%}, which is less than the "
            f"{threshold:.0%} asked for"
        )
        return Judgement(None, confidence, probabilities, reason)
    return Judgement(emotion, confidence, probabilities)


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


def _fused(bundle: Bundle, said: Said) -> Floats:
    return np.asarray(decide(bundle, {name: row[None] for name, row in said.items()})[0])


def _named(bundle: Bundle, row: Floats) -> Probabilities:
    return dict(zip(bundle.manifest.classes, (float(p) for p in row), strict=True))
