"""`affuse doctor` on this machine, and on one where something is amiss."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from affuse import doctor
from affuse.cli import main
from affuse.predict import recogniser


def run(capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["doctor"])
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def test_finds_nothing_broken_here(capsys):
    code, out, err = run(capsys)
    assert (code, err) == (0, "")
    told = {name: (mark, found) for mark, name, found in map(_cells, out.splitlines())}
    assert told["recogniser"] == ("ok", told["recogniser"][1])
    assert "every hash" in told["recogniser"][1]
    assert set(doctor.EXTRAS) <= set(told)


def test_an_altered_bundle_is_broken(capsys, monkeypatch, tmp_path):
    altered = Path(shutil.copytree(recogniser.SHIPPED, tmp_path / "bundle"))
    with (altered / "face.onnx").open("ab") as graph:
        graph.write(b"!")
    monkeypatch.setattr(recogniser, "SHIPPED", altered)
    code, out, err = run(capsys)
    assert code == 2
    assert err == "affuse: recogniser broken; expected all but optional parts to work\n"
    assert "BROKEN\trecogniser\t" in out
    assert "install affuse anew" in out


def test_a_cache_that_cannot_be_written_is_broken(capsys, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("AFFUSE_CACHE", str(tmp_path / "file"))
    code, out, err = run(capsys)
    assert code == 2
    assert "AFFUSE_CACHE=DIR" in out
    assert "cache broken" in err


def test_a_missing_extra_is_no_fault(capsys, monkeypatch):
    lacking = {"games": ("playing", {"no-such-package": "no_such_package"})}
    monkeypatch.setattr(doctor, "EXTRAS", lacking)
    code, out, _ = run(capsys)
    assert code == 0
    assert "-\tgames\tno-such-package not installed, needed for playing" in out
    assert "pip install 'affuse[games]'" in out


def _cells(line: str) -> list[str]:
    return line.split("\t")
