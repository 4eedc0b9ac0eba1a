"""Composite clips: faces nobody trained on, with voices of corpora that were left out, as mp4.

usage: python benchmarks/composites.py FER2013.zip VOICE FOLDER CORPUS [CORPUS ...]
       [--clips 40] [--exchange DIR ...] [--bundle DIR ...] [--only blurred ...]

VOICE is the folder of `affuse train voice`: voices of each corpus are judged by the network that
was trained without it, put into the shipped bundle, or in turn into those of --exchange. Faces are
of FER2013's `val`, of the same emotion as the voice (neutral ones for calm). Every clip is judged
from both, and with its picture black or blurred or its sound silent. A clip in which no face is
found, or no speech, counts as wrong for that modality, and so does one that is left undecided.
Bundles of --bundle judge the same clips as they are: give those that have not met the corpora.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import soxr

import affuse
from affuse.bundle.bundle import Bundle
from affuse.bundle.reader import read_bundle
from affuse.bundle.writer import make_bundle
from affuse.corpora.fer2013 import FaceSet, read_fer2013
from affuse.export.plain import top_emotion as word_of
from affuse.extractors.networks.shipped import shipped_folder
from affuse.media.audio import read_audio
from affuse.models.waveform_training import WaveformTraining
from affuse.predict.recogniser import Recogniser
from affuse.pretraining.distances import Centres, distance_graph
from affuse.pretraining.voice import export_pairs
from affuse.records import FER2013_EMOTIONS, RAVDESS_EMOTIONS, Clip
from affuse.synthetic.writer import write_clip

RATE = 48_000
FPS = 30
FACE_OF = {"fearful": "fear", "surprised": "surprise", "calm": "neutral"}
SIDE = 400
BLUR = 1 / 60
"""Deviation, as a share of the picture's width: 2.6 of the 48 pixels that the network takes."""
DESTROYED = {
    "sound": "both, picture black",
    "blurred": "both, picture blurred",
    "picture": "both, sound silent",
}


def main() -> None:
    """Make the clips, judge them, print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("faces", type=Path)
    parser.add_argument("voice", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("corpora", type=Path, nargs="+")
    parser.add_argument("--clips", type=int, default=40, help="of each corpus")
    parser.add_argument("--exchange", type=Path, action="append", help="get that voice network")
    parser.add_argument("--bundle", type=Path, action="append", default=[])
    parser.add_argument("--only", choices=DESTROYED, action="append", help="to destroy it so")
    asked = parser.parse_args()
    settings = ("both", *(asked.only or DESTROYED))
    faces = read_fer2013(asked.faces, "val")
    asked.folder.mkdir(parents=True, exist_ok=True)
    others = [read_bundle(folder) for folder in asked.bundle]
    exchanged = [read_bundle(folder) for folder in asked.exchange or [shipped_folder()]]
    titles = [f"{bundle.title}, voice without the corpus" for bundle in exchanged]
    titles += [bundle.title for bundle in others]
    judged: list[list[dict[str, str | None]]] = [[] for _ in titles]
    for root in asked.corpora:
        index = affuse.read(root)
        own = [without(bundle, asked.voice, index[0].corpus) for bundle in exchanged]
        recognisers = [Recogniser(bundle) for bundle in (*own, *others)]
        for clip in chosen(list(index), asked.clips):
            found = judge(recognisers, clip, faces, asked.folder, settings)
            for told, rows in zip(found, judged, strict=True):
                rows.append({**told, "corpus": clip.corpus})
    for title, rows in zip(titles, judged, strict=True):
        print(f"\n{title}")
        report(rows)


def without(bundle: Bundle, voice: Path, corpus: str) -> Bundle:
    """A bundle whose voice model has not met a corpus, and knows how far it is."""
    facts = json.loads((voice / "voice.json").read_text("utf-8"))
    weights: dict[str, np.ndarray] = {}
    for name in (f"voice-without-{corpus}.npz", f"voice-without-{corpus}-linear.npz"):
        with np.load(voice / name) as stored:
            weights.update({key: stored[key] for key in stored.files if "__" not in key})
    with tempfile.TemporaryDirectory() as folder:
        graph = Path(folder) / "voice.onnx"
        export_pairs([weights], WaveformTraining(), facts["shares"], graph)
        files = {**bundle.files, "voice.onnx": graph.read_bytes()}
    known = bundle.manifest.member("voice").familiarity
    if known is not None:
        with np.load(voice / f"voice-without-{corpus}-outputs.npz") as stored:
            files[known.graph] = distance_graph(Centres(stored["whitening"], stored["means"]))
    return make_bundle(bundle.manifest.model_copy(update={"files": {}}), files)


def chosen(clips: list[Clip], count: int) -> Iterator[Clip]:
    """As many clips of each emotion, at random."""
    rng = np.random.default_rng(0)
    emotions = [e for e in RAVDESS_EMOTIONS if any(clip.emotion == e for clip in clips)]
    for emotion in emotions:
        own = [clip for clip in clips if clip.emotion == emotion and clip.audio is not None]
        yield from (own[i] for i in rng.permutation(len(own))[: max(count // len(emotions), 1)])


def judge(
    recognisers: list[Recogniser],
    clip: Clip,
    faces: FaceSet,
    folder: Path,
    settings: Sequence[str],
) -> list[dict[str, str | None]]:
    """What each says of one composite, by each modality and both, whole and destroyed."""
    rng = np.random.default_rng(zlib.crc32(clip.id.encode()))
    label = FER2013_EMOTIONS.index(FACE_OF.get(clip.emotion, clip.emotion))
    face = faces.images[rng.choice(np.flatnonzero(faces.labels == label))]
    assert clip.audio is not None
    sound = read_audio(clip.audio, sample_rate=16_000)
    signal = soxr.resample(sound.signal, 16_000, RATE).astype(np.float32)
    path = folder / f"{clip.id}.mp4"
    said: list[dict[str, str | None]] = [{"true": clip.emotion} for _ in recognisers]
    for name in settings:
        shown = face if name != "sound" else np.zeros_like(face)
        heard = signal if name != "picture" else np.zeros_like(signal)
        n_frames = int(len(signal) / RATE * FPS)
        frames = pictures(shown, n_frames)
        if name == "blurred":
            frames = (cv2.GaussianBlur(frame, (0, 0), BLUR * frame.shape[1]) for frame in frames)
        write_clip(path, frames, heard, RATE, "composite")
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
        **{title: key for key, title in DESTROYED.items() if key in judged[0]},
    }  # fmt: skip
    corpora = sorted({str(each["corpus"]) for each in judged})
    print(f"{len(judged)} clips of {', '.join(corpora)}, faces and voices never met")
    for title, key in rows.items():
        right = sum(each[key] == each["true"] for each in judged)
        nothing = sum(each[key] is None for each in judged)
        print(f"{title:<22} accuracy {100 * right / len(judged):5.1f}   nothing said {nothing}")
    destroyed_and_better(judged)


def destroyed_and_better(judged: list[dict[str, str | None]]) -> None:
    """What both are worth beside the better one, and what is lost where the other is destroyed."""
    share = {
        key: np.mean([each[key] == each["true"] for each in judged])
        for key in ("audio", "video", "both", *DESTROYED)
        if key in judged[0]
    }
    better = max(share["audio"], share["video"])
    print(f"both against the better one {100 * (share['both'] - better):+.1f} points")
    left = (("sound", "audio"), ("blurred", "audio"), ("picture", "video"))
    for key, alone in (pair for pair in left if pair[0] in share):
        print(
            f"{DESTROYED[key]}: {alone} left alone {100 * (share[key] - share[alone]):+.1f} points"
        )


if __name__ == "__main__":
    main()
