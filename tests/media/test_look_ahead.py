"""Pictures that nobody looks at are passed over; those that are looked at stay the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from media_files import cut
from moving_files import B_FRAMES, HEIGHT, HEVC, PYRAMID, RATE, N, moving, remuxed

from affuse.errors import CutShort
from affuse.media.decode import frames_from, open_media, video_stream
from affuse.media.grid import Grid, Line, Shown
from affuse.media.look_ahead import Passed
from affuse.media.shown import shown_frames, timed_frames
from affuse.media.video import read_frames, sample_frames

SPARSE = Grid(0.0, 5.0, None, 1)
SIXTH = Grid(0.5, 30.0, 50, 6)


def everything(path: Path, grid: Grid) -> Iterator[Shown[Any]]:
    """What fills wanted positions when every picture is decoded."""
    with open_media(path) as container:
        line, stream = Line(grid), video_stream(container)
        stream.codec_context.thread_count = 1
        for timed in timed_frames(container, stream, grid.begin_s):
            shown = line.fill(timed)
            if shown is not None and grid.n_wanted(shown.first, shown.end):
                yield shown
            if grid.slot(timed.end_s) == grid.n_slots:
                return


def chosen(path: Path, grid: Grid, n_threads: int = 1) -> Iterator[Shown[Any]]:
    """What fills them when some are passed over; ends where a file is cut short."""
    with open_media(path) as container:
        stream = video_stream(container)
        stream.codec_context.thread_count = n_threads
        stream.thread_type = "AUTO"
        try:
            for shown in shown_frames(container, stream, grid):
                if grid.n_wanted(shown.first, shown.end):
                    yield shown
        except CutShort:
            pass


def compared(shown: Shown[Any]) -> tuple[object, ...]:
    pixels = hashlib.sha256(shown.frame.to_ndarray().tobytes()).hexdigest()
    return shown.first, shown.end, shown.start_s, shown.frame.pts, pixels


def same(path: Path, grid: Grid, n_threads: int = 1) -> bool:
    given = [compared(shown) for shown in chosen(path, grid, n_threads)]
    return given == [compared(shown) for shown in everything(path, grid)] and len(given) > 5


@pytest.fixture
def once_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is decoded a second time is a failure."""
    monkeypatch.delattr("affuse.media.shown.reopened")


def n_passed(path: Path, grid: Grid = SPARSE) -> int:
    with open_media(path) as container:
        frames = frames_from(container, video_stream(container), grid.begin_s, grid)
        return sum(isinstance(frame, Passed) for frame in frames)


KINDS = {
    "b-frames.mp4": ("libx264", B_FRAMES, {}, 15),
    "b-frames.mkv": ("libx264", B_FRAMES, {}, 15),
    "b-frames.ts": ("libx264", B_FRAMES, {}, 15),
    "b-frames.flv": ("libx264", B_FRAMES, {}, 15),
    "pyramid.mp4": ("libx264", PYRAMID, {}, 15),
    "pyramid.mov": ("libx264", PYRAMID, {}, 15),
    "none.mp4": ("libx264", {"x264-params": "bframes=0"}, {}, 0),
    "hevc.mp4": ("libx265", HEVC, {}, 15),
    "vp9.webm": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8"}, {}, 0),
    "asp.mp4": ("mpeg4", {}, {"b_frames": 2}, 25),
    "asp.avi": ("mpeg4", {}, {"b_frames": 2}, 25),
    "mpeg2.ts": ("mpeg2video", {}, {"b_frames": 2}, 25),
    "still.avi": ("mjpeg", {}, {}, 40),
    "still.mov": ("mjpeg", {}, {}, 40),
}
"""File -> its encoder, options, and how many of 60 pictures are passed over at least."""


@pytest.mark.usefixtures("once_only")
@pytest.mark.parametrize("name", KINDS)
def test_what_is_looked_at_is_what_a_full_decode_gives(tmp_path, name):
    codec, options, known, least = KINDS[name]
    if codec not in av.codecs_available:
        pytest.skip(f"this FFmpeg has no {codec}")
    path = moving(tmp_path / name, codec, options, **known)
    assert same(path, SPARSE, n_threads=2)
    assert same(path, SIXTH)
    assert n_passed(path) >= least
    assert (n_passed(path) > 0) == (least > 0)


AT_OPENING = {"b-frames.mp4": 0, "pyramid.mov": 0, "none.mp4": 0, "hevc.mp4": 1, "b-frames.mkv": 1}
"""File -> whether pictures are decoded at opening: a table tells how those of H.264 are ordered."""


@pytest.mark.parametrize("name", AT_OPENING)
def test_pictures_that_are_not_decoded_at_opening_are_the_same(tmp_path, name):
    codec, options, known, _ = KINDS[name]
    if codec not in av.codecs_available:
        pytest.skip(f"this FFmpeg has no {codec}")
    path = moving(tmp_path / name, codec, options, **known)
    with open_media(path, only="picture") as container:
        stream = video_stream(container)
        # Only a decoded picture tells its format.
        assert (stream.codec_context.pix_fmt is not None) == AT_OPENING[name]
        pictures = [(frame.pts, bytes(frame.planes[0])) for frame in container.decode(stream)]
    with open_media(path) as container:
        stream = video_stream(container)
        assert stream.codec_context.pix_fmt == "yuv420p"
        full = [(frame.pts, bytes(frame.planes[0])) for frame in container.decode(stream)]
    assert pictures == full
    assert [pts for pts, _ in full] == sorted(pts for pts, _ in full)
    assert len(full) == N


@pytest.mark.parametrize("name", ["late.mp4", "fragments.mp4"])
def test_where_the_table_does_not_tell_all_pictures_are_decoded_at_opening(tmp_path, name):
    begin = 40 if name == "late.mp4" else 0
    times = [begin + 40 * n for n in range(N)]
    path = moving(tmp_path / f"whole-{name}", "libx264", B_FRAMES, times=times)
    whole = {"movflags": "frag_every_frame+empty_moov+default_base_moof"}
    path = remuxed(path, tmp_path / name, whole if name == "fragments.mp4" else {})
    with open_media(path, only="picture") as container:
        assert video_stream(container).codec_context.pix_fmt == "yuv420p"


def test_pictures_at_uneven_times_too(tmp_path):
    steps = np.random.default_rng(1).integers(10, 90, N)
    times = np.cumsum(steps) - steps[0]
    path = moving(tmp_path / "uneven.mp4", "libx264", B_FRAMES, times=times.tolist())
    assert same(path, SPARSE)
    assert n_passed(path) > 10


def test_a_camera_that_was_off(tmp_path):
    times = [*range(0, 1200, 40), *range(9000, 10_200, 40)]
    path = moving(tmp_path / "off.mkv", "libx264", B_FRAMES, times=times)
    assert same(path, SPARSE)
    assert n_passed(path) > 10


@pytest.mark.parametrize("name", ["raw.h264", "guessed.avi"])
def test_without_time_stamps_or_with_guessed_ones_all_is_decoded(tmp_path, name):
    """Raw H.264 states none; in AVI, FFmpeg makes up stamps that know nothing of B-frames."""
    path = moving(tmp_path / name, "libx264", B_FRAMES)
    assert n_passed(path) == 0
    assert same(path, SPARSE)


def test_an_interlaced_stream_is_decoded_wholly(tmp_path):
    """A packet may be one field of two."""
    options = {"x264-params": "bframes=3:b-adapt=0:tff=1"}
    path = moving(tmp_path / "fields.mp4", "libx264", options)
    assert n_passed(path) == 0
    assert same(path, SPARSE)


@pytest.mark.parametrize("share", [0.6, 0.9])
@pytest.mark.parametrize("name", ["pyramid.ts", "pyramid.mkv", "fragments.mp4"])
def test_a_file_that_is_cut_short_gives_all_that_is_there(tmp_path, name, share):
    whole = moving(tmp_path / f"whole-{name}", "libx264", PYRAMID)
    if name == "fragments.mp4":
        options = {"movflags": "frag_every_frame+empty_moov+default_base_moof"}
        whole = remuxed(whole, tmp_path / "fragments.mp4", options)
    path = cut(whole, tmp_path / name, share)
    given, full = ([compared(s) for s in way(path, SPARSE)] for way in (chosen, everything))
    assert given == full
    assert share > 0.8 or 0 < len(full) < N * 5 // RATE


def test_where_a_picture_is_lost_one_that_was_passed_over_is_decoded_after_all(tmp_path):
    """The one looked at is damaged: the one before it stands for both, as before."""
    whole = moving(tmp_path / "whole.mp4", "libx264", B_FRAMES)
    lost = list(everything(whole, SPARSE))[5].frame.pts
    path = tmp_path / "lost.mp4"
    remuxed(whole, path, {}, lost_pts=lost)
    shown = list(everything(path, SPARSE))
    assert lost not in [one.frame.pts for one in shown]
    assert len(shown) == 12
    given = [compared(one) for one in chosen(path, SPARSE)]
    assert given == [compared(one) for one in shown]


@pytest.mark.parametrize("suffix", ["ts", "mkv", "avi"])
def test_damaged_pictures_are_mended_as_when_everything_is_decoded(tmp_path, suffix):
    """A decoder mends them from the last picture that it had, whichever that is."""
    whole = moving(tmp_path / f"whole.{suffix}", "libx264", PYRAMID).read_bytes()
    for seed in range(4):
        random = np.random.default_rng(seed)
        content = np.frombuffer(whole, np.uint8).copy()
        content[random.integers(len(content) // 5, len(content), 12)] ^= 64
        path = tmp_path / f"{seed}.{suffix}"
        path.write_bytes(content.tobytes())
        full = [compared(shown) for shown in everything(path, SPARSE)]
        assert len(full) > 3
        for n_threads in (1, 2):
            assert [compared(shown) for shown in chosen(path, SPARSE, n_threads)] == full


@pytest.mark.parametrize("number", [30, 35])
def test_a_picture_that_others_refer_to_is_lost_with_them(tmp_path, number):
    """What was passed over would have been lost too, and does not end the picture before it."""
    if "libx265" not in av.codecs_available:
        pytest.skip("this FFmpeg has no libx265")
    whole = moving(tmp_path / "whole.mp4", "libx265", HEVC)
    path = remuxed(whole, tmp_path / "lost.mp4", {}, lost_pts=number * 512)
    full, given = ([compared(s) for s in way(path, SPARSE)] for way in (everything, chosen))
    assert [(*one[:2], one[3:]) for one in given] == [(*one[:2], one[3:]) for one in full]
    assert full != [compared(one) for one in everything(whole, SPARSE)]


def test_the_whole_file_is_looked_at_but_for_what_others_do_without(tmp_path):
    """`sample_frames` and `read_frames` give the pictures of the full grid."""
    path = moving(tmp_path / "b.mp4", "libx264", B_FRAMES)
    dense = list(read_frames(path, height=HEIGHT, fps=RATE))
    sixth = list(read_frames(path, height=HEIGHT, fps=RATE, frame_step=6))
    assert len(sixth) == 10
    for number, image in enumerate(sixth):
        np.testing.assert_array_equal(image, dense[6 * number])
    sampled = sample_frames(path, per_s=5.0, short_side=HEIGHT)
    sparse = [look for look in sampled if look.n_positions]
    assert [look.time_s for look in sparse] == pytest.approx(np.arange(12) / 5)
    # A position's picture is the last to begin before the next position is nearer.
    for number, look in enumerate(sparse):
        np.testing.assert_array_equal(look.image, dense[5 * number + 2])
