"""The two networks -> the bundle that comes with affuse: how they are fused, and their card."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import softmax

from affuse.bundle.bundle import Bundle
from affuse.bundle.manifest import CARD, Figures, Manifest, TrainedOn
from affuse.bundle.member import FeatureSource, Member
from affuse.bundle.writer import make_bundle
from affuse.corpora.readers.ravdess import TITLE as RAVDESS
from affuse.predict.members import FACE_CROPS, VOICE
from affuse.pretraining.cards import LICENCE, fusion_section, shipped_card
from affuse.pretraining.fusing import (
    FACE_AND_VOICE,
    MemberOutputs,
    fit_exponents,
    member_outputs,
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
UNSEEN = "faces of FER2013 that were held out of training, and RAVDESS voices that were not heard"


def ship(face: Path, voice: Path) -> Bundle:
    """The bundle of both networks.

    Parameters
    ----------
    face, voice : Path
        Folders that `pretrain_face` and `pretrain_voice` wrote.

    Returns
    -------
    Bundle
    """
    face_facts = json.loads((face / "face.json").read_text("utf-8"))
    voice_facts = json.loads((voice / "voice.json").read_text("utf-8"))
    manifest = Manifest(
        affuse=metadata.version("affuse"),
        name="affuse face and voice",
        classes=RAVDESS_EMOTIONS,
        members=(_voice_member(), _face_member(face_facts["prior"])),
        fusion=FACE_AND_VOICE,
        abstain_below=ABSTAIN_BELOW,
        trained_on=(
            TrainedOn(
                corpus=RAVDESS,
                speakers=tuple(voice_facts["speakers"]),
                n_clips=voice_facts["n_clips"],
            ),
            TrainedOn(corpus="FER2013 train", n_clips=face_facts["n_trained"]),
        ),
        figures=(_voice_figures(voice_facts), _face_figures(face_facts)),
        licence=LICENCE,
        packages={name: metadata.version(name) for name in ("torch", "onnx", "scikit-learn")},
    )
    faces, voices = (
        _unseen_faces(face, manifest),
        _unseen_voices(voice, manifest, voice_facts["shares"]),
    )
    fitted = with_exponents(manifest, fit_exponents(faces, voices, prior_of(manifest)), UNSEEN)
    files = {
        "face.onnx": (face / "face.onnx").read_bytes(),
        "voice.onnx": (voice / "voice.onnx").read_bytes(),
        CARD: (shipped_card(face_facts, voice_facts) + fusion_section(fitted)).encode(),
    }
    return make_bundle(fitted, files)


def _unseen_faces(folder: Path, manifest: Manifest) -> MemberOutputs:
    with np.load(folder / "face-held-out.npz") as held:
        probabilities, labels = np.exp(held["log_probabilities"]), held["labels"]
    names = [STANDS_FOR.get(FER2013_EMOTIONS[n], (FER2013_EMOTIONS[n],))[0] for n in labels]
    return member_outputs(manifest, "face", probabilities, names)


def _unseen_voices(folder: Path, manifest: Manifest, shares: Sequence[float]) -> MemberOutputs:
    with np.load(folder / "voice-out-of-fold.npz") as arrays:
        joint = shares[0] * arrays["heard"] + shares[1] * arrays["told"]
        names = [RAVDESS_EMOTIONS[label] for label in arrays["labels"]]
    return member_outputs(manifest, "voice", softmax(joint, axis=1), names)


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


def _voice_figures(facts: dict[str, Any]) -> Figures:
    return Figures(
        system="voice",
        protocol="RAVDESS speech, speakers kept apart",
        uar=facts["uar_speech"],
        uar_low=facts["uar_speech_low"],
        uar_high=facts["uar_speech_high"],
        accuracy=facts["accuracy_speech"],
        chance=1 / len(RAVDESS_EMOTIONS),
        n_clips=int(np.sum(facts["confusion_speech"])),
        n_speakers=facts["n_speakers"],
        n_folds=facts["n_folds"],
    )


def _face_figures(facts: dict[str, Any]) -> Figures:
    return Figures(
        system="face",
        protocol="FER2013 public test, never trained on",
        uar=facts["uar"],
        accuracy=facts["accuracy"],
        chance=1 / len(FER2013_EMOTIONS),
        n_clips=facts["n_tested"],
        n_speakers=0,
    )
