"""Which rule makes a stretch of its moments, and how far windows may support their neighbours.

usage: python benchmarks/pooling.py FER2013.zip VOICE TABLE.csv CORPUS [CORPUS ...] [--clips 45]

VOICE is the folder of `affuse train voice`; TABLE lists labelled clips (path,emotion,speaker) of
people whom no network has met. Faces of FER2013's `val`, every second one, are moved, turned and
lit as a camera would: five seconds of one expression, five neutral ones, and neutral ones with one
second of another expression. Then the faces of the clips of the table, frame by frame. Then
recordings of two emotions in a row, three utterances of a speaker each, by the voice network that
was trained without the corpus: windows named right, and recordings in which a single change of
emotion is found, within a window of its place.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import soundfile

import affuse
from affuse.bundle.bundle import Bundle
from affuse.bundle.manifest import Manifest, Pooling
from affuse.bundle.reader import read_bundle
from affuse.corpora.fer2013 import read_fer2013
from affuse.corpora.table import read_table
from affuse.extractors.networks.shipped import shipped_folder
from affuse.media.audio import read_audio
from affuse.media.tracking import FaceTracker
from affuse.predict.members import Members
from affuse.predict.pooling import pooled_faces
from affuse.predict.recogniser import Recogniser
from affuse.predict.recording import main_face, read_recording
from affuse.predict.settings import Settings
from affuse.records import FER2013_EMOTIONS, Clip
from composites import without

Rows = np.ndarray
Rule = Callable[[Rows], Rows]
NEUTRAL = FER2013_EMOTIONS.index("neutral")
FRAMES, APEX, VARIANTS = 25, 5, 8
NEIGHBOURS = (0.0, 0.15, 0.25, 0.5, 1.0)


@dataclass(frozen=True)
class Faces:
    """Rows of one neutral and of one other face, each some variants, and what the other shows."""

    neutral: Rows
    other: Rows
    label: int


def main() -> None:
    """Print a row for each rule, and one for each weight of the neighbours."""
    parser = argparse.ArgumentParser()
    parser.add_argument("faces", type=Path)
    parser.add_argument("voice", type=Path)
    parser.add_argument("table", type=Path)
    parser.add_argument("corpora", type=Path, nargs="+")
    parser.add_argument("--clips", type=int, default=45, help="faces of each expression")
    parser.add_argument("--recordings", type=int, default=10, help="of two emotions, each corpus")
    asked = parser.parse_args()
    bundle = read_bundle(shipped_folder())
    drawn = list(varied_faces(bundle, asked.faces, asked.clips))
    filmed = list(frames_of(bundle, asked.table))
    print(f"{len(drawn)} faces, {len(filmed)} clips: right in %")
    for name, rule in rules(bundle.manifest).items():
        apex, whole, neutral = shares(rule, drawn)
        right = sum(FER2013_EMOTIONS[rule(rows).argmax()] == word for rows, word in filmed)
        print(
            f"{name:<28} a second among neutral {100 * apex:5.1f}   all along {100 * whole:5.1f}"
            f"   neutral {100 * neutral:5.1f}   clips {right}"
        )
    for weight in NEIGHBOURS:
        print(f"neighbours {weight:<5} {in_a_row(bundle, asked, weight)}")


def rules(manifest: Manifest) -> dict[str, Rule]:
    """Name -> what makes (n_classes,) of (n_frames, n_classes)."""

    def ours(share: float, power: float) -> Rule:
        given = Pooling(resting=("neutral", "calm"), resting_share=share, power=power)
        changed = manifest.model_copy(update={"pooling": given})
        return lambda rows: np.asarray(pooled_faces(changed, "face", list(rows)))

    return {
        "mean": lambda rows: rows.mean(0),
        "mean of logarithms": lambda rows: np.log(np.maximum(rows, 1e-9)).mean(0),
        **{f"mean of power {k}": _power_mean(k) for k in (2, 4, 10)},
        **{f"by certainty, power {k}": _by_certainty(k) for k in (1, 2, 4)},
        **{f"most telling {share:.0%}": _most_telling(share) for share in (0.2, 0.5)},
        **{
            f"from rest {share}, power {power}": ours(share, power)
            for share in (0.3, 0.5, 0.7)
            for power in (1, 2, 3)
        },
    }


def _power_mean(power: float) -> Rule:
    return lambda rows: (rows**power).mean(0)


def _by_certainty(power: float) -> Rule:
    def rule(rows: Rows) -> Rows:
        entropy = -(rows * np.log(np.maximum(rows, 1e-9))).sum(1)
        return np.average(rows, axis=0, weights=np.exp(-power * entropy))

    return rule


def _most_telling(share: float) -> Rule:
    def rule(rows: Rows) -> Rows:
        usual = np.median(rows, axis=0) + 1e-3
        telling = (rows * np.log(np.maximum(rows, 1e-9) / usual)).sum(1)
        return rows[np.argsort(-telling)[: max(int(np.ceil(share * len(rows))), 1)]].mean(0)

    return rule


def varied_faces(bundle: Bundle, source: Path, count: int) -> Iterator[Faces]:
    """Pairs of a neutral and another face, which nothing was fitted on."""
    rng = np.random.default_rng(0)
    faces = read_fer2013(source, "val")
    faces = faces.take(np.arange(1, len(faces), 2))
    members = Members(bundle)
    assert members.face is not None
    neutral = np.flatnonzero(faces.labels == NEUTRAL)
    for label in range(len(FER2013_EMOTIONS)):
        if label == NEUTRAL:
            continue
        for row in rng.permutation(np.flatnonzero(faces.labels == label))[:count]:
            images = [faces.images[rng.choice(neutral)], faces.images[row]]
            crops = [moved(image, rng) for image in images for _ in range(VARIANTS)]
            found = members.face_rows(members.face, crops)
            yield Faces(found[:VARIANTS], found[VARIANTS:], label)


def moved(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A face a little turned, nearer, shifted, brighter and noisier."""
    matrix = cv2.getRotationMatrix2D((24, 24), rng.normal(0, 3), 1 + rng.normal(0, 0.04))
    matrix[:, 2] += rng.normal(0, 1.2, 2)
    shown = cv2.warpAffine(image, matrix, (48, 48), borderMode=cv2.BORDER_REPLICATE)
    lit = shown * (1 + rng.normal(0, 0.06)) + rng.normal(0, 5) + rng.normal(0, 4, shown.shape)
    return np.clip(lit, 0, 255).astype(np.uint8)


def shares(rule: Rule, drawn: Sequence[Faces]) -> tuple[float, float, float]:
    """Right of a second among neutral frames, of one expression all along, of neutral ones."""
    rng = np.random.default_rng(1)
    right = []
    for each in drawn:
        frames = rng.integers(0, VARIANTS, FRAMES)
        mixed = each.neutral[frames].copy()
        mixed[10 : 10 + APEX] = each.other[frames[:APEX]]
        whole, still = each.other[frames], each.neutral[frames]
        right.append(
            [
                rule(mixed).argmax() == each.label,
                rule(whole).argmax() == each.label,
                rule(still).argmax() == NEUTRAL,
            ]
        )
    apex, whole, neutral = np.mean(right, axis=0)
    return float(apex), float(whole), float(neutral)


def frames_of(bundle: Bundle, table: Path) -> Iterator[tuple[Rows, str]]:
    """Frames of the main face of each clip, and the word of FER2013 for what it shows."""
    members = Members(bundle)
    member = bundle.manifest.member("face")
    words = {meant: own for own in member.classes for meant in member.means(own)}
    for clip in read_table(table):
        if clip.video is None:
            continue
        recording = read_recording(clip.video, members, FaceTracker(), Settings())
        seen = [] if recording.picture is None else recording.picture.observations
        number = main_face(seen)
        rows = [s.probabilities for s in seen if s.number == number and s.probabilities is not None]
        if rows and clip.emotion in words:
            yield np.stack(rows), words[clip.emotion]


def in_a_row(bundle: Bundle, asked: argparse.Namespace, weight: float) -> str:
    """Recordings of two emotions, three utterances of a speaker each."""
    given = bundle.manifest.pooling
    assert given is not None
    pooling = given.model_copy(update={"neighbour": weight})
    right, found = [], []
    with tempfile.TemporaryDirectory() as folder:
        for root in asked.corpora:
            clips = [clip for clip in affuse.read(root) if clip.emotion in bundle.manifest.classes]
            own = without(bundle, asked.voice, clips[0].corpus)
            manifest = own.manifest.model_copy(update={"pooling": pooling})
            recogniser = Recogniser(Bundle(manifest, own.files))
            for path, change_s, words in recordings(clips, Path(folder), asked.recordings):
                segments = recogniser.predict(path, threshold=0.0).segments
                middles = [(each.start_s + each.end_s) / 2 for each in segments]
                named = [_joined(each.emotion) for each in segments]
                expected = [_joined(words[middle > change_s]) for middle in middles]
                right += [a == b for a, b in zip(named, expected, strict=True)]
                changes = [n for n in range(1, len(named)) if named[n] != named[n - 1]]
                places = [(middles[n] + middles[n - 1]) / 2 for n in changes]
                found.append(len(places) == 1 and abs(places[0] - change_s) <= 2.5)
    return f"windows right {np.mean(right):.1%}   changes found {np.mean(found):.1%}"


def _joined(emotion: str | None) -> str | None:
    return "neutral" if emotion == "calm" else emotion


def recordings(
    clips: Sequence[Clip], folder: Path, count: int
) -> Iterator[tuple[Path, float, tuple[str, str]]]:
    """Sound files, when the emotion changes in each, and which it is before and after."""
    rng = np.random.default_rng(0)
    speakers = sorted({clip.speaker for clip in clips})
    for number in range(count):
        speaker = speakers[number % len(speakers)]
        of_each: dict[str, list[Clip]] = {}
        for clip in clips:
            if clip.speaker == speaker:
                of_each.setdefault(clip.emotion, []).append(clip)
        words = sorted(word for word, own in of_each.items() if len(own) >= 3)
        if len(words) < 2:
            continue
        first, second = (str(word) for word in rng.choice(words, 2, replace=False))
        sounds = [
            read_audio(of_each[word][n].audio, sample_rate=16_000).signal
            for word in (first, second)
            for n in rng.permutation(len(of_each[word]))[:3]
        ]
        path = folder / f"{number}.wav"
        soundfile.write(path, np.concatenate(sounds), 16_000)
        yield path, sum(map(len, sounds[:3])) / 16_000, (first, second)


if __name__ == "__main__":
    main()
