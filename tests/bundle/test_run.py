"""From recordings to a bundle in the run folder, and from the bundle to the same decisions."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile
from plugins import installed

import affuse
from affuse.bundle import from_run
from affuse.bundle.decision import decide, outputs_of_members
from affuse.bundle.extractors import extractor_of
from affuse.bundle.member import LEAST_TEMPERATURE
from affuse.bundle.provenance import known_speakers
from affuse.bundle.reader import read_bundle
from affuse.bundle.tables import tables_of
from affuse.config import load_config
from affuse.errors import MissingDependency
from affuse.experiment import run
from affuse.extractors.mfcc import Mfcc
from affuse.features.decoding import decoded

pytestmark = pytest.mark.usefixtures("undrawn_charts")

RATE = 8000
SETTINGS = {
    "media.duration_s": 0.5,
    "features.mfcc.n_mfcc": 13,
    "features.video": "none",
    "models": [{"name": "lda"}, {"name": "svm_rbf"}],
    "evaluation.n_bootstrap": 100,
    "jobs": 1,
}
ONE_MODEL = {"models": [{"name": "lda"}]}


def write_corpus(folder: Path, swapped: tuple[int, ...] = ()) -> Path:
    """Wav files: 3 speakers, 2 emotions (high and low), 3 takes; action units as video.

    Speakers that are `swapped` are low where the others are high: no one learns that from others.
    """
    rng, rows, units = np.random.default_rng(0), ["path,emotion,speaker"], ["clip,AU04,AU12"]
    for speaker in range(3):
        for emotion in ("angry", "calm"):
            hertz = 260 if (emotion == "angry") != (speaker in swapped) else 130
            for take in range(3):
                name = f"s{speaker}-{emotion}-{take}"
                phase = np.cumsum(hertz * (1 + 0.2 * rng.standard_normal(RATE // 2))) / RATE
                sound = 0.2 * np.sign(np.sin(2 * np.pi * phase))
                soundfile.write(folder / f"{name}.wav", sound, RATE)
                rows.append(f"{name}.wav,{emotion},{speaker}")
                frown = 2.0 * (emotion == "angry") + 0.1 * take
                units.append(f"{name},{frown:.1f},{rng.random():.3f}")
    (folder / "clips.csv").write_text("\n".join(rows), "utf-8")
    (folder / "units.csv").write_text("\n".join(units), "utf-8")
    return folder / "clips.csv"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


def result_of(corpus: Path, out: Path, **more: object):
    overrides = {**SETTINGS, "data.path": str(corpus), "out": str(out), **more}
    return run(load_config("quick", overrides=overrides))


def test_the_best_system_becomes_a_bundle(corpus, tmp_path):
    result = result_of(corpus, tmp_path / "run")
    best = result.honest[0]
    bundle = read_bundle(tmp_path / "run" / "bundle")
    manifest = bundle.manifest
    assert manifest.name == f"{best.name} on clips"
    assert manifest.classes == ("calm", "angry")
    assert not manifest.leaky
    assert manifest.figures[0].uar == best.scores.uar
    assert manifest.figures[0].protocol == "speaker-independent"
    assert manifest.abstain_below == 0.35
    assert result.notes == ()

    (trained_on,) = manifest.trained_on
    assert (trained_on.corpus, trained_on.speakers) == ("clips", ("0", "1", "2"))
    assert trained_on.n_clips == len(result.table) == 18
    assert known_speakers(bundle.manifest.trained_on, result.index.clips) == ("0", "1", "2")
    assert known_speakers(bundle.manifest.trained_on, ()) == ()

    extractor = extractor_of(manifest.members[0].features["audio"], "audio")
    features = [extractor.extract(decoded(c.audio, extractor.decoding)) for c in result.index]
    fused = decide(bundle, outputs_of_members(bundle, {"audio": np.stack(features)}))
    emotions = [manifest.classes[column] for column in fused.argmax(axis=1)]
    right = [told == clip.emotion for told, clip in zip(emotions, result.index, strict=True)]
    assert np.mean(right) > 0.8, "on clips it was trained on"


@pytest.mark.usefixtures("no_report")
def test_the_card_says_what_is_known(corpus, tmp_path):
    result_of(corpus, tmp_path / "run", **{"models": [{"name": "svm_rbf"}]})
    card = read_bundle(tmp_path / "run" / "bundle").card
    assert card.startswith("# audio, SVM RBF on clips\n")
    assert "Tells which of 2 emotions a clip shows: calm or angry." in card
    assert "chance 50.0 %; protocol speaker-independent, 18 clips of 3 speakers, 3 folds." in card
    assert "| calm | " in card
    assert "clips, 18 clips of 3 speakers: 0, 1, 2." in card
    assert f"- audio: MFCC (`mfcc version {Mfcc.version}`)" in card
    assert "its graphs hold features of single training clips" in card.lower()
    assert "Not stated: whatever the recordings of clips allow." in card


@pytest.mark.usefixtures("no_report")
def test_licence_and_threshold_are_the_configuration_s(corpus, tmp_path):
    more = {"bundle.licence": "CC0", "bundle.abstain_below": 0.6, **ONE_MODEL}
    result_of(corpus, tmp_path / "run", **more)
    manifest = read_bundle(tmp_path / "run" / "bundle").manifest
    assert (manifest.licence, manifest.abstain_below) == ("CC0", 0.6)


def test_a_system_that_takes_a_table_becomes_a_bundle_that_wants_one(tmp_path):
    corpus = write_corpus(tmp_path, swapped=(2,))
    units = corpus.with_name("units.csv")
    more = {"features.video": str(units), "fusion.decision": ["product"]}
    result = result_of(corpus, tmp_path / "run", **more)
    assert "video" in result.honest[0].out_of_fold.system.modality
    folder = tmp_path / "run" / "bundle"
    bundle = read_bundle(folder)
    assert bundle.manifest.figures[0].system == result.honest[0].name
    assert tables_of(bundle.manifest) == {"video": ("AU04", "AU12")}
    assert result.notes == (
        "The bundle takes video features from a table, as the run did from units.csv: affuse "
        "predict wants one of new recordings, --features video=FILE.csv.",
    )
    assert "columns AU04, AU12" in bundle.card
    recogniser = affuse.load(folder, features={"video": units})
    some = result.index.clips[::3]
    assert len({(clip.speaker, clip.emotion) for clip in some}) == 6
    right = [recogniser.predict(clip.audio).emotion == clip.emotion for clip in some]
    assert np.mean(right) > 0.8, "on clips it was trained on"


RIDGE = """
from affuse.models.model import Model


def _make(seed):
    from sklearn.linear_model import RidgeClassifier

    return RidgeClassifier()


MODEL = Model(label="Ridge rule", make=_make)
"""


def test_a_better_system_without_graphs_is_named(tmp_path, monkeypatch):
    points = {"affuse.models": {"ridge_rule": "their_models:MODEL"}}
    monkeypatch.syspath_prepend(
        installed(tmp_path / "site", "their-models", {"their_models": RIDGE}, points)
    )
    corpus = write_corpus(tmp_path, swapped=(2,))
    more = {
        "features.audio": "none",
        "features.video": str(corpus.with_name("units.csv")),
        "models": [{"name": "ridge_rule"}, {"name": "lda", "scaler": "none"}],
    }
    result = result_of(corpus, tmp_path / "run", **more)
    best, second = result.honest
    assert best.name == "video, Ridge rule"
    note, of_table = result.notes
    assert note.startswith(f"The bundle holds {second.name} (UAR ")
    assert f"not {best.name} (UAR " in note
    assert note.endswith("no graph stands for the model RidgeClassifier.")
    assert of_table.startswith("The bundle takes video features from a table")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"data.shuffle_labels": True}, "No bundle was written: the labels were shuffled."),
        (
            {"data.speakers": ["1"]},
            "No bundle was written: no figure keeps speakers apart.",
        ),
    ],
    ids=["shuffled", "one speaker"],
)
def test_no_bundle_and_why(more, message, corpus, tmp_path):
    result = result_of(corpus, tmp_path / "run", **more, **ONE_MODEL)
    assert not (tmp_path / "run" / "bundle").exists()
    assert any(message in note for note in result.notes)
    assert (tmp_path / "run" / "results.csv").is_file()


@pytest.mark.usefixtures("no_report")
def test_no_bundle_if_none_is_wanted(corpus, tmp_path):
    assert result_of(corpus, tmp_path / "run", **{"bundle.enabled": False}, **ONE_MODEL).notes == ()
    assert not (tmp_path / "run" / "bundle").exists()


def test_without_the_package_for_graphs_the_run_is_whole(corpus, tmp_path, monkeypatch):
    def missing() -> None:
        raise MissingDependency("onnx", "train")

    monkeypatch.setattr(from_run, "GraphBuilder", missing)
    result = result_of(corpus, tmp_path / "run", **ONE_MODEL)
    assert "No bundle was written: package 'onnx' is not installed" in result.notes[0]
    assert (tmp_path / "run" / "results.csv").is_file()


@pytest.mark.usefixtures("no_report")
def test_same_run_same_bundle(corpus, tmp_path):
    for name in ("a", "b"):
        result_of(corpus, tmp_path / name, **ONE_MODEL)
    for path in (tmp_path / "a" / "bundle").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / "bundle" / path.name).read_bytes()


def test_the_temperature_of_nearly_flat_probabilities_is_one_that_a_bundle_holds():
    flat = np.full((200, 2), 0.5) + np.array([1e-6, -1e-6])
    rows = np.arange(200)
    system = SimpleNamespace(modalities=("audio",))
    item: Any = SimpleNamespace(
        out_of_fold=SimpleNamespace(probabilities=flat, rows=rows, system=system)
    )
    present = {"audio": np.ones(200, bool)}
    table: Any = SimpleNamespace(
        targets=(), present=present, soft_labels=False, labels=np.zeros(200, int)
    )
    assert from_run._temperature(item, table) == LEAST_TEMPERATURE
