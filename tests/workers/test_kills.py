"""One kill of each command at a random moment; ``python benchmarks/kills.py 100`` makes many."""

from __future__ import annotations

import importlib.util
import sys
from functools import partial
from pathlib import Path

import pytest

_PATH = Path(__file__).parents[2] / "benchmarks" / "kills.py"
_SPEC = importlib.util.spec_from_file_location("kills", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
kills = importlib.util.module_from_spec(_SPEC)
sys.modules["kills"] = kills
_SPEC.loader.exec_module(kills)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_kills_leave_nothing_and_results_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kills, "made_clips", partial(kills.made_clips, n_takes=1))
    found = kills.kills(2, seed=3, per_round=1, place=tmp_path)
    assert found.faults == []
    assert (found.n_kills, found.n_again) == (2, 2)
