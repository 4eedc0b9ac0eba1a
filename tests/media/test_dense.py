"""Dense grey pictures beside the sampled ones, which stay the same to the last bit."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from media_files import Media, cut, quarters, write_media
from moving_files import B_FRAMES, HEIGHT, PYRAMID, RATE, N, beginning, moving, remuxed

from affuse.errors import CutShort, MediaError
from affuse.media.decode import frames_from, open_media, video_stream
from affuse.media.dense import DenseFrame, dense_frames
from affuse.media.grid import Grid
from affuse.media.look_ahead import Passed
from affuse.media.shown import timed_frames
from affuse.media.video import SampledFrame, sample_frames
from affuse.records import Box

KINDS = {
    "b-frames.mp4": ("libx264", B_FRAMES, {}),
    "pyramid.mov": ("libx264", PYRAMID, {}),
    "none.mkv": ("libx264", {"x264-params": "bframes=0"}, {}),
    "guessed.avi": ("libx264", B_FRAMES, {}),
    "asp.mp4": ("mpeg4", {}, {"b_frames": 2}),
    "still.avi": ("mjpeg", {}, {}),
    "vp9.webm": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8"}, {}),
}


def both(path: Path, **asked: Any) -> tuple[list[SampledFrame], list[DenseFrame]]:
    """All of a file, up to where it is cut short."""
    sampled: list[SampledFrame] = []
    dense: list[DenseFrame] = []
    try:
        for one in dense_frames(path, per_s=5.0, short_side=HEIGHT, **asked):
            if isinstance(one, SampledFrame):
                sampled.append(one)
            else:
                dense.append(one)
    except CutShort:
        pass
    return sampled, dense


def alone(path: Path) -> list[SampledFrame]:
    found: list[SampledFrame] = []
    with suppress(CutShort):
        found.extend(sample_frames(path, per_s=5.0, short_side=HEIGHT))
    return found


def assert_same(given: list[SampledFrame], expected: list[SampledFrame]) -> None:
    assert len(given) == len(expected) > 3
    for one, other in zip(given, expected, strict=True):
        np.testing.assert_array_equal(one.image, other.image)
        assert facts(one) == facts(other)


def facts(frame: SampledFrame) -> tuple[object, ...]:
    seconds = frame.time_s, frame.start_s, frame.end_s, frame.may_end_s
    return (*seconds, frame.n_positions, frame.is_only)


def brightness(path: Path) -> dict[float, np.ndarray]:
    """Every picture of a file, wholly decoded: time -> stored brightness."""
    with open_media(path) as container:
        stream = video_stream(container)
        stream.codec_context.thread_count = 1
        return {
            timed.time_s: timed.frame.to_ndarray()[: timed.frame.height].copy()
            for timed in timed_frames(container, stream)
        }


@pytest.mark.parametrize("name", KINDS)
def test_sampled_pictures_are_those_of_sample_frames_and_dense_ones_the_files_own(tmp_path, name):
    codec, options, known = KINDS[name]
    path = moving(tmp_path / name, codec, options, **known)
    sampled, dense = both(path, dense_per_s=12.5)
    assert_same(sampled, alone(path))
    every = brightness(path)
    assert 25 <= len(dense) <= 32
    for frame in dense:
        np.testing.assert_array_equal(frame.stored, every[frame.time_s])


@pytest.mark.parametrize(("dense_per_s", "least"), [(5.0, 15), (12.5, 5), (25.0, 0)])
def test_a_file_is_decoded_once_and_not_all_of_it(tmp_path, monkeypatch, dense_per_s, least):
    monkeypatch.delattr("affuse.media.shown.reopened")
    path = moving(tmp_path / "b.mp4", "libx264", B_FRAMES)
    assert both(path, dense_per_s=dense_per_s)[1]
    with open_media(path) as container:
        grids = [Grid(0.0, per_s, None, 1) for per_s in (5.0, dense_per_s)]
        frames = frames_from(container, video_stream(container), 0.0, *grids)
        n_passed = sum(isinstance(frame, Passed) for frame in frames)
    assert n_passed >= least
    assert (n_passed > 0) == (least > 0)


def test_at_a_rate_above_the_files_each_picture_comes_once(tmp_path):
    path = moving(tmp_path / "b.mp4", "libx264", B_FRAMES)
    _, dense = both(path, dense_per_s=100.0)
    assert [frame.time_s for frame in dense] == pytest.approx(np.arange(N) / RATE)


def test_they_come_in_time_and_a_sampled_one_before_the_dense_one_that_it_is(tmp_path):
    path = moving(tmp_path / "b.mp4", "libx264", B_FRAMES)
    kinds = [type(one) for one in dense_frames(path, per_s=5.0, dense_per_s=25.0, short_side=64)]
    assert kinds[:5] == [DenseFrame, DenseFrame, SampledFrame, DenseFrame, DenseFrame]


def test_pictures_at_uneven_times_and_a_camera_that_was_off(tmp_path):
    steps = np.random.default_rng(1).integers(10, 90, N)
    uneven = (np.cumsum(steps) - steps[0]).tolist()
    off = [*range(0, 1200, 40), *range(9000, 10_200, 40)]
    for number, times in enumerate((uneven, off)):
        path = moving(tmp_path / f"{number}.mkv", "libx264", B_FRAMES, times=times)
        sampled, dense = both(path)
        assert_same(sampled, alone(path))
        assert {round(frame.time_s, 3) for frame in dense} <= {time / 1000 for time in times}
        assert len(dense) > 25


@pytest.mark.parametrize("share", [0.6, 0.9])
def test_a_file_that_is_cut_short(tmp_path, share):
    whole = moving(tmp_path / "whole.mkv", "libx264", PYRAMID)
    path = cut(whole, tmp_path / "cut.mkv", share)
    sampled, dense = both(path)
    assert_same(sampled, alone(path))
    assert len(dense) > 2 * len(sampled)
    with pytest.raises(CutShort):
        list(dense_frames(path, per_s=5.0, short_side=HEIGHT))


@pytest.mark.parametrize("suffix", ["ts", "mkv", "avi"])
def test_damaged_pictures(tmp_path, suffix):
    whole = moving(tmp_path / f"whole.{suffix}", "libx264", PYRAMID).read_bytes()
    for seed in range(3):
        random = np.random.default_rng(seed)
        content = np.frombuffer(whole, np.uint8).copy()
        content[random.integers(len(content) // 5, len(content), 12)] ^= 64
        path = tmp_path / f"{seed}.{suffix}"
        path.write_bytes(content.tobytes())
        assert_same(both(path)[0], alone(path))


def test_a_lost_picture(tmp_path):
    whole = moving(tmp_path / "whole.mp4", "libx264", B_FRAMES)
    expected = alone(whole)
    path = remuxed(whole, tmp_path / "lost.mp4", {}, lost_pts=20 * 512)
    assert_same(both(path)[0], alone(path))
    assert len(expected) > 10


@pytest.mark.parametrize("turns", range(4))
def test_a_crop_is_upright(tmp_path, turns):
    path = quarters(tmp_path / "turned.mp4", turns, Media(width=96, height=64))
    sampled, dense = both(path)
    image = sampled[0].image[..., 1]
    height, width = image.shape
    box = Box(0.25, 0.0, 0.5, 0.75)
    crop = dense[0].crop(box, 8, 6)
    assert crop.shape == (6, 8)
    part = image[: 3 * height // 4, width // 4 : 3 * width // 4]
    cells = part.reshape(6, len(part) // 6, 8, -1).mean(axis=(1, 3))
    # Stored brightness reaches from 16 to 235; of pixels at an edge not all are looked at.
    off = np.abs((crop - 16.0) * 255 / 219 - cells)
    assert off.max() < 35
    assert (off < 6).mean() > 0.9
    assert cells.min() < 20 < 235 < cells.max()


def test_a_crop_beyond_the_picture_repeats_its_edge(tmp_path):
    path = quarters(tmp_path / "whole.mp4", 0, Media(width=96, height=64))
    frame = both(path)[1][0]
    crop = frame.crop(Box(-0.5, -0.5, 0.75, 0.75), 4, 4)
    assert crop.min() > 230
    assert frame.crop(Box(2.0, 2.0, 0.1, 0.1), 4, 4).max() < 20


def test_a_format_without_a_plane_of_brightness(tmp_path):
    path = moving(tmp_path / "rgb.avi", "png", pix_fmt="rgb24")
    sampled, dense = both(path)
    assert_same(sampled, alone(path))
    grey = sampled[0].image.mean()
    assert dense[0].stored.shape == (HEIGHT, 96)
    assert abs(dense[2].crop(Box(0, 0, 1, 1), 8, 8).mean() - grey) < 25


def test_sound_alone_is_refused(tmp_path):
    path = write_media(tmp_path / "sound.m4a", Media(has_video=False))
    with pytest.raises(MediaError, match="no picture"):
        list(dense_frames(path, per_s=5.0, short_side=HEIGHT))


@pytest.mark.parametrize("name", ["stranger_1.mp4", "three_people.mp4", "face_then_none.mov"])
def test_real_films_too(shared_data, tmp_path, name):
    path = beginning(shared_data / "film" / name, tmp_path / name, 2.0)
    given = dense_frames(path, per_s=5.0, short_side=240)
    sampled = [one for one in given if isinstance(one, SampledFrame)]
    assert len(sampled) >= 9
    assert_same(sampled, list(sample_frames(path, per_s=5.0, short_side=240)))
