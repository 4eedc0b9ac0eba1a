"""FFmpeg avoids gathered loads on AMD's processors, and its pictures stay what they are."""

from __future__ import annotations

import ctypes
import platform
import types
from fractions import Fraction

import av
import numpy as np
import pytest
from av.video import reformatter
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter

from affuse.media.geometry import Scaler
from affuse.media.processor import mark_slow_gathers

SLOW_GATHERS = 0x2000000
EXACT = Interpolation.AREA | 0x2000 | 0x40000

on_linux = pytest.mark.skipif(
    platform.system() != "Linux" or platform.machine() != "x86_64",
    reason="FFmpeg's functions are found there",
)


@pytest.fixture
def ffmpeg():
    """FFmpeg's own functions; afterwards it finds out about the processor by itself."""
    loaded = ctypes.CDLL(reformatter.__file__)
    loaded.av_force_cpu_flags(-1)
    mark_slow_gathers.cache_clear()
    yield loaded
    loaded.av_force_cpu_flags(-1)
    mark_slow_gathers.cache_clear()


def processors(tmp_path, vendor: str):
    path = tmp_path / "cpuinfo"
    path.write_text(f"processor\t: 0\nvendor_id\t: {vendor}\ncpu family\t: 26\n", "ascii")
    return path


def noise(width: int, height: int, colours: ColorRange = ColorRange.MPEG) -> av.VideoFrame:
    frame = av.VideoFrame(width, height, "yuv420p")
    rng = np.random.default_rng(width)
    for plane in frame.planes:
        plane.update(rng.integers(0, 256, plane.buffer_size, np.uint8).tobytes())
    frame.color_range = colours
    return frame


@on_linux
@pytest.mark.parametrize(("vendor", "avoided"), [("AuthenticAMD", True), ("GenuineIntel", False)])
def test_gathers_are_avoided_where_they_are_slow(ffmpeg, tmp_path, vendor, avoided):
    usual = ffmpeg.av_get_cpu_flags()
    assert mark_slow_gathers(reformatter, processors(tmp_path, vendor)) is avoided
    assert ffmpeg.av_get_cpu_flags() == (usual | SLOW_GATHERS if avoided else usual)


def test_where_nothing_is_known_ffmpeg_decides(tmp_path):
    mark_slow_gathers.cache_clear()
    assert not mark_slow_gathers(reformatter, tmp_path / "absent")
    module = types.ModuleType("without_a_library")
    module.__file__ = str(tmp_path / "absent.so")
    assert not mark_slow_gathers(module, processors(tmp_path, "AuthenticAMD"))


@on_linux
@pytest.mark.parametrize("size", [(1280, 720), (642, 362)], ids=str)
def test_pictures_are_the_same_with_and_without_gathers(ffmpeg, tmp_path, size):
    frame = noise(*size)
    pictures = []
    for vendor in ("GenuineIntel", "AuthenticAMD"):
        mark_slow_gathers.cache_clear()
        mark_slow_gathers(reformatter, processors(tmp_path, vendor))
        small = VideoReformatter().reformat(frame, 227, 128, "rgb24", interpolation=EXACT)
        pictures.append(small.to_ndarray())
    assert np.array_equal(*pictures)


@pytest.mark.parametrize("colours", [ColorRange.MPEG, ColorRange.JPEG], ids=str)
@pytest.mark.parametrize("size", [(1280, 720), (642, 362), (480, 640)], ids=str)
def test_colours_are_those_of_converting_pixel_by_pixel(size, colours):
    frame = noise(*size, colours)
    given = Scaler("noise")(frame, 128, Fraction(1))
    small = VideoReformatter().reformat(
        frame, given.shape[1], 128, "yuv444p", interpolation=EXACT, threads=1
    )
    pixels = VideoReformatter().reformat(
        small, given.shape[1], 128, "rgb24", interpolation=EXACT, threads=1
    )
    assert np.array_equal(given, pixels.to_ndarray())
