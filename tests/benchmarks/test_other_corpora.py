"""What the benchmark of other corpora counts."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from affuse.records import RAVDESS_EMOTIONS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def other_corpora():
    path = ROOT / "benchmarks" / "other_corpora.py"
    spec = importlib.util.spec_from_file_location("other_corpora", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["other_corpora"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def table(tmp_path):
    rows = ["path,emotion,speaker"]
    for number in range(8):
        name, emotion = f"{number}.wav", ("happy", "sad")[number % 2]
        soundfile.write(tmp_path / name, np.full(1600, number / 100, np.float32), 16_000)
        rows.append(f"{name},{emotion},{'ab'[number // 4]}")
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(rows), "utf-8")
    return path


def test_only_emotions_of_the_corpus_are_chosen_and_all_count_for_calibration(
    other_corpora, table, monkeypatch, capsys
):
    told = np.full(8, 0.05)
    told[RAVDESS_EMOTIONS.index("calm")], told[RAVDESS_EMOTIONS.index("sad")] = 0.6, 0.1
    monkeypatch.setattr(other_corpora, "probabilities", lambda *_: told)
    manifest = SimpleNamespace(trained_on=())
    recogniser = SimpleNamespace(bundle=SimpleNamespace(title="stub", manifest=manifest))
    row = other_corpora.figures(recogniser, table)
    assert (row.n_emotions, row.n_clips, row.n_speakers, row.n_known) == (2, 8, 2, 0)
    assert (row.uar, row.low, row.high) == (0.5, 0.5, 0.5)
    assert row.ece == pytest.approx(0.6)
    assert "known" not in capsys.readouterr().out
