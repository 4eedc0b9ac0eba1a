"""One kill of each command at a random moment; ``python benchmarks/kills.py 100`` makes many."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from affuse.cli import main

_PATH = Path(__file__).parents[2] / "benchmarks" / "kills.py"
_SPEC = importlib.util.spec_from_file_location("kills", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
kills = importlib.util.module_from_spec(_SPEC)
sys.modules["kills"] = kills
_SPEC.loader.exec_module(kills)

Ended = subprocess.CompletedProcess[str]
ABOUT_S = {"run": 6.0, "predict": 3.0}
"""What each command takes on two cores: it is ended at a moment of that."""


@pytest.fixture
def called_here(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """A command that comes to its end, in this process, which has imported all that it needs."""

    def called(line: Sequence[str], *, env: Mapping[str, str], **_: object) -> Ended:
        assert line[1:3] == ["-m", "affuse"]
        with pytest.MonkeyPatch.context() as patch:
            for name, value in env.items():
                patch.setenv(name, value)
            patch.setattr(tempfile, "tempdir", None)
            with pytest.raises(SystemExit) as ended:
                main(line[3:])
        return Ended(line, int(ended.value.code or 0), *capfd.readouterr())

    return called


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.usefixtures("undrawn_charts")
def test_kills_leave_nothing_and_results_are_the_same(
    called_here: Callable[..., Ended], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = kills.undisturbed
    ends_here = SimpleNamespace(**{**vars(subprocess), "run": called_here})
    monkeypatch.setattr(kills, "subprocess", ends_here)
    monkeypatch.setattr(
        kills, "undisturbed", lambda ground, command: (whole(ground, command)[0], ABOUT_S[command])
    )
    monkeypatch.setattr(kills, "made_clips", partial(kills.made_clips, n_takes=1))
    found = kills.kills(2, seed=3, per_round=1, place=tmp_path)
    assert found.faults == []
    assert (found.n_kills, found.n_again) == (2, 2)
