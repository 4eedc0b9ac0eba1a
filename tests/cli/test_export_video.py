"""`affuse export video`, fed with a stored prediction."""

from __future__ import annotations

from pathlib import Path

import pytest
from media_files import Media, write_media
from predictions import window

from affuse.cli import main
from affuse.export.registry import export
from affuse.media.decode import probe
from affuse.records import RAVDESS_EMOTIONS, Prediction


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_media(tmp_path / "Müller & co.mp4", Media(1.0))


@pytest.fixture
def stored(tmp_path: Path, clip: Path) -> Path:
    """JSON of what was predicted for the clip."""
    segment = window(0.0, "happy", 0.8, end_s=1.0)
    found = Prediction(
        str(clip), 1.0, "happy", 0.8, {}, (segment,), RAVDESS_EMOTIONS, "affuse-shipped 1f2e3d"
    )
    return export([found], "json", tmp_path / "found.json")[0]


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def test_writes_the_clip(tmp_path, clip, stored, capsys):
    out = tmp_path / "out.mp4"
    assert run("export", "video", clip, "--out", out, "--prediction", stored) == 0
    assert capsys.readouterr().out == f"Written to {out}.\n"
    assert probe(out).has_audio
    assert probe(out).has_video


def test_prediction_of_another_clip_is_refused(tmp_path, stored, capsys):
    other = write_media(tmp_path / "other.mp4", Media(0.2))
    assert run("export", "video", other, "--out", tmp_path / "o.mp4", "--prediction", stored) == 2
    message = capsys.readouterr().err
    assert "has 0 predictions of other.mp4 (it has: Müller & co.mp4); expected one" in message


def test_taken_name_is_refused_before_any_work(clip, capsys):
    assert run("export", "video", clip, "--out", clip) == 2
    assert "exists already, and nothing is overwritten" in capsys.readouterr().err
