"""Bundles of systems on an encoder's features: they name its file, and predict as in training."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_encoders import write_layers, write_linear, write_tones

import affuse
from affuse.bundle.decision import member_outputs
from affuse.bundle.extractors import extractor_of
from affuse.bundle.member import FeatureSource
from affuse.bundle.reader import read_bundle
from affuse.errors import BundleError

pytestmark = pytest.mark.usefixtures("undrawn_charts")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, undrawn_charts: None) -> dict[str, Any]:
    """A run whose layer is chosen in each fold, and its folders."""
    root = tmp_path_factory.mktemp("encoder")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AFFUSE_CACHE", str(root / "cache"))
        corpus = write_tones(root / "corpus", 4)
        config = affuse.load_config(
            "quick",
            ["features.video=none", 'models=[{name="logistic"}]', "jobs=1",
             'features.settings.onnx.layer="best"', "evaluation.n_bootstrap=100"],
            {"data.path": str(corpus), "out": str(root / "run"),
             "features.audio": f"onnx:{write_layers(root / 'tiny.onnx')}"},
        )  # fmt: skip
        result = affuse.run(config)
    return {"root": root, "corpus": corpus, "result": result, "bundle": root / "run" / "bundle"}


def test_the_layer_is_chosen_and_written(made: dict[str, Any], tmp_path: Path) -> None:
    row = made["result"].results.iloc[0]
    assert row["features"] == "tiny, layer best, training data unknown"
    assert row["uar"] > 0.75
    written = (made["bundle"] / "bundle.json").read_text("utf-8")
    assert "onnx:tiny.onnx" in written
    assert str(made["root"]) not in written


@pytest.mark.parametrize("task", ["emotions", "dimensional"])
def test_attention_to_frames_is_written(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of emotions and of numbers; clips of any length are pooled up to their own end."""
    monkeypatch.setenv("AFFUSE_CACHE", str(tmp_path / "cache"))
    corpus = write_tones(tmp_path / "corpus", 3)
    data, model, asked = corpus, "logistic", []
    if task == "dimensional":
        data, model, asked = corpus / "numbers.csv", "ridge", ["task=dimensional"]
        rows = [f"{path.name},{path.stem[-2:]},{path.stem[6:8]}" for path in corpus.glob("*.wav")]
        data.write_text("\n".join(["path,speaker,valence", *sorted(rows)]))
    config = affuse.load_config(
        "quick",
        ["features.video=none", f'models=[{{name="{model}"}}]', "jobs=1", *asked,
         'features.settings.onnx.pooling="attentive"', "evaluation.n_bootstrap=100"],
        {"data.path": str(data), "out": str(tmp_path / "run"),
         "features.audio": f"onnx:{write_linear(tmp_path / 'tiny.onnx')}"},
    )  # fmt: skip
    row = affuse.run(config).results.iloc[0]
    assert row["features"] == "tiny, attentive pooling, training data unknown"
    assert row["uar" if task == "emotions" else "pearson"] > 0.75
    bundle = read_bundle(tmp_path / "run" / "bundle")
    extractor = affuse.extractor(f"onnx:{tmp_path / 'tiny.onnx'}", pooling="attentive")
    for n_samples in (4000, 9600):
        told = []
        for clip in ("03-01-02-01-01-01-03", "03-01-05-01-01-01-03"):
            sound = affuse.read_audio(corpus / f"{clip}.wav", sample_rate=8000)
            features = extractor.extract(replace(sound, signal=sound.signal[:n_samples]))
            told.append(member_outputs(bundle, "audio", {"audio": features[None]})[0])
        if task == "emotions":
            assert [found.argmax() for found in told] == [0, 1]
        else:
            assert told[0][0] < told[1][0]


def test_its_file_is_looked_for_among_the_weights(
    made: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFFUSE_CACHE", str(tmp_path))
    bundle = read_bundle(made["bundle"])
    source = bundle.manifest.members[0].features["audio"]
    with pytest.raises(BundleError, match=r"the encoder onnx:tiny.onnx, .*put it, .* into .*wei"):
        extractor_of(source, "audio")
    weights = tmp_path / "weights"
    weights.mkdir(parents=True)
    for name in ("tiny.onnx", "tiny.json"):
        (weights / name).write_bytes((made["root"] / name).read_bytes())
    extractor = extractor_of(source, "audio")
    for emotion, clip in (("calm", "03-01-02-01-01-01-03"), ("angry", "03-01-05-01-01-01-03")):
        sound = affuse.read_audio(made["corpus"] / f"{clip}.wav", sample_rate=8000)
        features = extractor.extract(sound)
        found = member_outputs(bundle, "audio", {"audio": features[None]})[0]
        assert bundle.manifest.members[0].classes[int(found.argmax())] == emotion
    described = json.loads((weights / "tiny.json").read_text())
    (weights / "tiny.json").write_text(json.dumps({**described, "deviation": 2.0}))
    with pytest.raises(BundleError, match="the bundle was trained with"):
        extractor_of(source, "audio")


@pytest.mark.parametrize("path", ["/etc/passwd", "../../secret.onnx"])
def test_a_bundle_names_no_file_elsewhere(path: str) -> None:
    source = FeatureSource(name="onnx", config={"features": {"audio": f"onnx:{path}"}})
    with pytest.raises(BundleError, match="a file of the machine that made it"):
        extractor_of(source, "audio")


def test_a_bundle_downloads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {"hf": {"download": True, "layer": 3}}
    source = FeatureSource(name="hf", config={"features": {"audio": "hf:me/tiny", "settings": own}})
    found: list[Any] = []

    def made_source(asked: str, modality: str, config: Any) -> Any:
        found.append((asked, config.features.settings))
        raise BundleError("far enough")

    monkeypatch.setattr("affuse.bundle.extractors.make_source", made_source)
    with pytest.raises(BundleError, match="far enough"):
        extractor_of(source, "audio")
    assert found == [("hf:me/tiny", {"hf": {"layer": 3}})]
