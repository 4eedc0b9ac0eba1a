"""Recognisers of tiny graphs, and recordings to judge."""

from __future__ import annotations

from pathlib import Path

import pytest
from recordings import Track, fitted, small_portrait, spoken, write
from tiny_bundle import face_and_voice

from affuse.bundle.writer import write_bundle
from affuse.predict.recogniser import Recogniser
from affuse.records import Prediction


@pytest.fixture(scope="session")
def recogniser() -> Recogniser:
    return Recogniser(face_and_voice())


@pytest.fixture(scope="session")
def bundle_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(face_and_voice(), tmp_path_factory.mktemp("bundles") / "tiny")


@pytest.fixture(scope="session")
def talking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a face that speaks."""
    track = Track([small_portrait()] * 20, sound=fitted(spoken(), 2.0))
    return write(tmp_path_factory.mktemp("media") / "talking.mp4", track)


@pytest.fixture(scope="session")
def found(recogniser: Recogniser, talking: Path) -> Prediction:
    """What is made of it."""
    return recogniser.predict(talking)
