"""What voice, face and both together say of a stretch -> the emotion that is named, or none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affuse.bundle.manifest import Agreement, Manifest
from affuse.records import MODALITIES, Modality

Floats = NDArray[np.float64]
Alone = Mapping[Modality, Floats]
"""What each modality that speaks says by itself, (n_classes,)."""

WHO: Mapping[Modality, str] = {"audio": "voice", "video": "face"}


@dataclass(frozen=True, slots=True)
class Named:
    """What is named, and why nothing else is.

    Attributes
    ----------
    emotion : str or None
    abstained : str
        Why none is named; empty where one is.
    disagreement : str
        What voice and face say where they contradict each other, such as "voice calm, face
        happy"; empty where they do not.
    """

    emotion: str | None
    abstained: str = ""
    disagreement: str = ""


def name_emotion(manifest: Manifest, fused: Floats, alone: Alone, threshold: float) -> Named:
    """The most probable emotion, where what voice and face say allows it.

    Classes that compete as one are compared with the others by their sum. Where both modalities
    speak, `Agreement` says which emotions may be named, and what is done where they contradict
    each other.

    Parameters
    ----------
    manifest : Manifest
    fused : (n_classes,) float64
        As `held_to` gives it.
    alone : mapping of modality to (n_classes,) float64
    threshold : float
        Probability below which no emotion is named.
    """
    groups = _columns(manifest)
    of_groups = np.array([fused[columns].sum() for columns in groups])
    first = int(of_groups.argmax())
    columns = groups[first]
    emotion = manifest.classes[columns[int(fused[columns].argmax())]]
    disagreement = ""
    if manifest.fusion.agreement is not None and len(alone) == len(MODALITIES):
        if not _may_be_named(manifest, manifest.fusion.agreement, alone).any():
            return Named(None, "neither the voice nor the face is sure of any emotion")
        disagreement = _disagreement(manifest, manifest.fusion.agreement, alone)
    if of_groups[first] < threshold:
        reason = (
            f"{emotion} is the most probable with {of_groups[first]:.0%}, which is less than the "
            f"{threshold:.0%} asked for"
        )
        return Named(None, reason, disagreement)
    return Named(emotion, disagreement=disagreement)


def held_to(manifest: Manifest, fused: Floats, alone: Alone) -> Floats:
    """Fused probabilities in which an emotion that may not be named is not the first.

    A product can lift what neither modality holds likely above what one of them does. Such an
    emotion gives what it has to those that compete as one with it, if one of them may be named,
    and is no more probable than the first that may. All stays as it is where a modality is silent.

    Parameters
    ----------
    manifest : Manifest
    fused : (n_classes,) float64
    alone : mapping of modality to (n_classes,) float64

    Returns
    -------
    (n_classes,) float64
        Sums to 1.
    """
    rules = manifest.fusion.agreement
    if rules is None or len(alone) < len(MODALITIES):
        return fused
    may = _may_be_named(manifest, rules, alone)
    if not may.any():
        return fused
    held = fused.copy()
    groups = _columns(manifest)
    for columns in groups:
        kept = columns[may[columns]]
        if len(kept):
            held[columns] = np.where(may[columns], fused[columns], 0)
            held[kept] *= fused[columns].sum() / held[kept].sum()
    of_groups = np.array([held[columns].sum() for columns in groups])
    may_win = np.array([may[columns].any() for columns in groups])
    most = of_groups[may_win].max()
    for number in np.flatnonzero(~may_win & (of_groups >= most)):
        held[groups[number]] *= _JUST_BELOW * most / of_groups[number]
    return np.asarray(held / held.sum())


_JUST_BELOW = 0.99


def _columns(manifest: Manifest) -> list[NDArray[np.intp]]:
    return [np.array([manifest.classes.index(name) for name in group]) for group in manifest.groups]


def _may_be_named(manifest: Manifest, rules: Agreement, alone: Alone) -> NDArray[np.bool_]:
    """Classes that voice or face holds likely; of two that contradict each other, what they say."""
    rows = np.stack(list(alone.values()))
    ranks = (-rows).argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    among_first = (ranks < rules.n_first).any(axis=0)
    may = among_first & (rows >= rules.least).any(axis=0)
    rivals = _rivals(manifest, rules, alone)
    if rivals:
        groups = _columns(manifest)
        named = np.concatenate([groups[group] for group in rivals.values()])
        may &= np.isin(np.arange(len(may)), named)
    return np.asarray(may)


def _rivals(manifest: Manifest, rules: Agreement, alone: Alone) -> dict[Modality, int]:
    """The first group of voice and of face where they contradict each other; else empty."""
    of_groups = {m: np.array([alone[m][c].sum() for c in _columns(manifest)]) for m in MODALITIES}
    voice, face = (int(of_groups[modality].argmax()) for modality in ("audio", "video"))
    sure = min(of_groups["audio"][voice], of_groups["video"][face])
    foreign = max(of_groups["audio"][face], of_groups["video"][voice])
    if voice == face or sure < rules.sure or foreign >= rules.foreign:
        return {}
    return {"audio": voice, "video": face}


def _disagreement(manifest: Manifest, rules: Agreement, alone: Alone) -> str:
    groups, words = _columns(manifest), []
    for modality, group in _rivals(manifest, rules, alone).items():
        own = groups[group]
        name = manifest.classes[own[int(alone[modality][own].argmax())]]
        words.append(f"{WHO[modality]} {name}")
    return ", ".join(words)
