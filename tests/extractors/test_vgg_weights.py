from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from affuse.errors import WeightsError
from affuse.extractors.vgg.weights import layer_shapes, read_weights, untrained_weights

Layout = Callable[[str], tuple[str, str]]

LAYOUTS: dict[str, Layout] = {
    "published": lambda n: (f"{n}/{n}/kernel:0", f"{n}/{n}/bias:0"),
    "flat": lambda n: (f"{n}/kernel:0", f"{n}/bias:0"),
    "old Keras": lambda n: (f"{n}/{n}_W:0", f"{n}/{n}_b:0"),
    "nested": lambda n: (f"{n}/{n}/{n}_W:0", f"{n}/{n}/{n}_b:0"),
    "whole model": lambda n: (f"model_weights/{n}/{n}/kernel:0", f"model_weights/{n}/{n}/bias:0"),
}


def keras_file(
    path: Path, layout: str = "published", shapes: dict[str, tuple[int, ...]] | None = None
) -> Path:
    """Weights of zeros, which cost no room; the first layer's are filled."""
    rng = np.random.default_rng(1)
    with h5py.File(path, "w") as file:
        for name, shape in (layer_shapes() if shapes is None else shapes).items():
            kernel, bias = LAYOUTS[layout](name)
            file.create_dataset(kernel, shape, "f4")
            file.create_dataset(bias, shape[3:], "f4")
            if name == "conv1_1":
                file[kernel][...] = rng.standard_normal(shape)
        file.create_group("fc6").create_dataset("fc6/kernel:0", (4, 4), "f4")
    return path


def test_there_are_13_convolutions() -> None:
    shapes = layer_shapes()
    assert len(shapes) == 13
    assert shapes["conv1_1"] == (3, 3, 3, 64)
    assert shapes["conv5_3"] == (3, 3, 512, 512)
    assert sum(np.prod(shape) + shape[3] for shape in shapes.values()) == 14_714_688


@pytest.mark.parametrize("layout", list(LAYOUTS))
def test_every_layout_is_read(tmp_path: Path, layout: str) -> None:
    weights = read_weights(keras_file(tmp_path / "weights.h5", layout))
    assert list(weights) == list(layer_shapes())
    expected = np.random.default_rng(1).standard_normal((3, 3, 3, 64)).astype(np.float32)
    np.testing.assert_array_equal(weights["conv1_1"].kernel, expected)
    assert weights["conv5_3"].bias.shape == (512,)


def test_missing_layer_is_named(tmp_path: Path) -> None:
    shapes = {name: shape for name, shape in layer_shapes().items() if name != "conv4_2"}
    path = keras_file(tmp_path / "weights.h5", shapes=shapes)
    message = r"weights.h5 has no layer conv4_2; expected the 13 convolutions.*found conv1_1, conv"
    with pytest.raises(WeightsError, match=message):
        read_weights(path)


def test_wrong_shape_is_named(tmp_path: Path) -> None:
    shapes = {**layer_shapes(), "conv2_1": (3, 3, 64, 100)}
    message = r"layer conv2_1 has a kernel of shape \(3, 3, 64, 100\); expected \(3, 3, 64, 128\)"
    with pytest.raises(WeightsError, match=message):
        read_weights(keras_file(tmp_path / "weights.h5", shapes=shapes))


def test_missing_and_doubled_arrays_are_named(tmp_path: Path) -> None:
    path = keras_file(tmp_path / "weights.h5")
    with h5py.File(path, "a") as file:
        del file["conv3_2/conv3_2/bias:0"]
    with pytest.raises(WeightsError, match=r"conv3_2 has a bias of shape none; expected \(256,\)"):
        read_weights(path)
    with h5py.File(path, "a") as file:
        file.create_dataset("conv3_2/conv3_2/bias:0", (256,), "f4")
        file.create_dataset("conv1_1/other/bias:0", (64,), "f4")
    with pytest.raises(WeightsError, match=r"bias of shape \(64,\) and \(64,\); expected \(64,\)"):
        read_weights(path)


def test_numbers_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    path = keras_file(tmp_path / "weights.h5")
    with h5py.File(path, "a") as file:
        file["conv1_2/conv1_2/bias:0"][3] = np.nan
    with pytest.raises(WeightsError, match="the bias of layer conv1_2 holds NaN or infinity"):
        read_weights(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.h5").write_text("no weights")
    with pytest.raises(WeightsError, match=r"text.h5 is no HDF5 file \(10 bytes\); expected"):
        read_weights(tmp_path / "text.h5")
    with pytest.raises(WeightsError, match="expected 'vgg-face', 'untrained' or the path of"):
        read_weights(tmp_path / "vgg_face")


def test_untrained_weights_come_from_their_seed() -> None:
    first, again, other = (untrained_weights(seed)["conv3_1"].kernel for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.std() == pytest.approx(np.sqrt(2 / (9 * 128)), rel=0.01)
