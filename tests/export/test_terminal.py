"""The table that the terminal shows."""

from __future__ import annotations

from dataclasses import replace

from affuse.export.formats.table import to_table

TALK = """\
file                   emotion        p   voice      face         no face
talk.mp4               happy       65 %   sad 50 %   happy 60 %      30 %
  note: cut short: 10.0 s of 12.0 s can be read
  0:00.0 - 0:04.0      happy       80 %   sad 50 %   happy 60 %      10 %
  0:02.0 - 0:06.0      calm        60 %   sad 50 %   calm 60 %       10 %
  0:04.0 - 0:08.0      undecided   20 %   -          -              100 %   {reason}
  0:06.0 - 0:10.0      angry       70 %   sad 50 %   angry 60 %      10 %
"""
REASON = "20 % is under the threshold of 30 %"


def test_a_clip_with_its_timeline(talk):
    shown = to_table([replace(talk, path="clips/talk.mp4")])
    expected = TALK.format(reason=REASON)
    assert [line.split() for line in shown.splitlines()] == [
        line.split() for line in expected.splitlines()
    ]


def test_columns_stand_below_each_other(talk, silence):
    lines = to_table([talk, silence]).splitlines()
    heading, rows = lines[0], [line for line in lines[1:] if "note:" not in line]
    for name in ("emotion", "voice", "face"):
        column = heading.index(name)
        assert all(row[column] != " " and row[column - 1] == " " for row in rows), name


def test_one_line_for_a_clip_of_one_segment(silence):
    _, line = to_table([silence]).splitlines()
    assert line.split()[:6] == ["silence.wav", "undecided", "-", "-", "-", "-"]
    assert line.endswith(f"   {silence.abstained}")


def test_faces_are_told_apart(couple):
    lines = to_table([couple]).splitlines()
    assert [line.split("   ")[0].strip() for line in lines[2:]] == [
        "0:00.0 - 0:04.0  face 1",
        "0:00.0 - 0:04.0  face 2",
        "0:02.0 - 0:06.0  face 1",
        "0:02.0 - 0:06.0  face 2",
    ]


def test_long_recordings_have_hours(talk):
    late = replace(talk.segments[0], start_s=3599.96, end_s=3725.5)
    shown = to_table([replace(talk, segments=(talk.segments[0], late))])
    assert "  1:00:00.0 - 1:02:05.5 " in shown


def test_files_of_one_name_are_shown_with_their_paths(silence):
    shown = to_table([replace(silence, path=f"{folder}/a.wav") for folder in "xy"])
    assert [line.split()[0] for line in shown.splitlines()[1:]] == ["x/a.wav", "y/a.wav"]


def test_a_name_cannot_steer_the_terminal(silence):
    shown = to_table([replace(silence, path="a\nb\x1b[2J\u202e Müller.wav")])
    assert r"a\nb\x1b[2J\u202e Müller.wav" in shown
    assert len(shown.splitlines()) == 2


def test_wide_letters_keep_the_columns(silence):
    lines = to_table([replace(silence, path=name) for name in ("感情.wav", "plain.wav")])
    _, wide, plain = lines.splitlines()
    assert plain.index("undecided") - wide.index("undecided") == 2
