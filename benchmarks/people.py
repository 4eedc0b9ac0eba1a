"""Who speaks, frame by frame, in conversations made by code.

usage: python benchmarks/people.py FOLDER [--voices true|found|none] [--per-s 25] [--kind KIND ...]

FOLDER is what `benchmarks/conversations.py` made. Of all 10 ms of speech: the share of which the
right speaker is named, of which another is, and of which it is left open; beside it the share that
the rule of the largest face names rightly. Faces get their people from the conversation itself,
and with `--voices true` turns their voices: what is measured is who speaks, not who is who. With
`found` the turns are those of `affuse.people.voices`; `none` gives the speech without voices. What
is done is told on the way, on the error output.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affuse.media.audio import read_audio
from affuse.media.dense import DENSE_PER_S, DenseFrame, dense_frames
from affuse.media.faces import largest
from affuse.media.small_pictures import one_thread
from affuse.media.speech import FRAME_S, SAMPLE_RATE, speech_frames
from affuse.media.tracking import FaceTracker, TrackedFace
from affuse.people.envelope import SoundEnvelope
from affuse.people.mouths import MouthReader, mouths_of_people
from affuse.people.records import FaceLook, MouthTrack, Speech, Turn
from affuse.people.speaking import attribute
from affuse.people.voice_embedding import open_voice_embedder
from affuse.people.voices import VoiceStream

Numbers = NDArray[np.int_]
Shares = tuple[float, float, float, float]


@dataclass(frozen=True)
class Conversation:
    """A conversation as it was read, and what is true of it.

    `speaker` is the person who speaks in each 10 ms, 0: nobody; `largest` the person of the largest
    face, 0: no face.
    """

    kind: str
    names: dict[int, str]
    seen: frozenset[int]
    mouths: dict[int, list[MouthTrack]]
    envelope: NDArray[np.float32]
    speech: NDArray[np.bool_]
    speaker: Numbers
    largest: Numbers


def read(path: Path, per_s: float = DENSE_PER_S) -> Conversation:
    """Read a conversation and its truth; faces get the people whose places they are in."""
    truth = json.loads(path.with_suffix(".json").read_text("utf-8"))
    places = {int(p): np.array(rows) for p, rows in truth["places"].items() if rows}
    tracker, reader = FaceTracker(), MouthReader()
    faces: tuple[TrackedFace, ...] = ()
    views: list[FaceLook] = []
    people: list[int] = []
    shown: list[tuple[float, int]] = []
    with one_thread():
        for frame in dense_frames(path, per_s=5.0, dense_per_s=per_s, short_side=480):
            if isinstance(frame, DenseFrame):
                reader.see(frame.time_s, frame, faces)
                continue
            faces = tracker.update(frame.time_s, frame.image)
            found = [face for face in faces if face.found]
            views += [FaceLook(frame.time_s, face.number, face.box) for face in found]
            people += [_owner(face, frame.time_s, places) for face in found]
            face = largest(found)
            shown.append((frame.time_s, _owner(face, frame.time_s, places) if face else 0))
    signal = read_audio(path, sample_rate=SAMPLE_RATE).signal
    envelope = SoundEnvelope()
    envelope.take(signal)
    values = envelope.values()
    speaker = np.zeros(len(values), int)
    for start_s, end_s, person in truth["turns"]:
        speaker[round(start_s / FRAME_S) : round(end_s / FRAME_S)] = person
    times_s = np.array([time_s for time_s, _ in shown])
    last = np.searchsorted(times_s, np.arange(len(values)) * FRAME_S, side="right") - 1
    return Conversation(
        path.stem.split("_")[0],
        {int(person): known["name"] for person, known in truth["people"].items()},
        frozenset(int(p) for p, known in truth["people"].items() if known["seen"]),
        mouths_of_people(reader.tracks(), views, people),
        values,
        speech_frames(signal),
        speaker,
        np.array([person for _, person in shown])[np.maximum(last, 0)],
    )


def _owner(face: TrackedFace, time_s: float, places: dict[int, np.ndarray]) -> int:
    """Whose place a face is in; 0: nobody's."""
    best, nearest = 0, 0.5
    for person, rows in places.items():
        row = rows[np.abs(rows[:, 0] - time_s).argmin()]
        if abs(row[0] - time_s) > 0.25:
            continue
        across = row[1] + row[3] / 2 - face.box.left - face.box.width / 2
        down = row[2] + row[4] / 2 - face.box.top - face.box.height / 2
        far = float(np.hypot(across / row[3], down / row[4]))
        if far < nearest:
            best, nearest = person, far
    return best


def true_turns(conversation: Conversation, *, voices: bool) -> list[Turn]:
    """The speech that is found; with its true voices, or as one whose voice is not known."""
    owner = conversation.speaker[: len(conversation.speech)]
    voice = np.where(conversation.speech, owner if voices else 0, -1)
    if voices:
        voice[voice == 0] = -1
    edges = np.flatnonzero(np.diff(voice, prepend=-1, append=-1))
    return [
        Turn(a * FRAME_S, b * FRAME_S, int(voice[a])) for a, b in pairwise(edges) if voice[a] >= 0
    ]


def found_turns(path: Path, speech: NDArray[np.bool_]) -> list[Turn]:
    """The speech as affuse divides it among voices."""
    stream = VoiceStream(open_voice_embedder())
    stream.take(read_audio(path, sample_rate=SAMPLE_RATE).signal)
    return stream.turns(speech)


def frames_of(speech: Speech, count: int) -> Numbers:
    """Person in each 10 ms; 0: off-screen, -1: it cannot be told, -2: no speech."""
    found = np.full(count, -2)
    for spoken in speech.spoken:
        for start_s, end_s in spoken.turns:
            found[round(start_s / FRAME_S) : round(end_s / FRAME_S)] = spoken.person
    for start_s, end_s in speech.unattributed:
        found[round(start_s / FRAME_S) : round(end_s / FRAME_S)] = -1
    return found


def shares(conversation: Conversation, found: Numbers) -> Shares:
    """Percentages of speech: right, wrong, left open, and right by the largest face."""
    counted = (conversation.speaker > 0) & (found > -2)
    truth = conversation.speaker[counted]
    truth = np.where(np.isin(truth, list(conversation.seen)), truth, 0)
    answers = found[counted]
    right, open_ = (answers == truth), (answers == -1)
    by_size = (conversation.largest[counted] == truth).mean()
    return 100 * right.mean(), 100 * (~right & ~open_).mean(), 100 * open_.mean(), 100 * by_size


def report(rows: dict[str, list[Shares]]) -> None:
    """The table: a line for each kind."""
    print(
        f"{'':<14}{'files':>6}{'right':>8}{'wrong':>8}{'open':>8}{'least':>8}{'largest face':>14}"
    )
    for kind, found in rows.items():
        right, wrong, open_, by_size = np.mean(np.array(found), axis=0)
        least = min(one[0] for one in found)
        print(
            f"{kind:<14}{len(found):>6}{right:>8.1f}{wrong:>8.1f}{open_:>8.1f}{least:>8.1f}"
            f"{by_size:>14.1f}"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Read all, print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--voices", choices=["true", "found", "none"], default="true")
    parser.add_argument("--per-s", type=float, default=DENSE_PER_S)
    parser.add_argument("--kind", action="append")
    asked = parser.parse_args(arguments)
    rows: dict[str, list[Shares]] = defaultdict(list)
    for path in sorted(asked.folder.glob("*.mp4")):
        if asked.kind and path.stem.split("_")[0] not in asked.kind:
            continue
        conversation = read(path, asked.per_s)
        turns = (
            found_turns(path, conversation.speech)
            if asked.voices == "found"
            else true_turns(conversation, voices=asked.voices == "true")
        )
        speech = attribute(conversation.mouths, conversation.envelope, turns)
        found = frames_of(speech, len(conversation.speaker))
        own = shares(conversation, found)
        print(f"{path.stem}: right {own[0]:.1f}", file=sys.stderr, flush=True)
        rows[conversation.kind].append(own)
    report(rows)


if __name__ == "__main__":
    main()
