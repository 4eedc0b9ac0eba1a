"""What an answer rests on, in every form that has a place for it."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import jsonschema
import pytest

from affuse.export.document import prediction_schema, read_json, to_json
from affuse.export.explained import COLUMNS, explanation_lines
from affuse.export.formats.csv import to_csv
from affuse.export.formats.table import to_table
from affuse.records import Box, Explanation, Prediction, TellingMoment

WHY = Explanation(
    "happy",
    0.125,
    {"audio": -0.075, "video": 0.6},
    {
        "audio": TellingMoment(1.5, 2.5, 0.1, 0.25, against=True),
        "video": TellingMoment(62.4, 62.6, 0.9, None, Box(0.4, 0.2, 0.2, 0.35)),
    },
)


@pytest.fixture
def explained(talk):
    return replace(talk, explanation=WHY)


@pytest.fixture
def unexplained(silence):
    return replace(silence, explanation=Explanation(None, reason=silence.abstained))


def test_the_terminal_has_a_sum_and_two_moments(explained, unexplained):
    lines = to_table([explained, unexplained]).splitlines()
    assert lines[2:6] == [
        "  note: cut short: 10.0 s of 12.0 s can be read",
        "  happy 65.0 % = chance 12.5 - voice 7.5 + face 60.0",
        "  voice tells most against happy from 0:01.5 to 0:02.5 (10 %, without it 25 %)",
        "  face tells most for happy from 1:02.4 to 1:02.6 (90 %)",
    ]
    assert lines[-1] == "  nothing to explain: no speech, and the file has no picture"


def test_how_far_from_training_is_the_last_line(explained, talk):
    both, face = {"audio": 0.34, "video": 0.02}, {"video": 0.02}
    assert explanation_lines(replace(explained, familiarity=both))[-1] == (
        "the voice is nearer to training than 34 % of clips kept apart from it, the face than 2 %"
    )
    assert explanation_lines(replace(explained, familiarity=face))[-1] == (
        "the face is nearer to training than 2 % of clips kept apart from it"
    )
    assert explanation_lines(replace(talk, familiarity=both)) == []


def test_a_share_of_nothing_and_a_reason(talk):
    assert explanation_lines(talk) == []
    why = Explanation("sad", 0.125, {"audio": 0.0}, reason="")
    assert explanation_lines(replace(talk, explanation=why)) == [
        "sad 12.5 % = chance 12.5 + voice 0.0",
        "no moment of the voice stands out",
    ]
    hardly = Explanation("sad", 0.125, {"audio": -0.0004}, {"audio": TellingMoment(0, 1, 0.5)})
    assert explanation_lines(replace(talk, explanation=hardly)) == [
        "sad 12.5 % = chance 12.5 + voice 0.0",
        "voice tells most for sad from 0:00.0 to 0:01.0 (50 %)",
    ]
    joined = Explanation("sad", 0.125, reason="neither can be left out")
    assert explanation_lines(replace(talk, explanation=joined)) == ["neither can be left out"]


def test_json_is_valid_and_reads_back(tmp_path, explained, unexplained, talk):
    text = to_json([explained, unexplained, talk])
    jsonschema.Draft202012Validator(prediction_schema()).validate(json.loads(text))
    records = json.loads(text)["predictions"]
    assert records[0]["explanation"]["contributions"] == {"audio": -0.075, "video": 0.6}
    assert "explanation" not in records[2]
    path = tmp_path / "all.json"
    path.write_text(text, "utf-8")
    assert [one.explanation for one in read_json(path)] == [WHY, unexplained.explanation, None]


def test_the_schema_describes_every_key(explained):
    schema = prediction_schema()["$defs"]
    (record,) = json.loads(to_json([explained]))["predictions"]
    why = record["explanation"]
    codes = {"reason_message"}
    assert (
        set(schema["explanation"]["required"]) == set(schema["explanation"]["properties"]) - codes
    )
    assert set(why) == set(schema["explanation"]["required"])
    assert set(why["moments"]["video"]) == set(schema["moment"]["required"])


def test_csv_has_columns_where_one_file_is_explained(explained, unexplained, talk):
    rows = list(csv.DictReader(io.StringIO(to_csv([explained, unexplained, talk]))))
    assert list(rows[0])[-len(COLUMNS) :] == list(COLUMNS)
    n_segments = len(talk.segments)
    assert len({tuple(row[name] for name in COLUMNS) for row in rows[:n_segments]}) == 1
    assert {name: rows[0][name] for name in COLUMNS} == {
        "explained": "happy",
        "chance": "0.125",
        "contribution_audio": "-0.075",
        "contribution_video": "0.6",
        "telling_audio_start_s": "1.5",
        "telling_audio_end_s": "2.5",
        "telling_video_start_s": "62.4",
        "telling_video_end_s": "62.6",
    }
    assert {rows[n_segments][name] for name in COLUMNS} == {""}
    assert {rows[-1][name] for name in COLUMNS} == {""}
    assert "explained" not in to_csv([talk])


def test_a_photo_has_no_moment_that_tells_most():
    whole = {"video": TellingMoment(0.0, 0.2, 0.725)}
    why = Explanation("happy", 0.125, {"video": 0.6}, whole)
    photo = Prediction(
        "a.jpg", 0.04, "happy", 0.725, {}, (), ("happy", "sad"), "affuse", explanation=why
    )
    assert explanation_lines(photo) == ["happy 72.5 % = chance 12.5 + face 60.0"]
    assert len(explanation_lines(replace(photo, duration_s=4.0))) == 2
