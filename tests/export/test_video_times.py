"""The annotated clip is as long as the clip, and what was said when it was seen stays so."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from media_files import Media, write_media
from recordings import Track, empty, fitted, portrait, spoken, write

from affuse.errors import MediaError
from affuse.export.video import annotate
from affuse.media.audio import read_audio
from affuse.media.video import read_frames, sample_frames
from affuse.records import Prediction

TENTHS = tuple(n / 10 for n in range(10))


@pytest.fixture
def nothing(talk: Prediction) -> Prediction:
    """Nothing to draw."""
    return replace(talk, segments=())


def sampled(path: Path) -> list[float]:
    found = sample_frames(path, per_s=5, short_side=60)
    return [round(time_s, 6) for look in found for time_s in look.times_s(5)]


def length_s(path: Path) -> float:
    with av.open(str(path)) as container:
        return container.duration / av.time_base


@pytest.mark.parametrize(
    "times_s",
    [
        tuple(3 + time_s for time_s in TENTHS),
        TENTHS,
        (*TENTHS, *(20 + time_s for time_s in TENTHS)),
    ],
    ids=["late", "early", "gap"],
)
def test_a_picture_that_is_not_always_there_keeps_its_times(tmp_path, nothing, times_s):
    sound = fitted(spoken(), max(4.0, times_s[-1] + 0.1))
    clip = write(
        tmp_path / "a.mkv", Track([portrait()] * len(times_s), times_s=times_s, sound=sound)
    )
    out = annotate(clip, nothing, tmp_path / "out.mp4")
    assert sampled(out) == pytest.approx(sampled(clip))
    assert length_s(out) == pytest.approx(len(sound) / 48_000, abs=0.1)
    before, after = read_audio(clip), read_audio(out)
    assert after.duration_s == pytest.approx(before.duration_s, abs=0.05)


def test_joined_recordings_stay_in_step(tmp_path, nothing):
    """Two broadcasts in a row, each with a flash and a click at half a second."""
    part = write_media(tmp_path / "part.ts", Media(1.0, flash_s=0.5))
    clip = tmp_path / "both.ts"
    clip.write_bytes(part.read_bytes() * 2)
    out = annotate(clip, nothing, tmp_path / "out.mp4")
    sound = read_audio(out)
    loud = np.flatnonzero(np.abs(sound.signal) > 0.3) / sound.sample_rate
    clicks_s = [float(loud[0]), float(loud[-1])]
    light = [image[:100].mean() for image in read_frames(out, height=240, fps=100)]
    flashes = np.flatnonzero(np.asarray(light) > 128) / 100
    assert clicks_s[1] - clicks_s[0] == pytest.approx(1.0, abs=0.06)
    assert flashes[0] == pytest.approx(clicks_s[0], abs=0.04)
    assert flashes[-1] == pytest.approx(clicks_s[1], abs=0.04)
    assert length_s(out) == pytest.approx(2.0, abs=0.1)


def test_a_microphone_that_was_muted_for_more_than_a_minute(tmp_path, nothing):
    """A click, 70 s without a packet of sound, a click; a picture every two seconds."""
    clip = tmp_path / "muted.mkv"
    with av.open(str(clip), "w") as container:
        video = container.add_stream("libx264", rate=1)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        audio = container.add_stream("pcm_s16le", rate=8000)
        audio.layout = "mono"
        for n in range(36):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 5 * n, np.uint8))
            frame.pts, frame.time_base = 2 * n, Fraction(1)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        for first in (0, 71 * 8000):
            samples = np.zeros((1, 8000), np.int16)
            samples[0, 4000:4040] = 20_000
            heard = av.AudioFrame.from_ndarray(samples, layout="mono")
            heard.sample_rate, heard.pts = 8000, first
            container.mux(audio.encode(heard))
    sound = read_audio(annotate(clip, nothing, tmp_path / "out.mp4"))
    loud = np.flatnonzero(np.abs(sound.signal) > 0.3) / sound.sample_rate
    assert (loud[0], loud[-1]) == pytest.approx((0.5, 71.5), abs=0.02)


def test_a_cover_is_said_to_be_one(tmp_path, nothing):
    plain = write(tmp_path / "plain.mp4", Track([portrait()], sound=fitted(spoken(), 2.0)))
    with pytest.raises(MediaError, match=r"plain\.mp4 has sound and one still picture, a cover"):
        annotate(plain, nothing, tmp_path / "out.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["plain.mp4"]


def test_cover_art_is_said_to_be_that(tmp_path, nothing):
    from av.stream import Disposition

    song = tmp_path / "song.mp3"
    with av.open(str(song), "w") as container:
        audio = container.add_stream("mp3", rate=48_000)
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        image = av.VideoFrame.from_ndarray(empty(64, 64, 90))
        for packet in [*cover.encode(image), *cover.encode()]:
            container.mux(packet)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 48_000), np.float32), "fltp", "mono")
        frame.sample_rate = 48_000
        container.mux(audio.encode(frame))
        container.mux(audio.encode())
    with pytest.raises(MediaError, match=r"no picture \(it holds a cover and audio\)"):
        annotate(song, nothing, tmp_path / "out.mp4")
