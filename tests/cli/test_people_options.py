"""`affuse predict --people [N] --name 1=Anna`: what can be typed, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from drawn_faces import with_faces
from recordings import Track, fitted, spoken, write

from affuse.cli import main
from affuse.cli.people_options import joined_number, names_named, people_named
from affuse.errors import ConfigError


@pytest.mark.parametrize(
    ("typed", "joined"),
    [
        (["a.mp4", "--people"], ["a.mp4", "--people=any"]),
        (["--people", "a.mp4"], ["--people=any", "a.mp4"]),
        (["--people", "3", "a.mp4"], ["--people=3", "a.mp4"]),
        (["--people=3", "a.mp4"], ["--people=3", "a.mp4"]),
        (["--people", "-1", "a.mp4"], ["--people=-1", "a.mp4"]),
        (["--people", "2.mp4"], ["--people=any", "2.mp4"]),
        (["--people", "./2"], ["--people=any", "./2"]),
        (["--people", "--explain", "a.mp4"], ["--people=any", "--explain", "a.mp4"]),
        (["--people", "--people", "2"], ["--people=any", "--people=2"]),
        (["--people", "--", "2"], ["--people=any", "--", "2"]),
        (["--", "--people", "2"], ["--", "--people", "2"]),
        (["a.mp4"], ["a.mp4"]),
    ],
)
def test_a_number_may_follow_and_no_file_is_taken_for_it(typed, joined):
    assert joined_number(typed) == joined


def test_what_people_means():
    assert people_named(None) is None
    assert people_named("any") is True
    assert people_named("2") == 2


def test_names_by_number():
    assert names_named(["1=Anna", "2= Ben=B. "]) == {1: "Anna", 2: "Ben=B."}
    with pytest.raises(ConfigError, match="--name 'Anna' was given for two people"):
        names_named(["1=Anna", "2=Anna"])


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["--people", "0"], "--people 0 was given; expected how many people there are, from 1"),
        (["--people", "-2"], "--people -2 was given; expected how many"),
        (["--people", "9" * 5000], "--people 9999"),
        (["--people", "--name", "9" * 5000 + "=Anna"], "--name '9999"),
        (["--people", "1.5"], "--people 1.5 was given; expected how many"),
        (["--people=a.mp4"], "--people a.mp4 was given; expected how many"),
        (["--people", "--name", "Anna"], "--name 'Anna' was given; expected NUMBER=NAME"),
        (["--people", "--name", "0=Anna"], "--name '0=Anna' was given; expected NUMBER=NAME"),
        (["--people", "--name", "1="], "--name '1=' was given; expected a name after the sign ="),
        (["--people", "--name", "1=A", "--name", "1=B"], "--name 1= was given twice; expected one"),
        (["--name", "1=Anna"], "--name was given without --people; expected --people beside it"),
        (["--face-embedding", "onnx:a.onnx"], "--face-embedding was given without --people"),
        (["--people", "--voice-embedding", "a.onnx"], "voice_embedding 'a.onnx' was given; exp"),
        (["--people", "--faces", "all"], "faces all and people were given, who have a timeline"),
    ],
)
def test_what_is_refused_in_one_line(capsys, typed, told):
    with pytest.raises(SystemExit) as stopped:
        main(["predict", "talk.mp4", *typed])
    message = capsys.readouterr()
    assert stopped.value.code == 2
    assert message.err.startswith(f"affuse: {told}")
    assert message.err.count("\n") == 1
    assert message.out == ""


def test_a_video_has_people_too(capsys, tmp_path):
    for typed, told in (
        (["--name", "1=Anna"], "--name was given without --people"),
        (["--people", "--prediction", "a.json"], "--people and --prediction were given; expected"),
    ):
        with pytest.raises(SystemExit) as stopped:
            main(["export", "video", "a.mp4", "--out", str(tmp_path / "b.mp4"), *typed])
        assert stopped.value.code == 2
        assert capsys.readouterr().err.startswith(f"affuse: {told}")


def test_a_block_for_each_person_in_the_terminal(capsys, tmp_path: Path):
    """Two faces at rest: whoever speaks is not one of them, or it cannot be told."""
    picture = with_faces(640, 400, {0: (0, 40, 320), 1: (320, 40, 320)})
    film = write(tmp_path / "pair.mp4", Track([picture] * 30, sound=fitted(spoken(), 3.0)))
    with pytest.raises(SystemExit) as stopped:
        main(["predict", "--people", str(film), "--name", "2=Anna", "--name", "7=Ben"])
    out = capsys.readouterr().out
    assert not stopped.value.code
    assert re.findall(r"^  (person \d|Anna) ", out, re.MULTILINE)[:2] == ["person 1", "Anna"]
    assert len(re.findall(r"^    seen \d+ % of the time, does not speak$", out, re.MULTILINE)) == 2
    assert "note: the name Ben is for person 7, who is not there; people found: 3" in out
