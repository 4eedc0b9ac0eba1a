"""The two networks -> the bundle that comes with affuse: how they are fused, and their card."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

from affuse.bundle.heard import RAVDESS
from affuse.bundle.manifest import (
    CARD,
    FeatureSource,
    Figures,
    Fusion,
    Manifest,
    Member,
    TrainedOn,
)
from affuse.bundle.reading import Bundle
from affuse.bundle.writing import make_bundle
from affuse.predict.members import FACE_CROPS, VOICE
from affuse.pretraining.cards import LICENCE, shipped_card
from affuse.records import FER2013_EMOTIONS, RAVDESS_EMOTIONS

Floats = NDArray[np.float64]

STANDS_FOR = {
    "fear": ("fearful",),
    "surprise": ("surprised",),
    "neutral": ("neutral", "calm"),
}
"""FER2013 knows no calm: a face that it calls neutral may be either."""

SHARE = {"neutral": {"neutral": 1.0, "calm": 0.0}}
ABSTAIN_BELOW = 0.3
N_PAIRS = 8000


class Judged(NamedTuple):
    """Log likelihoods (n, 8) in the order of RAVDESS, and the true labels (n,)."""

    logs: Floats
    labels: NDArray[np.int64]


def ship(face: Path, voice: Path) -> Bundle:
    """The bundle of both networks.

    Parameters
    ----------
    face, voice : Path
        Folders that `pretrain_face` and `pretrain_voice` wrote.
    """
    told_face = json.loads((face / "face.json").read_text("utf-8"))
    told_voice = json.loads((voice / "voice.json").read_text("utf-8"))
    weights = fit_weights(_met_faces(face), _met_voices(voice, told_voice["shares"]))
    manifest = Manifest(
        affuse=metadata.version("affuse"),
        name="affuse face and voice",
        classes=RAVDESS_EMOTIONS,
        members=(_voice_member(weights[1]), _face_member(weights[0], told_face["prior"])),
        fusion=Fusion(rule="product"),
        abstain_below=ABSTAIN_BELOW,
        trained_on=(
            TrainedOn(
                corpus=RAVDESS,
                speakers=tuple(told_voice["speakers"]),
                n_clips=told_voice["n_clips"],
            ),
            TrainedOn(corpus="FER2013 train", n_clips=told_face["n_trained"]),
        ),
        figures=(_voice_figures(told_voice), _face_figures(told_face)),
        licence=LICENCE,
        packages={name: metadata.version(name) for name in ("torch", "onnx", "scikit-learn")},
    )
    files = {
        "face.onnx": (face / "face.onnx").read_bytes(),
        "voice.onnx": (voice / "voice.onnx").read_bytes(),
        CARD: shipped_card(told_face, told_voice, weights).encode(),
    }
    return make_bundle(manifest, files)


def fit_weights(faces: Judged, voices: Judged, seed: int = 0) -> tuple[float, float]:
    """Exponents of the face's and the voice's likelihoods: least log loss on pairs made at random.

    Parameters
    ----------
    faces : Judged
        Faces that the network had not seen; one that is neutral stands for calm as well.
    voices : Judged
        Voices that the models had not heard.
    seed : int
    """
    rng = np.random.default_rng(seed)
    neutral, calm = RAVDESS_EMOTIONS.index("neutral"), RAVDESS_EMOTIONS.index("calm")
    chosen = rng.integers(len(voices.labels), size=N_PAIRS)
    wanted = np.where(voices.labels[chosen] == calm, neutral, voices.labels[chosen])
    of_class = {label: np.flatnonzero(faces.labels == label) for label in np.unique(wanted)}
    partners = np.array([rng.choice(of_class[label]) for label in wanted])
    truth = voices.labels[chosen]

    def loss(weights: Floats) -> float:
        joint = log_softmax(
            weights[0] * faces.logs[partners] + weights[1] * voices.logs[chosen], axis=1
        )
        return -float(joint[np.arange(N_PAIRS), truth].mean())

    found = minimize(loss, np.array([1.0, 1.0]), bounds=[(0.05, 3), (0.05, 3)])
    return float(found.x[0]), float(found.x[1])


def in_ravdess_order(rows: Floats) -> Floats:
    """Columns of FER2013's classes as columns of RAVDESS's; calm as neutral."""
    columns = {
        meant: column
        for column, own in enumerate(FER2013_EMOTIONS)
        for meant in STANDS_FOR.get(own, (own,))
    }
    return np.asarray(rows[:, [columns[name] for name in RAVDESS_EMOTIONS]])


def _met_faces(folder: Path) -> Judged:
    with np.load(folder / "face-held-out.npz") as held:
        likelihoods = in_ravdess_order(held["log_probabilities"] - np.log(held["prior"]))
        names = [FER2013_EMOTIONS[label] for label in held["labels"]]
    labels = [RAVDESS_EMOTIONS.index(STANDS_FOR.get(name, (name,))[0]) for name in names]
    return Judged(likelihoods, np.array(labels, np.int64))


def _met_voices(folder: Path, shares: Sequence[float]) -> Judged:
    with np.load(folder / "voice-out-of-fold.npz") as heard:
        joint = shares[0] * heard["heard"] + shares[1] * heard["told"]
        return Judged(log_softmax(joint, axis=1), heard["labels"])


def _face_member(weight: float, prior: dict[str, float]) -> Member:
    return Member(
        name="face",
        features={"video": FeatureSource(name=FACE_CROPS, label="face network")},
        graph="face.onnx",
        classes=FER2013_EMOTIONS,
        stands_for=STANDS_FOR,
        share=SHARE,
        prior=prior,
        weight=weight,
    )


def _voice_member(weight: float) -> Member:
    return Member(
        name="voice",
        features={"audio": FeatureSource(name=VOICE, label="voice network")},
        graph="voice.onnx",
        classes=RAVDESS_EMOTIONS,
        weight=weight,
    )


def _voice_figures(told: dict[str, Any]) -> Figures:
    return Figures(
        system="voice",
        protocol="RAVDESS speech, speakers kept apart",
        uar=told["uar_speech"],
        uar_low=told["uar_speech_low"],
        uar_high=told["uar_speech_high"],
        accuracy=told["accuracy_speech"],
        chance=1 / len(RAVDESS_EMOTIONS),
        n_clips=int(np.sum(told["confusion_speech"])),
        n_speakers=told["n_speakers"],
        n_folds=told["n_folds"],
    )


def _face_figures(told: dict[str, Any]) -> Figures:
    return Figures(
        system="face",
        protocol="FER2013 public test, never trained on",
        uar=told["uar"],
        accuracy=told["accuracy"],
        chance=1 / len(FER2013_EMOTIONS),
        n_clips=told["n_tested"],
        n_speakers=0,
    )
