"""`affuse predict --explain`, and what the page on predicting shows of it."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
from recordings import Track, fitted, portrait, spoken, write
from tiny_bundle import face_and_voice

from affuse.bundle.writer import write_bundle
from affuse.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "predicting.md"


def predict(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    with pytest.raises(SystemExit) as stopped:
        main(["predict", *(str(argument) for argument in arguments)])
    message = capsys.readouterr()
    return int(stopped.value.code or 0), message.out, message.err


@pytest.fixture
def bundle_dir(tmp_path: Path) -> Path:
    return write_bundle(face_and_voice(), tmp_path / "tiny")


@pytest.fixture
def talking(tmp_path: Path) -> Path:
    track = Track([portrait()] * 20, sound=fitted(spoken(), 2.0))
    return write(tmp_path / "talk.mp4", track)


def test_lines_stand_under_the_answer(capsys, talking, bundle_dir):
    given = (talking, "--bundle", bundle_dir)
    code, plain, _ = predict(capsys, *given)
    code_, out, err = predict(capsys, *given, "--explain")
    assert (code, code_, err) == (0, 0, "")
    assert out.startswith(plain)
    first = out.removeprefix(plain).splitlines()[0]
    shares = [float(sign + share) for sign, share in re.findall(r"([+-]) \w+ ([\d.]+)", first)]
    total, chance = (float(one) for one in re.findall(r"([\d.]+)(?: %| [+-] v)", first)[:2])
    assert total == pytest.approx(chance + sum(shares), abs=0.2)


def test_several_files_at_once(capsys, talking, bundle_dir, tmp_path):
    voice = write(tmp_path / "voice.flac", Track(sound=fitted(spoken(), 2.0), audio_codec="flac"))
    given = (talking, voice, "--bundle", bundle_dir, "--format", "json", "--jobs", "1")
    code, out, _ = predict(capsys, *given, "--explain")
    assert code == 0
    shares = [set(one["explanation"]["contributions"]) for one in json.loads(out)["predictions"]]
    assert shares == [{"audio", "video"}, {"audio"}]
    _, out, _ = predict(capsys, *given)
    assert "explanation" not in out


def test_a_format_without_a_place_for_it_is_refused_before_the_work(capsys, bundle_dir):
    code, out, err = predict(
        capsys, "nowhere.mp4", "--bundle", bundle_dir, "--format", "vtt", "--explain"
    )
    assert (code, out) == (2, "")
    assert err == (
        "affuse: format 'vtt' was given with --explain, but has no place for what an answer rests "
        "on; expected one of csv, json, table: name one, or leave --explain out\n"
    )


def test_the_example_of_the_page_runs(
    talking: Path, monkeypatch: pytest.MonkeyPatch, bundle_dir: Path
) -> None:
    import affuse

    monkeypatch.chdir(talking.parent)
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", PAGE.read_text("utf-8"), re.MULTILINE)
    (block,) = [textwrap.dedent(block) for block in blocks if "explain=True" in block]
    names: dict[str, Any] = {"recogniser": affuse.load(bundle_dir)}
    exec(compile(block, "predicting.md", "exec"), names)
    assert names["total"] == pytest.approx(names["found"].confidence, abs=1e-9)
    assert names["frame"].box is not None
