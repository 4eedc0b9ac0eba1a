"""Recordings as they come: odd, damaged, and no recordings at all."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from media_files import cut
from recordings import (
    RATE,
    Track,
    crowd,
    empty,
    fitted,
    head,
    portrait,
    small_portrait,
    spoken,
    write,
    write_into,
)

from affuse.errors import MediaError
from affuse.features.decoding import AudioDecoding, VideoDecoding, decoded
from affuse.media.audio import Sound
from affuse.media.tracking import FaceTracker
from affuse.predict.members import Members
from affuse.predict.recording import read_recording
from affuse.predict.settings import Settings
from affuse.predict.windows import Span


def sideways(path: Path) -> Path:
    """A portrait as phones record it: stored lying, with a matrix that turns it upright."""
    from media_files import _set_display_matrix

    upright = empty(640, 360, 90)
    upright[100:430, 15:345] = head(330)
    lying = np.rot90(upright)
    write(path, Track([lying] * 15))
    _set_display_matrix(path, 1)
    return path


def test_a_turned_phone_video(recogniser, tmp_path):
    found = recogniser.predict(sideways(tmp_path / "phone.mp4"))
    assert found.face_seen > 0.9
    assert 0.3 < found.segments[0].box.left + found.segments[0].box.width / 2 < 0.7


@pytest.mark.parametrize("fps", [1.0, 8.0, 60.0])
def test_any_frame_rate(recogniser, tmp_path, fps):
    n_frames = round(2 * fps)
    path = write(tmp_path / "rate.mkv", Track([small_portrait()] * n_frames, fps=fps))
    found = recogniser.predict(path)
    assert found.duration_s == pytest.approx(2.0, abs=0.1)
    assert found.face_seen == 1.0


def test_one_frame(recogniser, tmp_path):
    found = recogniser.predict(write(tmp_path / "one.mp4", Track([small_portrait()])))
    assert found.face_seen == 1.0
    assert found.emotion is not None


def test_a_photograph(recogniser, tmp_path):
    import cv2

    path = tmp_path / "photo.png"
    cv2.imwrite(str(path), portrait()[..., ::-1])
    assert set(recogniser.predict(path).probabilities) == {"video", "fused"}


def test_variable_frame_rate(recogniser, tmp_path, rng):
    times_s = np.cumsum(rng.uniform(0.02, 0.3, 20)) - 0.02
    path = write(tmp_path / "variable.mkv", Track([small_portrait()] * 20, times_s=tuple(times_s)))
    found = recogniser.predict(path)
    assert found.duration_s == pytest.approx(times_s[-1], abs=0.2)
    assert found.face_seen == 1.0


def test_webm_that_does_not_know_its_length(recogniser, tmp_path):
    import io

    import av

    class Pipe(io.RawIOBase):
        def __init__(self, file):
            self.file = file

        def writable(self):
            return True

        def write(self, block):
            return self.file.write(block)

    track = Track(
        [small_portrait()] * 20,
        sound=fitted(spoken(), 2.0),
        video_codec="libvpx",
        audio_codec="libopus",
    )
    path = tmp_path / "browser.webm"
    with path.open("wb") as file, av.open(Pipe(file), "w", format="webm") as container:
        write_into(container, track)
    found = recogniser.predict(path)
    assert found.duration_s == pytest.approx(2.0, abs=0.1)
    assert set(found.probabilities) == {"audio", "video", "fused"}
    assert found.notes == ()


def test_four_k(recogniser, tmp_path):
    import cv2

    large = cv2.resize(portrait(), (3840, 2160))
    found = recogniser.predict(write(tmp_path / "4k.mp4", Track([large] * 5)))
    assert found.face_seen == 1.0


def test_a_tiny_picture(recogniser, tmp_path):
    found = recogniser.predict(write(tmp_path / "tiny.mp4", Track([empty(16, 16)] * 5)))
    assert found.abstained == "the file has no sound, and no face is detected"


def test_sound_at_192_khz(recogniser, tmp_path):
    import soxr

    sound = soxr.resample(fitted(spoken(), 2.0), RATE, 192_000)
    track = Track(sound=sound, sample_rate=192_000, audio_codec="pcm_s16le")
    found = recogniser.predict(write(tmp_path / "high.wav", track))
    low = Track(sound=fitted(spoken(), 2.0), audio_codec="pcm_s16le")
    assert found.probabilities["audio"] == pytest.approx(
        recogniser.predict(write(tmp_path / "low.wav", low)).probabilities["audio"], abs=0.01
    )


def test_ten_faces(recogniser, tmp_path):
    path = write(tmp_path / "ten.mp4", Track([crowd(5, 2)] * 4))
    found = recogniser.predict(path, faces="all")
    assert [segment.face for segment in found.segments] == list(range(1, 11))
    assert found.notes[-1] == "up to 10 faces are seen at once; each was analysed"
    assert len(recogniser.predict(path).segments) == 1


def test_sound_that_begins_late(recogniser, tmp_path):
    track = Track([small_portrait()] * 40, sound=fitted(spoken(), 2.0), sound_from_s=2.0)
    found = recogniser.predict(write(tmp_path / "late.mp4", track), window_s=2, hop_s=2)
    assert found.segments[0].speech == 0
    assert found.segments[1].speech > 0.2


def test_black_picture_with_a_voice(recogniser, tmp_path):
    track = Track([empty()] * 20, sound=fitted(spoken(), 2.0))
    found = recogniser.predict(write(tmp_path / "dark.mp4", track))
    assert set(found.probabilities) == {"audio", "fused"}
    assert found.faceless == 1.0


def test_a_file_cut_in_the_middle_is_judged_up_to_there(recogniser, tmp_path):
    track = Track([small_portrait()] * 80, sound=fitted(spoken(), 8.0))
    whole = write(tmp_path / "whole.mp4", track, movflags="faststart")
    found = recogniser.predict(cut(whole, tmp_path / "cut.mp4", 0.5))
    assert 1.0 < found.duration_s < 7.0
    assert found.emotion is not None
    assert any(
        note.startswith("the file is cut short or damaged: its picture ends after")
        and note.endswith("of 8.00 s; what is there was analysed")
        for note in found.notes
    )


def test_what_is_readable_of_a_cut_file_can_be_read_again(recogniser, tmp_path):
    """As extractors do, which take a stretch of sound or picture anew."""
    track = Track([small_portrait()] * 60, sound=fitted(spoken(), 6.0))
    whole = write(tmp_path / "whole.mp4", track, movflags="faststart")
    path = cut(whole, tmp_path / "cut.mp4", 0.6)
    recording = read_recording(path, Members(recogniser.bundle), FaceTracker(), Settings())
    span = recording.readable(Span(0.0, recording.duration_s))
    assert recording.duration_s - span.end_s < 1.0
    for wanted in (AudioDecoding(16_000, 30.0), VideoDecoding(64, 30.0, 1, 30.0)):
        media = decoded(path, wanted, span.start_s, span.end_s)
        n_s = media.duration_s if isinstance(media, Sound) else len(list(media)) / 30
        assert n_s == pytest.approx(span.end_s, abs=0.05)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("notes.txt", b"dear diary, " * 50, r"notes\.txt \(600 bytes\) cannot .* \(it is text\)"),
        ("empty.mp4", b"", r"empty\.mp4 is empty \(0 bytes\)"),
        ("noise.mp4", bytes(range(256)) * 20, r"noise\.mp4 .* cannot be read as sound or video"),
    ],
)
def test_what_is_no_recording(recogniser, tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MediaError, match=message):
        recogniser.predict(tmp_path / name)


def test_what_is_not_there(recogniser, tmp_path):
    with pytest.raises(MediaError, match="is not a file; expected a sound or video file"):
        recogniser.predict(tmp_path / "gone.mp4")
    with pytest.raises(MediaError, match="is not a file"):
        recogniser.predict(tmp_path)


def test_an_mp4_cut_before_its_table_of_contents_cannot_be_read(recogniser, talking, tmp_path):
    with pytest.raises(MediaError, match="cannot be read as sound or video"):
        recogniser.predict(cut(talking, tmp_path / "cut.mp4", 0.5))


def test_streams_of_neither_kind(recogniser, tmp_path):
    path = tmp_path / "words.srt"
    path.write_text("1\n00:00:00,000 --> 00:00:01,000\nhello\n")
    with pytest.raises(MediaError, match=r"words\.srt holds neither sound nor picture"):
        recogniser.predict(path)


def test_a_sound_file_without_samples(recogniser, tmp_path):
    path = tmp_path / "none.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
    with pytest.raises(MediaError, match="says that it has sound, but none of it can be decoded"):
        recogniser.predict(path)
