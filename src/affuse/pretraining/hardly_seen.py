"""The weight of faces in pictures of low quality, fitted on degraded faces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from affuse.bundle.bundle import Bundle
from affuse.bundle.decision import decide
from affuse.bundle.image_quality import ImageQuality
from affuse.bundle.manifest import FORMAT, Manifest
from affuse.pretraining.calibration import HeldOutClips, calibrated_rows
from affuse.pretraining.pairs import Pairs, drawn_pairs, groups_of, prior_of
from affuse.probabilities import FLOOR

KEPT_SHARE = 0.95
"""Share of undegraded faces that count in full, whatever is fitted."""

_MANY_TIMES = 50.0


def with_image_quality(
    manifest: Manifest,
    faces: HeldOutClips,
    degraded: HeldOutClips,
    voices: HeldOutClips,
    seed: int = 0,
) -> Manifest:
    """The manifest with faces weighted by the quality of their pictures.

    Parameters
    ----------
    manifest : Manifest
        With the members ``face`` and ``voice``, whose calibration and exponents are fitted.
    faces, degraded, voices : HeldOutClips
        Of held-out people: faces as they are, degraded faces, whose corpora are the degradations,
        and voices. Faces with their qualities.
    seed : int

    Returns
    -------
    Manifest
        Of format 5. With the quality of least log loss on pairs of a degraded face and a voice;
        every degradation counts alike.
    """
    assert faces.qualities is not None
    drawn = _drawn_of_each(manifest, degraded, voices, seed)
    rows = calibrated_rows(manifest.member("voice"), voices)

    def loss(log_full: float) -> float:
        tried = _counting_from(manifest, float(np.exp(log_full)), "")
        shown = calibrated_rows(tried.member("face"), degraded)
        return float(np.mean([_log_loss(tried, shown, rows, pairs) for pairs in drawn]))

    most = float(np.quantile(faces.qualities, 1 - KEPT_SHARE))
    bounds = (np.log(most / _MANY_TIMES), np.log(most))
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 0.01})
    kinds = ", ".join(np.unique(degraded.corpora).tolist())
    noted = f"{len(degraded.labels):,} faces of FER2013 that the network has not met, {kinds}"
    return _counting_from(manifest, float(np.exp(found.x)), noted)


def _drawn_of_each(
    manifest: Manifest, degraded: HeldOutClips, voices: HeldOutClips, seed: int
) -> list[Pairs]:
    """Pairs of a degraded face and a voice, for each degradation."""
    rng, prior = np.random.default_rng(seed), prior_of(manifest)
    spoken = groups_of(manifest, manifest.member("voice"), voices.labels)
    shown = groups_of(manifest, manifest.member("face"), degraded.labels)
    drawn = []
    for kind in np.unique(degraded.corpora):
        own = np.flatnonzero(degraded.corpora == kind)
        pairs = drawn_pairs(shown[own], spoken, prior, rng)
        drawn.append(pairs._replace(faces=own[pairs.faces]))
    return drawn


def _counting_from(manifest: Manifest, full: float, noted: str) -> Manifest:
    quality = ImageQuality(full=full, fitted_on=noted)
    face = manifest.member("face").model_copy(update={"image_quality": quality})
    members = tuple(face if m.name == face.name else m for m in manifest.members)
    return manifest.model_copy(update={"members": members, "format": FORMAT})


def _log_loss(
    manifest: Manifest,
    faces: NDArray[np.float64],
    voices: NDArray[np.float64],
    pairs: Pairs,
) -> float:
    """Log loss of the fused probabilities."""
    given = {"face": faces[pairs.faces], "voice": voices[pairs.voices]}
    fused = decide(Bundle(manifest, {}), given)
    of_groups = np.stack(
        [
            fused[:, [manifest.classes.index(name) for name in group]].sum(axis=1)
            for group in manifest.groups
        ],
        axis=1,
    )
    own = of_groups[np.arange(len(fused)), pairs.groups]
    return -float(np.log(np.maximum(own, FLOOR)).mean())
