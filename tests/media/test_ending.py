"""A file that is cut off is told wherever it states more than there is."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from media_files import Media, cut, write_endless_webm, write_media

from affuse.errors import CutShort, MediaError
from affuse.media.audio import read_audio
from affuse.media.decode import probe

SOUND = {
    "wav": "pcm_s16le",
    "flac": "flac",
    "mp3": "libmp3lame",
    "aiff": "pcm_s16be",
    "caf": "pcm_s16be",  # codespell:ignore caf
    "au": "pcm_s16be",
    "opus": "libopus",
}
BOTH = {"mp4": "aac", "mkv": "aac", "avi": "libmp3lame"}


def whole(folder: Path, suffix: str) -> Path:
    media = Media(4.0, has_video=suffix in BOTH, audio_codec={**SOUND, **BOTH}[suffix])
    options = {"movflags": "faststart"} if suffix == "mp4" else {}
    return write_media(folder / f"whole.{suffix}", media, **options)


@pytest.mark.parametrize("suffix", [*SOUND, *BOTH])
def test_a_file_that_is_cut_off_says_so(tmp_path: Path, suffix: str) -> None:
    path = whole(tmp_path, suffix)
    assert read_audio(path).duration_s == pytest.approx(4.0, abs=0.1)
    with pytest.raises(CutShort) as raised:
        read_audio(cut(path, tmp_path / f"cut.{suffix}", 0.6))
    assert 1.5 < raised.value.end_s < 3.4
    if suffix == "opus":
        assert "breaks off within a block, after" in str(raised.value)
    else:
        assert raised.value.stated_s == pytest.approx(4.0, abs=0.1)


@pytest.mark.parametrize("share", [0.5, 0.613, 0.8])
def test_a_recording_of_a_browser_that_breaks_off_within_a_block(
    tmp_path: Path, share: float
) -> None:
    media = Media(3.0, video_codec="libvpx", audio_codec="libopus")
    path = write_endless_webm(tmp_path / "live.webm", media)
    assert read_audio(path).duration_s == pytest.approx(3.0, abs=0.1)
    with pytest.raises(CutShort, match=r"breaks off within a block, after .* s of sound; expected"):
        read_audio(cut(path, tmp_path / "cut.webm", share))


def test_a_constant_rate_mp3_without_a_header_states_nothing(tmp_path: Path) -> None:
    media = Media(4.0, has_video=False, audio_codec="libmp3lame")
    path = write_media(tmp_path / "plain.mp3", media, write_xing="0", id3v2_version="0")
    assert 2.0 < read_audio(cut(path, tmp_path / "cut.mp3", 0.6)).duration_s < 2.8


@pytest.mark.parametrize("stated", [0, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFDB, 0xFFFFFFFF])
def test_a_wav_of_a_pipe_states_nothing(tmp_path: Path, stated: int) -> None:
    """SoX, arecord and FFmpeg each fill in another number."""
    path = whole(tmp_path, "wav")
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = stated.to_bytes(4, "little")
    path.write_bytes(content)
    assert read_audio(path).duration_s == pytest.approx(4.0)


def test_sound_that_joins_late_is_not_cut_short(tmp_path: Path) -> None:
    """Matroska states when a track ends, not how long it lasts."""
    path = tmp_path / "late.mkv"
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("mpeg4", rate=10)
        pictures.width = pictures.height = 32
        pictures.pix_fmt = "yuv420p"
        sound = container.add_stream("pcm_s16le", rate=8000)
        sound.layout = "mono"
        for n in range(120):
            image = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))
            image.pts = n
            container.mux(pictures.encode(image))
            if n >= 100:
                frame = av.AudioFrame.from_ndarray(np.ones((1, 800), np.int16), layout="mono")
                frame.sample_rate, frame.pts = 8000, 800 * n
                container.mux(sound.encode(frame))
        container.mux([*pictures.encode(), *sound.encode()])
    assert read_audio(path).duration_s == pytest.approx(12.0, abs=0.01)


def test_a_track_that_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "empty.mkv"
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("mpeg4", rate=10)
        pictures.width = pictures.height = 32
        pictures.pix_fmt = "yuv420p"
        container.add_stream("pcm_s16le", rate=8000).layout = "mono"
        image = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))
        container.mux([*pictures.encode(image), *pictures.encode()])
    with pytest.raises(CutShort, match="the track holds nothing; expected sound in it") as raised:
        read_audio(path)
    assert (raised.value.end_s, raised.value.stated_s) == (0.0, 0.0)


def test_the_whole_of_a_file_whose_streams_state_nothing(tmp_path: Path) -> None:
    path = write_media(tmp_path / "clip.flv", Media(3.0, sample_rate=44_100))
    assert probe(path).stated_s == pytest.approx(3.0, abs=0.1)
    assert probe(cut(path, tmp_path / "cut.flv", 0.5)).stated_s == pytest.approx(3.0, abs=0.1)


def test_an_mp4_in_fragments_that_breaks_off_within_one(tmp_path: Path) -> None:
    """It states no length, as recordings of Safari and of streams do not."""
    options = {"movflags": "frag_keyframe+empty_moov", "frag_duration": "500000"}
    path = write_media(tmp_path / "whole.m4a", Media(4.0, has_video=False), **options)
    assert read_audio(path).duration_s == pytest.approx(4.0, abs=0.1)
    with pytest.raises(CutShort, match=r"breaks off within a block, after 2\.\d\d s of sound"):
        read_audio(cut(path, tmp_path / "cut.m4a", 0.6))


def test_an_mp4_without_its_table_of_contents_says_so(tmp_path: Path) -> None:
    path = cut(write_media(tmp_path / "whole.mp4", Media(4.0)), tmp_path / "cut.mp4", 0.6)
    with pytest.raises(MediaError, match=r"its table of contents, .*, is missing: it is cut short"):
        read_audio(path)


@pytest.mark.parametrize("suffix", ["wma", "wmv"])
def test_what_the_header_of_windows_media_says(tmp_path: Path, suffix: str) -> None:
    """FFmpeg reckons the length of one that is cut from its bytes."""
    media = Media(4.0, has_video=suffix == "wmv", audio_codec="pcm_s16le")
    path = write_media(tmp_path / f"whole.{suffix}", media)
    assert probe(path).stated_s == pytest.approx(4.0, abs=0.1)
    part = cut(path, tmp_path / f"cut.{suffix}", 0.6)
    assert probe(part).stated_s == pytest.approx(4.0, abs=0.1)
    assert read_audio(part).duration_s < 3.0


def test_two_mp3_behind_each_other_are_not_cut_short(tmp_path: Path) -> None:
    """FFmpeg then takes the length from the bytes, at the bit rate of the first."""
    parts = [
        write_media(
            tmp_path / f"{rate}.mp3",
            Media(
                4.0,
                has_video=False,
                audio_codec="libmp3lame",
                sample_rate=rate,
                n_channels=channels,
            ),
        )
        for rate, channels in ((16_000, 1), (44_100, 2))
    ]
    joined = tmp_path / "joined.mp3"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert read_audio(joined).duration_s == pytest.approx(8.1, abs=0.2)
