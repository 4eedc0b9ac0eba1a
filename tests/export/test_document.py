"""JSON: as the schema says, and back."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest

from affuse.errors import OutputError
from affuse.export.document import prediction_schema, read_json, to_json
from affuse.export.plain import SOURCES, from_plain, to_plain


@pytest.fixture
def validator() -> jsonschema.Draft202012Validator:
    schema = prediction_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_output_is_valid(validator, talk, silence, couple):
    document = json.loads(to_json([talk, silence, couple]))
    validator.validate(document)
    assert document["predictions"][0]["segments"][2]["emotion"] is None
    assert list(document["predictions"][0]["probabilities"]) == list(SOURCES)


def test_schema_describes_every_key_and_no_other(talk):
    schema, record = prediction_schema()["$defs"], to_plain(talk)
    for kind, keys in (("prediction", record), ("segment", record["segments"][0])):
        assert (
            set(schema[kind]["required"])
            == set(schema[kind]["properties"])
            - {"values", "set", "familiarity", "explanation", "annotator"}
            - {"abstained_message", "note_messages", "people", "unattributed", "person"}
            == set(keys)
        )


@pytest.mark.parametrize(
    ("key", "wrong"),
    [("confidence", 1.2), ("duration_s", -1), ("emotion", 3), ("segments", None), ("path", None)],
)
def test_schema_refuses_what_is_wrong(validator, talk, key, wrong):
    document = json.loads(to_json([talk]))
    document["predictions"][0][key] = wrong
    assert not validator.is_valid(document)


def test_reads_back_the_same(tmp_path, talk, silence, couple):
    file = tmp_path / "predictions.json"
    file.write_text(to_json([talk, silence, couple]), "utf-8")
    read = read_json(file)
    assert read[1] == silence
    assert [to_plain(one) for one in read] == [to_plain(one) for one in (talk, silence, couple)]


def test_letters_stay_letters_and_bad_names_come_back(talk):
    text = to_json([replace(talk, path='Müller & "co"\n\udcff.mp4')])
    assert "Müller" in text
    stored = text.encode("utf-8", "backslashreplace").decode("utf-8")
    assert json.loads(stored)["predictions"][0]["path"] == 'Müller & "co"\n\udcff.mp4'


def test_numbers_are_rounded(talk):
    assert to_plain(replace(talk, duration_s=0.1 + 0.2))["duration_s"] == 0.3


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("not json", "cannot be read as JSON"),
        ("[]", "is JSON, but not of the format 'affuse-predictions'"),
        ('{"format": "affuse-predictions", "version": 2}', "has version 2 of the format"),
        ('{"format": "affuse-predictions", "version": 1}', "has no list of predictions"),
    ],
)
def test_what_is_no_document_is_refused(tmp_path, text, complaint):
    file = tmp_path / "predictions.json"
    file.write_text(text, "utf-8")
    with pytest.raises(OutputError, match=complaint) as refused:
        read_json(file)
    assert str(file) in str(refused.value)
    assert "; expected " in str(refused.value)


def test_missing_document_is_refused(tmp_path):
    with pytest.raises(OutputError, match=r"no\.json cannot be read as JSON"):
        read_json(tmp_path / "no.json")


def test_incomplete_prediction_is_refused(talk):
    record = to_plain(talk)
    del record["classes"]
    with pytest.raises(OutputError, match=r"'clips/talk.mp4' does not read back: classes: "):
        from_plain(record)
