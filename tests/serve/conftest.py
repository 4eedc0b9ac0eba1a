"""Servers of a tiny bundle, and recordings to send."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from recordings import Track, fitted, portrait, spoken, write
from serving import Served, serving
from tiny_bundle import face_and_voice

from affuse.bundle.manifest import EmotionSets
from affuse.bundle.writer import make_bundle, write_bundle

pytest.importorskip("fastapi", reason="the extra web is not installed")


@pytest.fixture(scope="session")
def bundle_dir(made_once: Callable[..., Path]) -> Path:
    """The tiny bundle, which tells sets of several emotions."""
    return made_once("bundles", _write_tiny) / "tiny"


def _write_tiny(folder: Path) -> None:
    tiny = face_and_voice()
    sets = EmotionSets(coverage=0.9, least=0.01, n_clips=9, n_speakers=9)
    bundle = make_bundle(tiny.manifest.model_copy(update={"sets": sets}), tiny.files)
    write_bundle(bundle, folder / "tiny")


@pytest.fixture(scope="session")
def talking(made_once: Callable[..., Path]) -> Path:
    """Three seconds of a face that speaks."""
    track = Track([portrait()] * 30, sound=fitted(spoken(), 3.0))
    folder = made_once("talking", lambda folder: write(folder / "talking.mp4", track))
    return folder / "talking.mp4"


@pytest.fixture(scope="session")
def slow(made_once: Callable[..., Path]) -> Path:
    """A hundred seconds in a small file, which take a while."""

    def fill(folder: Path) -> None:
        track = Track([portrait()] * 500, fps=5, sound=fitted(spoken(), 100.0))
        write(folder / "slow.mp4", track)

    return made_once("slow", fill) / "slow.mp4"


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run folder with a report, and a folder that is none."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "none").mkdir()
    run = folder / "demo run"
    run.mkdir()
    (run / "results.csv").write_text(
        "system,leaky,uar,n_clips\nSVM,False,0.61,96\nSVM random,True,0.93,96\n"
    )
    (run / "report.html").write_text("<style>p {}</style><script>let a = 1;</script><p>x</p>")
    return folder


@pytest.fixture(scope="session")
def server(
    tmp_path_factory: pytest.TempPathFactory, bundle_dir: Path, runs: Path
) -> Iterator[Served]:
    """One for all tests that leave it as it was."""
    limits = ("--max-size", "4MB", "--max-duration", "300", "--jobs", "1", "--queue", "8")
    with serving(
        tmp_path_factory.mktemp("scratch"), "--bundle", bundle_dir, "--runs", runs, *limits
    ) as served:
        yield served


@pytest.fixture
def client(server: Served) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client
