"""What a recogniser of tiny graphs says of a real file goes through every format."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import soundfile
from tiny_bundle import face_and_voice

from affuse.export.document import prediction_schema, read_json
from affuse.export.plain import to_plain
from affuse.export.registry import export
from affuse.predict.recogniser import Recogniser
from affuse.records import Prediction
from affuse.registries import EXPORTS


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Prediction:
    """Nine seconds of sound: a buzz that swells and fades like syllables, then nothing."""
    time_s = np.arange(9 * 16_000) / 16_000
    buzz = np.sign(np.sin(2 * np.pi * 150 * time_s)) * np.sin(2 * np.pi * 2 * time_s) ** 2
    file = tmp_path_factory.mktemp("media") / "Müller & co.wav"
    soundfile.write(file, 0.3 * buzz * (time_s < 5), 16_000)
    return Recogniser(face_and_voice()).predict(file)


def test_it_has_a_timeline(heard):
    assert len(heard.segments) > 1


def test_json_is_as_the_schema_says(heard, tmp_path):
    (path,) = export([heard], "json", tmp_path / "found.json")
    validator = jsonschema.Draft202012Validator(prediction_schema())
    validator.validate(json.loads(path.read_text("utf-8")))
    assert [to_plain(one) for one in read_json(path)] == [to_plain(heard)]


@pytest.mark.parametrize("format", EXPORTS.names())
def test_every_format_takes_it(heard, tmp_path: Path, format):
    (path,) = export([heard], format, tmp_path / "out")
    assert path.exists()
