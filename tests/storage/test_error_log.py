"""Errors that nobody foresaw: a sentence, and a traceback in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from affuse.storage.error_log import unforeseen


def raised() -> Exception:
    try:
        (1 << 70).to_bytes(2)
    except OverflowError as error:
        return error
    raise AssertionError


def test_sentence_names_file_error_and_log(private_cache: Path) -> None:
    told = unforeseen("clips/a.mp4", raised())
    assert told.startswith("clips/a.mp4 cannot be read (OverflowError: int too big to convert); ")
    (log,) = (private_cache / "errors").iterdir()
    assert f"its traceback is in {log}" in told
    unforeseen("b\udcff.mp4", raised())
    lines = log.read_text("utf-8").splitlines()
    assert [line.split(" ", 1)[1] for line in lines if line.endswith(".mp4'")] == [
        "'clips/a.mp4'",
        r"'b\udcff.mp4'",
    ]
    assert lines.count("OverflowError: int too big to convert") == 2


def test_error_without_words_or_with_many_is_one_line() -> None:
    assert "(KeyError); expected" in unforeseen("a.mp4", KeyError())
    told = unforeseen("a.mp4", ValueError("long\n" * 500))
    assert "\n" not in told
    assert len(told) < 600


def test_log_that_cannot_be_written_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("AFFUSE_CACHE", str(tmp_path / "file"))
    told = unforeseen("a.mp4", raised())
    assert "OverflowError" in told
    assert "traceback" not in told
