"""Which track is heard or looked at, and what is said of those that are not."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from media_files import write_media

from affuse.errors import MediaError
from affuse.media.audio import read_audio
from affuse.media.decode import open_media, probe, video_stream
from affuse.media.video import read_frames

RATE = 8000


def tracks(path: Path, default: int | None = None, n_audio: int = 2, n_video: int = 0) -> Path:
    """Track n holds a square wave n times higher, or a picture n times brighter.

    `default`: the one of each kind that is marked so.
    """
    with av.open(str(path), "w") as container:
        pictures = [container.add_stream("mpeg4", rate=10) for _ in range(n_video)]
        sounds = [container.add_stream("pcm_s16le", rate=RATE) for _ in range(n_audio)]
        for kind in (pictures, sounds):
            for n, stream in enumerate(kind, start=1):
                stream.disposition = Disposition.default.value if n == default else 0
        for stream in sounds:
            stream.layout = "mono"
        for stream in pictures:
            stream.width = stream.height = 32
            stream.pix_fmt = "yuv420p"
        for n, stream in enumerate(pictures, start=1):
            image = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 60 * n, np.uint8))
            image.pts = 0
            container.mux([*stream.encode(image), *stream.encode()])
        for n, stream in enumerate(sounds, start=1):
            time_s = np.arange(RATE) / RATE
            wave = np.where(np.sin(2 * np.pi * 100 * n * time_s + 0.01) > 0, 9000, -9000)
            frame = av.AudioFrame.from_ndarray(wave[None].astype(np.int16), layout="mono")
            frame.sample_rate, frame.pts = RATE, 0
            container.mux([*stream.encode(frame), *stream.encode()])
    return path


def heard(path: Path, track: int | None = None) -> int:
    """Number of the track that is heard, by its pitch."""
    signal = read_audio(path, audio_track=track).signal
    return round(np.count_nonzero(np.diff(np.sign(signal))) / 200)


@pytest.mark.parametrize("suffix", ["mkv", "mka"])
@pytest.mark.parametrize(("default", "expected"), [(None, 1), (1, 1), (2, 2), (3, 3)])
def test_the_default_track_is_heard(
    tmp_path: Path, suffix: str, default: int | None, expected: int
) -> None:
    path = tracks(tmp_path / f"two.{suffix}", default, n_audio=3)
    assert heard(path) == expected
    assert heard(path, 2) == 2
    marked = ", which is marked as default," if default else ""
    assert probe(path).notes == (
        f"the file has 3 audio tracks: number {expected}{marked} was used; "
        "--audio-track takes another",
    )
    assert probe(path, audio_track=2).notes == ()


def test_one_track_needs_no_note(tmp_path: Path) -> None:
    assert probe(write_media(tmp_path / "one.mp4")).notes == ()


def test_a_track_that_is_not_there(tmp_path: Path) -> None:
    path = tracks(tmp_path / "two.mkv")
    for read in (probe, read_audio):
        with pytest.raises(
            MediaError, match=r"has 2 audio tracks, and number 3 was asked for; expected one"
        ):
            read(path, audio_track=3)
    with pytest.raises(MediaError, match="has 1 audio track, and number 2 was asked for"):
        probe(write_media(tmp_path / "one.mp4"), audio_track=2)


@pytest.mark.parametrize(("default", "expected"), [(None, 60), (2, 120)])
def test_the_default_picture_is_looked_at(
    tmp_path: Path, default: int | None, expected: int
) -> None:
    path = tracks(tmp_path / "two.mkv", default, n_audio=0, n_video=2)
    assert next(read_frames(path, height=32)).mean() == pytest.approx(expected, abs=4)
    with open_media(path) as container:
        assert video_stream(container).index == (default or 1) - 1
    (note,) = probe(path).notes
    assert note.startswith("the file has 2 video tracks: number ")


@pytest.mark.parametrize(
    ("suffix", "known", "unknown"),
    [("mp4", b"avc1", b"zzz1"), ("mkv", b"V_MPEG4/ISO/AVC", b"V_MPEG4/ISO/XYZ")],
)
def test_a_codec_that_is_not_known_is_named(
    tmp_path: Path, suffix: str, known: bytes, unknown: bytes
) -> None:
    path = write_media(tmp_path / f"odd.{suffix}")
    path.write_bytes(path.read_bytes().replace(known, unknown))
    info = probe(path)
    assert (info.has_audio, info.has_video) == (True, False)
    expected = f"codec '{unknown.decode()}', which is not known"
    assert info.no_picture == f"the picture of the file is of {expected}"
    with (
        open_media(path) as container,
        pytest.raises(
            MediaError, match=rf"has no picture \(it holds audio and video of {expected}"
        ),
    ):
        video_stream(container)


def test_a_sound_codec_that_is_not_known_is_named(tmp_path: Path) -> None:
    path = write_media(tmp_path / "odd.mkv")
    path.write_bytes(path.read_bytes().replace(b"A_AAC", b"A_QQQ"))
    assert probe(path).no_sound == ("the sound of the file is of codec 'A_QQQ', which is not known")
    with pytest.raises(MediaError, match=r"has no sound .*codec 'A_QQQ', which is not known"):
        read_audio(path)


def test_a_cover_is_called_a_cover(tmp_path: Path) -> None:
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        audio = container.add_stream("aac", rate=48_000)
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = Disposition.attached_pic.value
        image = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))
        container.mux([*cover.encode(image), *cover.encode()])
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.int16), layout="mono")
        frame.sample_rate = 48_000
        container.mux([*audio.encode(frame), *audio.encode()])
    assert probe(path).no_picture == "the file has a cover but no moving picture"
    with pytest.raises(MediaError, match=r"has no picture \(it holds a cover and audio\)"):
        next(read_frames(path, height=32))
