"""Notes that say what is so."""

from __future__ import annotations

import av
import numpy as np
import pytest
from media_files import Media, cut, write_endless_webm, write_media
from recordings import RATE, Track, empty, fitted, small_portrait, spoken, write

from affuse.errors import ConfigError, MediaError
from affuse.predict.settings import Settings


def talk(duration_s: float = 2.0) -> Track:
    return Track([small_portrait()] * round(10 * duration_s), sound=fitted(spoken(), duration_s))


def test_an_unknown_codec_is_named(recogniser, tmp_path):
    path = write(tmp_path / "odd.mp4", talk())
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzz1"))
    assert recogniser.predict(path).notes == (
        "the picture of the file is of codec 'zzz1', which is not known: predicted from the sound "
        "alone",
    )


def test_an_unknown_codec_is_why_there_is_nothing_to_hear(recogniser, tmp_path):
    path = write(tmp_path / "deaf.mkv", Track([empty(180, 320)] * 20, sound=fitted(spoken(), 2.0)))
    path.write_bytes(path.read_bytes().replace(b"A_AAC", b"A_QQQ"))
    assert recogniser.predict(path).abstained == (
        "the sound of the file is of codec 'A_QQQ', which is not known, and no face is detected"
    )


def test_an_empty_track_is_named(recogniser, tmp_path):
    path = tmp_path / "empty.mkv"
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("mpeg4", rate=10)
        pictures.width, pictures.height, pictures.pix_fmt = 320, 180, "yuv420p"
        container.add_stream("pcm_s16le", rate=RATE).layout = "mono"
        for n in range(20):
            image = av.VideoFrame.from_ndarray(small_portrait())
            image.pts = n
            container.mux(pictures.encode(image))
        container.mux(pictures.encode())
    found = recogniser.predict(path)
    assert found.notes == ("the file has an audio track that holds nothing",)
    assert set(found.probabilities) == {"video", "fused"}


def test_late_sound_needs_no_note(recogniser, tmp_path):
    track = Track([small_portrait()] * 60, sound=fitted(spoken(), 2.0), sound_from_s=4.0)
    found = recogniser.predict(write(tmp_path / "late.mkv", track), window_s=2, hop_s=2)
    assert found.notes == ()
    assert [round(segment.speech, 1) for segment in found.segments[:2]] == [0, 0]
    assert found.segments[2].speech > 0.2


def test_a_browser_recording_that_breaks_off(recogniser, tmp_path):
    media = Media(3.0, video_codec="libvpx", audio_codec="libopus")
    whole = write_endless_webm(tmp_path / "live.webm", media)
    assert recogniser.predict(whole).notes == ()
    notes = recogniser.predict(cut(whole, tmp_path / "cut.webm", 0.6)).notes
    assert [note.split(" after ")[0] for note in notes] == [
        "the file is cut short or damaged: its sound ends",
        "the file is cut short or damaged: its picture ends",
    ]


def test_a_file_that_states_its_whole_alone(recogniser, tmp_path):
    whole = write_media(tmp_path / "clip.flv", Media(3.0, sample_rate=44_100))
    assert recogniser.predict(whole).notes == ()
    (note,) = recogniser.predict(cut(whole, tmp_path / "cut.flv", 0.5)).notes
    assert note.startswith("the file is cut short or damaged: it ends after 1.")
    assert " s of 3.0" in note


@pytest.mark.parametrize("name", ["long.mp4", "long.wav", "endless.webm"])
def test_a_recording_longer_than_allowed_is_refused(recogniser, tmp_path, name):
    media = {
        "long.mp4": Media(3.0),
        "long.wav": Media(3.0, has_video=False, audio_codec="pcm_s16le"),
        "endless.webm": Media(3.0, video_codec="libvpx", audio_codec="libopus"),
    }[name]
    writer = write_endless_webm if name == "endless.webm" else write_media
    path = writer(tmp_path / name, media)
    with pytest.raises(
        MediaError, match=rf"{name} lasts \d s or longer; expected at most 2 s, as was asked for"
    ):
        recogniser.predict(path, max_duration_s=2.0)
    assert recogniser.predict(path, max_duration_s=3.5).duration_s == pytest.approx(3.0, abs=0.1)


def test_another_track_is_heard_on_request(recogniser, tmp_path):
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("pcm_s16le", rate=RATE) for _ in range(2)]
        for stream in streams:
            stream.layout = "mono"
        for stream, sound in zip(streams, (np.zeros(2 * RATE), fitted(spoken(), 2.0)), strict=True):
            samples = np.rint(np.asarray(sound) * 32767).astype(np.int16)[None]
            frame = av.AudioFrame.from_ndarray(samples, layout="mono")
            frame.sample_rate, frame.pts = RATE, 0
            container.mux([*stream.encode(frame), *stream.encode()])
    first, second = recogniser.predict(path), recogniser.predict(path, audio_track=2)
    assert (first.speech, len(first.notes)) == (0.0, 2)
    assert (second.speech > 0.3, len(second.notes)) == (True, 1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"audio_track": 0}, "audio track 0 was given; expected its number, counted from 1"),
        ({"max_duration_s": 0}, "maximum duration of 0 s was given; expected more than 0"),
        ({"max_duration_s": float("nan")}, "maximum duration of nan s was given"),
    ],
)
def test_settings_that_make_no_sense(fields, message):
    with pytest.raises(ConfigError, match=message):
        Settings(**fields)
