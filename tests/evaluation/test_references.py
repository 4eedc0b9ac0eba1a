"""Reference lines: what chance, people and published systems score."""

from __future__ import annotations

from dataclasses import replace

import pytest

from affuse.corpora.index import Index
from affuse.corpora.ravdess.references import RAVDESS_SPEECH_REFERENCES
from affuse.corpora.readers.ravdess import read_ravdess
from affuse.errors import DatasetError
from affuse.evaluation.references import chance, reference_lines
from affuse.records import RAVDESS_EMOTIONS, Clip


@pytest.fixture
def speech() -> Index:
    """One clip of each emotion, named and described as in RAVDESS."""
    return Index(
        tuple(
            Clip(f"01-{code:02}-01-01-01-01", emotion, "1", attributes={"channel": "speech"})
            for code, emotion in enumerate(RAVDESS_EMOTIONS, start=1)
        )
    )


def names(index: Index) -> list[str]:
    return [line.name for line in reference_lines(index)]


def test_speech_of_ravdess_has_all_lines(speech):
    lines = reference_lines(speech)
    assert lines == (chance(8), *RAVDESS_SPEECH_REFERENCES)
    assert lines[0].value == 0.125
    people = {line.modality: line.value for line in lines if line.kind == "people"}
    assert people == {"audio": 0.62, "audio+video": 0.80}


def test_every_line_says_how_it_was_measured():
    assert len({(line.name, line.modality) for line in RAVDESS_SPEECH_REFERENCES}) == 13
    for line in RAVDESS_SPEECH_REFERENCES:
        assert line.protocol
        assert 0.125 < line.value < 1
    leaky = [line for line in RAVDESS_SPEECH_REFERENCES if line.leak]
    assert [(line.value, line.leak) for line in leaky] == [
        (0.867, "the audio network's checkpoint was picked on the test fold")
    ]


def test_drawn_people_have_chance_alone(speech):
    """They bear the names of RAVDESS, but nobody has judged them."""
    assert reference_lines(speech, drawn=True) == (chance(8),)


def test_another_task_has_chance_alone(speech):
    clips = speech.clips
    seven = Index(clips[1:])
    song = Index(tuple(replace(clip, attributes={"channel": "song"}) for clip in clips))
    mine = Index(tuple(replace(clip, id=clip.emotion) for clip in clips))
    mixed = Index((*clips, replace(song[0], id="02-01-01-01-01-01")))
    for index in (seven, song, mine, mixed):
        assert names(index) == ["chance"]
    assert reference_lines(seven)[0].value == pytest.approx(1 / 7)


def test_chance_needs_two_emotions(speech):
    with pytest.raises(DatasetError, match=r"with 1 emotions; expected at least two: add clips"):
        reference_lines(Index(speech.clips[:1]))


@pytest.mark.data
def test_real_clips(shared_data):
    index = read_ravdess(shared_data / "ravdess")
    assert names(index) == ["chance"]  # speech and song together
    assert len(names(index.filter(where={"channel": ["speech"]}))) == 14
    assert names(index.filter(where={"channel": ["song"]})) == ["chance"]
