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


def test_the_best_is_of_the_first_protocol(tmp_path: Path) -> None:
    """Figures across corpora are of other clips, and of fewer emotions."""
    rows = "a,speaker-independent,False,0.4,9", "b,cross-corpus,False,0.9,9"
    (tmp_path / "run").mkdir()
    text = "\n".join(("system,protocol,leaky,uar,n_clips", *rows))
    (tmp_path / "run" / "results.csv").write_text(text, "utf-8")
    (told,) = list_runs(tmp_path)
    assert told.best is not None
    assert (told.best.system, told.best.uar) == ("a", 0.4)
