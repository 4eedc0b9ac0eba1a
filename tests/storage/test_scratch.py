"""Folders for a while are gone afterwards, those of killed processes at the next beginning."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from affuse.storage.scratch import scratch_folder

KILLED = """
import os, signal
from affuse.storage.scratch import scratch_folder
with scratch_folder("fetched") as folder:
    (folder / "file").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_killed_ones_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    ended = subprocess.run([sys.executable, "-c", KILLED])
    assert ended.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    with scratch_folder("workers") as other, scratch_folder("fetched") as folder:
        assert set(tmp_path.iterdir()) == {other, folder}
        assert left not in {other, folder}
    assert list(tmp_path.iterdir()) == []
