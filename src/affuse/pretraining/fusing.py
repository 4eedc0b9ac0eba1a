"""Weights of face and voice in a bundle, fitted on people held out of both networks' training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

from affuse.bundle.bundle import Bundle
from affuse.bundle.decision import meanings
from affuse.bundle.manifest import CARD, Agreement, Fusion, Manifest, Pooling, Together
from affuse.bundle.member import Member
from affuse.bundle.writer import make_bundle
from affuse.errors import BundleError, DatasetError
from affuse.pretraining.calibration import (
    CrossFitted,
    HeldOutClips,
    calibrated_rows,
    with_calibration,
)
from affuse.pretraining.cards import FUSION_TITLE, fusion_section
from affuse.pretraining.hardly_seen import with_image_quality
from affuse.pretraining.held_out import (
    degraded_faces,
    few_of_each,
    held_out_faces,
    held_out_voices,
    with_face_distances,
)
from affuse.pretraining.pairs import GroupLogs, drawn_pairs, group_logs, pairs_note, prior_of

Floats = NDArray[np.float64]

FACE_AND_VOICE = Fusion(
    rule="product",
    together=(Together(classes=("neutral", "calm"), divided_by="voice"),),
    agreement=Agreement(n_first=2, least=0.2, sure=0.4, foreign=0.2, shared=0.1),
)
"""How the two are joined: a face shows neutral and calm alike."""


MOMENTS = Pooling(resting=("neutral", "calm"), resting_share=0.7, power=1.0, neighbour=0.25)
"""How moments become a stretch; chosen by `benchmarks/pooling.py`."""


class Exponents(NamedTuple):
    """Exponents that turn probabilities of face and voice into likelihoods to be multiplied.

    Attributes
    ----------
    face, voice : float
        Powers of their probabilities.
    face_prior, voice_prior : float
        Powers of what is divided out of them.
    average : (n_groups,) float64
        Mean probability that the voice gives each group on held-out people, were all
        groups equally frequent.
    """

    face: float
    face_prior: float
    voice: float
    voice_prior: float
    average: Floats


def refit_fusion(bundle: Bundle, faces: Path, tables: Sequence[Path], seed: int = 0) -> Bundle:
    """A bundle of face and voice with its fusion fitted on held-out people.

    Parameters
    ----------
    bundle : Bundle
        With the members ``face`` and ``voice``.
    faces : Path
        FER2013: every second face of its `val` part, held out of the network's training, is used.
    tables : sequence of Path
        Folders of corpora, or CSV files of clips, one a corpus, of voices; emotions that the bundle
        does not know are left out, and of each corpus at most 40 clips of one emotion are used.
    seed : int

    Returns
    -------
    Bundle
        The networks are those of `bundle`.

    Raises
    ------
    BundleError
        The bundle has other members.
    DatasetError
        The clips lack one of the bundle's emotions.
    """
    refuse_other_members(bundle)
    known = with_face_distances(bundle, faces)
    voices = held_out_voices(known, tables, seed)
    noted = f"{len(voices.labels):,} voices of {len(tables)} corpora"
    shown, worse = held_out_faces(known, faces), degraded_faces(known, faces, seed=seed)
    return fitted_on_strangers(known, shown, voices, noted, seed, degraded=worse)


def refuse_other_members(bundle: Bundle) -> None:
    """Refuse a bundle that does not join a face network and a voice model.

    Parameters
    ----------
    bundle : Bundle

    Raises
    ------
    BundleError
        Names its members.
    """
    names = [member.name for member in bundle.manifest.members]
    if not {"face", "voice"} <= set(names):
        raise BundleError(
            f"{bundle.title} has the members {', '.join(names)}; expected face and voice, as "
            "affuse train bundle FACE VOICE joins them"
        )


def fitted_on_strangers(
    bundle: Bundle,
    faces: HeldOutClips,
    voices: HeldOutClips,
    noted: str,
    seed: int = 0,
    held_out: CrossFitted | None = None,
    degraded: HeldOutClips | None = None,
) -> Bundle:
    """The bundle with the calibration and the exponents of least log loss.

    Parameters
    ----------
    bundle : Bundle
    faces, voices : HeldOutClips
        What the members' graphs say.
    noted : str
        How many voices, of what.
    seed : int
    held_out : CrossFitted, optional
        How reliable the voice is on corpora left out, for the card.
    degraded : HeldOutClips, optional
        Faces made worse, on which is fitted how much a face counts that can hardly be seen; all
        count alike without them.

    Returns
    -------
    Bundle

    Raises
    ------
    DatasetError
        The clips lack one of the bundle's emotions.
    """
    # How far a face is from training could be fitted on its own corpus alone: it is shown only.
    face = with_calibration(bundle.manifest.member("face"), faces, declines=False)
    voice = with_calibration(bundle.manifest.member("voice"), voices, declines=True)
    fitted = {"face": face, "voice": voice}
    members = tuple(fitted.get(m.name, m) for m in bundle.manifest.members)
    changed = {
        "members": members, "fusion": FACE_AND_VOICE, "pooling": MOMENTS, "format": 4, "files": {},
    }  # fmt: skip
    manifest = bundle.manifest.model_copy(update=changed)
    some = voices.take(few_of_each(voices.labels, voices.corpora, seed))
    of_faces, of_voices = _outputs(manifest, face, faces), _outputs(manifest, voice, some)
    _refuse_missing(manifest, "face", of_faces)
    _refuse_missing(manifest, "voice", of_voices)
    exponents = fit_exponents(of_faces, of_voices, prior_of(manifest), seed)
    shown = f"{len(faces.labels):,} faces of FER2013 that the face network has not met"
    manifest = with_exponents(manifest, exponents, pairs_note(shown, noted))
    if degraded is not None:
        manifest = with_image_quality(manifest, faces, degraded, some, seed)
    card = bundle.files[CARD].decode().partition(FUSION_TITLE)[0]
    text = card + fusion_section(manifest, held_out)
    return make_bundle(manifest, {**bundle.files, CARD: text.encode()})


def _outputs(manifest: Manifest, member: Member, clips: HeldOutClips) -> GroupLogs:
    """A calibrated member's outputs, by groups of classes."""
    meant = [member.means(member.classes[label])[0] for label in clips.labels]
    return group_logs(manifest, member.name, calibrated_rows(member, clips), meant)


def _refuse_missing(manifest: Manifest, whose: str, outputs: GroupLogs) -> None:
    there = set(outputs.labels.tolist())
    missing = [" or ".join(group) for n, group in enumerate(manifest.groups) if n not in there]
    if missing:
        raise DatasetError(
            f"no {whose} of {', '.join(missing)} was given; expected some of each emotion: add a "
            "corpus that has it"
        )


def fit_exponents(faces: GroupLogs, voices: GroupLogs, prior: Floats, seed: int = 0) -> Exponents:
    """Exponents with the least log loss on pairs of the same emotion, made at random.

    Parameters
    ----------
    faces, voices : GroupLogs
    prior : (n_groups,) float64
        How frequent the groups were in the faces' training.
    seed : int

    Returns
    -------
    Exponents

    Raises
    ------
    DatasetError
        Faces or voices lack a group.
    """
    pairs = drawn_pairs(faces.labels, voices.labels, prior, np.random.default_rng(seed))
    face_logs, voice_logs = faces.logs[pairs.faces], voices.logs[pairs.voices]
    probabilities = np.exp(voices.logs)
    average = np.mean(
        [probabilities[voices.labels == n].mean(axis=0) for n in np.unique(voices.labels)], 0
    )
    rare, usual = np.log(prior), np.log(average)

    def loss(exponents: Floats) -> float:
        face, face_prior, voice, voice_prior = exponents
        joint = face * face_logs - face_prior * rare + voice * voice_logs - voice_prior * usual
        return -float(log_softmax(joint, axis=1)[np.arange(len(joint)), pairs.groups].mean())

    bounds = [(0.05, 3), (0, 2), (0.05, 3), (0, 2)]
    found = minimize(loss, np.array([1.0, 0.5, 0.5, 0.5]), bounds=bounds)
    face, face_prior, voice, voice_prior = (float(value) for value in found.x)
    return Exponents(face, face_prior, voice, voice_prior, average)


def with_exponents(manifest: Manifest, exponents: Exponents, fitted_on: str) -> Manifest:
    """The manifest with these exponents, and a note on what they were fitted on.

    Parameters
    ----------
    manifest : Manifest
    exponents : Exponents
    fitted_on : str
        What is told of the clips.

    Returns
    -------
    Manifest
    """
    voice = manifest.member("voice")
    average = exponents.average @ meanings(manifest, voice).T
    # A likelihood is (probability / prior ** prior_power) ** weight.
    found: dict[str, dict[str, object]] = {
        "face": {
            "weight": exponents.face,
            "prior_power": exponents.face_prior / exponents.face,
        },
        "voice": {
            "weight": exponents.voice,
            "prior": dict(zip(voice.classes, average.tolist(), strict=True)),
            "prior_power": exponents.voice_prior / exponents.voice,
        },
    }
    members = tuple(m.model_copy(update=found.get(m.name, {})) for m in manifest.members)
    fusion = manifest.fusion.model_copy(update={"fitted_on": fitted_on})
    return manifest.model_copy(update={"members": members, "fusion": fusion})
