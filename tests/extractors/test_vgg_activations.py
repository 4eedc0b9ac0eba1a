"""VGG16 layer by layer."""

from __future__ import annotations

import numpy as np
import pytest

import affuse
from affuse.errors import FeatureError, WeightsError


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(3).integers(0, 256, (2, 64, 96, 3), np.uint8)


@pytest.fixture(scope="module")
def found(images):
    return affuse.vgg16_activations(images)


def test_each_block_halves_the_picture(found):
    assert list(found)[:2] == ["conv1_1", "conv1_2"]
    assert len(found) == 14
    assert found["conv1_2"].shape == (2, 64, 96, 64)
    assert found["conv3_3"].shape == (2, 16, 24, 256)
    assert found["features"].shape == (2, 2, 3, 512)


def test_a_layer_is_the_convolution_of_the_one_before(found, images):
    """The middle pixel of the first layer, by hand, from the weights themselves."""
    from affuse.extractors.vgg.framing import BGR_MEANS
    from affuse.extractors.vgg.weights import untrained_weights

    kernel = untrained_weights(0)["conv1_1"].kernel
    bgr = images[0, 9:12, 19:22, ::-1].astype(np.float64) - BGR_MEANS["vgg-face"]
    by_hand = np.maximum(np.einsum("rcb,rcbo->o", bgr, kernel), 0)
    assert np.allclose(found["conv1_1"][0, 10, 20], by_hand, rtol=1e-4, atol=1e-3)


def test_the_trunk_is_the_last_layer_pooled_and_what_the_extractor_gives(found, images):
    last = found["conv5_3"]
    pooled = last[:, :4, :6].reshape(2, 2, 2, 3, 2, 512).max(axis=(2, 4))
    assert np.allclose(found["features"], pooled)
    own = affuse.extractor("vgg_face", height=64, duration_s=2 / 30, fps=30)
    wide = np.zeros((2, 64, 113, 3), np.uint8)
    extracted = own.extract(iter(wide))
    direct = affuse.vgg16_activations(wide)["features"]
    assert np.allclose(extracted, direct, rtol=2e-3, atol=1e-2)


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((64, 64, 3), np.uint8), np.zeros((1, 64, 64, 3)), np.zeros((1, 31, 64, 3), np.uint8)],
)
def test_other_arrays_are_refused(wrong):
    with pytest.raises(FeatureError, match=r"expected \(n, height, width, 3\) uint8, RGB"):
        affuse.vgg16_activations(wrong)


def test_unknown_weights_and_preprocessing_are_refused(images):
    with pytest.raises(WeightsError, match=r"'nothing\.h5' were given"):
        affuse.vgg16_activations(images, "nothing.h5")
    with pytest.raises(FeatureError, match="preprocessing 'vgg' was given; expected one of vgg-fa"):
        affuse.vgg16_activations(images, preprocessing="vgg")
