"""What the members predict for labelled clips -> a manifest whose decisions are fitted to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from affuse.adaptation.folds import fold_numbers, groups_of
from affuse.adaptation.outputs import ClipOutputs
from affuse.adaptation.recalibrating import LabelledRows, choose_recalibration
from affuse.adaptation.weighing import choose_weights
from affuse.bundle.bundle import Bundle
from affuse.bundle.manifest import Manifest
from affuse.bundle.member import Member

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

N_INNER_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Fitted:
    """A manifest, and how far each of its fits was shrunk to what it was before.

    Attributes
    ----------
    manifest : Manifest
    shrinkages : mapping of str to float
        Of each member, and of the ``fusion``; infinite: nothing was changed there.
    """

    manifest: Manifest
    shrinkages: Mapping[str, float]

    @property
    def changed(self) -> bool:
        """Whether anything was changed at all."""
        return any(np.isfinite(list(self.shrinkages.values())))


def fit_decisions(bundle: Bundle, outputs: ClipOutputs, seed: int = 0) -> Fitted:
    """Recalibrate each member, then weigh them; all choices are made on inner folds.

    Parameters
    ----------
    bundle : Bundle
    outputs : ClipOutputs
        Of clips of at least two emotions, all of which the bundle knows.
    seed : int
        Of the order in which groups come to folds.

    Returns
    -------
    Fitted
    """
    manifest = bundle.manifest
    labels = np.array([manifest.classes.index(clip.emotion) for clip in outputs.clips])
    names = [clip.emotion for clip in outputs.clips]
    folds = fold_numbers(groups_of(outputs.clips), names, N_INNER_FOLDS, seed)
    power = 1 / manifest.fusion.temperature if len(manifest.members) == 1 else 1.0
    members: list[Member] = []
    shrinkages: dict[str, float] = {}
    held_out: dict[str, Floats] = {}
    for member in manifest.members:
        rows = outputs.rows[member.name]
        speaks = ~np.isnan(rows[:, 0])
        own, held_out[member.name] = member, rows.copy()
        shrinkages[member.name] = float("inf")
        if len(np.unique(labels[speaks])) > 1:
            labelled = LabelledRows(
                rows[speaks], _allowed(manifest, member, labels[speaks]), labels[speaks]
            )
            chosen = choose_recalibration(member, labelled, folds[speaks], power)
            own, shrinkages[member.name] = chosen.member, chosen.shrinkage
            held_out[member.name][speaks] = chosen.held_out
        members.append(own)
    recalibrated = replace(bundle, manifest=manifest.model_copy(update={"members": tuple(members)}))
    weighed, shrinkages["fusion"] = choose_weights(recalibrated, held_out, labels, folds)
    return Fitted(weighed, shrinkages)


def _allowed(manifest: Manifest, member: Member, labels: Rows) -> NDArray[np.bool_]:
    """Which of a member's classes may mean each true emotion; any, where none does."""
    names = [manifest.classes[label] for label in labels]
    means = [[name in member.means(own) for own in member.classes] for name in names]
    allowed = np.array(means)
    return np.asarray(allowed | ~allowed.any(axis=1, keepdims=True))
