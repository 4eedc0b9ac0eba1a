"""Single faces and single voices, as arrays."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import soxr
from recordings import RATE, fitted, spoken
from tiny_bundle import face_member, tiny_bundle, voice_member

from affuse.errors import BundleError, FeatureError
from affuse.predict.recogniser import Recogniser


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (5, 48, 48), np.uint8)


def test_faces_give_seven_probabilities_each(recogniser, images):
    output = recogniser.faces(images)
    assert output.shape == (5, 7)
    assert output.sum(axis=1) == pytest.approx(1)


def test_dark_and_bright_faces_differ_as_the_graph_says(recogniser):
    output = recogniser.faces(np.stack([np.full((48, 48), grey, np.uint8) for grey in (10, 245)]))
    assert output.argmax(axis=1).tolist() == [0, 6]


def test_colour_size_and_number_do_not_matter(recogniser, images):
    grey = recogniser.faces(images)
    assert recogniser.faces(np.repeat(images[..., None], 3, axis=3)) == pytest.approx(grey)
    large = [cv2.resize(image, (96, 144), interpolation=cv2.INTER_NEAREST) for image in images]
    assert recogniser.faces(large) == pytest.approx(grey, abs=1e-6)
    many = np.tile(images, (20, 1, 1))
    assert recogniser.faces(many) == pytest.approx(np.tile(grey, (20, 1)), abs=1e-6)
    assert recogniser.faces(np.zeros((0, 48, 48), np.uint8)).shape == (0, 7)


def test_colour_is_rgb(recogniser):
    red = np.zeros((1, 48, 48, 3), np.uint8)
    red[..., 0] = 255
    assert recogniser.faces(red) == pytest.approx(
        recogniser.faces(np.full((1, 48, 48), 76, np.uint8))
    )


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (
            np.zeros((48, 48), np.uint8),
            r"one image of shape \(48, 48\) was given; expected several",
        ),
        (np.zeros((48, 48, 3), np.uint8), r"give image\[None\] for a single one"),
        (np.zeros((2, 48, 48)), r"image 0 has shape \(48, 48\) and type float64; expected"),
        (np.zeros((2, 48, 48, 4), np.uint8), r"image 0 has shape \(48, 48, 4\)"),
        (
            [np.zeros((48, 48), np.uint8), np.zeros((0, 48), np.uint8)],
            r"image 1 has shape \(0, 48\)",
        ),
    ],
)
def test_other_images_are_refused(recogniser, images, message):
    with pytest.raises(FeatureError, match=message):
        recogniser.faces(images)


def test_voices_give_eight_probabilities(recogniser):
    output = recogniser.voices(spoken(), RATE)
    assert output.shape == (8,)
    assert output.sum() == pytest.approx(1)


def test_rate_and_level_do_not_matter(recogniser):
    output = recogniser.voices(spoken(), RATE)
    assert recogniser.voices(spoken() / 100, RATE) == pytest.approx(output, abs=1e-3)
    low = soxr.resample(spoken(), RATE, 16_000)
    assert recogniser.voices(low, 16_000) == pytest.approx(output, abs=1e-3)


def test_a_long_voice_is_the_mean_of_its_windows(recogniser):
    long = fitted(soxr.resample(spoken(), RATE, 16_000), 12.5, 16_000)
    parts = [long[first : first + 80_000] for first in (0, 40_000, 80_000, 120_000)]
    expected = np.mean([recogniser.voices(part, 16_000) for part in parts], axis=0)
    assert recogniser.voices(long, 16_000) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("signal", [np.zeros(16_000), np.full(16_000, 1e-7), np.ones(1)])
def test_even_silence_gets_an_answer(recogniser, signal):
    assert recogniser.voices(signal, 16_000).sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("signal", "rate", "message"),
    [
        (np.zeros((2, 100)), 16_000, r"shape \(2, 100\) and type float64 was given; expected"),
        (np.zeros(0), 16_000, r"shape \(0,\)"),
        (np.zeros(100, np.int16), 16_000, r"type int16 .* \(32768 for int16\)"),
        (np.array([0.0, np.nan, np.inf]), 16_000, r"2 of 3 samples are NaN or infinite"),
        (np.zeros(100), 0, r"sample rate 0 was given; expected a positive one, in Hz"),
    ],
)
def test_other_signals_are_refused(recogniser, signal, rate, message):
    with pytest.raises(FeatureError, match=message):
        recogniser.voices(signal, rate)


def test_a_bundle_without_such_a_network_says_so(images):
    only_face = Recogniser(tiny_bundle([face_member()]))
    only_voice = Recogniser(tiny_bundle([voice_member()]))
    with pytest.raises(BundleError, match=r"has no network for voices .*, but face \(video\); exp"):
        only_face.voices(spoken(), RATE)
    with pytest.raises(BundleError, match=r"has no network for single faces .*, but voice \(audi"):
        only_voice.faces(images)
