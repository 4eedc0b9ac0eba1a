"""Composite clips: faces nobody trained on, with voices of held-out speakers, as mp4.

usage: python benchmarks/composites.py FER2013.zip RAVDESS FOLDER [--clips 16] [--bundle DIR ...]

The voice graph averages the models of six folds: each fold's own models, taken out of it, judge the
voices of that fold's speakers, whom they have not heard. Faces are of FER2013's `val`, of the same
emotion as the voice (neutral ones for calm). Every clip is judged from both, and with its picture
black or its sound silent. A clip in which no face is found, or no speech, counts as wrong for that
modality, and so does one that is left undecided. Several bundles judge the same clips.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import onnx
import soxr
from onnx import helper, numpy_helper

from affuse import read_ravdess
from affuse.bundle.bundle import Bundle
from affuse.bundle.reader import read_bundle
from affuse.bundle.writer import make_bundle
from affuse.corpora.fer2013 import FaceSet, read_fer2013
from affuse.export.plain import top_emotion as word_of
from affuse.extractors.networks.shipped import shipped_folder
from affuse.media.audio import read_audio
from affuse.predict.recogniser import Recogniser
from affuse.pretraining.voice import folds_of
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
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=16, help="of each speaker")
    parser.add_argument("--bundle", type=Path, action="append")
    asked = parser.parse_args()
    faces = read_fer2013(asked.faces, "val")
    speech = read_ravdess(asked.ravdess).filter(where={"channel": ["speech"]})
    asked.folder.mkdir(parents=True, exist_ok=True)
    bundles = [read_bundle(folder) for folder in asked.bundle or [shipped_folder()]]
    judged: list[list[dict[str, str | None]]] = [[] for _ in bundles]
    for fold, speakers in enumerate(folds_of(speech.speakers)):
        recognisers = [Recogniser(fold_bundle(bundle, fold)) for bundle in bundles]
        for clip in chosen([c for c in speech if c.speaker in speakers], asked.clips, fold):
            found = judge(recognisers, clip, faces, asked.folder)
            for told, rows in zip(found, judged, strict=True):
                rows.append(told)
    for bundle, rows in zip(bundles, judged, strict=True):
        print(f"\n{bundle.title}")
        report(rows)


def fold_bundle(bundle: Bundle, fold: int) -> Bundle:
    """A bundle with the voice models of one fold alone."""
    files = {**bundle.files, "voice.onnx": fold_graph(bundle.files["voice.onnx"], fold)}
    return make_bundle(bundle.manifest.model_copy(update={"files": {}}), files)


def fold_graph(content: bytes, fold: int) -> bytes:
    """The voice graph, with one fold where it takes the mean of all: of networks, of statistics."""
    model = onnx.load_from_string(content)
    model.graph.initializer.append(numpy_helper.from_array(np.array([fold], np.int64), "fold"))
    means = [node for node in model.graph.node if node.op_type == "ReduceMean"]
    assert len(means) == 2
    for node in means:
        squeezed = helper.make_node(
            "Squeeze", [f"{node.output[0]}_one", node.input[1]], node.output
        )
        picked = helper.make_node("Gather", [node.input[0], "fold"], squeezed.input[:1], axis=0)
        place = list(model.graph.node).index(node)
        model.graph.node.remove(node)
        model.graph.node.insert(place, squeezed)
        model.graph.node.insert(place, picked)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def chosen(clips: list[Clip], per_speaker: int, seed: int) -> Iterator[Clip]:
    """As many clips of each emotion of each speaker, at random."""
    rng = np.random.default_rng(seed)
    for speaker in sorted({clip.speaker for clip in clips}, key=int):
        for emotion in RAVDESS_EMOTIONS:
            own = [c for c in clips if c.speaker == speaker and c.emotion == emotion]
            count = max(per_speaker // len(RAVDESS_EMOTIONS), 1)
            yield from (own[i] for i in rng.permutation(len(own))[:count])


def judge(
    recognisers: list[Recogniser], clip: Clip, faces: FaceSet, folder: Path
) -> list[dict[str, str | None]]:
    """What each says of one composite, by each modality and both, whole and destroyed."""
    rng = np.random.default_rng(int(clip.id.replace("-", "")))
    label = FER2013_EMOTIONS.index(FACE_OF.get(clip.emotion, clip.emotion))
    face = faces.images[rng.choice(np.flatnonzero(faces.labels == label))]
    assert clip.audio is not None
    sound = read_audio(clip.audio, sample_rate=16_000)
    signal = soxr.resample(sound.signal, 16_000, RATE).astype(np.float32)
    path = folder / f"{clip.id}.mp4"
    said: list[dict[str, str | None]] = [{"true": clip.emotion} for _ in recognisers]
    for name in SETTINGS:
        shown = face if name != "sound" else np.zeros_like(face)
        heard = signal if name != "picture" else np.zeros_like(signal)
        n_frames = int(len(signal) / RATE * FPS)
        write_clip(path, pictures(shown, n_frames), heard, RATE, "composite")
        for recogniser, told in zip(recognisers, said, strict=True):
            found = recogniser.predict(path, threshold=0.0)
            told[name] = found.emotion
            if name == "both":
                alone = {modality: word_of(found, modality) for modality in ("audio", "video")}
                told.update({m: word and word[0] for m, word in alone.items()})
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
