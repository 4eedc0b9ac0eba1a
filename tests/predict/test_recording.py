"""Sound and picture are read at the same time, and end together."""

from __future__ import annotations

import pytest
from recordings import Track, fitted, small_portrait, spoken, write

from affuse.predict.members import Members
from affuse.predict.picture import FaceObservation
from affuse.predict.recording import main_face, read_recording
from affuse.predict.settings import Settings
from affuse.predict.windows import Windows
from affuse.records import Box


class Interrupted:
    """A tracker during whose first look somebody presses Ctrl-C."""

    def update(self, time_s, image):
        raise KeyboardInterrupt


class Counting(Members):
    n_windows = 0

    def voice_row(self, member, signal):
        self.n_windows += 1
        return super().voice_row(member, signal)


def test_sound_is_not_read_on_when_the_picture_is_given_up(recogniser, tmp_path):
    # The same samples at a third of the rate: five minutes that are quickly written.
    sound = fitted(spoken(), 100.0)
    track = Track([small_portrait()] * 5, sound=sound, sample_rate=16_000, audio_codec="pcm_s16le")
    path = write(tmp_path / "long.mkv", track)
    members = Counting(recogniser.bundle)
    with pytest.raises(KeyboardInterrupt):
        read_recording(path, members, Interrupted(), Settings(Windows(1.0, 1.0)))
    assert members.n_windows < 200


def test_the_main_face_fills_most_of_the_picture_for_longest():
    def observation(time_s: float, number: int, side: float) -> FaceObservation:
        return FaceObservation(time_s, number, Box(0.0, 0.0, side, side), None)

    near, far = [observation(0.2, 2, 0.5)], [observation(t / 5, 1, 0.3) for t in range(3)]
    assert main_face([*near, *far]) == 1
    assert main_face([*near, *far[:2]]) == 2
    assert main_face([]) == 0
