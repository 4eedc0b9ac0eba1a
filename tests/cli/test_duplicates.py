"""``affuse index --duplicates`` says what it compared."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from affuse.cli import main
from affuse.media import fingerprint

pytestmark = pytest.mark.usefixtures("undrawn_charts")


def test_bad_clips_do_not_stop_it_and_are_named(
    tmp_path: Path,
    rng: np.random.Generator,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    private_cache: Path,
) -> None:
    soundfile.write(tmp_path / "a.wav", 0.1 * rng.normal(size=8000), 8000)
    soundfile.write(tmp_path / "d.wav", 0.1 * rng.normal(size=8000), 8000)
    shutil.copy(tmp_path / "a.wav", tmp_path / "b.wav")
    (tmp_path / "c.wav").write_bytes(b"no sound at all")
    rows = [f"{name}.wav,{'calm' if name < 'c' else 'sad'},ann" for name in "abcd"]
    (tmp_path / "clips.csv").write_text("\n".join(["path,emotion,speaker", *rows]))
    probe = fingerprint.probe

    def failing(path):
        if Path(path).name == "d.wav":
            raise OverflowError("made by this test")
        return probe(path)

    monkeypatch.setattr(fingerprint, "probe", failing)
    with pytest.raises(SystemExit) as ended:
        main(["index", str(tmp_path / "clips.csv"), "--duplicates"])
    assert ended.value.code == 0
    told = capsys.readouterr().out.splitlines()
    assert "  a = b" in told
    place = told.index("not compared, since nothing of them can be decoded:")
    assert told[place + 1 :] == ["  c", "  d"]
    (log,) = (private_cache / "errors").iterdir()
    assert "OverflowError: made by this test" in log.read_text("utf-8")
