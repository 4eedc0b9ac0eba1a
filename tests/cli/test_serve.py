"""`affuse serve`, as far as it gets with bad input."""

from __future__ import annotations

import sys

import pytest

from affuse.cli import main


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--no-open", "--port", "0", *arguments])
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_missing_extra(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "fastapi", None)
    assert "pip install 'affuse[web]'" in refused(capsys)


def test_size_that_is_none(capsys):
    assert "expected a size such as 500MB" in refused(capsys, "--max-size", "much")


def test_keeping_nothing(capsys):
    assert "keep_s 0 was given; expected a finite number above 0" in refused(capsys, "--keep", "0")


def test_guessable_token(monkeypatch, capsys):
    monkeypatch.setenv("AFFUSE_TOKEN", "secret")
    assert "AFFUSE_TOKEN has 6 characters; expected 16 or more" in refused(capsys)


def test_address_of_another_machine(capsys):
    assert "cannot listen on 192.0.2.1:0" in refused(capsys, "--host", "192.0.2.1")


def test_no_bundle_and_nobody_is_sent_to_a_page(capsys, tmp_path):
    pytest.importorskip("fastapi")
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--no-open", "--port", "0", "--bundle", str(tmp_path / "none")])
    assert ended.value.code == 2
    message = capsys.readouterr()
    assert str(tmp_path / "none") in message.err
    assert message.out == ""


def test_empty_host_is_not_every_address(capsys):
    pytest.importorskip("fastapi")
    assert "an empty --host was given; expected an address" in refused(capsys, "--host", "")
