"""The two networks -> the bundle that comes with affuse: how they are fused, and their card."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import softmax

from affuse.bundle.manifest import (
    CARD,
    FeatureSource,
    Figures,
    Manifest,
    Member,
    TrainedOn,
)
from affuse.bundle.reading import Bundle
from affuse.bundle.writing import make_bundle
from affuse.corpora.readers.ravdess import TITLE as RAVDESS
from affuse.predict.members import FACE_CROPS, VOICE
from affuse.pretraining.cards import LICENCE, fusion_section, shipped_card
from affuse.pretraining.fusing import (
    FACE_AND_VOICE,
    Judged,
    fit_exponents,
    judged,
    prior_of,
    with_exponents,
)
from affuse.records import FER2013_EMOTIONS, RAVDESS_EMOTIONS

STANDS_FOR = {
    "fear": ("fearful",),
    "surprise": ("surprised",),
    "neutral": ("neutral", "calm"),
}
"""FER2013 knows no calm: a face that it calls neutral may be either."""

SHARE = {"neutral": {"neutral": 1.0, "calm": 0.0}}
ABSTAIN_BELOW = 0.3
MET = "faces of FER2013 that were held out of training, and RAVDESS voices that were not heard"


def ship(face: Path, voice: Path) -> Bundle:
    """The bundle of both networks.

    Parameters
    ----------
    face, voice : Path
        Folders that `pretrain_face` and `pretrain_voice` wrote.
    """
    told_face = json.loads((face / "face.json").read_text("utf-8"))
    told_voice = json.loads((voice / "voice.json").read_text("utf-8"))
    manifest = Manifest(
        affuse=metadata.version("affuse"),
        name="affuse face and voice",
        classes=RAVDESS_EMOTIONS,
        members=(_voice_member(), _face_member(told_face["prior"])),
        fusion=FACE_AND_VOICE,
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
    faces, voices = _met_faces(face, manifest), _met_voices(voice, manifest, told_voice["shares"])
    fitted = with_exponents(manifest, fit_exponents(faces, voices, prior_of(manifest)), MET)
    files = {
        "face.onnx": (face / "face.onnx").read_bytes(),
        "voice.onnx": (voice / "voice.onnx").read_bytes(),
        CARD: (shipped_card(told_face, told_voice) + fusion_section(fitted)).encode(),
    }
    return make_bundle(fitted, files)


def _met_faces(folder: Path, manifest: Manifest) -> Judged:
    with np.load(folder / "face-held-out.npz") as held:
        said, labels = np.exp(held["log_probabilities"]), held["labels"]
    names = [STANDS_FOR.get(FER2013_EMOTIONS[n], (FER2013_EMOTIONS[n],))[0] for n in labels]
    return judged(manifest, "face", said, names)


def _met_voices(folder: Path, manifest: Manifest, shares: Sequence[float]) -> Judged:
    with np.load(folder / "voice-out-of-fold.npz") as heard:
        joint = shares[0] * heard["heard"] + shares[1] * heard["told"]
        names = [RAVDESS_EMOTIONS[label] for label in heard["labels"]]
    return judged(manifest, "voice", softmax(joint, axis=1), names)


def _face_member(prior: dict[str, float]) -> Member:
    return Member(
        name="face",
        features={"video": FeatureSource(name=FACE_CROPS, label="face network")},
        graph="face.onnx",
        classes=FER2013_EMOTIONS,
        stands_for=STANDS_FOR,
        share=SHARE,
        prior=prior,
    )


def _voice_member() -> Member:
    return Member(
        name="voice",
        features={"audio": FeatureSource(name=VOICE, label="voice network")},
        graph="voice.onnx",
        classes=RAVDESS_EMOTIONS,
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
