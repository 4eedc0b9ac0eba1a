from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from affuse.config import Config, load_config
from affuse.errors import FeatureError, WeightsError
from affuse.extractors import vgg_face
from affuse.extractors.vgg.framing import BGR_MEANS, on_canvas
from affuse.extractors.vgg.graph import trunk
from affuse.extractors.vgg.weights import BLOCKS, Weights, read_weights, untrained_weights
from affuse.extractors.vgg_face import VggFace, make
from affuse.media.video import read_frames

WEIGHTS = "features.vgg_face.weights"


def in_torch(
    weights: Weights, frames: NDArray[np.uint8], bgr_means: tuple[float, float, float]
) -> NDArray[np.float32]:
    """The oracle: the same layers, one after the other, as the papers draw them."""
    import torch
    from torch.nn.functional import conv2d, max_pool2d

    bgr = frames[..., ::-1].astype(np.float32) - np.array(bgr_means, np.float32)
    value = torch.from_numpy(np.ascontiguousarray(bgr.transpose(0, 3, 1, 2)))
    for block, widths in enumerate(BLOCKS, start=1):
        for position in range(1, len(widths) + 1):
            layer = weights[f"conv{block}_{position}"]
            kernel = torch.from_numpy(np.ascontiguousarray(layer.kernel.transpose(3, 2, 0, 1)))
            value = conv2d(value, kernel, torch.from_numpy(layer.bias), padding=1).relu()
        value = max_pool2d(value, 2)
    return np.asarray(value.permute(0, 2, 3, 1))


def by_hand(extractor: VggFace, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    (features,) = vgg_face._session(extractor.model).run(["features"], {"frames": frames})
    return np.asarray(features)


def relative_error(found: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    return float(np.abs(found - expected).max() / np.abs(expected).max())


@pytest.fixture
def noise(rng: np.random.Generator, untrained: VggFace) -> list[NDArray[np.uint8]]:
    """Three frames as the tiny extractor takes them."""
    shape = (3, untrained.decoding.height, untrained.view.width, 3)
    return list(rng.integers(0, 256, shape, np.uint8))


def test_graph_equals_plain_torch(untrained: VggFace, rng: np.random.Generator) -> None:
    frames = rng.integers(0, 256, (2, 64, 97, 3), np.uint8)
    found = by_hand(untrained, frames)
    assert found.shape == (2, 2, 3, 512)
    expected = in_torch(untrained_weights(0), frames, BGR_MEANS["vgg-face"])
    assert relative_error(found, expected) < 1e-3


@pytest.mark.data
def test_graph_equals_plain_torch_with_real_weights(shared_data: Path) -> None:
    path = shared_data / "weights" / "vgg16_imagenet.h5"
    settings = [f"{WEIGHTS}={path}", "features.vgg_face.preprocessing=imagenet"]
    extractor = make(load_config("quick", settings))
    clip = shared_data / "clips" / "W036_level_3_happy_007.mp4"
    frame = next(read_frames(clip, height=128))
    assert frame.shape == (128, 227, 3)
    found = by_hand(extractor, frame[None])
    expected = in_torch(read_weights(path), frame[None], BGR_MEANS["imagenet"])
    assert found.shape == (1, 4, 7, 512)
    assert relative_error(found, expected) < 1e-3
    assert extractor.label == "VGG16 (vgg16_imagenet)"


def test_features_of_frames_are_in_order(
    untrained: VggFace, noise: list[NDArray[np.uint8]]
) -> None:
    features = untrained.extract(noise)
    assert features.shape == untrained.shape == (3, 1, 1, 512)
    assert features.dtype == np.float16
    expected = by_hand(untrained, np.stack(noise))
    np.testing.assert_allclose(features, expected, rtol=2e-3, atol=0.5)


def test_short_clip_repeats_its_last_frame(
    untrained: VggFace, noise: list[NDArray[np.uint8]]
) -> None:
    whole, short = untrained.extract(noise), untrained.extract(noise[:2])
    np.testing.assert_array_equal(short[:2], whole[:2])
    np.testing.assert_array_equal(short[2], short[1])


def test_frame_that_holds_is_run_once(untrained: VggFace, noise: list[NDArray[np.uint8]]) -> None:
    runs = [images for images, _ in vgg_face._batches([noise[0], noise[0], noise[1]])]
    assert [len(images) for images in runs] == [2]
    features = untrained.extract([noise[0], noise[0], noise[1]])
    np.testing.assert_array_equal(features[0], features[1])
    assert not np.array_equal(features[1], features[2])


def test_frames_are_run_a_few_at_a_time(noise: list[NDArray[np.uint8]]) -> None:
    frames = [noise[0].copy() for _ in range(11)]
    assert [len(images) for images, _ in vgg_face._batches(frames)] == [4, 4, 3]


def test_batches_do_not_change_the_numbers(untrained: VggFace, rng: np.random.Generator) -> None:
    longer = replace(untrained, decoding=replace(untrained.decoding, duration_s=0.4))
    frames = list(rng.integers(0, 256, (6, 32, longer.view.width, 3), np.uint8))
    together = longer.extract(frames)
    alone = [by_hand(longer, frame[None])[0].astype(np.float16) for frame in frames]
    np.testing.assert_allclose(together, alone, rtol=2e-3)


def test_every_picture_fits_the_canvas() -> None:
    means = BGR_MEANS["vgg-face"]
    narrow = np.full((128, 170, 3), 7, np.uint8)
    fitted = on_canvas(narrow, 227, means)
    assert fitted.shape == (128, 227, 3)
    np.testing.assert_array_equal(fitted[:, 28:198], narrow)
    assert fitted[0, 0].tolist() == fitted[-1, -1].tolist() == [129, 105, 94]
    wide = np.arange(300, dtype=np.uint16).astype(np.uint8)[None, :, None].repeat(3, axis=2)
    np.testing.assert_array_equal(on_canvas(wide, 227, means), wide[:, 36:263])


def test_activation_out_of_range_is_refused(
    untrained: VggFace, noise: list[NDArray[np.uint8]]
) -> None:
    """Half precision ends at 65504; anything beyond would be stored as infinity."""
    tall = dict(untrained_weights(0))
    last = tall["conv5_3"]
    tall["conv5_3"] = replace(last, kernel=last.kernel * 1000)
    model = untrained.model.with_name("tall.onnx")
    model.write_bytes(trunk(tall, BGR_MEANS["vgg-face"]).SerializeToString())
    message = r"\(untrained\) gave an activation of .*; expected at most 65504"
    with pytest.raises(FeatureError, match=message):
        replace(untrained, model=model).extract(noise)


def test_untrained_says_so_and_names_its_seed(untrained: VggFace, tiny_config: Config) -> None:
    assert untrained.label == "VGG16 (untrained)"
    assert untrained.settings() == {
        "weights": "untrained, seed 0",
        "preprocessing": "vgg-face",
    }
    assert pickle.loads(pickle.dumps(untrained)) == untrained


def test_graph_is_built_once(tiny_config: Config, private_cache: Path) -> None:
    first = make(tiny_config)
    assert first.model.is_relative_to(private_cache)
    stamp = first.model.stat().st_mtime_ns
    assert make(tiny_config) == first
    assert first.model.stat().st_mtime_ns == stamp
    assert [path.name for path in first.model.parent.iterdir()] == [first.model.name]


def test_weights_that_do_not_exist_are_refused() -> None:
    with pytest.raises(WeightsError, match=r"'imagenet.h5' were given; expected 'vgg-face'"):
        make(load_config("quick", [f"{WEIGHTS}=imagenet.h5"]))
