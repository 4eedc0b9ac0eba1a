"""Fixtures shared by all tests: seeded numbers, a private cache, the folder of real clips."""

from __future__ import annotations

import gc
import itertools
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from _pytest.doctest import DoctestModule
from hypothesis import settings
from undrawn import undrawn

from affuse.cli import main
from affuse.features.table import FeatureTable
from affuse.storage.locks import try_lock

PAGES = ("tests/serve/page/", "tests/report/test_browser.py")
# The same engine with fewer processes: neither pixels nor strange sites are what is tested.
FEW_PROCESSES = ("--no-zygote", "--in-process-gpu")

# No test depends on how busy the machine is.
settings.register_profile("affuse", deadline=None)
settings.load_profile("affuse")

# Thousands of tests and all packages are loaded now, and none of it becomes garbage.
gc.disable()


def pytest_collection_finish() -> None:
    """What is there by now stays: whoever looks for garbage need not look at it again.

    Nor as often as after each 700 new objects: a twentieth of the time was spent on that.
    """
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_collect_file() -> Iterator[None]:
    """Examples stand in the package alone: tests are not searched for them."""
    found = yield
    return [collector for collector in found if not isinstance(collector, DoctestModule)]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Files as they are, but in one process what shares much.

    One browser and one server serve all pages.
    """
    from xdist.scheduler import LoadFileScheduling

    class SomeTogether(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            scope = str(super()._split_scope(nodeid))
            return "pages" if scope.startswith(PAGES) else scope

    return SomeTogether(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Pages, then files with slow tests: no process is left alone with them at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (not item.nodeid.startswith(PAGES), item.path not in slow))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20180516)


@pytest.fixture(scope="session")
def new_cache(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Makes folders, without a look at all that are there: there is one for every test."""
    folder, numbers = tmp_path_factory.mktemp("caches"), itertools.count()

    def make() -> Path:
        cache = folder / str(next(numbers))
        cache.mkdir()
        return cache

    return make


@pytest.fixture(autouse=True)
def private_cache(new_cache: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test sees or leaves anything in the person's own cache."""
    cache = new_cache()
    monkeypatch.setenv("AFFUSE_CACHE", str(cache))
    return cache


@pytest.fixture(scope="module")
def common_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("common_cache")


@pytest.fixture
def keep_features(private_cache: Path, common_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One store for a module, so that each clip's features are computed once."""
    monkeypatch.setenv("AFFUSE_CACHE", str(common_cache))


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Folders that one process of a run of pytest makes and all read: nobody may change one.

    Called with a name, and what fills the folder.
    """
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def made(name: str, fill: Callable[[Path], object]) -> Path:
        folder, whole = base / name, base / f"{name}.whole"
        with (base / f"{name}.lock").open("w") as lock:
            try_lock(lock.fileno(), wait=True)
            if not whole.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                fill(folder)
                whole.touch()
        return folder

    return made


@pytest.fixture(scope="module")
def undrawn_charts() -> Iterator[None]:
    """Reports of a module's runs have all words and no lines: to draw them is half of a small run.

    They are drawn in ``tests/report`` and ``tests/test_whole_way.py``.
    """
    with undrawn():
        yield


@pytest.fixture
def no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs write all but their report, which takes longer than all that a small one computes."""
    monkeypatch.setattr("affuse.experiment.flow.write_report", lambda folder, place: None)


@pytest.fixture
def few_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stackers that are fitted in this process choose among two penalties, not six."""
    monkeypatch.setattr("affuse.fusion.stacking.COSTS", (0.01, 0.3))


@pytest.fixture(scope="session")
def start_chromium() -> Iterator[Callable[..., Any]]:
    """Debian's chromium with the given arguments, one for the same; one driver for a process.

    Without its windows, menus and profile where that is installed: it has less to do.
    """
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = which("chromium-headless-shell") or which("chromium")
    if chromium is None:
        pytest.skip("no chromium on this machine")
    started: dict[tuple[str, ...], Any] = {}

    def start(*arguments: str) -> Any:
        if arguments not in started:
            given = ["--no-sandbox", *FEW_PROCESSES, *arguments]
            started[arguments] = playwright.chromium.launch(executable_path=chromium, args=given)
        return started[arguments]

    with sync_api.sync_playwright() as playwright:
        yield start
        for browser in started.values():
            browser.close()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real clips, faces and weights, which is not part of the repository."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("AFFUSE_SHARED_DATA", default))
    if not folder.is_dir():
        pytest.skip("no folder of real clips beside the repository (set AFFUSE_SHARED_DATA)")
    return folder


@pytest.fixture(scope="session")
def drawn_corpus(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The embedded corpus with exactly these clips: real mp4 files that nobody may change.

    Each picture is held for a while (`held_pictures`), which few files show: ``tests/synthetic``
    makes clips of its own.
    All processes of a run of pytest share them: a clip that is there is not made again.
    """
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder

    def made(speakers: int, *emotions: str) -> Path:
        from held_pictures import held_pictures

        from affuse.synthetic.corpus import synthesise

        common, own = folder / "all-drawn", folder / "-".join([str(speakers), *emotions]) / "drawn"
        with (folder / "drawn.lock").open("w") as lock:
            try_lock(lock.fileno(), wait=True)
            with held_pictures():
                clips = synthesise(common, speakers=speakers, emotions=emotions, takes=1)
            for clip in clips:
                place = own / clip.relative_to(common)
                place.parent.mkdir(parents=True, exist_ok=True)
                if not place.exists():
                    os.link(clip, place)
        return own

    return made


@pytest.fixture(scope="session")
def moving_corpus(made_once: Callable[..., Path]) -> Path:
    """One happy clip each of two drawn people, every picture drawn: mouths move as they do."""

    def draw(folder: Path) -> None:
        from affuse.synthetic.corpus import synthesise

        synthesise(folder, speakers=2, emotions=["happy"], takes=1)

    return made_once("moving", draw)


@pytest.fixture(scope="session")
def conversation(made_once: Callable[..., Path], moving_corpus: Path) -> Path:
    """The two of `moving_corpus` side by side, who speak in turn."""

    def fill(folder: Path) -> None:
        from drawn_conversation import write_conversation

        write_conversation(folder / "two.mp4", sorted(moving_corpus.rglob("*.mp4")))

    return made_once("conversation", fill) / "two.mp4"


@pytest.fixture(scope="session")
def make_table() -> Callable[..., FeatureTable]:
    """Feature tables of normal numbers: a mean for each emotion, another for each speaker."""

    def make(
        n_speakers: int = 6,
        n_takes: int = 2,
        classes: tuple[str, ...] = ("calm", "angry", "sad"),
        signal: float = 2.0,
        shapes: Mapping[str, tuple[int, ...]] = MappingProxyType({"audio": (6,), "video": (5,)}),
        seed: int = 0,
    ) -> FeatureTable:
        rng = np.random.default_rng(seed)
        grid = np.indices((n_speakers, len(classes), n_takes)).reshape(3, -1)
        arrays = {}
        for modality, shape in shapes.items():
            emotion_means = signal * rng.standard_normal((len(classes), *shape))
            speaker_means = rng.standard_normal((n_speakers, *shape))
            noise = rng.standard_normal((grid.shape[1], *shape))
            values = emotion_means[grid[1]] + speaker_means[grid[0]] + noise
            arrays[modality] = values.astype(np.float32)
        return FeatureTable(
            clips=np.array([f"{s + 1:02}-{e}-{t}" for s, e, t in grid.T]),
            speakers=np.array([str(speaker + 1) for speaker in grid[0]]),
            labels=grid[1],
            classes=classes,
            arrays=arrays,
            present={modality: np.ones(grid.shape[1], bool) for modality in shapes},
        )

    return make


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def affuse(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ended]:
    """Calls a command within this process, on a cache of its own."""

    def called(cache: Path, *arguments: object) -> Ended:
        monkeypatch.setenv("AFFUSE_CACHE", str(cache))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        return Ended(int(ended.value.code or 0), *capsys.readouterr())

    return called
