"""Blur, darkness, lost frames: by known amounts, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from affuse.media.degrade_picture import Blur, Darken, DropFrames, Image


@pytest.fixture
def frames(rng: np.random.Generator) -> list[Image]:
    """Forty frames of noise, 64 x 96."""
    return list(rng.integers(0, 256, (40, 64, 96, 3), np.uint8))


def numbered(n_frames: int, first: int = 0) -> list[Image]:
    return [np.full((2, 2, 3), first + number, np.uint8) for number in range(n_frames)]


def numbers(frames: Iterator[Image]) -> list[int]:
    return [int(frame[0, 0, 0]) for frame in frames]


def spectrum(frame: Image) -> tuple[float, float]:
    """Power at low and at high frequencies of the rows."""
    power = np.abs(np.fft.rfft(frame.astype(float).mean(axis=2) - frame.mean(), axis=1)) ** 2
    return float(power[:, 1:4].mean()), float(power[:, 24:].mean())


def test_blur_takes_high_frequencies_and_keeps_low_ones(frames):
    (blurred,) = Blur(0.02)(frames[:1])
    before, after = spectrum(frames[0]), spectrum(blurred)
    assert after[0] > 0.2 * before[0]
    assert after[1] < 0.01 * before[1]
    assert blurred.mean() == pytest.approx(frames[0].mean(), abs=1)


def test_blur_means_the_same_at_any_size():
    widths = []
    for height in (50, 100):
        line = np.zeros((height, 2 * height, 3), np.uint8)
        line[:, height] = 255
        (blurred,) = Blur(0.04)([line])
        profile = blurred[height // 2, :, 0].astype(float)
        at = np.arange(len(profile)) - height
        widths.append(np.sqrt((profile * at**2).sum() / profile.sum()) / height)
    assert widths == pytest.approx([0.04, 0.04], rel=0.1)


def test_dark_scales_every_level(frames):
    (dark,) = Darken(0.3)(frames[:1])
    np.testing.assert_array_equal(dark, np.rint(0.3 * frames[0].astype(float)))
    assert dark.dtype == np.uint8


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_share_of_frames_is_lost_and_the_one_before_holds(share):
    seen = numbers(DropFrames(share)(numbered(200)))
    assert len(seen) == 200
    assert seen[0] == 0
    fresh = [number for position, number in enumerate(seen) if number == position]
    assert len(fresh) == round((1 - share) * 200)
    assert seen == sorted(seen)


def test_which_frames_are_lost_follows_from_the_first():
    one, again, other = (numbers(DropFrames(0.5)(numbered(60, n))) for n in (0, 0, 1))
    assert one == again
    assert one != [number - 1 for number in other]


def test_a_frame_that_holds_stays_one_array(frames):
    held = [frames[0], frames[0], frames[1]]
    for degradation in (Blur(0.02), Darken(0.5)):
        first, second, third = degradation(held)
        assert first is second
        assert third is not second
    whole = list(DropFrames(0.9)(frames))
    assert len({id(frame) for frame in whole}) == 4
    assert {id(frame) for frame in whole} <= {id(frame) for frame in frames}


def test_no_frames_give_none():
    for degradation in (Blur(0.02), Darken(0.5), DropFrames(0.5)):
        assert list(degradation([])) == []
