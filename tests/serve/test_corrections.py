"""A timeline that a person has corrected: what is theirs and what the recogniser's."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from xml.etree import ElementTree

import jsonschema
import pytest
from predictions import window
from pydantic import ValidationError
from serving import ended, send

from affuse.corpora.annotations.documents import read_document
from affuse.corpora.annotations.elan import read_elan
from affuse.corpora.annotations.tiers import emotion_tiers
from affuse.export.document import prediction_schema, read_json, to_json
from affuse.export.formats.textgrid import to_textgrid
from affuse.export.timeline import tracks
from affuse.records import RAVDESS_EMOTIONS, Prediction
from affuse.serve.corrections import Corrections, corrected
from affuse.serve.replies import Refused

WINDOWS = (window(0.0, "happy", 0.7), window(2.0, None, 0.2), window(4.0, "sad", 0.6))
TALK = Prediction("talk.mp4", 8.0, "happy", 0.7, {}, WINDOWS, RAVDESS_EMOTIONS, "affuse 1f2e")
CUTS = [(0.0, 3.0, "happy"), (3.0, 5.0, None), (5.0, 8.0, "sad")]


def timeline(*stretches: tuple[object, ...]) -> Corrections:
    keys = ("start_s", "end_s", "emotion", "face")
    named = [dict(zip(keys, each, strict=False)) for each in stretches]
    return Corrections.model_validate({"stretches": named})


def test_what_is_as_it_was_stays_the_recognisers():
    found = corrected(TALK, timeline(*CUTS))
    assert [part.annotator for part in found.segments] == ["recogniser"] * 3
    assert [part.probabilities for part in found.segments] == [
        part.probabilities for part in WINDOWS
    ]


def test_another_emotion_or_another_edge_is_the_persons():
    found = corrected(TALK, timeline(CUTS[0], (3.0, 5.0, "calm"), CUTS[2])).segments
    assert [part.annotator for part in found] == ["recogniser", "person", "recogniser"]
    assert (found[1].emotion, found[1].confidence, found[1].probabilities) == ("calm", None, {})
    moved = corrected(TALK, timeline((0.0, 3.5, "happy"), (3.5, 5.0, None), CUTS[2]))
    assert [part.annotator for part in moved.segments] == ["person", "person", "recogniser"]
    assert moved.notes[-1].startswith("A person has corrected this timeline: 2 of its 3 stretches")


@pytest.mark.parametrize(
    ("stretches", "message"),
    [
        ([(0.0, 9.0, "sad")], r"stretch 1 goes from 0 to 9 s; expected .* between 0 and 8 s"),
        ([(2.0, 2.0, "sad")], r"stretch 1 goes from 2 to 2 s; expected 1 ms or more"),
        ([(0.0, 1.0, "bored")], r"emotion 'bored'; expected none, or one of neutral, calm"),
        ([(0.0, 3.0, None), (2.0, 4.0, None)], r"stretch 2 begins at 2 s, before stretch 1 ends"),
    ],
)
def test_what_is_no_timeline_is_refused(stretches, message):
    with pytest.raises(Refused, match=message):
        corrected(TALK, timeline(*stretches))


TWO = replace(TALK, segments=tuple(replace(part, face=face) for part in WINDOWS for face in (1, 2)))
BOTH = [(*cut, face) for face in (1, 2) for cut in CUTS]


def test_each_face_has_a_timeline_of_its_own():
    changed = [(0.0, 2.5, "calm", 1), (2.5, 5.0, None, 1), *BOTH[2:]]
    found = corrected(TWO, timeline(*changed))
    assert [(part.start_s, part.face, part.annotator[0]) for part in found.segments] == [
        (0.0, 1, "p"), (0.0, 2, "r"), (2.5, 1, "p"), (3.0, 2, "r"), (5.0, 1, "r"), (5.0, 2, "r")
    ]  # fmt: skip
    assert [(track.face, len(track.cuts)) for track in tracks(found)] == [(1, 3), (2, 3)]
    assert tracks(found)[0].cuts[0].end_s == 2.5
    text = to_textgrid(found)
    assert '"emotion face 1"' in text
    assert '"annotator face 2"' in text


def test_timelines_of_which_every_edge_was_moved_stay_apart():
    moved = [(0.0, 2.5, "calm", 1), (2.5, 4.9, None, 1), (4.9, 7.9, "sad", 1)]
    found = corrected(TWO, timeline(*moved, *BOTH[3:]))
    assert [(track.face, len(track.cuts)) for track in tracks(found)] == [(1, 3), (2, 3)]
    one = corrected(TALK, timeline((0.0, 2.5, "calm"), (2.5, 5.0, None), CUTS[2]))
    assert {part.face for part in one.segments} == {0, 1}
    assert [track.face for track in tracks(one)] == [0], "a person's stretches have no face there"


def test_faces_are_read_again_as_they_were_corrected(tmp_path):
    """Timelines of several faces stay apart; one whose main face changes is one timeline."""
    moved = [(0.0, 2.5, "calm", 1), (2.5, 4.9, None, 1), (4.9, 7.9, "sad", 1)]
    several = corrected(TWO, timeline(*moved, *BOTH[3:]))
    changing = tuple(replace(part, face=face) for face, part in enumerate(WINDOWS, start=1))
    single = corrected(
        replace(TALK, segments=changing), timeline(CUTS[0], (3.0, 5.0, "calm"), CUTS[2])
    )
    for found, names in (
        (several, ["emotion face 1", "emotion face 2"]),
        (single, ["emotion"]),
    ):
        path = tmp_path / f"{len(names)}.json"
        path.write_text(to_json([found]))
        (read,) = read_document(path)
        assert [tier.name for tier in read.tiers] == names
        assert [len(tier.stretches) for tier in read.tiers] == [3] * len(names)


def test_a_face_that_is_not_there_is_refused():
    with pytest.raises(
        Refused, match=r"stretch 1 is of face 3; expected one of the timelines 1, 2"
    ):
        corrected(TWO, timeline((0.0, 1.0, None, 3)))
    with pytest.raises(Refused, match=r"stretch 4 begins at 1 s, before stretch 1 ends at 3 s"):
        corrected(TWO, timeline(*BOTH[:1], *BOTH[3:5], (1.0, 2.0, None, 1)))


def test_what_touches_meets_exactly():
    """A person's times are whole milliseconds, the recogniser's are not; nothing is before 0."""
    thirds = (window(0.0, "happy", 0.7), replace(window(4 / 3, "sad", 0.6), end_s=16 / 3))
    talk = replace(TALK, segments=thirds, duration_s=16 / 3)
    edge_s = round((4 / 3 + 4) / 2, 3)
    found = corrected(talk, timeline((-0.0004, edge_s, "calm"), (edge_s, 5.3333, "sad")))
    first, second = found.segments
    assert str(first.start_s) == "0.0"
    assert first.end_s == second.start_s == (4 / 3 + 4) / 2
    assert second.annotator == "recogniser"
    last = corrected(talk, timeline((0.0, edge_s, "happy"), (edge_s, 5.334 - 0.0003, "calm")))
    assert last.segments[0].end_s == last.segments[1].start_s
    assert last.segments[1].end_s <= 16 / 3


@pytest.mark.parametrize(
    "stretch",
    ['"start_s": NaN', '"start_s": "0"', '"start_s": true', '"start_s": null', '"start_s": 1e999'],
)
def test_times_are_numbers(stretch):
    with pytest.raises(ValidationError):
        Corrections.model_validate_json(
            f'{{"stretches": [{{{stretch}, "end_s": 1, "emotion": null}}]}}'
        )


def test_praat_has_both_tiers_and_nothing_of_the_recogniser_where_a_person_was():
    found = to_textgrid(corrected(TALK, timeline(CUTS[0], (3.0, 5.0, "calm"), CUTS[2])))
    names = [line.split('"')[1] for line in found.splitlines() if "name = " in line]
    assert names[:3] == ["emotion", "annotator", "fused"]
    texts = [line.split('"')[1] for line in found.splitlines() if "text = " in line]
    assert texts[:9] == [
        "happy", "calm", "sad", "recogniser", "person", "recogniser", "happy", "", "sad"
    ]  # fmt: skip
    assert "annotator" not in to_textgrid(TALK)


@pytest.fixture(scope="module")
def number(server, talking) -> str:
    with server.client() as client:
        job = send(client, talking, "talk.mp4", window="1", hop="1").json()["id"]
        assert ended(client, job)["state"] == "done"
        return str(job)


@pytest.fixture
def place(client, number):
    """Where its corrections are; none at the beginning, and none left."""
    assert client.get(f"/api/jobs/{number}/corrections").json() == []
    yield f"/api/jobs/{number}/corrections"
    assert client.delete(f"/api/jobs/{number}/corrections").status_code == 204


@pytest.fixture
def saved(client, number, place):
    """The whole way of a correction: the second stretch called surprised."""
    (found,) = client.get(f"/api/jobs/{number}/result").json()["predictions"]
    stretches = [
        {"start_s": part["start_s"], "end_s": part["end_s"], "emotion": part["emotion"]}
        for part in found["segments"]
    ]
    stretches[1]["emotion"] = "surprised"
    answer = client.put(place, json={"stretches": stretches})
    assert answer.status_code == 200
    return answer.json()


def test_corrections_come_back(client, place, saved):
    whose = [part["annotator"] for part in saved]
    assert whose == ["recogniser", "person", *["recogniser"] * (len(saved) - 2)]
    assert client.get(place).json() == saved


def test_json_says_whose_each_label_is_and_is_read_again(client, number, saved, tmp_path):
    answer = client.get(f"/api/jobs/{number}/exports/json", params={"corrected": "true"})
    assert "talk.corrected.json" in answer.headers["content-disposition"]
    jsonschema.validate(answer.json(), prediction_schema())
    path = tmp_path / "talk.json"
    path.write_bytes(answer.content)
    (found,) = read_json(path)
    assert [part.annotator for part in found.segments] == [part["annotator"] for part in saved]
    (read,) = read_document(path)
    labels = [stretch.label for stretch in read.tiers[0].stretches]
    assert labels == [part["emotion"] or "" for part in saved]
    assert read.note.startswith(f"1 of {len(saved)} labels in talk.json are a person's, the others")
    plain = client.get(f"/api/jobs/{number}/exports/json").json()
    assert "annotator" not in json.dumps(plain)


def test_elan_says_whose_each_label_is_and_is_read_again(client, number, saved, tmp_path):
    answer = client.get(f"/api/jobs/{number}/exports/eaf", params={"corrected": "true"})
    path = tmp_path / "talk.eaf"
    path.write_bytes(answer.content)
    tiers = {
        tier.attrib["TIER_ID"]: [value.text for value in tier.iter("ANNOTATION_VALUE")]
        for tier in ElementTree.fromstring(answer.content).iter("TIER")
    }
    assert tiers["annotator"] == [part["annotator"] for part in saved]
    assert len(tiers["fused"]) == len(saved) - 1
    pytest.importorskip("pympi")
    (read,) = read_elan(path)
    (tier,) = emotion_tiers(path, read.tiers)
    assert [stretch.label for stretch in tier.stretches] == [
        part["emotion"] or "undecided" for part in saved
    ]


def test_csv_has_a_column_for_it(client, number, saved):
    answer = client.get(f"/api/jobs/{number}/exports/csv", params={"corrected": "true"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["annotator"] for row in rows] == [part["annotator"] for part in saved]
    assert [row["confidence"] == "" for row in rows] == [
        part["annotator"] == "person" for part in saved
    ]
    assert "annotator" not in client.get(f"/api/jobs/{number}/exports/csv").text


def test_what_cannot_be_saved_is_said_plainly(client, number, place):
    answer = client.get(f"/api/jobs/{number}/exports/json", params={"corrected": "true"})
    assert (answer.status_code, answer.json()["error"]) == (
        409,
        "talk.mp4 has no corrections; expected some: make one first",
    )
    answer = client.get(f"/api/jobs/{number}/exports/vtt", params={"corrected": "true"})
    assert answer.status_code == 422
    assert "expected one of csv, eaf, json, textgrid" in answer.json()["error"]
    deep, none = b'{"stretches": ' + b"[" * 10_000, b'{"stretches": []}'
    for body in (
        b"",
        b"[]",
        b'{"stretches": [{"start_s": 0}]}',
        b'{"stretches": 1e999}',
        deep,
        none,
    ):
        assert client.put(place, content=body).status_code == 422, body
    answer = client.put(place, content=b" " * 5_000_000)
    assert answer.status_code == 413
    assert "less" in answer.json()["error"]
