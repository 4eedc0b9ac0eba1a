"""The commands give the same whoever works; ``tests/test_remote.py`` has one start a worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from short_clips import short_clips
from thread_cluster import thread_cluster

pytestmark = pytest.mark.usefixtures("undrawn_charts")

pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Of a cluster of two workers."""
    with thread_cluster(2) as started:
        yield started.scheduler_address


@pytest.mark.slow
def test_prediction_is_that_of_one_process(affuse, address: str, tmp_path: Path) -> None:
    clips = short_clips(tmp_path / "clips", 3, seconds=1.0).parent
    alone = affuse(tmp_path, "predict", clips, "--format", "json", "--jobs", "1")
    shared = affuse(tmp_path, "predict", clips, "--format", "json", "--cluster", address)
    assert (alone.returncode, shared.returncode) == (0, 0), shared.stderr
    assert alone.stdout.count('"timeline"') >= 3 or alone.stdout.count("clip00") >= 3
    assert shared.stdout == alone.stdout


@pytest.mark.slow
@pytest.mark.usefixtures("no_report")
def test_run_is_that_of_one_process(affuse, address: str, tmp_path: Path) -> None:
    data = short_clips(tmp_path / "clips", 6)
    written = {}
    for name, who in (("alone", ("--jobs", "1")), ("cluster", ("--cluster", address))):
        out = tmp_path / name
        settings = ["--features", "video=none", "--set", "folds.n_folds=3"]
        settings += ["--set", "models=[{name='lda'}]", "--set", "evaluation.n_bootstrap=100"]
        settings += ["--out", out]
        ended = affuse(tmp_path / f"cache-{name}", "run", data, *settings, *who)
        assert ended.returncode == 0, ended.stderr
        written[name] = {
            path.name: path.read_bytes() for path in (out / "results.csv", out / "predictions.csv")
        }
    assert written["cluster"] == written["alone"]
