"""Settings that say something of people, and the keys of predictions that are kept."""

from __future__ import annotations

import pytest

from affuse.errors import ConfigError
from affuse.predict.answers import AnswerStore
from affuse.predict.settings import ANY_NUMBER, Settings, settings_of


def test_people_as_they_are_asked_for():
    assert settings_of().people is None
    assert settings_of(people=False).people is None
    assert settings_of(people=True).people == ANY_NUMBER
    assert settings_of(people=2, names={1: "Anna"}).names == {1: "Anna"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"people": 0}, "people 0 was given; expected True for as many as are found"),
        ({"people": "2"}, "people '2' was given; expected True"),
        ({"people": True, "names": {0: "Anna"}}, "a name for person 0 was given; expected"),
        ({"people": True, "names": {1: " "}}, "the name ' ' was given for person 1"),
        ({"names": {1: "Anna"}}, "names was given without people; expected people=True"),
        ({"face_embedding": "onnx:a.onnx"}, "face_embedding was given without people"),
        ({"people": True, "voice_embedding": "onnx:"}, "voice_embedding 'onnx:' was given"),
        ({"people": True, "faces": "all"}, "faces all and people were given"),
    ],
)
def test_settings_that_are_refused(given, told):
    with pytest.raises(ConfigError, match=f"^{told}"):
        settings_of(**given)


def test_predictions_without_people_keep_their_keys(tmp_path, monkeypatch):
    """The digest is of these settings before there were people in them."""
    monkeypatch.setattr("affuse.predict.answers.metadata.version", lambda _: "0.9.0")
    monkeypatch.setattr("affuse.predict.answers.file_state", lambda path: [path, 4, 5])
    monkeypatch.setattr("affuse.predict.answers.fetched_weights", lambda: [])
    store = AnswerStore(tmp_path)
    key = store.key("a.wav", "affuse 1f2e", Settings())
    assert key == "0183223881f49892826e4bb4b88861efaf953c4568e6c5b915b6ab0da3f31b5d"
    others = [
        settings_of(people=True),
        settings_of(people=2),
        settings_of(people=True, names={1: "Anna"}),
        settings_of(people=True, face_embedding="onnx:a.onnx"),
        settings_of(people=True, voice_embedding="onnx:a.onnx"),
    ]
    keys = {store.key("a.wav", "affuse 1f2e", settings) for settings in others}
    assert len(keys | {key}) == 6
