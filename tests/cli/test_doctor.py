"""`affuse doctor` on this machine, and on one where something is amiss."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from held_pictures import held_pictures
from plugins import installed

from affuse import doctor
from affuse.bundle import bundle as bundle_module
from affuse.cli import main
from affuse.predict import recogniser


def run(capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["doctor"])
    message = capsys.readouterr()
    return int(ended.value.code or 0), message.out, message.err


@pytest.fixture
def drawn_before(drawn_corpus: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """The clip that doctor draws was drawn already; `test_finds_nothing_broken_here` draws it."""
    clip = drawn_corpus(1, "happy") / "Actor_01" / "01-01-03-01-01-01-01.mp4"
    monkeypatch.setattr(doctor, "_drawn_clip", lambda folder: clip)


def test_finds_nothing_broken_here(capsys):
    with held_pictures():
        code, out, err = run(capsys)
    assert (code, err) == (0, "")
    told = {name: (mark, found) for mark, name, found in map(_cells, out.splitlines())}
    assert told["recogniser"] == ("ok", told["recogniser"][1])
    assert "every hash" in told["recogniser"][1]
    assert set(doctor.EXTRAS) <= set(told)
    assert told["additions"] == ("ok", "none of other packages")


@pytest.mark.usefixtures("drawn_before")
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


@pytest.mark.usefixtures("drawn_before")
def test_a_decoder_of_another_version_is_broken(capsys, monkeypatch):
    """As PyAV 19 was to code that told `av.open` how to read metadata."""
    opened = av.open

    def open_of_another_version(file, mode="r", **options):
        if mode == "r":
            raise TypeError("open() got an unexpected keyword argument 'metadata_errors'\nmore")
        return opened(file, mode, **options)

    monkeypatch.setattr(av, "open", open_of_another_version)
    code, out, err = run(capsys)
    assert code == 2
    assert "media, faces, recogniser broken" in err
    assert "BROKEN\tmedia\tTypeError: open() got an unexpected keyword argument" in out
    assert "install affuse anew, into an empty environment" in out
    assert "more" not in out


@pytest.mark.usefixtures("drawn_before")
def test_a_graph_that_does_not_run_is_broken(capsys, monkeypatch):
    def run_nothing(session, names, inputs, options=None):
        raise RuntimeError("no kernel for Conv")

    monkeypatch.setattr(bundle_module.Bundle, "run", run_nothing)
    code, out, err = run(capsys)
    assert code == 2
    assert "recogniser broken" in err
    assert "BROKEN\trecogniser\tRuntimeError: no kernel for Conv; install affuse anew" in out


@pytest.mark.usefixtures("drawn_before")
def test_a_decoder_that_lacks_codecs_is_broken(capsys, monkeypatch):
    monkeypatch.setattr(av, "codecs_available", av.codecs_available - {"opus", "aac"})
    code, out, _ = run(capsys)
    assert code == 2
    assert f"BROKEN\tmedia\tPyAV {av.__version__} lacks aac, opus" in out


@pytest.mark.usefixtures("drawn_before")
def test_a_cache_that_cannot_be_written_is_broken(capsys, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("AFFUSE_CACHE", str(tmp_path / "file"))
    code, out, err = run(capsys)
    assert code == 2
    assert "AFFUSE_CACHE=DIR" in out
    assert "cache broken" in err


@pytest.mark.usefixtures("drawn_before")
def test_a_missing_extra_is_no_fault(capsys, monkeypatch, tmp_path):
    points = {"affuse.rules": {"own": "own_rule:RULE", "broken": "no_such_module:RULE"}}
    rule = "from affuse.fusion.rule import Rule, weighted_mean\nRULE = Rule(weighted_mean)"
    monkeypatch.syspath_prepend(installed(tmp_path, "some-rules", {"own_rule": rule}, points))
    lacking = {"games": ("playing", {"no-such-package": "no_such_package"})}
    monkeypatch.setattr(doctor, "EXTRAS", lacking)
    code, out, _ = run(capsys)
    assert code == 0
    assert "-\tgames\tno-such-package not installed, needed for playing" in out
    assert "pip install 'affuse[games]'" in out
    assert "-\tadditions\trule 'broken' of some-rules cannot be loaded (ModuleNotFoundError" in out
    assert out.endswith("; rule own of some-rules\n")


def _cells(line: str) -> list[str]:
    return line.split("\t")
