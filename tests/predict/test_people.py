"""People of a recording: who they are, when they speak, and what is predicted of each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from moving_files import beginning, remuxed

import affuse
from affuse.media.audio import read_audio
from affuse.media.decode import MediaInfo
from affuse.people.envelope import SoundEnvelope
from affuse.people.speaking import attribute
from affuse.predict import per_person, picture, recording
from affuse.predict.found_people import FoundPeople, FoundPerson
from affuse.predict.recogniser import Recogniser
from affuse.predict.settings import settings_of
from affuse.predict.sound import VoiceActivity
from affuse.records import Box, Prediction


@pytest.fixture(scope="module")
def clips(moving_corpus: Path) -> list[Path]:
    """One each of two people."""
    return sorted(moving_corpus.rglob("*.mp4"))


@pytest.fixture(scope="module")
def short(conversation, tmp_path_factory) -> Path:
    """Its first seconds, in which the left one speaks."""
    return beginning(conversation, tmp_path_factory.mktemp("short") / "two.mp4", 2.0)


@pytest.fixture(scope="module")
def two(recogniser: Recogniser, conversation: Path) -> Prediction:
    return recogniser.predict(
        conversation, people=True, names={1: "Anna"}, window_s=2, explain=True
    )


def without_people(found: Prediction) -> Prediction:
    segments = tuple(replace(part, person=0) for part in found.segments)
    return replace(found, people=(), segments=segments)


def test_two_people_are_found_who_speak_in_turn(two):
    assert [person.title for person in two.people] == ["Anna", "person 2"]
    left, right = two.people
    assert left.portrait.box.left < 0.5 < right.portrait.box.left + right.portrait.box.width
    assert all(end_s < 2.8 for _, end_s in left.turns)
    assert all(start_s > 2.2 for start_s, _ in right.turns)
    assert min(left.speaks_s, right.speaks_s) > 1.5
    assert min(left.seen_s, right.seen_s) > 4.5


def test_each_has_a_timeline_and_the_voice_is_theirs_who_speaks(two):
    by_person = {n: [s for s in two.segments if s.person == n] for n in (1, 2)}
    assert all(len(segments) >= 3 for segments in by_person.values())
    assert "audio" in by_person[1][0].probabilities
    assert "audio" not in by_person[2][0].probabilities
    assert "audio" not in by_person[1][-1].probabilities
    assert "audio" in by_person[2][-1].probabilities
    assert all("video" in segment.probabilities for segment in two.segments)
    assert [s.start_s for s in two.segments] == sorted(s.start_s for s in two.segments)


def test_where_a_person_is_silent_there_is_no_voice_of_theirs(two):
    silent = [segment for segment in two.segments if segment.speech == 0]
    assert silent
    assert all("audio" not in segment.probabilities for segment in silent)


def test_the_whole_is_that_of_one_of_them(two):
    assert any(
        person.overall.probabilities == two.probabilities and person.overall.emotion == two.emotion
        for person in two.people
    )
    assert all(person.overall.person == person.number for person in two.people)


def test_one_person_gives_what_is_given_without_people(recogniser, clips):
    alone = recogniser.predict(clips[0], people=True)
    assert without_people(alone) == recogniser.predict(clips[0])
    assert [person.number for person in alone.people] == [1]
    assert {segment.person for segment in alone.segments} == {1}


def test_real_clips_of_one_person_give_what_they_give_without(shared_data, tmp_path):
    recogniser = affuse.load()
    for name in ("clips/W036_level_3_happy_007.mp4", "film/stranger_1.mp4", "film/no_face.mp4"):
        path = beginning(shared_data / name, tmp_path / Path(name).name, 2.0)
        with_people = recogniser.predict(path, people=True, window_s=1)
        assert without_people(with_people) == recogniser.predict(path, window_s=1)
        assert len(with_people.people) <= 1
        assert len(with_people.segments) >= 3


def test_two_who_are_said_to_be_one_are_one(recogniser, short):
    found = recogniser.predict(short, people=1)
    assert sum(bool(person.visible) for person in found.people) == 1


def test_mouths_are_compared_with_the_sound_as_it_goes_on(recogniser, short, monkeypatch):
    given: list[np.ndarray] = []

    def noting(mouths, envelope, turns):
        given.append(envelope)
        return attribute(mouths, envelope, turns)

    monkeypatch.setattr("affuse.predict.people_observer.attribute", noting)
    recogniser.predict(short, people=True)
    expected = SoundEnvelope()
    expected.take(read_audio(short, sample_rate=16_000).signal)
    (found,) = given
    level = expected.values()[: len(found)]
    assert np.corrcoef(found, level)[0, 1] > 0.99
    assert np.corrcoef(found[::-1], level)[0, 1] < 0.9


def test_an_explanation_is_of_the_person_of_the_whole(two):
    total = two.explanation.chance + sum(two.explanation.contributions.values())
    fused = two.probabilities["fused"][two.explanation.emotion]
    np.testing.assert_allclose(total, fused, atol=1e-9)
    (main,) = [each for each in two.people if each.overall.probabilities == two.probabilities]
    moment = two.explanation.moments["audio"]
    assert any(a < moment.end_s and moment.start_s < b for a, b in main.turns)


def test_an_explanation_gives_the_reason_of_the_answer(recogniser, monkeypatch, tmp_path):
    members = recogniser._members
    even = np.full(len(members.face.classes), 1 / len(members.face.classes))
    looks = [picture.FaceObservation(n / 5, 1, Box(0.1, 0.1, 0.2, 0.2), even) for n in range(2)]
    shown = picture.VideoAnalysis(5.0, looks, [n / 5 for n in range(50)], duration_s=10.0)
    heard = VoiceActivity(np.repeat([False, True, False], [200, 700, 100]), 10.0)
    film = recording.Recording(tmp_path / "a.mp4", heard, shown, MediaInfo(True, True))
    found = FoundPeople((FoundPerson(1, looks), FoundPerson(2, (), ((2.0, 9.0),))))
    monkeypatch.setattr(per_person, "detect_speech", lambda *_, **__: None)
    settings = settings_of(people=True, explain=True)
    told = per_person.predict_people(film, found, members, settings, "a.mp4")
    assert told.abstained.startswith("this person does not speak, and a face is detected in only 2")
    assert told.explanation.reason == told.abstained


def test_nobody_is_found_where_there_is_only_noise(recogniser, tmp_path):
    import soundfile

    noise = np.random.default_rng(0).normal(0, 1e-4, 48_000).astype(np.float32)
    soundfile.write(tmp_path / "noise.wav", noise, 16_000)
    found = recogniser.predict(tmp_path / "noise.wav", people=True)
    assert found == recogniser.predict(tmp_path / "noise.wav")
    assert found.people == ()
    found = recogniser.predict(tmp_path / "noise.wav", people=2, names={1: "Anna"})
    assert found.notes[-2:] == (
        "people asked for: 2, found: 0",
        "the name Anna is for person 1, who is not there; people found: 0",
    )


def test_a_voice_with_a_face_that_never_moves_is_another_person(recogniser, talking):
    found = recogniser.predict(talking, people=True)
    assert [(bool(p.visible), bool(p.turns)) for p in found.people] == [
        (True, False),
        (False, True),
    ]
    assert [set(s.probabilities) & {"audio", "video"} for s in found.segments] == [
        {"video"},
        {"audio"},
    ]


def test_mouths_are_not_decoded_where_nothing_can_be_heard(
    recogniser, short, tmp_path, monkeypatch
):
    silent = remuxed(short, tmp_path / "silent.mp4", {})
    analysed = recording._analysed_video
    monkeypatch.setattr(
        recording,
        "_analysed_video",
        lambda *given, **named: analysed(*given, **{**named, "dense": True}),
    )
    expected = recogniser.predict(silent, people=True)
    monkeypatch.undo()
    monkeypatch.delattr(picture, "dense_frames")
    assert recogniser.predict(silent, people=True) == expected
    assert len(expected.people) == 2


def test_a_name_for_nobody_is_noted(recogniser, short):
    found = recogniser.predict(short, people=True, names={3: "Carl"})
    assert "the name Carl is for person 3, who is not there; people found: 2" in found.notes
