"""The commands give the same whoever works."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from short_clips import short_clips

pytest.importorskip("distributed")


def called(cache: Path, *arguments: str) -> str:
    """What a command printed."""
    found = subprocess.run(
        [sys.executable, "-m", "affuse", *arguments],
        env={**os.environ, "AFFUSE_CACHE": str(cache)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert found.returncode == 0, found.stderr
    return found.stdout


@pytest.mark.slow
def test_prediction_is_that_of_one_process(tmp_path: Path) -> None:
    clips = short_clips(tmp_path / "clips", 3, seconds=1.0).parent
    alone = called(tmp_path, "predict", str(clips), "--format", "json", "--jobs", "1")
    assert alone.count('"timeline"') >= 3 or alone.count("clip00") >= 3
    assert called(tmp_path, "predict", str(clips), "--format", "json", "--workers", "2") == alone


@pytest.mark.slow
def test_run_is_that_of_one_process(tmp_path: Path) -> None:
    data = str(short_clips(tmp_path / "clips", 12))
    written = {}
    for name, who in (("alone", ("--jobs", "1")), ("cluster", ("--workers", "2"))):
        out = tmp_path / name
        settings = ["--features", "video=none", "--set", "folds.n_folds=3", "--out", str(out)]
        called(tmp_path / f"cache-{name}", "run", data, *settings, *who)
        written[name] = {
            path.name: path.read_bytes() for path in (out / "results.csv", out / "predictions.csv")
        }
    assert written["cluster"] == written["alone"]
