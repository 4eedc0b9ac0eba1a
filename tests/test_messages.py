"""Sentences that carry a code: strings like any other, in every hand that they go through."""

from __future__ import annotations

import json
import pickle
from copy import deepcopy
from dataclasses import asdict, replace

import jsonschema
import pytest
from predictions import ABSTAINED

from affuse.export.document import prediction_schema, read_json, to_json
from affuse.messages import Message, coded, joined, message, reason_of, renamed
from affuse.records import RAVDESS_EMOTIONS, Explanation, Prediction

FILE = message("media.empty", "{file} is empty ({n_bytes:,} bytes)", file="/tmp/x", n_bytes=1234)
WHY = joined([message("speech.little", "only {speech_s:.1f} s", speech_s=1 / 3), "no face"])


def test_a_message_is_its_text():
    assert FILE == "/tmp/x is empty (1,234 bytes)"
    assert {FILE: 1}["/tmp/x is empty (1,234 bytes)"] == 1
    assert json.dumps(FILE) == json.dumps(str(FILE))


@pytest.mark.parametrize("copied", [deepcopy, lambda found: pickle.loads(pickle.dumps(found))])
def test_it_is_whole_after_it_was_copied_or_sent(copied):
    assert coded(copied(WHY)) == coded(WHY)
    assert copied(WHY) == WHY


def test_several_are_one_of_which_each_is_known():
    assert WHY == "only 0.3 s, and no face"
    assert coded(WHY) == {
        "code": "all",
        "values": {
            "parts": [{"code": "speech.little", "values": {"speech_s": 0.333333}}, "no face"]
        },
    }
    assert joined([FILE]) is FILE
    assert joined([]) == ""
    assert coded("plain") is None


def test_a_file_has_the_name_that_people_know():
    outer = message("note", "{why}!", why=FILE)
    found = renamed(outer, "/tmp/x", "film.mp4")
    assert found == "film.mp4 is empty (1,234 bytes)!"
    assert coded(found)["values"]["why"]["values"]["file"] == "film.mp4"
    assert renamed("in /tmp/x", "/tmp/x", "film.mp4") == "in film.mp4"
    assert isinstance(reason_of(ValueError(FILE)), Message)
    assert reason_of(OSError(2, "gone")) == "[Errno 2] gone"


def test_a_document_has_the_codes_beside_the_words(tmp_path):
    part = replace(ABSTAINED, abstained=WHY)
    whole = Prediction(
        "a.mp4", 8.0, None, 0.2, {}, (part,), RAVDESS_EMOTIONS, "affuse", abstained=WHY,
        notes=("in words alone", FILE), explanation=Explanation(None, reason=WHY),
    )  # fmt: skip
    text = to_json([whole])
    document = json.loads(text)
    jsonschema.validate(document, prediction_schema())
    (found,) = document["predictions"]
    assert found["abstained"] == "only 0.3 s, and no face"
    assert found["abstained_message"] == found["segments"][0]["abstained_message"] == coded(WHY)
    assert found["note_messages"] == [None, coded(FILE)]
    assert found["explanation"]["reason_message"] == coded(WHY)
    (tmp_path / "a.json").write_text(text)
    assert read_json(tmp_path / "a.json")[0].notes == whole.notes
    assert asdict(whole)["abstained"] == WHY
    (plain,) = json.loads(to_json([replace(whole, notes=("x",))]))["predictions"]
    assert "note_messages" not in plain
