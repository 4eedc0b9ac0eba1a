"""Names and corrections of several people, as the server takes them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from drawn_faces import with_faces
from predictions import interview
from pydantic import ValidationError
from recordings import Track, fitted, spoken, write
from serving import Served, ended, send

from affuse.export.document import read_json, to_json
from affuse.export.timeline import tracks
from affuse.serve.correcting import stretches_of
from affuse.serve.corrections import Corrections, corrected
from affuse.serve.judging import RecordingResult
from affuse.serve.overview import Overview
from affuse.serve.person_names import Names, with_names
from affuse.serve.replies import Refused


@pytest.fixture
def result() -> RecordingResult:
    """An interview, and what its faces alone come to."""
    nothing = Overview(10.0, None, (), (), ())
    return RecordingResult(interview(), nothing, True, {"video": interview()})


def names(given: dict[int, str]) -> Names:
    return Names.model_validate({"names": given})


def titles(result: RecordingResult) -> list[str]:
    return [person.title for person in result.prediction.people]


def test_names_are_kept_in_all_answers(result):
    named = with_names(result, names({2: " Ben\u202e\n  B. "}))
    assert titles(named) == ["Anna", "Ben B.", "person 3"]
    assert [person.name for person in named.alone["video"].people] == ["Anna", "Ben B.", ""]
    sri = "\u0dc1\u0dca\u200d\u0dbb\u0dd3"
    assert titles(with_names(result, names({2: sri, 3: "\u200d "})))[1:] == [sri, "person 3"]
    assert titles(with_names(named, names({1: ""}))) == ["person 1", "Ben B.", "person 3"]
    assert len(titles(with_names(result, names({1: "A" * 300})))[0]) == 80


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({4: "Ben"}, "person 4 was given a name; expected one who is there: 1, 2, 3"),
        ({2: "An\u200dna"}, "person 1 and person 2 would both be called"),
        ({2: "ANNA"}, "person 1 and person 2 would both be called 'ANNA'"),
        ({1: "person 2"}, "person 1 and person 2 would both be called 'person 2'"),
    ],
)
def test_names_that_are_refused(result, given, told):
    with pytest.raises(Refused, match=f"^{told}"):
        with_names(result, names(given))


@pytest.mark.parametrize("body", [{}, {"names": {}}, {"names": {"one": "Anna"}}, {"names": []}])
def test_what_are_no_names(body):
    with pytest.raises(ValidationError):
        Names.model_validate(body)


def as_cut(**changed: Any) -> list[dict[str, Any]]:
    """The stretches of all timelines; those of person 1 with other emotions."""
    return [
        {
            "start_s": cut.start_s,
            "end_s": cut.end_s,
            "emotion": changed.get(track.title, cut.segment.emotion),
            "person": track.number,
        }
        for track in tracks(interview())
        for cut in track.cuts
    ]


def test_each_person_has_a_timeline_to_correct(tmp_path):
    sent = Corrections.model_validate({"stretches": as_cut(Anna="surprised")})
    found = corrected(interview(), sent)
    whose = {
        person: {part.annotator for part in found.segments if part.person == person}
        for person in (1, 2, 3)
    }
    assert whose == {1: {"person"}, 2: {"recogniser"}, 3: {"recogniser"}}
    assert [track.title for track in tracks(found)] == ["Anna", "person 2", "person 3"]
    assert [(reply.face, reply.person) for reply in stretches_of(found)][:3] == [
        (0, 1),
        (0, 2),
        (0, 1),
    ]
    (tmp_path / "talk.json").write_text(to_json([found]), "utf-8")
    (read,) = read_json(tmp_path / "talk.json")
    assert to_json([read]) == to_json([found])
    assert found.people == interview().people
    assert [person.title for person in read.people] == ["Anna", "person 2", "person 3"]


def test_a_stretch_of_nobody_is_refused():
    stretches = as_cut()
    stretches[1]["person"] = 4
    with pytest.raises(Refused, match=r"^stretch 2 is of person 4; expected one of the timelines"):
        corrected(interview(), Corrections.model_validate({"stretches": stretches}))


def test_one_person_keeps_the_corrected_stretches_with_and_without_a_name():
    whole = interview()
    own = tuple(part for part in whole.segments if part.person == 1)
    sent = Corrections.model_validate(
        {"stretches": [{"start_s": 0.0, "end_s": 4.0, "emotion": "sad"}]}
    )
    for name in ("", "Anna"):
        alone = replace(
            whole, segments=own, people=(replace(whole.people[0], name=name),), unattributed=()
        )
        found = corrected(alone, sent)
        assert [(part.person, part.annotator) for part in found.segments] == [(1, "person")]
        assert [(reply.face, reply.person) for reply in stretches_of(found)] == [(0, 0)]


@pytest.fixture(scope="module")
def job(server: Served, tmp_path_factory: pytest.TempPathFactory, made_once: Any) -> str:
    """Of two people, who were told apart."""
    with server.client() as client:
        film = made_once("pair", _two)
        answer = send(client, film / "pair.mp4", people="2")
        assert answer.status_code == 202
        number = str(answer.json()["id"])
        assert ended(client, number)["state"] == "done"
    return number


def _two(folder: Path) -> None:
    places = {0: (0, 40, 320), 1: (320, 40, 320)}
    pictures = [with_faces(640, 400, places)] * 30
    write(folder / "pair.mp4", Track(pictures, sound=fitted(spoken(), 3.0)))


def test_names_are_in_every_export(client: httpx.Client, job: str):
    answer = client.put(f"/api/jobs/{job}/names", json={"names": {"2": "Ben"}})
    assert answer.status_code == 200
    found = client.get(f"/api/jobs/{job}/result").json()["predictions"][0]
    assert [person["name"] for person in found["people"]][:2] == ["", "Ben"]
    assert answer.json() == [
        {"number": person["number"], "name": person["name"]} for person in found["people"]
    ]
    assert "fused@Ben" in client.get(f"/api/jobs/{job}/exports/eaf").text
    films = []
    for name in ("Ben", "Cleo", "Cleo"):
        client.put(f"/api/jobs/{job}/names", json={"names": {"2": name}})
        film = client.get(f"/api/jobs/{job}/exports/video")
        assert (film.status_code, film.headers["content-type"]) == (200, "video/mp4")
        films.append(film.content)
    assert films[0] != films[1]
    assert films[1] == films[2]


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"names": {"9": "Ben"}}, 422, "person 9 was given a name; expected one who is there"),
        ({"names": {"1": "X", "2": "x"}}, 422, "person 1 and person 2 would both be called 'x'"),
        ({"names": {"one": "Ben"}}, 422, "names.one.[key] was sent: Input should be a valid int"),
        ({}, 422, "names was sent: Field required"),
    ],
)
def test_names_that_are_refused_over_http(client, job, body, status, told):
    answer = client.put(f"/api/jobs/{job}/names", json=body)
    assert answer.status_code == status
    assert answer.json()["error"].startswith(told)


def test_people_that_cannot_be_asked_for(client: httpx.Client, talking: Path):
    assert send(client, talking, people="-1").status_code == 422
    assert send(client, talking, people="many").status_code == 422
    answer = send(client, talking, people="2", faces="all")
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("faces all and people were given")
