"""Sound and picture of a file on one line of time."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from media_files import Media, write_media

from affuse.media.audio import read_audio
from affuse.media.decode import audio_stream, frames_from, open_media, origin_s, video_stream
from affuse.media.video import read_frames

FPS = 25


@pytest.fixture
def cases(shared_data: Path) -> Path:
    folder = shared_data.parent / "cases"
    if not folder.is_dir():
        pytest.skip("no folder of recordings that went wrong beside the real clips")
    return folder


def flashes_s(path: Path) -> list[float]:
    """When the picture lights up."""
    bright = [int(image.mean() > 128) for image in read_frames(path, height=48, fps=FPS)]
    return [n / FPS for n in np.flatnonzero(np.diff([0, *bright]) > 0)]


def clicks_s(path: Path) -> list[float]:
    sound = read_audio(path)
    loud = np.flatnonzero(np.abs(sound.signal) > 0.2) / sound.sample_rate
    return [float(t) for n, t in enumerate(loud) if not n or t - loud[n - 1] > 0.1]


@pytest.mark.parametrize(
    ("suffix", "video", "audio"),
    [("ts", "libx264", "aac"), ("mkv", "libx264", "aac"), ("webm", "libvpx", "libopus")],
)
def test_joined_sound_and_picture_stay_together(
    tmp_path: Path, suffix: str, video: str, audio: str
) -> None:
    joined = tmp_path / f"joined.{suffix}"
    for n, duration_s in enumerate((1.6, 1.2, 2.0)):
        media = Media(duration_s, fps=FPS, flash_s=0.6, video_codec=video, audio_codec=audio)
        part = write_media(tmp_path / f"{n}.{suffix}", media)
        with joined.open("ab") as whole:
            whole.write(part.read_bytes())
    assert flashes_s(joined) == pytest.approx([0.6, 2.2, 3.4], abs=0.15)
    assert clicks_s(joined) == pytest.approx(flashes_s(joined), abs=0.08)


def test_what_begins_before_zero_is_heard_whole(tmp_path: Path) -> None:
    """A stretch that was cut out of a recording without encoding it anew."""
    path = tmp_path / "cut.mka"
    wave = np.zeros((1, 2 * 16_000), np.int16)
    wave[0, 8_000:8_032] = 30_000
    with av.open(str(path), "w", options={"avoid_negative_ts": "disabled"}) as container:
        stream = container.add_stream("pcm_s16le", rate=16_000, layout="mono")
        for first in range(0, wave.shape[1], 1000):
            frame = av.AudioFrame.from_ndarray(wave[:, first : first + 1000], "s16", "mono")
            frame.sample_rate, frame.pts = 16_000, first - 12_000
            frame.time_base = Fraction(1, 16_000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert read_audio(path).duration_s == pytest.approx(2.0)
    assert clicks_s(path) == pytest.approx([0.5], abs=0.01)


@pytest.mark.data
@pytest.mark.parametrize("name", ["gap70.webm", "cat.ts", "b.mpg", "chained.ogg"])
def test_time_never_runs_back(cases: Path, name: str) -> None:
    kinds = (
        [audio_stream] if name in ("gap70.webm", "chained.ogg") else [audio_stream, video_stream]
    )
    for kind in kinds:
        with open_media(cases / name) as container:
            frames = frames_from(container, kind(container), 0.0)
            times_s = [frame.time - origin_s(container) for frame in frames]
        assert times_s[0] < 0.1
        assert np.diff(times_s).min() > -0.03


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "duration_s"),
    [("gap70.webm", 84.0), ("cat.ts", 7.08), ("b.mpg", 4.02), ("late_video10.mp4", 14.0)],
)
def test_how_long_the_sound_of_real_files_lasts(cases: Path, name: str, duration_s: float) -> None:
    assert read_audio(cases / name).duration_s == pytest.approx(duration_s, abs=0.03)
