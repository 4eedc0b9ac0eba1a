"""Composite clips: faces nobody trained on, with voices of held-out speakers, as mp4.

usage: python benchmarks/composites.py FER2013.zip RAVDESS VOICE FOLDER [--clips 16]

VOICE is the folder of `affuse train voice`: each fold's own models judge the voices of that fold's
speakers, whom they have not heard. Faces are of FER2013's `val`, of the same emotion as the voice
(neutral ones for calm). Every clip is judged from both, and with its picture black or its sound
silent. A clip in which no face is found, or no speech, counts as wrong for that modality.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import soxr

from affuse import read_ravdess
from affuse.bundle.reading import Bundle, read_bundle
from affuse.bundle.writing import make_bundle
from affuse.datasets.fer2013 import FaceSet, read_fer2013
from affuse.features.shipped import shipped_folder
from affuse.media.audio import read_audio
from affuse.models.voice_training import VoiceTraining
from affuse.predict.recogniser import Recogniser
from affuse.pretraining.voice import export_pairs, folds_of, stored_pair
from affuse.records import FER2013_EMOTIONS, RAVDESS_EMOTIONS, Clip
from affuse.synthetic.writer import write_clip

RATE = 48_000
FPS = 30
FACE_OF = {"fearful": "fear", "surprised": "surprise", "calm": "neutral"}
SIDE = 400
SETTINGS = {"both": "as it is", "sound": "picture black", "picture": "sound silent"}


def main() -> None:
    """Make the clips, judge them, print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("faces", type=Path)
    parser.add_argument("ravdess", type=Path)
    parser.add_argument("voice", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=16, help="of each speaker")
    asked = parser.parse_args()
    faces = read_fer2013(asked.faces, "val")
    speech = read_ravdess(asked.ravdess).filter(channels=("speech",))
    asked.folder.mkdir(parents=True, exist_ok=True)
    judged = []
    for fold, speakers in enumerate(folds_of(speech.speakers)):
        recogniser = Recogniser(fold_bundle(asked.voice, fold))
        for clip in chosen([c for c in speech if c.speaker in speakers], asked.clips, fold):
            judged.append(judge(recogniser, clip, faces, asked.folder))
    report(judged)


def fold_bundle(voice: Path, fold: int) -> Bundle:
    """The shipped bundle, with the voice models of one fold alone."""
    shipped = read_bundle(shipped_folder())
    figures = json.loads((voice / "voice.json").read_text("utf-8"))
    graph = voice / f"composite-fold-{fold}.onnx"
    pair = stored_pair(voice / f"voice-fold-{fold}.npz")
    export_pairs([pair], VoiceTraining(), tuple(figures["shares"]), graph)
    files = {**shipped.files, "voice.onnx": graph.read_bytes()}
    return make_bundle(shipped.manifest.model_copy(update={"files": {}}), files)


def chosen(clips: list[Clip], per_speaker: int, seed: int) -> Iterator[Clip]:
    """As many clips of each emotion of each speaker, at random."""
    rng = np.random.default_rng(seed)
    for speaker in sorted({clip.speaker for clip in clips}, key=int):
        for emotion in RAVDESS_EMOTIONS:
            own = [c for c in clips if c.speaker == speaker and c.emotion == emotion]
            count = max(per_speaker // len(RAVDESS_EMOTIONS), 1)
            yield from (own[i] for i in rng.permutation(len(own))[:count])


def judge(
    recogniser: Recogniser, clip: Clip, faces: FaceSet, folder: Path
) -> dict[str, str | None]:
    """What is said of one composite, by each modality and both, whole and destroyed."""
    rng = np.random.default_rng(int(clip.id.replace("-", "")))
    label = FER2013_EMOTIONS.index(FACE_OF.get(clip.emotion, clip.emotion))
    face = faces.images[rng.choice(np.flatnonzero(faces.labels == label))]
    assert clip.audio is not None
    sound = read_audio(clip.audio, sample_rate=16_000)
    signal = soxr.resample(sound.signal, 16_000, RATE).astype(np.float32)
    path = folder / f"{clip.id}.mp4"
    said: dict[str, str | None] = {"true": clip.emotion}
    for name in SETTINGS:
        shown = face if name != "sound" else np.zeros_like(face)
        heard = signal if name != "picture" else np.zeros_like(signal)
        n_frames = int(len(signal) / RATE * FPS)
        write_clip(path, pictures(shown, n_frames), heard, RATE, "composite")
        found = recogniser.predict(path, threshold=0.0)
        said[name] = found.emotion
        if name == "both":
            for modality in ("audio", "video"):
                told = found.probabilities.get(modality)
                said[modality] = max(told, key=told.__getitem__) if told else None
    path.unlink()
    return said


def pictures(face: np.ndarray, n_frames: int) -> Iterator[np.ndarray]:
    """A face before a plain background, drifting a little: (720, 1280, 3) RGB."""
    large = cv2.resize(face, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    margin = cv2.copyMakeBorder(large, 160, 160, 440, 440, cv2.BORDER_REPLICATE)
    for number in range(n_frames):
        shift = np.float32([[1, 0, 6 * np.sin(number / 20)], [0, 1, 0]])
        moved = cv2.warpAffine(margin, shift, (1280, 720), borderMode=cv2.BORDER_REPLICATE)
        yield cv2.cvtColor(moved, cv2.COLOR_GRAY2RGB)


def report(judged: list[dict[str, str | None]]) -> None:
    """Accuracy of each, and how many clips had nothing to go by."""
    rows = {
        "voice alone": "audio", "face alone": "video", "both": "both",
        "both, picture black": "sound", "both, sound silent": "picture",
    }  # fmt: skip
    print(f"{len(judged)} clips, {len(RAVDESS_EMOTIONS)} emotions, faces and voices never met")
    for title, key in rows.items():
        right = sum(each[key] == each["true"] for each in judged)
        nothing = sum(each[key] is None for each in judged)
        print(f"{title:<22} accuracy {100 * right / len(judged):5.1f}   nothing said {nothing}")
    calm = [each for each in judged if each["true"] not in ("calm",)]
    right = sum(each["video"] == each["true"] for each in calm)
    print(f"{'face alone, no calm':<22} accuracy {100 * right / len(calm):5.1f}")


if __name__ == "__main__":
    main()
