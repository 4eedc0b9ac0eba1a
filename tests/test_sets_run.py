"""Sets of emotions the whole way: from a run to its tables, report, bundle and predictions."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
import soundfile
from recordings import Track, fitted, spoken, write

from affuse.bundle.reader import read_bundle
from affuse.cli.sets import sets_text
from affuse.config import load_config
from affuse.errors import ConfigError
from affuse.experiment import run
from affuse.experiment.plan import task_of
from affuse.export.document import prediction_schema, to_json
from affuse.export.formats.csv import to_csv
from affuse.export.formats.table import to_table
from affuse.export.plain import from_plain
from affuse.predict.recogniser import Recogniser

pytestmark = pytest.mark.usefixtures("undrawn_charts")

RATE = 8000
OVERRIDES = {
    "media.duration_s": 0.6,
    "features.mfcc.n_mfcc": 13,
    "features.video": "none",
    "models": [{"name": "lda"}],
    "evaluation.n_bootstrap": 100,
    "jobs": 1,
}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six speakers, three emotions at pitches that overlap, four takes."""
    folder, rng = tmp_path_factory.mktemp("corpus"), np.random.default_rng(0)
    rows = ["path,emotion,speaker"]
    for speaker in range(6):
        for emotion, hertz in (("calm", 120), ("sad", 150), ("angry", 250)):
            for take in range(4):
                name = f"s{speaker}-{emotion}-{take}.wav"
                own = hertz * (1 + 0.15 * rng.standard_normal())
                phase = np.cumsum(own * (1 + 0.1 * rng.standard_normal(5000))) / RATE
                soundfile.write(folder / name, 0.2 * np.sign(np.sin(2 * np.pi * phase)), RATE)
                rows.append(f"{name},{emotion},{speaker}")
    (folder / "clips.csv").write_text("\n".join(rows), "utf-8")
    return folder / "clips.csv"


def config_of(clips: Path, **more: object):
    return load_config("quick", overrides={**OVERRIDES, "data.path": str(clips), **more})


@pytest.fixture(scope="module")
def found(clips, tmp_path_factory):
    """A run with sets, and its folder."""
    folder = tmp_path_factory.mktemp("run") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AFFUSE_CACHE", str(clips.parent / "cache"))
        result = run(config_of(clips, **{"evaluation.coverage": 0.8, "out": str(folder)}))
    return result, folder


@pytest.fixture
def voice(tmp_path):
    return write(tmp_path / "v.wav", Track(sound=fitted(spoken(), 3.0), audio_codec="pcm_s16le"))


def test_each_clip_has_its_set_in_the_predictions(found):
    _, folder = found
    predictions = pd.read_csv(folder / "predictions.csv")
    assert predictions.columns[-1] == "set"
    members = predictions["set"].str.split("|")
    assert all(p in own for p, own in zip(predictions["predicted"], members, strict=True))
    holds = [e in own for e, own in zip(predictions["emotion"], members, strict=True)]
    (row,) = pd.read_csv(folder / "sets.csv").to_dict("records")
    assert row["coverage"] == pytest.approx(np.mean(holds), abs=1e-5)
    assert row["size"] == pytest.approx(members.map(len).mean(), abs=1e-5)
    assert row["coverage"] > 0.7
    assert row["corpus"] == "all"


def test_report_and_terminal_say_what_they_hold(found):
    result, folder = found
    (row,) = result.sets.to_dict("records")
    report = (folder / "report.html").read_text("utf-8")
    assert "Sets that hold the true emotion" in report
    assert f"{row['size']:.2f} of 3" in report
    lines = sets_text(result).splitlines()
    assert lines[0] == "sets that are to hold the true emotion with 80 % (sets.csv)"
    assert lines[2].split()[1:4] == ["LDA", "all", f"{100 * row['coverage']:.1f}"]


def test_the_bundle_makes_sets_of_new_recordings(found, voice):
    bundle = read_bundle(found[1] / "bundle")
    made = bundle.manifest.sets
    assert (made.coverage, made.n_clips, made.n_speakers) == (0.8, 72, 6)
    card = bundle.files[bundle.manifest.card].decode()
    assert "in 80.0 % of the clips of new speakers" in card
    prediction = Recogniser(bundle).predict(voice)
    told = prediction.probabilities["fused"]
    least = min(made.least, max(told.values()))
    assert prediction.set == tuple(name for name, p in told.items() if p >= least)
    assert prediction.segments[0].set == prediction.set


def test_a_set_is_in_every_form_of_a_prediction(found, voice):
    prediction = Recogniser(read_bundle(found[1] / "bundle")).predict(voice)
    several = replace(prediction, set=("calm", "sad"), segments=())
    document = json.loads(to_json([several]))
    jsonschema.validate(document, prediction_schema())
    assert document["predictions"][0]["set"] == ["calm", "sad"]
    assert from_plain(document["predictions"][0]).set == several.set
    header, row = to_csv([several]).splitlines()
    assert header.endswith(",disagreement,set")
    assert row.endswith(",calm|sad")
    assert "one of calm, sad" in to_table([several])
    without = replace(several, set=())
    assert "set" not in json.loads(to_json([without]))["predictions"][0]
    assert to_csv([without]).splitlines()[0].endswith(",disagreement")


def test_without_coverage_nothing_is_said_of_sets(clips, monkeypatch):
    monkeypatch.setenv("AFFUSE_CACHE", str(clips.parent / "cache"))
    result = run(config_of(clips))
    assert "set" not in result.predictions
    assert (len(result.sets), sets_text(result)) == (0, "")


def test_too_few_speakers_get_a_note_and_no_sets(clips, monkeypatch):
    monkeypatch.setenv("AFFUSE_CACHE", str(clips.parent / "cache"))
    result = run(config_of(clips, **{"evaluation.coverage": 0.9}))
    assert len(result.sets) == 0
    (note,) = (note for note in result.notes if note.startswith("No sets were made: "))
    assert note.endswith("90 % takes 9: add speakers, or ask for less (--coverage 0.8).")


def test_numbers_have_no_sets():
    settings = {"task": "dimensional", "evaluation.coverage": 0.9}
    with pytest.raises(ConfigError, match="task = dimensional, and sets are of emotions"):
        task_of(load_config("quick", overrides=settings))


@pytest.mark.parametrize("given", ["0.4", "1.0", "nan"])
def test_a_coverage_that_cannot_be_is_refused(given, clips, tmp_path, affuse):
    ended = affuse(tmp_path, "run", clips, "--set", f"evaluation.coverage={given}")
    assert ended.returncode == 2
    assert f"evaluation.coverage = {given}" in ended.stderr
