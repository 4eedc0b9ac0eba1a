"""`hf:FOLDER`: the library's own hidden layers, frame by frame; refusals in a line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_hub import COMMIT, small_hub

import affuse
from affuse.errors import ConfigError, DownloadError, WeightsError
from affuse.media.audio import Sound

transformers = pytest.importorskip("transformers")
torch = pytest.importorskip("torch")

RATE = 16_000
_SPEECH = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24,
    "conv_dim": (8,) * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2,
}  # fmt: skip
_PICTURE = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24,
    "image_size": 28, "patch_size": 14,
}  # fmt: skip
_WHISPER = {
    "d_model": 16, "encoder_layers": 2, "decoder_layers": 1, "encoder_attention_heads": 2,
    "decoder_attention_heads": 2, "encoder_ffn_dim": 24, "decoder_ffn_dim": 24, "vocab_size": 99,
    "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1,
}  # fmt: skip
_TEXT = {
    "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 24,
    "vocab_size": 99, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
}  # fmt: skip


def _config(kind: str) -> Any:
    own = {"whisper": _WHISPER, "dinov2": _PICTURE, "vit": _PICTURE}.get(kind, _SPEECH)
    if kind == "clip":
        own = {"vision_config": _PICTURE, "text_config": _TEXT, "projection_dim": 8}
    return transformers.AutoConfig.for_model(kind, **own)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folder of a tiny checkpoint with random weights, as the library itself saves it."""
    root = tmp_path_factory.mktemp("checkpoints")
    transformers.utils.logging.disable_progress_bar()

    def folder(kind: str) -> Path:
        place = root / kind
        if place.is_dir():
            return place
        torch.manual_seed(0)
        network = transformers.AutoModel.from_config(_config(kind)).eval()
        network.save_pretrained(place)
        if kind in ("clip", "dinov2", "vit"):
            means = {"image_mean": [0.4, 0.5, 0.6], "image_std": [0.2, 0.3, 0.4]}
            size = {"crop_size": {"height": 28, "width": 28}}
            (place / "preprocessor_config.json").write_text(json.dumps({**means, **size}))
        elif kind == "whisper":
            transformers.WhisperFeatureExtractor().save_pretrained(place)
        else:
            transformers.Wav2Vec2FeatureExtractor().save_pretrained(place)
        return place

    return folder


def library(folder: Path, given: dict[str, Any]) -> np.ndarray[Any, Any]:
    """Hidden layers of the library's forward pass: (n_positions, n_layers, n_features)."""
    network = transformers.AutoModel.from_pretrained(folder).eval()
    network = getattr(network, "vision_model", network)
    network = network.get_encoder() if network.config.is_encoder_decoder else network
    with torch.no_grad():
        hidden = network(**given, output_hidden_states=True).hidden_states
    return np.stack([layer.numpy() for layer in hidden], axis=2)[0]


@pytest.fixture(scope="module")
def signal() -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(0).normal(0, 0.1, 19_000).astype(np.float32)


@pytest.mark.parametrize("kind", ["wav2vec2", "hubert", "wavlm"])
def test_frames_of_speech_are_the_librarys(saved: Any, signal: Any, kind: str) -> None:
    made = affuse.extractor(f"hf:{saved(kind)}", window_s=0.5, batch_size=2)
    frames = made.stored.extract(Sound(signal, RATE))
    prepare = transformers.AutoFeatureExtractor.from_pretrained(saved(kind))
    windows = [signal[start : start + 8000] for start in (0, 8000, 16_000)]
    expected = [
        library(saved(kind), dict(prepare(each, sampling_rate=RATE, return_tensors="pt")))
        for each in windows
    ]
    assert made.stored.axes == ("time", "layer", "feature")
    assert made.stored.shape == (-1, 3, 16)
    np.testing.assert_allclose(frames, np.concatenate(expected), atol=1e-4)
    mean = np.concatenate(expected).mean(axis=1)
    np.testing.assert_allclose(
        made.extract(Sound(signal, RATE)), [*mean.mean(0), *mean.std(0)], atol=2e-3
    )


def test_frames_of_whisper_end_with_the_sound(saved: Any, signal: Any) -> None:
    made = affuse.extractor(f"hf:{saved('whisper')}")
    frames = made.stored.extract(Sound(signal, RATE))
    prepare = transformers.AutoFeatureExtractor.from_pretrained(saved("whisper"))
    given = prepare(signal, sampling_rate=RATE, return_tensors="pt")
    assert frames.shape == (60, 3, 16)
    np.testing.assert_allclose(frames, library(saved("whisper"), dict(given))[:60], atol=1e-4)


@pytest.mark.parametrize("kind", ["clip", "dinov2", "vit"])
def test_pictures_are_the_librarys(saved: Any, kind: str) -> None:
    made = affuse.extractor(f"hf:{saved(kind)}", view="frame", per_s=5)
    picture = np.random.default_rng(0).integers(0, 256, (28, 28, 3)).astype(np.uint8)
    frames = made.stored.extract(iter([picture, picture]))
    scaled = (picture / 255 - [0.4, 0.5, 0.6]) / [0.2, 0.3, 0.4]
    pixels = torch.tensor(scaled.transpose(2, 0, 1)[None], dtype=torch.float32)
    assert made.modality == "video"
    assert frames.shape == (2, 3, 16)
    np.testing.assert_allclose(
        frames[1], library(saved(kind), {"pixel_values": pixels})[0], atol=1e-4
    )


def test_layers_that_are_stored_and_used(saved: Any, signal: Any) -> None:
    name = f"hf:{saved('wav2vec2')}"
    every = affuse.extractor(name).stored.extract(Sound(signal, RATE))
    some = affuse.extractor(name, layers=[2, 0], layer=2, pooling="mean")
    np.testing.assert_array_equal(some.stored.extract(Sound(signal, RATE)), every[:, [0, 2]])
    np.testing.assert_allclose(some.extract(Sound(signal, RATE)), every[:, 2].mean(0), atol=2e-3)
    assert some.label == "wav2vec2, layer 2, training data unknown"
    best = affuse.extractor(name, layer="best")
    assert best.axes == ("layer", "feature")
    assert best.shape == best.extract(Sound(signal, RATE)).shape == (3, 32)
    assert best.learned(affuse.load_config("quick"))(0).layers == (0, 1, 2)
    stated = affuse.extractor(name, trained_on=["RAVDESS"])
    assert (stated.label, stated.provenance) == ("wav2vec2", (("RAVDESS", ()),))


_PREPROCESSOR = "preprocessor_config.json"
_EDITS: dict[str, tuple[str, dict[str, Any]]] = {
    "more layers": ("config.json", {"num_hidden_layers": 5}),
    "a million layers": ("config.json", {"num_hidden_layers": 10**6}),
    "no layer": ("config.json", {"num_hidden_layers": -3}),
    "wider": ("config.json", {"hidden_size": 32}),
    "no stride": ("config.json", {"conv_stride": [0] * 7}),
    "rate in words": (_PREPROCESSOR, {"sampling_rate": "fast"}),
    "no rate": (_PREPROCESSOR, {"sampling_rate": 0}),
    "rate of null": (_PREPROCESSOR, {"sampling_rate": None}),
    "unknown preparation": (_PREPROCESSOR, {"feature_extractor_type": "Odd"}),
}


_HEADER = b'{"a": {"data_offsets": [0, "1"]}}'
_WEIGHTS = "model.safetensors"
_BYTES = {
    "not safetensors": (_WEIGHTS, b"version https://git-lfs.github.com/spec/v1"),
    "odd header": (_WEIGHTS, len(_HEADER).to_bytes(8, "little") + _HEADER),
    "numbers": (_PREPROCESSOR, b'{"sampling_rate": ' + b"1" * 5000 + b"}"),
}
_INDICES: dict[str, Any] = {
    "lost shard": {"a": "model-00001-of-00002.safetensors"},
    "odd index": [1, 2],
}


def _changed(folder: Path, change: str) -> None:
    weights = folder / "model.safetensors"
    if change == "pickled":
        weights.rename(folder / "pytorch_model.bin")
    elif change == "pickled alone":
        (folder / "config.json").unlink()
        weights.rename(folder / "model.pt")
    elif change == "half":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif change in _EDITS:
        file, edit = _EDITS[change]
        found = json.loads((folder / file).read_text())
        (folder / file).write_text(json.dumps({**found, **edit}))
    elif change in _BYTES:
        file, content = _BYTES[change]
        (folder / file).write_bytes(content)
    elif change == "text network":
        transformers.AutoConfig.for_model("bert").save_pretrained(folder)
    elif change in _INDICES:
        weights.unlink()
        index = {"weight_map": _INDICES[change]}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    elif change == "other weights":
        transformers.AutoModel.from_config(_config("vit")).save_pretrained(folder / "other")
        shutil.copy(folder / "other" / weights.name, weights)
    else:
        (folder / change).unlink()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("pickled", "has pickled weights alone, which can run any program"),
        ("half", r"model.safetensors has [\d,]+ bytes and states [\d,]+; expected all of it"),
        ("not safetensors", "model.safetensors is no file of safetensors"),
        ("text network", "is a checkpoint of 'bert'; expected an encoder of sound"),
        ("lost shard", "lacks model-00001-of-00002.safetensors"),
        ("more layers", "lacks 48 of the weights that its config.json asks for, such as encoder"),
        ("other weights", r"lacks \d+ of the weights that its config.json asks for"),
        ("a million layers", "asks for 1,000,000 layers, which the weights do not have"),
        ("no layer", "cannot be used .*; expected a whole checkpoint with the config.json and"),
        ("wider", "cannot be opened .*; expected a whole checkpoint"),
        ("no stride", "cannot be used .non-positive stride"),
        ("rate in words", "cannot be used .could not convert string to float: 'fast'"),
        ("no rate", "cannot be used .sampling_rate 0 is not within 1000 and 192000"),
        ("rate of null", "cannot be used .float"),
        ("unknown preparation", "cannot be used .Unrecognized feature extractor"),
        ("numbers", "preprocessor_config.json is no JSON .Exceeds the limit"),
        ("odd index", "lacks all weights, which model.safetensors.index.json names"),
        ("odd header", "model.safetensors is no file of safetensors"),
        ("pickled alone", "has pickled weights alone, which can run any program"),
        ("config.json", "has no config.json; expected a checkpoint of transformers"),
        ("model.safetensors", "has no model.safetensors; expected the weights beside"),
    ],
)
def test_what_is_no_checkpoint_is_refused(
    saved: Any, tmp_path: Path, change: str, message: str
) -> None:
    folder = Path(shutil.copytree(saved("wav2vec2"), tmp_path / "copy"))
    _changed(folder, change)
    with pytest.raises(WeightsError, match=message) as found:
        affuse.extractor(f"hf:{folder}")
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        ({"size": "big"}, "invalid literal for int"),
        ({"size": {"height": 10**6}}, "size 1000000 of a picture is not within 1 and 4096 pixels"),
        ({"image_mean": [1]}, r"image_mean \[1.0\] is not three numbers"),
        ({"image_std": [0, 0, 0]}, "image_std .* divides by nothing"),
        ({"size": 15}, r"Input image size \(15\*15\) doesn't match"),
    ],
)
def test_preparation_of_pictures_that_cannot_be(
    saved: Any, tmp_path: Path, edit: dict[str, Any], message: str
) -> None:
    folder = Path(shutil.copytree(saved("vit"), tmp_path / "copy"))
    found = json.loads((folder / _PREPROCESSOR).read_text())
    (folder / _PREPROCESSOR).write_text(json.dumps({**found, "crop_size": None, **edit}))
    with pytest.raises(WeightsError, match=message):
        affuse.extractor(f"hf:{folder}")


def test_settings_that_do_not_fit(saved: Any) -> None:
    name = f"hf:{saved('wav2vec2')}"
    with pytest.raises(ConfigError, match=r"layers = .7. was given, and the network has 3 hidden"):
        affuse.extractor(name, layers=[7])
    with pytest.raises(ConfigError, match="layer = 5 was given, and 3 layers are stored"):
        affuse.extractor(name, layer=5)
    with pytest.raises(ConfigError, match=r'layer = "best" was given with pooling = "none"'):
        affuse.extractor(name, layer="best", pooling="none")
    with pytest.raises(ConfigError, match=r'layer = "best" was given with pooling = "attentive"'):
        affuse.extractor(name, layer="best", pooling="attentive")
    with pytest.raises(ConfigError, match="expected hf:NAME or hf:FOLDER"):
        affuse.extractor("hf")


@pytest.fixture
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The hub's cache for one test."""
    for name in ("constants.HF_HUB_CACHE", "_snapshot_download.constants.HF_HUB_CACHE"):
        monkeypatch.setattr(f"huggingface_hub.{name}", str(tmp_path / "hub"))
    return tmp_path / "hub"


def test_without_network_a_name_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(DownloadError, match="me/tiny is neither a folder nor whole in the hub"):
        affuse.extractor("hf:me/tiny")


def test_size_and_licence_are_said_before_a_download(
    saved: Any, signal: Any, monkeypatch: pytest.MonkeyPatch, empty_cache: Path
) -> None:
    with small_hub(saved("hubert")) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        message = (
            r"me/tiny is not on this machine: 0 MB, under the licence mit; .*hf.download = true"
        )
        with pytest.raises(ConfigError, match=message):
            affuse.extractor("hf:me/tiny")
        assert not list(empty_cache.glob("**/*.safetensors"))
        first = affuse.extractor("hf:me/tiny", download=True).extract(Sound(signal, RATE))
        with pytest.raises(DownloadError, match="there is no checkpoint 'me/other' on the hub"):
            affuse.extractor("hf:me/other")
    # The hub is gone, and the name is enough.
    again = affuse.extractor("hf:me/tiny")
    assert again.label == "me/tiny, training data unknown"
    np.testing.assert_array_equal(again.extract(Sound(signal, RATE)), first)


def test_what_is_half_downloaded_is_gone_on_with(
    saved: Any, monkeypatch: pytest.MonkeyPatch, empty_cache: Path
) -> None:
    cached = empty_cache / "models--me--tiny"
    snapshot = cached / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(COMMIT)
    for name in ("config.json", "preprocessor_config.json"):
        shutil.copy(saved("hubert") / name, snapshot)
    with small_hub(saved("hubert")) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        with pytest.raises(WeightsError, match=r"has no model\.safetensors; .*: download it"):
            affuse.extractor("hf:me/tiny")
        made = affuse.extractor("hf:me/tiny", download=True)
    assert made.stored.settings() == affuse.extractor(f"hf:{saved('hubert')}").stored.settings()


def test_a_revision_of_a_checkpoint(
    saved: Any, monkeypatch: pytest.MonkeyPatch, empty_cache: Path
) -> None:
    with small_hub(saved("hubert"), revision="refs/pr/1") as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        with pytest.raises(DownloadError, match="me/tiny has no such revision on the hub"):
            affuse.extractor("hf:me/tiny", download=True)
        affuse.extractor("hf:me/tiny", revision="refs/pr/1", download=True)
    affuse.extractor("hf:me/tiny", revision="refs/pr/1")


def test_larger_than_memory_is_said_before_a_download(
    saved: Any, monkeypatch: pytest.MonkeyPatch, empty_cache: Path
) -> None:
    monkeypatch.setattr("affuse.features.memory.machine_memory", lambda: 1000)
    with small_hub(saved("hubert")) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        with pytest.raises(
            WeightsError, match=r"me/tiny has .* GiB of weights, and .* may be held"
        ):
            affuse.extractor("hf:me/tiny", download=True)
    assert not list(empty_cache.glob("**/*.safetensors"))


def test_a_licence_that_must_be_accepted_first(
    saved: Any, monkeypatch: pytest.MonkeyPatch, empty_cache: Path
) -> None:
    with small_hub(saved("hubert"), refusal="GatedRepo") as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        with pytest.raises(DownloadError, match="given to those alone who accept its licence"):
            affuse.extractor("hf:me/tiny")


def test_pickled_weights_are_refused_before_a_download(
    saved: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_cache: Path
) -> None:
    folder = Path(shutil.copytree(saved("hubert"), tmp_path / "copy"))
    _changed(folder, "pickled")
    with small_hub(folder) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        with pytest.raises(WeightsError, match="me/tiny has no weights as safetensors"):
            affuse.extractor("hf:me/tiny", download=True)
