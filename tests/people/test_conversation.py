"""A whole conversation of two drawn people, from the file to who speaks when."""

from __future__ import annotations

import numpy as np
import pytest

from affuse.media.audio import read_audio
from affuse.media.dense import DenseFrame, dense_frames
from affuse.media.speech import speech_frames
from affuse.media.tracking import FaceTracker, TrackedFace
from affuse.people.envelope import SoundEnvelope
from affuse.people.mouths import MouthReader, mouths_of_people
from affuse.people.records import FaceLook, MouthTrack, Turn
from affuse.people.speaking import attribute


@pytest.fixture(scope="module")
def measured(conversation) -> tuple[dict[int, list[MouthTrack]], np.ndarray, np.ndarray]:
    """Mouths of the two, the envelope, and where there is speech."""
    tracker, reader, views, people = FaceTracker(), MouthReader(), [], []
    faces: tuple[TrackedFace, ...] = ()
    for frame in dense_frames(conversation, per_s=5.0, short_side=480):
        if isinstance(frame, DenseFrame):
            reader.see(frame.time_s, frame, faces)
            continue
        faces = tracker.update(frame.time_s, frame.image)
        views += [FaceLook(frame.time_s, face.number, face.box) for face in faces if face.found]
        people += [1 if f.box.left + f.box.width / 2 < 0.5 else 2 for f in faces if f.found]
    signal = read_audio(conversation, sample_rate=16_000).signal
    envelope = SoundEnvelope()
    envelope.take(signal)
    mouths = mouths_of_people(reader.tracks(), views, people)
    return mouths, envelope.values(), speech_frames(signal)


@pytest.mark.parametrize("voices", [True, False])
def test_who_speaks_is_told_from_a_file(measured, voices):
    mouths, envelope, speech = measured
    edges = np.flatnonzero(np.diff(speech.astype(int), prepend=0, append=0))
    turns = [
        Turn(a / 100, b / 100, (1 if a < 250 else 2) if voices else 0)
        for first, end in zip(edges[::2], edges[1::2], strict=True)
        for a, b in ([(first, 250), (250, end)] if first < 240 < 260 < end else [(first, end)])
    ]
    found = attribute(mouths, envelope, turns)
    right = np.zeros(len(speech), bool)
    for one in found.spoken:
        for start_s, end_s in one.turns:
            at = np.arange(round(start_s * 100), round(end_s * 100))
            right[at[at < len(speech)]] = one.person == 1
            right[at[(at < len(speech)) & (at >= 250)]] = one.person == 2
    assert speech.sum() > 250
    assert right[speech].mean() > 0.9
