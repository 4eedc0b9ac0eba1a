"""What members say of clips: whole files, stretches, sound and picture from two files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from band_voices import RATE, SHOWN, voice
from recordings import Track, fitted, portrait, spoken, write
from tiny_bundle import face_and_voice

from affuse.adaptation.outputs import outputs_of_clips
from affuse.bundle.writer import write_bundle
from affuse.media.audio import read_audio
from affuse.predict.members import Members
from affuse.predict.recording import read_recording
from affuse.predict.settings import Settings
from affuse.predict.timeline import evidence_of
from affuse.records import Clip


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(face_and_voice(), tmp_path_factory.mktemp("bundles") / "both")


@pytest.fixture(scope="module")
def talking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    track = Track([portrait()] * 20, sound=fitted(spoken(), 2.0))
    return write(tmp_path_factory.mktemp("media") / "talking.mp4", track)


def test_a_whole_file_says_what_prediction_goes_by(both, talking):
    from affuse.bundle.reader import read_bundle
    from affuse.media.tracking import FaceTracker

    found = outputs_of_clips(both, [Clip("a", "sad", "1", talking, talking)], jobs=1)
    members = Members(read_bundle(both))
    recording = read_recording(talking, members, FaceTracker(), Settings())
    for name, row in evidence_of(recording, members, Settings()).items():
        np.testing.assert_allclose(found.rows[name][0], row)
    assert set(found.rows) == {"face", "voice"}
    assert not np.isnan(found.rows["face"]).any()


def test_sound_and_picture_come_from_their_own_files(both, talking, tmp_path):
    other = tmp_path / "other.wav"
    soundfile.write(other, voice(SHOWN["angry"], 3), RATE)
    clips = [
        Clip("a", "sad", "1", talking, talking),
        Clip("b", "sad", "1", other, talking),
        Clip("c", "sad", "1", other, None),
    ]
    found = outputs_of_clips(both, clips, jobs=1)
    np.testing.assert_allclose(found.rows["face"][0], found.rows["face"][1])
    np.testing.assert_allclose(found.rows["voice"][1], found.rows["voice"][2])
    assert np.abs(found.rows["voice"][0] - found.rows["voice"][1]).max() > 0.01
    assert np.isnan(found.rows["face"][2]).all()


def test_a_stretch_is_judged_by_itself(both, tmp_path):
    """One recording with two voices one after the other."""
    parts = [voice(SHOWN[name], 1, 2.0) for name in ("happy", "angry")]
    file = tmp_path / "two.wav"
    soundfile.write(file, np.concatenate(parts), RATE)
    clips = [
        Clip("a", "happy", "1", file, start_s=0.0, end_s=2.0),
        Clip("b", "angry", "1", file, start_s=2.0),
        Clip("c", "sad", "1", file),
    ]
    found = outputs_of_clips(both, clips, jobs=1)
    first, second, whole = found.rows["voice"]
    assert np.abs(first - second).max() > 0.05
    assert np.abs(first - whole).max() > 0.01
    from affuse.bundle.reader import read_bundle

    members = Members(read_bundle(both))
    sound = read_audio(file, sample_rate=RATE, start_s=2.0, duration_s=2.0)
    np.testing.assert_allclose(second, members.voice_row(members.voice, sound.signal))


def test_clips_with_nothing_to_go_by_are_named_with_the_reason(both, tmp_path):
    silent, missing = tmp_path / "silent.wav", tmp_path / "missing.wav"
    soundfile.write(silent, np.zeros(RATE), RATE)
    clips = [Clip("a", "sad", "1", silent), Clip("b", "sad", "1", missing)]
    found = outputs_of_clips(both, clips, jobs=1)
    assert found.clips == ()
    assert [skipped.name for skipped in found.skipped] == ["a", "b"]
    assert found.skipped[0].reason == "neither enough speech nor a face in it"
    assert "missing.wav" in found.skipped[1].reason
