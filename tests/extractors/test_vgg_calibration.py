"""VGG16 in 8-bit integers, and what it sees of a frame."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn_faces import with_faces
from numpy.typing import NDArray
from small_extractors import link_trunk

from affuse.config import Config, load_config
from affuse.corpora.index import Index
from affuse.errors import ConfigError, FeatureError
from affuse.experiment import extract_configured
from affuse.extractors.vgg import calibration as vgg_calibration
from affuse.extractors.vgg.calibration import N_CLIPS, with_ranges
from affuse.extractors.vgg.framing import faces_in
from affuse.extractors.vgg_face import VggFace, make

TINY = ["media.height=64", "media.duration_s=0.2", "features.vgg_face.frame_step=2", "jobs=1"]
INT8 = "features.vgg_face.precision=int8"


pytestmark = pytest.mark.usefixtures("trunk")


@pytest.fixture(scope="module")
def module_cache(untrained: VggFace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    cache = tmp_path_factory.mktemp("cache")
    link_trunk(untrained, cache)
    return cache


@pytest.fixture
def common_cache(module_cache: Path, trunk: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """For tests that need the graph with integers, and not to see how it is made."""
    monkeypatch.setenv("AFFUSE_CACHE", str(module_cache))
    return module_cache


@pytest.fixture
def tiny_int8() -> Config:
    return load_config("quick", [*TINY, INT8, "features.audio=none"])


def distance(found: NDArray[np.float16], expected: NDArray[np.float16]) -> float:
    """Relative to what is expected."""
    difference = found.astype(np.float32) - expected.astype(np.float32)
    return float(np.linalg.norm(difference) / np.linalg.norm(expected.astype(np.float32)))


def test_integers_come_close_to_single_precision(
    tiny_int8: Config, make_clips: Callable[..., Index], common_cache: Path
) -> None:
    clips = make_clips(3)
    single = make(load_config("quick", TINY))
    config = with_ranges(tiny_int8, clips)
    assert distance(_of_clip(make(config), clips), _of_clip(single, clips)) < 0.1
    too_wide = tuple(100 * value for value in config.features.vgg_face.ranges)
    coarse = make(vgg_calibration._changed(config, ranges=too_wide))
    assert distance(_of_clip(coarse, clips), _of_clip(single, clips)) > 0.1


def _of_clip(extractor: VggFace, clips: Index) -> NDArray[np.float16]:
    from affuse.features.decoding import decoded

    path = clips.clips[0].video
    assert path is not None
    return extractor.extract(decoded(path, extractor.decoding))  # type: ignore[arg-type]


def test_graph_computes_with_integers(
    tiny_int8: Config, make_clips: Callable[..., Index], common_cache: Path
) -> None:
    import onnx

    extractor = make(with_ranges(tiny_int8, make_clips(3)))
    single = make(load_config("quick", TINY))
    assert extractor.model.stat().st_size < 0.3 * single.model.stat().st_size
    kernels = {
        array.name: array.data_type
        for array in onnx.load(extractor.model).graph.initializer
        if array.name.endswith("_kernel")
    }
    whole = [name for name, kind in kernels.items() if kind == onnx.TensorProto.INT8]
    assert len(kernels) == 13
    assert "conv1_1_kernel" not in whole
    assert len(whole) == 12


def test_ranges_become_part_of_the_configuration(
    tiny_int8: Config, make_clips: Callable[..., Index], common_cache: Path
) -> None:
    clips = make_clips(3)
    config = with_ranges(tiny_int8, clips)
    ranges = config.features.vgg_face.ranges
    assert len(ranges) == 13
    assert with_ranges(config, make_clips(1, "others")) == config
    extraction, sources = extract_configured(tiny_int8, clips)
    assert sources["video"].label == "VGG16 (untrained), int8"
    assert sources["video"].settings()["ranges"] == ranges  # type: ignore[union-attr]
    assert len(extraction.table) == 3
    single, _ = extract_configured(load_config("quick", [*TINY, "features.audio=none"]), clips)
    found = extraction.table.arrays["video"][[0]]  # type: ignore[index]
    expected = single.table.arrays["video"][[0]]  # type: ignore[index]
    assert 0.0 < distance(np.asarray(found), np.asarray(expected)) < 0.1


def test_ranges_are_measured_once_and_on_clips_that_can_be_read(
    tiny_int8: Config, make_clips: Callable[..., Index], private_cache: Path
) -> None:
    clips = make_clips(3)
    broken = clips.clips[0].video
    assert broken is not None
    broken.write_bytes(b"no film")
    first = with_ranges(tiny_int8, clips)
    (kept,) = (private_cache / "models").glob("ranges-*.json")
    kept.write_text(json.dumps([1.0] * 13), "utf-8")
    assert with_ranges(tiny_int8, clips).features.vgg_face.ranges == (1.0,) * 13
    assert all(value > 0 for value in first.features.vgg_face.ranges)


def test_clips_without_pictures_are_refused(
    tiny_int8: Config, make_clips: Callable[..., Index], private_cache: Path
) -> None:
    clips = make_clips(1)
    video = clips.clips[0].video
    assert video is not None
    video.write_bytes(b"no film")
    with pytest.raises(FeatureError, match=r"no frame of 1 clip gave .*precision = 'fp32'"):
        with_ranges(tiny_int8, clips)


def test_many_clips_are_sampled_evenly(make_clips: Callable[..., Index]) -> None:
    (clip,) = make_clips(1)
    many = [replace(clip, id=f"{n:03}") for n in range(100)]
    chosen = [clip.id for clip in vgg_calibration._spread(many)]
    assert len(chosen) == N_CLIPS
    assert chosen[0] == "000"
    assert chosen[-1] == "099"


def test_integers_without_ranges_are_refused(tiny_int8: Config) -> None:
    with pytest.raises(ConfigError, match=r"'int8' was given without .*ranges"):
        make(tiny_int8).settings()


@pytest.mark.parametrize("ranges", ["[1.0, 2.0]", "[0.0]", "[1,1,1,1,1,1,1,1,1,1,1,1,-1]"])
def test_ranges_that_cannot_be_are_refused(ranges: str) -> None:
    with pytest.raises(ConfigError, match=r"features\.vgg_face\.ranges"):
        load_config("quick", [f"features.vgg_face.ranges={ranges}"])


def test_device_that_is_not_there_is_refused() -> None:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime has CUDA")
    with pytest.raises(ConfigError, match=r"device 'cuda' was given.*onnxruntime-gpu"):
        make(load_config("quick", [*TINY, "features.vgg_face.device=cuda"]))


def test_centre_is_a_square(private_cache: Path) -> None:
    extractor = make(load_config("quick", [*TINY, "features.vgg_face.crop=centre"]))
    frame = np.zeros((64, 113, 3), np.uint8)
    frame[:, 24:88] = 200
    (seen,) = extractor.view.framed([frame])
    assert seen.shape == (64, 64, 3)
    assert seen.min() == 200
    assert extractor.shape == (3, 2, 2, 512)
    assert extractor.label == "VGG16 (untrained), centre of the frame"
    assert extractor.settings()["crop"] == "centre"


def test_face_is_found_and_followed(private_cache: Path) -> None:
    extractor = make(load_config("quick", [*TINY, "features.vgg_face.crop=face"]))
    assert extractor.decoding.height == 192
    assert extractor.shape == (3, 2, 2, 512)
    frame = with_faces(341, 192, {0: (180, 30, 150)})
    seen = list(extractor.view.framed([frame, frame, frame.copy()]))
    assert [image.shape for image in seen] == [(64, 64, 3)] * 3
    assert seen[0] is seen[1]
    assert seen[2] is not seen[1]
    # What lies around the portrait is out of sight.
    assert (seen[0] == 90).all(-1).mean() < 0.02
    assert (frame == 90).all(-1).mean() > 0.6


def test_frame_without_a_face_gives_its_centre() -> None:
    frame = np.zeros((192, 341, 3), np.uint8)
    frame[:, 75:266] = 90
    (seen,) = faces_in([frame], 1 / 30, 64, (0.0, 0.0, 0.0))
    assert seen.shape == (64, 64, 3)
    assert seen.mean() > 85
