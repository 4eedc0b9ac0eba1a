"""The two networks -> the bundle that comes with affuse: its fusion and its card."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from affuse.bundle.bundle import Bundle
from affuse.bundle.manifest import CARD, Figures, Manifest, TrainedOn
from affuse.bundle.member import FeatureSource, Member
from affuse.bundle.writer import make_bundle
from affuse.corpora.readers.ravdess import TITLE as RAVDESS
from affuse.errors import BundleError, DatasetError
from affuse.predict.members import FACE_CROPS, VOICE
from affuse.pretraining.calibration import HeldOutClips, cross_fitted
from affuse.pretraining.cards import (
    FACE_TITLE,
    FUSION_TITLE,
    LICENCE,
    card_head,
    face_section,
    voice_section,
)
from affuse.pretraining.fusing import (
    FACE_AND_VOICE,
    fitted_on_strangers,
    refuse_other_members,
)
from affuse.pretraining.held_out import (
    degraded_faces,
    few_of_each,
    held_out_faces,
    left_out_voices,
    with_face_distances,
    with_voice_distances,
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
FACES = "FER2013 train"


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
    face_facts = _face_facts(face)
    voice_facts = _voice_facts(voice)
    manifest = Manifest(
        affuse=metadata.version("affuse"),
        name="affuse face and voice",
        classes=RAVDESS_EMOTIONS,
        members=(_voice_member(), _face_member(face_facts["prior"])),
        fusion=FACE_AND_VOICE,
        abstain_below=ABSTAIN_BELOW,
        trained_on=(
            *_trained_on(voice_facts),
            TrainedOn(corpus=FACES, n_clips=face_facts["n_trained"]),
        ),
        figures=(_voice_figures(voice_facts), _face_figures(face_facts)),
        licence=LICENCE,
        packages={name: metadata.version(name) for name in ("torch", "onnx", "scikit-learn")},
    )
    card = card_head(voice_facts) + voice_section(voice_facts) + face_section(face_facts)
    files = {
        "face.onnx": (face / "face.onnx").read_bytes(),
        "voice.onnx": (voice / "voice.onnx").read_bytes(),
        CARD: card.encode(),
    }
    return _fitted(make_bundle(manifest, files), _held_out_faces(face), voice)


def with_voice(bundle: Bundle, faces: Path, voice: Path) -> Bundle:
    """The bundle with another voice model, and its fusion fitted anew.

    Parameters
    ----------
    bundle : Bundle
        With the members ``face`` and ``voice``; its face network stays.
    faces : Path
        FER2013: every second face of its `val` part, held out of the network's training, is used.
    voice : Path
        Folder that `pretrain_voice` wrote.

    Returns
    -------
    Bundle
    """
    refuse_other_members(bundle)
    facts = _voice_facts(voice)
    before = bundle.manifest
    face = before.member("face")
    of_faces = tuple(part for part in before.trained_on if part.corpus == FACES)
    figures = tuple(each for each in before.figures if each.system != "voice")
    manifest = before.model_copy(
        update={
            "members": (_voice_member(), face),
            "fusion": FACE_AND_VOICE,
            "trained_on": (*_trained_on(facts), *of_faces),
            "figures": (_voice_figures(facts), *figures),
            "licence": LICENCE,
            "affuse": metadata.version("affuse"),
            "files": {},
        }
    )
    _, title, rest = bundle.files[CARD].decode().partition(FACE_TITLE)
    card = card_head(facts) + voice_section(facts) + title + rest.partition(FUSION_TITLE)[0]
    own = {name: bundle.files[name] for name in _graphs_of(face)}
    files = {**own, "voice.onnx": (voice / "voice.onnx").read_bytes(), CARD: card.encode()}
    known = with_face_distances(make_bundle(manifest, files), faces)
    return _fitted(known, held_out_faces(known, faces), voice, degraded_faces(known, faces))


def _fitted(
    bundle: Bundle, faces: HeldOutClips, voice: Path, degraded: HeldOutClips | None = None
) -> Bundle:
    """The bundle, fitted on faces and voices held out of its networks' training."""
    known = with_voice_distances(bundle, voice)
    clips_without = left_out_voices(voice)
    voices = clips_without("")
    corpora = np.unique(voices.corpora).tolist()
    n_fitted = int(few_of_each(voices.labels, voices.corpora).sum())
    noted = f"{n_fitted:,} voices of {', '.join(corpora)}"
    member = known.manifest.member("voice")
    several = len(corpora) > 1
    held_out = cross_fitted(member, corpora, clips_without, declines=True) if several else None
    return fitted_on_strangers(known, faces, voices, noted, held_out=held_out, degraded=degraded)


def _graphs_of(member: Member) -> tuple[str, ...]:
    known = member.familiarity
    return (member.graph,) if known is None else (member.graph, known.graph)


def with_face(bundle: Bundle, face: Path) -> Bundle:
    """The bundle with another face network.

    Parameters
    ----------
    bundle : Bundle
        With the members ``face`` and ``voice``; its voice model stays, and so do the exponents of
        the fusion, which `refit_fusion` fits anew.
    face : Path
        Folder that `pretrain_face` wrote.

    Returns
    -------
    Bundle

    Raises
    ------
    BundleError
        The bundle has no face network.
    DatasetError
        The folder was not written by `pretrain_face`, or by that of an older affuse.
    """
    facts = _face_facts(face)
    before = bundle.manifest
    names = [member.name for member in before.members]
    if "face" not in names:
        raise BundleError(
            f"{bundle.title} has no face network that could be exchanged (its members: "
            f"{', '.join(names)}); expected one as affuse train bundle FACE VOICE makes it"
        )
    own = before.member("face")
    # All these were fitted to what the other network says.
    plain = {
        "temperature": 1.0, "doubt": 0.0, "familiarity": None, "image_quality": None,
        "recalibration": None,
    }  # fmt: skip
    member = own.model_copy(update={"prior": facts["prior"], **plain})
    manifest = before.model_copy(
        update={
            "members": tuple(member if m.name == "face" else m for m in before.members),
            "trained_on": (
                *(part for part in before.trained_on if part.corpus != FACES),
                TrainedOn(corpus=FACES, n_clips=facts["n_trained"]),
            ),
            "figures": tuple(
                _face_figures(facts) if each.system == "face" else each for each in before.figures
            ),
            "files": {},
        }
    )
    first, _, rest = bundle.files[CARD].decode().partition(FACE_TITLE)
    _, title, fusion = rest.partition(FUSION_TITLE)
    card = first + face_section(facts) + title + fusion
    graph = (face / "face.onnx").read_bytes()
    files = {**bundle.files, "face.onnx": graph, CARD: card.encode()}
    if own.familiarity is not None:
        del files[own.familiarity.graph]
    return make_bundle(manifest, files)


def _face_facts(folder: Path) -> dict[str, Any]:
    """The figures that the training of a face network wrote."""
    path = folder / "face.json"
    if not path.is_file():
        raise DatasetError(f"{folder} holds no face.json; expected a folder of affuse train face")
    facts: dict[str, Any] = json.loads(path.read_text("utf-8"))
    if "teachers" not in facts:
        raise DatasetError(
            f"{path} was written by an older affuse, whose face networks were trained otherwise; "
            "expected one of this version: train again with affuse train face"
        )
    return facts


def _voice_facts(folder: Path) -> dict[str, Any]:
    """The figures that the training of a voice model wrote."""
    path = folder / "voice.json"
    if not path.is_file():
        raise DatasetError(f"{folder} holds no voice.json; expected a folder of affuse train voice")
    facts: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return facts


def _trained_on(facts: dict[str, Any]) -> tuple[TrainedOn, ...]:
    return tuple(
        TrainedOn(corpus=corpus, speakers=tuple(names), n_clips=facts["n_trained_on"][corpus])
        for corpus, names in facts["trained_on"].items()
    )


def _held_out_faces(folder: Path) -> HeldOutClips:
    with np.load(folder / "face-held-out.npz") as held:
        probabilities, labels = np.exp(held["log_probabilities"]), held["labels"]
    return HeldOutClips(probabilities, labels, np.full(len(labels), "FER2013"))


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
        leak=_leak(facts),
    )


def _leak(facts: dict[str, Any]) -> str:
    """Why new speakers would give less than those of RAVDESS; empty where they would not."""
    start = facts.get("start") or {}
    met = set(start.get("met", {}).get(RAVDESS, ())) & set(facts["trained_on"][RAVDESS])
    if not met:
        return ""
    return f"the weights that the training started from had met {len(met)} of the speakers"


def _face_figures(facts: dict[str, Any]) -> Figures:
    return Figures(
        system="face",
        protocol="FER2013 public test, never trained on, mean of face and mirror image",
        uar=facts["uar"],
        accuracy=facts["accuracy"],
        chance=1 / len(FER2013_EMOTIONS),
        n_clips=facts["n_tested"],
        n_speakers=0,
    )
