"""Outputs of voice, face and both together -> the emotion that is named, or none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affuse.bundle.manifest import Agreement, Manifest
from affuse.messages import message
from affuse.records import MODALITIES, Modality

Floats = NDArray[np.float64]
Columns = NDArray[np.intp]
ModalityProbabilities = Mapping[Modality, Floats]
"""Probabilities of each modality that has some, (n_classes,)."""

WHO: Mapping[Modality, str] = {"audio": "voice", "video": "face"}

_JUST_BELOW = 0.99
_UNSURE = message("unsure.both", "neither the voice nor the face is sure of any emotion")


@dataclass(frozen=True, slots=True)
class NamedEmotion:
    """The named emotion, or why none is named.

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


def name_emotion(
    manifest: Manifest, fused: Floats, by_modality: ModalityProbabilities, threshold: float
) -> NamedEmotion:
    """The most probable emotion, where the outputs of voice and face allow it.

    Where there are both modalities, classes that compete as one are compared with the others by
    their sum, and `Agreement` says which emotions may be named.

    Parameters
    ----------
    manifest : Manifest
    fused : (n_classes,) float64
        As `held_to` gives it.
    by_modality : mapping of modality to (n_classes,) float64
    threshold : float
        Probability below which no emotion is named.

    Returns
    -------
    NamedEmotion
    """
    rules = _rules(manifest, by_modality)
    groups = _groups(manifest) if rules else [np.array([n]) for n in range(len(fused))]
    of_groups = np.array([fused[columns].sum() for columns in groups])
    first = int(of_groups.argmax())
    emotion = _first_of(manifest, groups[first], fused)
    disagreement = ""
    if rules is not None:
        if not _may_be_named(manifest, rules, by_modality).any():
            return NamedEmotion(None, _UNSURE)
        rivals = _rivals(manifest, rules, by_modality)
        if first in rivals.values():
            words = (
                f"{WHO[m]} {_first_of(manifest, groups[n], by_modality[m])}"
                for m, n in rivals.items()
            )
            disagreement = ", ".join(words)
    if of_groups[first] < threshold:
        reason = message(
            "share.low",
            "{emotion} is the most probable with {found_share:.0%}, which is less than the "
            "{least_share:.0%} asked for",
            emotion=emotion,
            found_share=float(of_groups[first]),
            least_share=threshold,
        )
        return NamedEmotion(None, reason, disagreement)
    return NamedEmotion(emotion, disagreement=disagreement)


def held_to(manifest: Manifest, fused: Floats, by_modality: ModalityProbabilities) -> Floats:
    """Fused probabilities, changed so that an emotion that may not be named is not the first.

    A product can lift what neither modality holds likely above what one of them does. Such an
    emotion gives what it has to those that compete as one with it, if one of them may be named,
    and is no more probable than the first that may. All stays as it is where a modality is absent.

    Parameters
    ----------
    manifest : Manifest
    fused : (n_classes,) float64
    by_modality : mapping of modality to (n_classes,) float64

    Returns
    -------
    (n_classes,) float64
        Sums to 1.
    """
    rules = _rules(manifest, by_modality)
    if rules is None:
        return fused
    may = _may_be_named(manifest, rules, by_modality)
    if not may.any():
        return fused
    held, groups = fused.copy(), _groups(manifest)
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


def _rules(manifest: Manifest, by_modality: ModalityProbabilities) -> Agreement | None:
    """The rules of agreement; None where a modality is absent."""
    return manifest.fusion.agreement if len(by_modality) == len(MODALITIES) else None


def _groups(manifest: Manifest) -> list[Columns]:
    return [np.array([manifest.classes.index(name) for name in group]) for group in manifest.groups]


def _first_of(manifest: Manifest, columns: Columns, row: Floats) -> str:
    return manifest.classes[int(columns[row[columns].argmax()])]


def _may_be_named(
    manifest: Manifest, rules: Agreement, by_modality: ModalityProbabilities
) -> NDArray[np.bool_]:
    """Classes that voice or face finds likely; where they share none, the first of each."""
    rows = np.stack(list(by_modality.values()))
    ranks = (-rows).argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    may = np.asarray((ranks < rules.n_first).any(axis=0) & (rows >= rules.least).any(axis=0))
    rivals, groups = _rivals(manifest, rules, by_modality), _groups(manifest)
    in_both = [min(row[columns].sum() for row in rows) for columns in groups]
    if rivals and max(in_both) < rules.shared:
        named = np.concatenate([groups[number] for number in rivals.values()])
        may &= np.isin(np.arange(len(may)), named)
    return may


def _rivals(
    manifest: Manifest, rules: Agreement, by_modality: ModalityProbabilities
) -> dict[Modality, int]:
    """The first groups of voice and of face where they contradict each other; else empty."""
    groups = _groups(manifest)
    of_groups = {
        m: np.array([by_modality[m][columns].sum() for columns in groups]) for m in MODALITIES
    }
    voice, face = (int(of_groups[modality].argmax()) for modality in ("audio", "video"))
    sure = min(of_groups["audio"][voice], of_groups["video"][face])
    foreign = max(of_groups["audio"][face], of_groups["video"][voice])
    if voice == face or sure < rules.sure or foreign >= rules.foreign:
        return {}
    return {"audio": voice, "video": face}
