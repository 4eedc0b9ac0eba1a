from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from media_files import Media, cut, quarters, write_endless_webm, write_media

from affuse.errors import MediaError
from affuse.media.decode import MediaInfo, probe


def test_probe_tells_what_a_file_holds(tmp_path: Path) -> None:
    path = write_media(tmp_path / "clip.mp4", Media(fps=25, duration_s=2.0))
    assert probe(path) == MediaInfo(True, True, 2.0, 48_000, 25.0, 320, 240, 0)


def test_probe_of_sound_alone_and_picture_alone(tmp_path: Path) -> None:
    voice = probe(write_media(tmp_path / "a.flac", Media(has_video=False, audio_codec="flac")))
    assert (voice.has_audio, voice.has_video, voice.fps) == (True, False, None)
    mute = probe(write_media(tmp_path / "b.mp4", Media(has_audio=False)))
    assert (mute.has_audio, mute.has_video, mute.sample_rate) == (False, True, None)


def test_probe_tells_rotation_and_unknown_duration(tmp_path: Path) -> None:
    assert probe(quarters(tmp_path / "phone.mp4", 1)).rotation == -90
    media = Media(video_codec="libvpx", audio_codec="libopus", fps=Fraction(30))
    assert probe(write_endless_webm(tmp_path / "browser.webm", media)).duration_s is None


def test_cover_art_is_no_video(tmp_path: Path) -> None:
    import av
    from av.stream import Disposition

    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        audio = container.add_stream("aac", rate=48_000)
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = Disposition.attached_pic.value
        image = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))
        container.mux(cover.encode(image))
        container.mux(cover.encode())
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.int16), layout="mono")
        frame.sample_rate = 48_000
        container.mux(audio.encode(frame))
        container.mux(audio.encode())
    assert not probe(path).has_video


def test_missing_and_empty_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"none.mp4 is not a file; expected .* check the path"):
        probe(tmp_path / "none.mp4")
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(MediaError, match=r"empty.mp4 is empty \(0 bytes\); expected .* record it"):
        probe(tmp_path / "empty.mp4")


@pytest.mark.parametrize(
    "content",
    [b"hello world\n" * 200, b"\x89PNG\r\n" + bytes(500), bytes(range(256)) * 100],
    ids=["text", "image", "bytes"],
)
def test_no_media_under_the_name_of_one_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "fake.mp4"
    path.write_bytes(content)
    with pytest.raises(
        MediaError, match=r"fake.mp4 .* cannot be read as sound or video .*expected"
    ):
        probe(path)


def test_mp4_without_its_last_bytes_is_refused(tmp_path: Path) -> None:
    whole = write_media(tmp_path / "whole.mp4", Media())
    with pytest.raises(MediaError, match=r"cut.mp4 \([\d,]+ bytes\) cannot be read"):
        probe(cut(whole, tmp_path / "cut.mp4", 0.9))
