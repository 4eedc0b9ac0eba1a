"""What commands print of names that somebody else chose."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from recordings import Track, fitted, spoken, write

from affuse.cli import main

EVIL = "a\x1b]0;title\x07\x1b[2J\u202e"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of recordings and of what is none, and a table; all of them with evil names."""
    folder = tmp_path_factory.mktemp("corpus") / EVIL
    folder.mkdir()
    track = Track(sound=fitted(spoken(), 1.5), audio_codec="pcm_s16le")
    sound = write(folder / "plain.wav", track)
    shutil.copy(sound, folder / f"{EVIL}.wav")
    (folder / f"{EVIL}bad.wav").write_bytes(b"no sound")
    (folder / f"{EVIL}.txt").write_text("no recording")
    rows = [f"{EVIL}.wav,{EVIL}mood,=1+1", f"gone{EVIL}.wav,sad,-x", "plain.wav,happy,-x"]
    table = "path,emotion,speaker\n" + "\n".join(rows) + "\n"
    (folder / f"{EVIL}.csv").write_text(table, "utf-8")
    return folder


@pytest.fixture
def told_within(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch):
    """Exit code and what reaches standard output and error of a command in this process."""
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "120")

    def told(*words: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        out, err = capfdbinary.readouterr()
        return int(ended.value.code or 0), out.decode(), err.decode()

    return told


def commands(corpus: Path, folder: Path) -> dict[str, tuple[object, ...]]:
    table, clip = corpus / f"{EVIL}.csv", corpus / f"{EVIL}.wav"
    return {
        "index of a table": ("index", table, "--out", folder / f"{EVIL}.csv"),
        "index of a folder": ("index", corpus),
        "index of nothing": ("index", corpus / f"{EVIL}nothing"),
        "predict": ("predict", corpus),
        "predict as csv": ("predict", clip, "--format", "csv"),
        "predict as json": ("predict", clip, "--format", "json"),
        "predict as vtt": ("predict", clip, "--format", "vtt"),
        "predict into a file": ("predict", clip, "--out", folder / f"{EVIL}.json"),
        "predict nothing": ("predict", corpus / f"{EVIL}nothing.wav"),
        "predict with a bundle that is none": ("predict", clip, "--bundle", corpus),
        "predict in an unknown format": ("predict", clip, "--format", EVIL),
        "split": ("split", table, "--out", folder / f"{EVIL}split"),
        "features": ("features", table, "--features", "audio=mfcc", "--jobs", "1"),
        "audit": ("audit", table, "--folds", corpus / f"{EVIL}.csv"),
        "run": ("run", table, "--recipe", EVIL),
        "run with a setting": ("run", table, "--set", f"{EVIL}=1"),
        "report": ("report", corpus),
        "serve": ("serve", "--no-open", "--bundle", corpus),
    }


@pytest.mark.usefixtures("trunk")
@pytest.mark.parametrize("name", commands(Path(), Path()))
def test_nothing_reaches_the_terminal(name, corpus, tmp_path, told_within):
    code, out, err = told_within(*commands(corpus, tmp_path)[name])
    for line in (out + err).split("\n"):
        assert line.replace("\t", " ").isprintable(), line
    assert "Traceback" not in err
    assert code in (0, 1, 2)
    assert out or err
