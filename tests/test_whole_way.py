"""The whole way on the embedded corpus: real mp4 files to table and run folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from small_extractors import link_trunk, tiny_config, untrained  # noqa: F401

from affuse.bundle.reader import read_bundle
from affuse.cli import main
from affuse.config import load_config
from affuse.corpora.readers.ravdess import read_ravdess
from affuse.experiment import run
from affuse.extractors.vgg_face import VggFace
from affuse.result import SYSTEM_COLUMNS
from affuse.tasks.classification import Classification

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("keep_features")]

EMOTIONS = ("happy", "sad", "angry")
SMALL = {"media.height": 32, "features.vgg_face.frame_step": 40, "features.layer.epochs": 10}
"""Few and small pictures and a short training: the networks are what takes long."""

ONE_MODEL = ["--set", "models=[{name='lda'}]"]
NO_BUNDLE = ["--set", "bundle.enabled=false"]
FEW_FRAMES = [word for name, value in SMALL.items() for word in ("--set", f"{name}={value}")]


@pytest.fixture(scope="module")
def corpus(drawn_corpus: Callable[..., Path]) -> Path:
    """Real mp4 files: 3 speakers, 3 emotions."""
    return drawn_corpus(3, *EMOTIONS)


@pytest.fixture(scope="module")
def halves(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """CSV of two clips from each of these files."""
    rows = ["path,start,end,emotion,speaker"]
    for clip in read_ravdess(corpus):
        for stretch in ("0,1.5", "1.5,3"):
            rows.append(f"{clip.video},{stretch},{clip.emotion},{clip.speaker}")
    table = tmp_path_factory.mktemp("halves") / "halves.csv"
    table.write_text("\n".join(rows) + "\n", "utf-8")
    return table


def affuse(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


@pytest.fixture(scope="module", autouse=True)
def trunk(untrained: VggFace, common_cache: Path) -> None:  # noqa: F811
    """The network with random weights is there already."""
    link_trunk(untrained, common_cache)


def stored(cache: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in cache.rglob("[!.]*.npy")}


def test_run_prints_the_table_and_writes_the_run_folder(
    corpus, common_cache, tmp_path, capsys, request
):
    out = tmp_path / "run"
    assert affuse("run", corpus, *FEW_FRAMES, "--out", out, "--jobs", 1) == 0
    message = capsys.readouterr().out
    assert (
        "9 clips   3 speakers   3 emotions   3 folds, speakers kept apart   chance 33.3 %"
        in message
    )
    assert "early, SVM RBF" in message
    assert f"Written to {out}." in message

    results = pd.read_csv(out / "results.csv")
    assert tuple(results.columns) == (*SYSTEM_COLUMNS, *Classification.result_columns, "leak")
    assert len(results) == 3 * 4
    assert not results["leaky"].any()
    assert set(results["modality"]) == {"audio", "video", "audio+video"}
    assert results.query("modality != 'audio'")["features"].str.contains("untrained").all()
    assert results["uar"].between(results["uar_low"], results["uar_high"]).all()

    predictions = pd.read_csv(out / "predictions.csv")
    leading = ["clip", "speaker", "emotion", "fold", "system", "predicted"]
    assert list(predictions) == [*leading, *(f"p_{name}" for name in EMOTIONS)]
    assert not predictions.duplicated(["clip", "system"]).any()
    assert len(predictions) == 9 * len(results)
    right = predictions["emotion"] == predictions["predicted"]
    by_system = right.groupby(predictions["system"]).mean()
    pd.testing.assert_series_equal(
        results.set_index("system")["accuracy"].sort_index(),
        by_system.sort_index(),
        check_names=False,
        atol=1e-5,
    )
    folds = pd.read_csv(out / "folds.csv")
    assert (folds.groupby("speaker")["fold"].nunique() == 1).all()
    config = load_config(out / "config.toml")
    assert (config.media.height, config.features.vgg_face.frame_step) == (32, 40)
    assert {"index.csv", "environment.json", "skipped.csv"} <= {p.name for p in out.iterdir()}

    manifest = read_bundle(out / "bundle").manifest
    assert set(manifest.classes) == set(EMOTIONS)
    assert manifest.figures[0].uar == pytest.approx(
        results.query("not leaky")["uar"].max(), abs=1e-5
    )
    assert [(p.corpus, len(p.speakers), p.n_clips) for p in manifest.trained_on] == [
        ("affuse embedded corpus", 3, 9)
    ]

    before = stored(common_cache)
    again = ["--out", tmp_path / "again", "--jobs", 1, *NO_BUNDLE]
    request.getfixturevalue("no_report")
    assert affuse("run", corpus, *FEW_FRAMES, *again) == 0
    assert stored(common_cache) == before
    assert (tmp_path / "again" / "predictions.csv").read_bytes() == (
        out / "predictions.csv"
    ).read_bytes()


@pytest.mark.usefixtures("no_report")
def test_index_of_a_run_gives_the_same_run(corpus, tmp_path):
    settings = ["--set", "features.video=none", *ONE_MODEL, *NO_BUNDLE, "--jobs", 1]
    assert affuse("run", corpus, *settings, "--out", tmp_path / "a") == 0
    assert affuse("run", tmp_path / "a" / "index.csv", *settings, "--out", tmp_path / "b") == 0
    a, b = ((tmp_path / name / "results.csv").read_text("utf-8") for name in "ab")
    assert a == b


def test_shuffled_labels_show_what_the_lecture_protocol_leaks(halves):
    """The feature layer that has seen the test clips 'recognises' labels that mean nothing."""
    overrides = {
        "data.path": str(halves),
        "data.shuffle_labels": True,
        "features.audio": "none",
        **SMALL,
        "media.height": 64,
        "features.layer.epochs": 60,
        "models": [{"name": "svm_linear"}],
        "evaluation.protocols": ["speaker-independent", "lecture"],
        "evaluation.test_share": 0.4,
        "jobs": 1,
    }
    results = run(load_config("quick", overrides=overrides)).results
    honest = results[~results["leaky"]]
    leaky = results[results["leaky"]]
    # 18 clips by chance: 1/3 with a deviation of .11; on few speakers an interval is too narrow.
    assert honest["uar"].max() < 0.6
    assert leaky["uar"].min() > 0.8
    assert leaky["uar_low"].min() > honest["uar_high"].max()


@pytest.mark.usefixtures("no_report")
def test_one_speaker_gets_leaky_rows_and_a_sentence(halves, tmp_path, capsys):
    options = [*FEW_FRAMES, "--set", "data.speakers=[1]", "--out", tmp_path / "run", "--jobs", 1]
    assert affuse("run", halves, *options) == 0
    message = capsys.readouterr().out
    assert "All clips are of one speaker (1)" in message
    assert pd.read_csv(tmp_path / "run" / "results.csv")["leaky"].all()


@pytest.mark.usefixtures("no_report")
def test_bad_clips_are_counted_and_left_out(corpus, tmp_path, capsys):
    mixed = shutil.copytree(corpus, tmp_path / "mixed")
    whole = sorted(mixed.rglob("*.mp4"))  # The first of each speaker is happy.
    whole[0].write_bytes(b"")
    whole[3].write_bytes(whole[3].read_bytes()[:3000])
    whole[6].write_text("no film at all", "utf-8")
    (mixed / "holiday.mp4").write_bytes(whole[1].read_bytes())
    options = [*FEW_FRAMES, *ONE_MODEL, "--out", tmp_path / "run", "--jobs", 1]
    assert affuse("run", mixed, *options) == 0
    message = capsys.readouterr().out
    assert "6 clips" in message
    assert "4 left out:" in message
    assert len(pd.read_csv(tmp_path / "run" / "skipped.csv")) == 4


@pytest.mark.usefixtures("no_report")
def test_interrupted_run_goes_on_where_it_stopped(
    corpus,
    untrained,  # noqa: F811
    tmp_path,
    monkeypatch,
):
    cache, n_clips = tmp_path / "cache", 9
    cache.mkdir()
    link_trunk(untrained, cache)
    command = [sys.executable, "-m", "affuse", "run", str(corpus), *FEW_FRAMES, "--jobs", "1"]
    command += [*ONE_MODEL, *NO_BUNDLE, "--out", str(tmp_path / "run")]
    environment = {**os.environ, "AFFUSE_CACHE": str(cache)}
    process = subprocess.Popen(
        command,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        # A suite that runs in the background hands on that Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while len(stored(cache)) < n_clips + 2 and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=60)
    assert process.returncode == 130, message
    assert "affuse: interrupted; what is done is kept" in message
    assert "Traceback" not in message
    assert not (tmp_path / "run").exists()
    kept = stored(cache)
    assert n_clips + 2 <= len(kept) < 2 * n_clips
    monkeypatch.setenv("AFFUSE_CACHE", str(cache))
    assert affuse(*command[3:]) == 0
    assert kept.items() <= stored(cache).items()
    assert (tmp_path / "run" / "results.csv").is_file()
