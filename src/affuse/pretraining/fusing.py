"""How much face and voice count in a bundle of both: fitted on people whom neither has met."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

from affuse.bundle.bundle import Bundle
from affuse.bundle.decision import meanings
from affuse.bundle.manifest import CARD, Agreement, Fusion, Manifest, Together
from affuse.bundle.writer import make_bundle
from affuse.corpora.fer2013 import FaceSet, read_fer2013
from affuse.corpora.registry import read
from affuse.errors import DatasetError
from affuse.media.audio import read_audio
from affuse.predict.recogniser import Recogniser
from affuse.pretraining.cards import FUSION_TITLE, fusion_section
from affuse.probabilities import FLOOR
from affuse.records import FER2013_EMOTIONS, Clip

Floats = NDArray[np.float64]

N_PAIRS = 12_000
MOST_CLIPS = 40
"""Of one emotion of one corpus, so that no large corpus decides alone."""

RATE = 16_000

FACE_AND_VOICE = Fusion(
    rule="product",
    together=(Together(classes=("neutral", "calm"), divided_by="voice"),),
    agreement=Agreement(n_first=2, least=0.2, sure=0.4, foreign=0.2, shared=0.1),
)
"""How the two are joined: a face shows neutral and calm alike."""


class MemberOutputs(NamedTuple):
    """Outputs of a member for what it has not met.

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
    """What makes probabilities of face and voice likelihoods that can be multiplied.

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
    """A bundle of face and voice whose fusion is fitted on strangers.

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
    DatasetError
        The clips lack one of the bundle's emotions.
    """
    manifest = bundle.manifest.model_copy(update={"fusion": FACE_AND_VOICE, "files": {}})
    recogniser = Recogniser(Bundle(manifest, bundle.files))
    face_outputs = held_out_faces(recogniser.bundle, faces)
    clips = [clip for table in tables for clip in _some_of(table, manifest.classes, seed)]
    voice_outputs = _voice_outputs(recogniser, clips)
    fitted_on = pairs_note(
        f"{len(face_outputs.labels):,} faces of FER2013's public test part",
        f"{len(clips):,} voices of {len(tables)} corpora",
    )
    exponents = fit_exponents(face_outputs, voice_outputs, prior_of(manifest), seed)
    fitted = with_exponents(manifest, exponents, fitted_on)
    card = bundle.files[CARD].decode().partition(FUSION_TITLE)[0] + fusion_section(fitted)
    return make_bundle(fitted, {**bundle.files, CARD: card.encode()})


def held_out_faces(bundle: Bundle, faces: Path) -> MemberOutputs:
    """What the member ``face`` says of every second face of FER2013's public test part.

    Parameters
    ----------
    bundle : Bundle
    faces : Path
        FER2013: folder or zip with its `val` part.

    Returns
    -------
    MemberOutputs
    """
    shown = read_fer2013(faces, "val")
    return _face_outputs(Recogniser(bundle), shown.take(np.arange(0, len(shown), 2)))


def pairs_note(faces: str, voices: str) -> str:
    """What is told of the pairs that a fusion was fitted on.

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


def few_of_each(
    labels: NDArray[np.int64], corpora: NDArray[np.str_], seed: int = 0
) -> NDArray[np.bool_]:
    """Which clips to fit on: at most 40 of one emotion of one corpus, at random.

    Parameters
    ----------
    labels : (n_clips,) int64
    corpora : (n_clips,) str
    seed : int

    Returns
    -------
    (n_clips,) bool
    """
    rng = np.random.default_rng(seed)
    chosen = np.zeros(len(labels), bool)
    for corpus in np.unique(corpora):
        for label in np.unique(labels):
            own = np.flatnonzero((corpora == corpus) & (labels == label))
            chosen[rng.permutation(own)[:MOST_CLIPS]] = True
    return chosen


def fit_exponents(
    faces: MemberOutputs, voices: MemberOutputs, prior: Floats, seed: int = 0
) -> Exponents:
    """Exponents with the least log loss on pairs of the same emotion, made at random.

    Emotions are drawn halfway between equally frequent and as frequent as in the faces' training:
    what people record is neither.

    Parameters
    ----------
    faces, voices : MemberOutputs
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


def member_outputs(
    manifest: Manifest, member: str, probabilities: ArrayLike, emotions: Sequence[str]
) -> MemberOutputs:
    """What a member says of clips of these emotions, by groups of classes.

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
    MemberOutputs
    """
    rows = np.asarray(probabilities, np.float64) @ meanings(manifest, manifest.member(member))
    group_of = {name: n for n, group in enumerate(manifest.groups) for name in group}
    labels = np.array([group_of[name] for name in emotions], np.int64)
    return MemberOutputs(np.log(np.maximum(rows, FLOOR)), labels)


def prior_of(manifest: Manifest) -> Floats:
    """How frequent each group of classes was in the faces' training: (n_groups,).

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
    """The manifest with these exponents, and what they were fitted on.

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
    """A row of the wanted label for each."""
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


def _face_outputs(recogniser: Recogniser, faces: FaceSet) -> MemberOutputs:
    member = recogniser.bundle.manifest.member("face")
    names = [member.means(FER2013_EMOTIONS[label])[0] for label in faces.labels]
    return member_outputs(recogniser.bundle.manifest, "face", recogniser.faces(faces.images), names)


def _voice_outputs(recogniser: Recogniser, clips: Sequence[Clip]) -> MemberOutputs:
    probabilities = []
    for clip in clips:
        assert clip.audio is not None
        probabilities.append(
            recogniser.voices(read_audio(clip.audio, sample_rate=RATE).signal, RATE)
        )
    emotions = [clip.emotion for clip in clips]
    return member_outputs(recogniser.bundle.manifest, "voice", np.stack(probabilities), emotions)


def _some_of(table: Path, emotions: Sequence[str], seed: int) -> Iterator[Clip]:
    rng = np.random.default_rng(seed)
    index = read(table)
    for emotion in emotions:
        own = [clip for clip in index if clip.emotion == emotion and clip.audio is not None]
        yield from (own[n] for n in rng.permutation(len(own))[:MOST_CLIPS])
