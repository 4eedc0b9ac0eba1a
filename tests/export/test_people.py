"""Several people in every format, read by the programs that it is for; one person as before."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from predictions import LEFT, RIGHT, interview, of_person

from affuse.export.document import prediction_schema, read_json, to_json
from affuse.export.drawing import COLOURS, Painter
from affuse.export.formats.eaf import to_eaf
from affuse.export.formats.textgrid import to_textgrid
from affuse.export.formats.vtt import to_webvtt
from affuse.export.people import presence, titles
from affuse.export.registry import export, text
from affuse.export.timeline import main_track, tracks
from affuse.messages import coded, message
from affuse.records import Person, Prediction, sentences, with_sentences

ROWS = ("fused", "confidence", "audio", "video", "speech", "face")
WHO = ("Anna", "person 2", "person 3")


@pytest.fixture
def talked() -> Prediction:
    """Anna, a silent listener, and a voice without a face."""
    return interview()


@pytest.fixture
def alone(talk: Prediction) -> Prediction:
    """One person, as --people finds them."""
    person = Person(1, "", talk.segments[0], turns=((0.0, 3.0),), visible=((0.0, 10.0),))
    return replace(talk, people=(person,), segments=of_person(1, *talk.segments))


def test_a_timeline_for_each_person(talked):
    found = tracks(talked)
    assert [(track.title, track.number, len(track.cuts)) for track in found] == [
        ("Anna", 1, 3),
        ("person 2", 2, 3),
        ("person 3", 3, 1),
    ]
    assert main_track(talked).title == "Anna"
    assert [(cut.start_s, cut.end_s) for cut in found[0].cuts] == [(0, 3.5), (3.5, 6.5), (6.5, 10)]


def test_no_two_people_have_one_title(talked):
    anna, listener, voice = talked.people
    twins = (anna, replace(listener, name="ANNA"), replace(voice, name="Ben"))
    assert titles(twins) == {1: "Anna (1)", 2: "ANNA (2)", 3: "Ben (3)"}
    twins = (anna, replace(listener, name="An\u200dna"))
    assert titles(twins) == {1: "Anna (1)", 2: "An\u200dna (2)"}


def test_presence_in_no_time_at_all(talked):
    assert presence(talked.people[0], 0.0).startswith("never seen, speaks for")


def test_presence_in_words(talked):
    assert [presence(person, talked.duration_s) for person in talked.people] == [
        "seen 100 % of the time, speaks for 3.5 s",
        "seen 90 % of the time, does not speak",
        "never seen, speaks for 1.5 s",
    ]


def test_the_table_has_a_block_for_each_person(talked):
    lines = text([talked], "table").splitlines()
    heads = [line for line in lines if line.startswith("  ") and line[2] != " "]
    assert [line[2:10].strip() for line in heads] == ["Anna", "person 2", "person 3", "of 0.5 s"]
    assert lines[3] == "    seen 100 % of the time, speaks for 3.5 s"
    assert lines[4].startswith("    0:00.0 - 0:04.0   happy")
    assert "of 0.5 s of speech it cannot be told who speaks" in lines[-1]
    assert max(map(len, lines)) <= 100


def test_elan_has_tiers_and_participants(tmp_path, talked):
    pympi = pytest.importorskip("pympi", reason="pympi-ling is not installed (extra interop)")
    (tmp_path / "talk.eaf").write_text(to_eaf(talked, tmp_path), "utf-8")
    eaf = pympi.Eaf(str(tmp_path / "talk.eaf"))
    names = [f"{row}@{who}" for who in WHO for row in ROWS]
    assert list(eaf.get_tier_names()) == [*names, "speech"]
    assert eaf.get_annotation_data_for_tier("fused@Anna") == [
        (0, 3500, "happy"),
        (3500, 6500, "calm"),
        (6500, 10000, "angry"),
    ]
    assert eaf.get_annotation_data_for_tier("speech@Anna") == [
        (500, 2500, "speaks"),
        (4000, 5500, "speaks"),
    ]
    assert eaf.get_annotation_data_for_tier("speech@person 2") == []
    assert eaf.get_annotation_data_for_tier("speech") == [(8500, 9000, "unattributed")]
    assert eaf.get_parameters_for_tier("fused@Anna")["PARTICIPANT"] == "Anna"
    # A number tells people of one recording apart, and those of no other.
    assert "PARTICIPANT" not in eaf.get_parameters_for_tier("fused@person 2")


def test_textgrid_has_tiers(tmp_path, talked):
    textgrid = pytest.importorskip("praatio.textgrid", reason="praatio is not installed")
    (tmp_path / "talk.TextGrid").write_text(to_textgrid(talked), "utf-8")
    grid = textgrid.openTextgrid(
        str(tmp_path / "talk.TextGrid"),
        includeEmptyIntervals=False,
        reportingMode="error",
        duplicateNamesMode="error",
    )
    assert grid.tierNames == (*(f"{row}@{who}" for who in WHO for row in ROWS), "speech")
    entries = [tuple(entry) for entry in grid.getTier("speech@person 3").entries]
    assert entries == [(6.5, 8, "speaks")]
    entries = [tuple(entry) for entry in grid.getTier("fused@person 2").entries]
    assert entries == [(0, 3.5, "sad"), (3.5, 6.5, "sad"), (6.5, 10, "sad")]


@pytest.mark.slow
def test_a_browser_reads_voices(tmp_path, start_chromium):
    name = 'A<b>&"nn\u202ea --> B'
    (tmp_path / "talk.vtt").write_text(to_webvtt(interview(names=(name, "Ben", ""))), "utf-8")
    browser = start_chromium("--allow-file-access-from-files")
    page = browser.new_page()
    (tmp_path / "page.html").write_text(
        '<video><track kind="subtitles" src="talk.vtt" srclang="en" default></video>'
    )
    page.goto((tmp_path / "page.html").as_uri())
    found = page.evaluate(
        """() => new Promise((resolve, reject) => {
            const track = document.querySelector("track");
            const read = () => resolve(Array.from(track.track.cues, (cue) =>
                [cue.startTime, cue.getCueAsHTML().querySelector("span").title,
                 cue.getCueAsHTML().textContent.split("\\n")[0]]));
            track.onload = read;
            track.onerror = () => reject("the browser does not read this track");
            if (track.readyState === 2) read();
            track.track.mode = "hidden";
        })"""
    )
    page.close()
    assert [start for start, *_ in found] == [0, 0, 3.5, 3.5, 6, 6.5, 6.5]
    assert [words for *_, words in found][:2] == ["happy 80 %", "sad 60 %"]
    whose = [title for _, title, _ in found]
    assert whose[1::2] == ["Ben", "Ben", f"{whose[0]}"]
    assert whose[0] == 'A<b>&"nn\\u202ea --> B'
    assert whose[4] == "person 3"


def test_csv_ends_with_the_person(talked, talk):
    rows = list(csv.reader(io.StringIO(text([talked, talk], "csv"))))
    assert rows[0][-2:] == ["person", "name"]
    assert [row[-2:] for row in rows[1:4]] == [["1", "Anna"], ["2", ""], ["1", "Anna"]]
    assert [row[-2:] for row in rows[-4:]] == [["", ""]] * 4


def test_json_holds_people_and_reads_back(tmp_path, talked, alone):
    schema = prediction_schema()
    reason = message("speech.little", "only {speech_s:.1f} s of speech", speech_s=0.3)
    listener = replace(talked.people[1], overall=replace(talked.people[1].overall, emotion=None))
    unsure = with_sentences(
        replace(talked, people=(talked.people[0], listener, talked.people[2])),
        [*sentences(talked)[:-3], reason, "", ""],
    )
    (tmp_path / "talk.json").write_text(to_json([unsure, alone]), "utf-8")
    document = json.loads((tmp_path / "talk.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)
    first = document["predictions"][0]
    assert [segment["person"] for segment in first["segments"]] == [1, 2, 1, 2, 1, 2, 3]
    assert first["people"][0]["turns"] == [[0.5, 2.5], [4.0, 5.5]]
    assert first["people"][2]["portrait"] is None
    assert first["unattributed"] == [[8.5, 9.0]]
    read = read_json(tmp_path / "talk.json")
    assert to_json(read) == to_json([unsure, alone])
    assert read[0].people[1].portrait == talked.people[1].portrait
    assert coded(read[0].people[1].overall.abstained) == coded(sentences(unsure)[-3])


def test_the_schema_describes_every_key_of_a_person(talked):
    document = json.loads(to_json([talked]))["predictions"][0]
    person = prediction_schema()["$defs"]["person"]
    assert set(person["properties"]) == set(person["required"]) == set(document["people"][0])


@pytest.mark.parametrize(
    ("key", "wrong"),
    [("number", 0), ("turns", [[1.0]]), ("visible", [[-1.0, 2.0]]), ("portrait", {}), ("name", 1)],
)
def test_the_schema_refuses_people_that_are_wrong(talked, key, wrong):
    document = json.loads(to_json([talked]))
    document["predictions"][0]["people"][0][key] = wrong
    assert not jsonschema.Draft202012Validator(prediction_schema()).is_valid(document)


@pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame.set_index")
def test_audformat_has_speakers(tmp_path, talked, talk):
    audformat = pytest.importorskip("audformat", reason="audformat is not installed")
    other = replace(interview("clips/other.mp4", ("", "Ben", "")))
    export([talked, other, talk], "audformat", tmp_path / "database")
    database = audformat.Database.load(str(tmp_path / "database"))
    tables = {f"{kind}.person{number}" for kind in ("segments",) for number in (1, 2, 3)}
    assert set(database) == tables | {"files", "segments", "turns.person1", "turns.person3"}
    speakers = database["segments.person1"].get()["speaker"].tolist()
    unnamed = (Path("clips/other").absolute()).as_posix()
    assert speakers == ["Anna"] * 3 + [f"{unnamed} person 1"] * 3
    assert database["segments.person1"]["speaker"].scheme_id == "speaker"
    assert "Ben" in database.schemes["speaker"].labels
    turns = database["turns.person1"].get()
    assert turns.index.get_level_values("start").total_seconds().tolist() == [0.5, 4, 0.5, 4]
    assert turns["speaker"].tolist()[:2] == ["Anna", "Anna"]
    assert "speaker" not in database["segments"].get()


def painted(prediction: Prediction, time_s: float) -> np.ndarray:
    image = np.full((480, 640, 3), 128, np.uint8)
    Painter(prediction, 640, 480).paint(image, time_s)
    return image.astype(int)


def edge(image: np.ndarray, box, emotion: int) -> int:
    """Pixels in the colour of an emotion, around the left edge of a box at half its height."""
    row, column = round((box.top + box.height / 2) * 480), round(box.left * 640)
    stretch = image[row, column - 8 : column + 9]
    return int((np.abs(stretch - COLOURS[emotion]).max(axis=-1) < 30).sum())


def test_boxes_around_those_who_are_seen_and_the_speaker_is_marked(talked):
    silent, speaking, gone = painted(talked, 3.0), painted(talked, 1.0), painted(talked, 4.5)
    happy, sad, calm = 2, 3, 1
    assert edge(silent, LEFT, happy) >= 2
    assert edge(speaking, LEFT, happy) >= edge(silent, LEFT, happy) + 2
    assert edge(speaking, RIGHT, sad) == edge(silent, RIGHT, sad) >= 2
    assert edge(gone, RIGHT, sad) == 0
    assert edge(gone, LEFT, calm) >= 2
    # Names stand above the boxes; what the speaker says stands in the corner, if somebody speaks.
    assert (silent[60:94, 64:240] != 128).any()
    corner = (slice(0, 56), slice(0, 300))
    assert (speaking[corner] != 128).any()
    assert not (silent[corner] != 128).any()


def test_a_voice_without_a_face_is_in_the_corner(talked):
    image = painted(talked, 7.0)
    assert (image[:56, :300] != 128).any()


def test_a_name_in_other_letters_is_drawn_as_the_number(talked):
    cyrillic, numbered = (interview(names=(name, "", "")) for name in ("Анна", ""))
    assert (painted(cyrillic, 1.0) == painted(numbered, 1.0)).all()
    assert (painted(talked, 1.0) != painted(numbered, 1.0)).any()


def test_a_strip_for_each_person_underlined_where_they_speak(talked):
    strip = painted(talked, 9.9)[-round(480 * 0.13) :]
    legend = round(len(strip) * 0.3)
    feet = [legend + (len(strip) - legend) * n // 3 - 1 for n in (1, 2, 3)]
    white = [
        [bool((strip[foot, round(t * 64)] > 200).all()) for t in (1, 3, 5, 7)] for foot in feet
    ]
    assert white == [
        [True, False, True, False],
        [False, False, False, False],
        [False, False, False, True],
    ]


@pytest.mark.parametrize("name", ["table", "csv", "vtt", "eaf", "textgrid", "json"])
def test_thirty_people_one_of_whom_has_no_window(tmp_path, talked, name):
    crowd = crowded(talked)
    (file,) = export([crowd], name, tmp_path / "out")
    assert len(file.read_text("utf-8")) > len(text([talked], name))


def test_thirty_people_in_a_small_picture(talked):
    image = np.full((48, 64, 3), 128, np.uint8)
    Painter(crowded(talked), 64, 48).paint(image, 1.0)
    assert (image != 128).any()


def crowded(prediction: Prediction) -> Prediction:
    """Thirty people; nothing is known of the last one but the number."""
    first, nothing = prediction.people[0], prediction.people[0].overall
    people = [replace(first, number=number, name="") for number in range(1, 30)]
    segments = [
        replace(part, person=person.number)
        for person in people
        for part in prediction.segments
        if part.person == 1
    ]
    last = Person(30, "", replace(nothing, emotion=None, confidence=None, probabilities={}))
    return replace(prediction, people=(*people, last), segments=tuple(segments))


DIGESTS = {
    "table": "ff54f8faff3481c7",
    "csv": "736305038a994ecd",
    "vtt": "d5a2d94c0d374a23",
    "textgrid": "d214e35bbf190ef0",
}
"""Of the documents of `talk` and `couple` before there were people in them."""


@pytest.mark.parametrize("name", DIGESTS)
def test_without_people_and_with_one_everything_is_as_before(name, talk, couple, alone):
    documents = [text([one], name) for one in (talk, couple)]
    assert hashlib.sha256("".join(documents).encode()).hexdigest()[:16] == DIGESTS[name]
    assert text([alone], name) == documents[0]
    named = replace(alone, people=(replace(alone.people[0], name="Anna"),))
    assert "Anna" in text([named], name)


def test_one_person_is_drawn_as_before(alone, talk):
    assert (painted(alone, 1.0) == painted(talk, 1.0)).all()


def test_elan_and_audformat_of_one_person_are_as_before(tmp_path, alone, talk):
    def without_date(document: str) -> list[str]:
        return [line for line in document.splitlines() if "DATE=" not in line]

    assert without_date(to_eaf(alone, tmp_path)) == without_date(to_eaf(talk, tmp_path))
    pytest.importorskip("audformat", reason="audformat is not installed")
    for name, prediction in (("one", alone), ("before", talk)):
        export([prediction], "audformat", tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "before").iterdir())
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == files
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "before" / file).read_bytes()
