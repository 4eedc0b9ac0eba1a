"""What nobody filmed is missing: no frame stands for it."""

from __future__ import annotations

import itertools
from pathlib import Path

import av
import numpy as np
import pytest
from media_files import Media, number, write_media

from affuse.errors import MediaError
from affuse.media.decode import frames_from, open_media, video_stream
from affuse.media.fingerprint import fingerprint
from affuse.media.video import read_frames, sample_frames

TENTHS = tuple(n / 10 for n in range(20))


def counted(path: Path, times_s: tuple[float, ...], **known: object) -> Path:
    """A file whose frames count, at these times."""
    fields = {"width": 64, "height": 64, "fps": 10, "has_audio": False} | known
    return write_media(path, Media(times_s=times_s, **fields))  # type: ignore[arg-type]


def sampled(path: Path, per_s: float = 5.0) -> list[float]:
    """Times of all looks that can be had."""
    found = sample_frames(path, per_s=per_s, short_side=60)
    return [round(time_s, 6) for look in found for time_s in look.times_s(per_s)]


def numbers(path: Path, **options: float) -> list[int]:
    return [number(image) for image in read_frames(path, height=64, fps=10, **options)]  # type: ignore[arg-type]


def test_a_minute_without_a_camera_stays_empty(tmp_path):
    """Two seconds, a gap of a minute, two seconds."""
    path = counted(tmp_path / "off.mkv", (*TENTHS, *(62 + time_s for time_s in TENTHS)))
    found = sampled(path)
    assert found[:15] == pytest.approx(np.arange(15) / 5)  # the last frame before it stands for 1 s
    assert found[15:] == pytest.approx(62 + np.arange(10) / 5, abs=0.011)
    ends = [(look.start_s, look.end_s) for look in sample_frames(path, per_s=5, short_side=60)]
    gaps = [(a[1], b[0]) for a, b in itertools.pairwise(ends) if b[0] > a[1]]
    assert gaps == [pytest.approx((2.9, 62.0), abs=0.01)]


def test_a_frame_is_held_for_a_second_by_features_too(tmp_path):
    path = counted(tmp_path / "off.mkv", (*TENTHS, *(62 + time_s for time_s in TENTHS)))
    frames = numbers(path)
    assert frames == [*range(20), *[19] * 9, *range(20, 40)]
    assert numbers(path, start_s=61.5, duration_s=1.0) == [*range(20, 25)]


def test_a_stretch_in_which_nothing_was_filmed_is_refused(tmp_path):
    path = counted(tmp_path / "off.mkv", (*TENTHS, *(62 + time_s for time_s in TENTHS)))
    message = r"no picture from 10\.00 s to 14\.00 s: the next one comes at 62\.00 s; expected a"
    with pytest.raises(MediaError, match=message):
        numbers(path, start_s=10.0, duration_s=4.0)


def test_a_picture_that_begins_late_is_not_there_before(tmp_path):
    late = tuple(3 + time_s for time_s in TENTHS)
    path = counted(tmp_path / "late.mkv", late, has_audio=True, duration_s=5.0)
    assert sampled(path) == pytest.approx(3 + np.arange(10) / 5, abs=0.011)
    with pytest.raises(MediaError, match=r"no picture from 0\.00 s to 2\.00 s: .* at 3\.0\d s"):
        numbers(path, duration_s=2.0)
    assert numbers(path, duration_s=4.0) == [*range(10)]


def test_a_picture_that_begins_a_moment_late_is_there_at_once(tmp_path):
    late = tuple(0.3 + time_s for time_s in TENTHS)
    path = counted(tmp_path / "moment.mkv", late, has_audio=True, duration_s=2.4)
    assert sampled(path)[0] == 0.0
    assert numbers(path)[:5] == [0, 0, 0, 0, 1]


@pytest.mark.parametrize("spacing_s", [0.5, 1.0, 2.0, 5.0, 10.0])
@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_few_pictures_at_even_distances_fill_all_of_the_time(tmp_path, spacing_s, suffix):
    times_s = tuple(n * spacing_s for n in range(5))
    found = sampled(counted(tmp_path / f"slides{suffix}", times_s))
    n_positions = round(4 * spacing_s * 5)
    assert found[:n_positions] == pytest.approx(np.arange(n_positions) / 5)


def test_uneven_distances_are_filled_up_to_twice_the_usual_one(tmp_path):
    found = sampled(counted(tmp_path / "slides.mkv", (0.0, 2.0, 4.0, 8.0, 20.0, 22.0)), per_s=1)
    assert found == pytest.approx([*range(12), 20, 21, *found[14:]])


def test_distances_that_change_for_good_become_usual(tmp_path):
    """A talk at ten a second, then slides of four seconds each."""
    slides = tuple(2.0 + 4 * n for n in range(30))
    found = sampled(counted(tmp_path / "talk.mkv", (*TENTHS, *slides)), per_s=1)
    assert set(range(100, 118)) <= set(found)


def test_no_picture_stands_for_more_than_half_a_minute(tmp_path):
    found = sampled(counted(tmp_path / "two.mkv", (0.0, 3600.0)), per_s=1)
    assert found == pytest.approx(np.arange(30))


def test_work_is_bounded_by_the_frames_that_are_there(tmp_path):
    """A picture that comes an hour later asks for nothing between."""
    path = counted(tmp_path / "leap.mkv", (0.0, 0.1, 3_000.0))
    assert numbers(path)[:12] == [0, *[1] * 10, 2]
    assert len(sampled(path)) < 10
    assert len(fingerprint(path)) == 64


@pytest.mark.parametrize("gap_s", [1e5, 1e8])
def test_a_time_stamp_that_no_file_can_mean_is_refused(tmp_path, gap_s):
    path = counted(tmp_path / "wild.mkv", (0.0, 0.1, gap_s))
    for reading in (numbers, sampled, fingerprint):
        with pytest.raises(MediaError, match=r"wild\.mkv has a time stamp of \d\d+,\d+"):
            reading(path)


def test_what_comes_before_a_time_stamp_that_is_refused_has_been_given(tmp_path):
    path = counted(tmp_path / "wild.mkv", (0.0, 0.1, 0.2, 1e5))
    with open_media(path) as container:
        frames = frames_from(container, video_stream(container), 0.0)
        assert [next(frames).time for _ in range(3)] == pytest.approx([0.0, 0.1, 0.2])
        with pytest.raises(MediaError, match="time stamp"):
            next(frames)


def test_a_last_frame_that_claims_to_last_for_long_stands_for_a_second(tmp_path):
    path = tmp_path / "long.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"tune": "zerolatency"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        frames = [av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8)) for _ in TENTHS]
        packets = [packet for frame in [*frames, None] for packet in stream.encode(frame)]
        packets[-1].duration = round(1_000 / packets[-1].time_base)
        container.mux(packets)
    assert sampled(path)[-1] < 3.0


def test_an_only_picture_says_so(tmp_path):
    only = list(sample_frames(counted(tmp_path / "one.mkv", (0.0,)), per_s=5, short_side=60))
    two = list(sample_frames(counted(tmp_path / "two.mkv", (0.0, 0.1)), per_s=5, short_side=60))
    assert [look.is_only for look in only] == [True]
    assert not any(look.is_only for look in two)
