"""Weights of face and voice in a bundle, fitted on people held out of both networks' training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
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
from affuse.pretraining.held_out import (
    few_of_each,
    held_out_faces,
    held_out_voices,
    with_face_distances,
)
from affuse.probabilities import FLOOR

Floats = NDArray[np.float64]

N_PAIRS = 12_000

FACE_AND_VOICE = Fusion(
    rule="product",
    together=(Together(classes=("neutral", "calm"), divided_by="voice"),),
    agreement=Agreement(n_first=2, least=0.2, sure=0.4, foreign=0.2, shared=0.1),
)
"""How the two are joined: a face shows neutral and calm alike."""


MOMENTS = Pooling(resting=("neutral", "calm"), resting_share=0.7, power=1.0, neighbour=0.25)
"""How moments become a stretch; chosen by `benchmarks/pooling.py`."""


class GroupLogs(NamedTuple):
    """A member's outputs for held-out clips.

    Attributes
    ----------
    logs : (n, n_groups) float64
        Logarithms of probabilities of the groups of classes that compete as one.
    labels : (n,) int64
        The true group of each.
    """

    logs: Floats
    labels: NDArray[np.int64]


class Exponents(NamedTuple):
    """Exponents that turn probabilities of face and voice into likelihoods to be multiplied.

    Attributes
    ----------
    face, voice : float
        Powers of their probabilities.
    face_prior, voice_prior : float
        Powers of what is divided out of them.
    average : (n_groups,) float64
        Mean probability that the voice gives each group of people whom it has not met, were all
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
        FER2013: every second face of its `val` part, which the network has not met, is used.
    tables : sequence of Path
        Folders of corpora, or CSV files of clips, one a corpus, of voices; emotions that the bundle
        does not know are left out, and of each corpus at most 40 clips of one emotion are heard.
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
    return fitted_on_strangers(known, held_out_faces(known, faces), voices, noted, seed)


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


def pairs_note(faces: str, voices: str) -> str:
    """The manifest's note on the pairs that a fusion was fitted on.

    Parameters
    ----------
    faces, voices : str
        How many, of what.

    Returns
    -------
    str
    """
    return (
        f"{N_PAIRS:,} pairs of the same emotion, made at random of {faces} and {voices} that the "
        "voice network has not met, emotions halfway between equally frequent and as frequent as "
        "in FER2013"
    )


def fit_exponents(faces: GroupLogs, voices: GroupLogs, prior: Floats, seed: int = 0) -> Exponents:
    """Exponents with the least log loss on pairs of the same emotion, made at random.

    Emotions are drawn halfway between equally frequent and as frequent as in the faces' training:
    what people record is neither.

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
    rng = np.random.default_rng(seed)
    shares = (prior / prior.sum() + 1 / len(prior)) / 2
    truth = rng.choice(len(prior), size=N_PAIRS, p=shares)
    face_logs, voice_logs = (each.logs[_drawn(each.labels, truth, rng)] for each in (faces, voices))
    probabilities = np.exp(voices.logs)
    average = np.mean(
        [probabilities[voices.labels == n].mean(axis=0) for n in np.unique(voices.labels)], 0
    )
    rare, usual = np.log(prior), np.log(average)

    def loss(exponents: Floats) -> float:
        face, face_prior, voice, voice_prior = exponents
        joint = face * face_logs - face_prior * rare + voice * voice_logs - voice_prior * usual
        return -float(log_softmax(joint, axis=1)[np.arange(N_PAIRS), truth].mean())

    bounds = [(0.05, 3), (0, 2), (0.05, 3), (0, 2)]
    found = minimize(loss, np.array([1.0, 0.5, 0.5, 0.5]), bounds=bounds)
    face, face_prior, voice, voice_prior = (float(value) for value in found.x)
    return Exponents(face, face_prior, voice, voice_prior, average)


def group_logs(
    manifest: Manifest, member: str, probabilities: ArrayLike, emotions: Sequence[str]
) -> GroupLogs:
    """A member's outputs for clips of these emotions, by groups of classes.

    Parameters
    ----------
    manifest : Manifest
    member : str
        Its name.
    probabilities : (n_clips, n_classes) array
        Over the member's own classes.
    emotions : (n_clips,) sequence of str
        What is true.

    Returns
    -------
    GroupLogs
    """
    rows = np.asarray(probabilities, np.float64) @ meanings(manifest, manifest.member(member))
    group_of = {name: n for n, group in enumerate(manifest.groups) for name in group}
    labels = np.array([group_of[name] for name in emotions], np.int64)
    return GroupLogs(np.log(np.maximum(rows, FLOOR)), labels)


def prior_of(manifest: Manifest) -> Floats:
    """Frequency of each group of classes in the faces' training: (n_groups,).

    Parameters
    ----------
    manifest : Manifest
        With a prior of the member ``face``.

    Returns
    -------
    (n_groups,) float64
    """
    face = manifest.member("face")
    prior = np.array([face.prior[own] for own in face.classes])
    return np.asarray(prior @ meanings(manifest, face))


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


def _drawn(
    labels: NDArray[np.int64], wanted: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """A random row of the wanted label for each."""
    rows = np.zeros(len(wanted), np.int64)
    for label in np.unique(wanted):
        own = np.flatnonzero(labels == label)
        if not len(own):
            raise DatasetError(
                f"no face or no voice of group {label} of the emotions was given; expected some of "
                "each: add a corpus that has it"
            )
        places = np.flatnonzero(wanted == label)
        rows[places] = rng.choice(own, size=len(places))
    return rows
