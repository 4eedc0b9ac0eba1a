"""The learned feature of every frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from affuse.errors import FeatureError
from affuse.features.stored_arrays import StoredArrays
from affuse.models.feature_layer import FeatureLayer


@pytest.fixture
def frames(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    labels = np.array([1, 3] * 5)
    values = rng.standard_normal((10, 7, 2, 3, 4)) + labels[:, None, None, None, None]
    return values.astype(np.float16), labels


def stored(frames: np.ndarray, folder: Path) -> StoredArrays:
    paths = tuple(folder / f"{row}.npy" for row in range(len(frames)))
    for path, array in zip(paths, frames, strict=True):
        np.save(path, array)
    return StoredArrays(paths, frames.shape[1:])


def test_shape_of_the_lecture():
    frames = np.zeros((2, 120, 4, 7, 512), np.float16)
    features = FeatureLayer(epochs=1, random_state=0).fit(frames, [0, 1]).transform(frames)
    assert features.shape == (2, 120, 21)


def test_frame_after_frame(frames):
    X, y = frames
    layer = FeatureLayer(n_features=5, epochs=3, random_state=0).fit(X, y)
    features = layer.transform(X)
    assert features.shape == (10, 7, 5)
    assert features.dtype == np.float32
    assert features.min() >= 0
    one_frame = layer.transform(X[:, 2:3])
    np.testing.assert_allclose(features[:, 2:3], one_frame, rtol=1e-5, atol=1e-6)


def test_learns_the_emotion_of_single_frames(frames):
    X, y = frames
    layer = FeatureLayer(epochs=100, learning_rate=1e-2, batch_size=16, random_state=0).fit(X, y)
    means = layer.transform(X).reshape(10, 7, 21).mean(axis=1)
    difference = means[y == 3].mean(axis=0) - means[y == 1].mean(axis=0)
    assert np.abs(difference).max() > 1


def test_frames_on_disk_give_the_same_numbers(frames, tmp_path):
    X, y = frames
    in_memory = FeatureLayer(epochs=2, batch_size=16, random_state=0).fit_transform(X, y)
    on_disk = FeatureLayer(epochs=2, batch_size=16, random_state=0).fit_transform(
        stored(X, tmp_path), y
    )
    np.testing.assert_array_equal(in_memory, on_disk)


def test_same_seed_same_features(frames):
    X, y = frames
    layer = FeatureLayer(epochs=2, random_state=1)
    first, second = (clone(layer).fit(X, y).transform(X) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_not_frames():
    with pytest.raises(FeatureError, match=r"shape \(3, 35\) was given .* \(n_clips, n_frames, "):
        FeatureLayer().fit(np.zeros((3, 35)), [0, 1, 0])


def test_frames_of_another_trunk(frames):
    X, y = frames
    layer = FeatureLayer(epochs=1, random_state=0).fit(X, y)
    with pytest.raises(
        FeatureError, match=r"\(2, 3, 2\) were given, .* fitted on \(2, 3, 4\): ext"
    ):
        layer.transform(X[..., :2])
