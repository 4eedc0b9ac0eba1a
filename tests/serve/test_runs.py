"""Run folders are listed; what is none is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from affuse.serve.runs import list_runs

pytest.importorskip("fastapi")


def test_tables_that_cannot_be_read_are_no_runs(tmp_path: Path) -> None:
    contents = {
        "good": b'system,uar,leaky,n_clips\r\n"LDA, audio",0.5,False,36\r\n',
        "marked": "\ufeffsystem;uar;leaky;n_clips\nLDA;0,25;False;12\n".encode(),
        "empty": b"",
        "bytes": bytes(range(128, 256)),
    }
    for name, content in contents.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.csv").write_bytes(content)
    told = {run.name: run for run in list_runs(tmp_path)}
    assert set(told) == {"good", "marked"}
    assert told["good"].best is not None
    assert (told["good"].best.system, told["good"].n_clips) == ("LDA, audio", 36)
