"""Extractors that are quick enough for tests, and a folder of clips."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from media_files import Media, write_media

from affuse.config import Config, load_config
from affuse.corpora.index import Index
from affuse.extractors.mfcc import Mfcc
from affuse.extractors.vgg_face import VggFace, make
from affuse.records import Clip

TINY = ["media.height=32", "media.duration_s=0.2", "features.vgg_face.frame_step=2"]


@pytest.fixture(scope="session")
def tiny_config() -> Config:
    """Frames of 56x32, every second of the first six; 0.2 s of sound."""
    return load_config("quick", TINY)


@pytest.fixture(scope="session")
def untrained(made_once: Callable[..., Path], tiny_config: Config) -> VggFace:
    """The trunk with random weights, built once for all tests."""

    def built(folder: Path) -> VggFace:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AFFUSE_CACHE", str(folder))
            return make(tiny_config)

    return built(made_once("untrained", built))


@pytest.fixture
def trunk(untrained: VggFace, private_cache: Path) -> None:
    """The network with random weights is there already: each test would build the same one."""
    link_trunk(untrained, private_cache)


def link_trunk(untrained: VggFace, cache: Path) -> None:
    (cache / "models").mkdir()
    os.link(untrained.model, cache / "models" / untrained.model.name)


@pytest.fixture
def mfcc_extractor() -> Mfcc:
    return Mfcc(n_mfcc=13, duration_s=0.5)


@pytest.fixture
def make_clips(tmp_path: Path) -> Callable[..., Index]:
    """Writes clips of one third of a second, tones that rise from clip to clip."""

    def clips(n: int = 3, folder: str = "corpus") -> Index:
        (tmp_path / folder).mkdir(exist_ok=True)
        made = []
        for number in range(n):
            path = tmp_path / folder / f"clip{number:02}.mp4"
            media = Media(duration_s=0.34, width=112, height=64, tone_hz=200.0 + 50 * number)
            write_media(path, media)
            emotion = ("calm", "angry")[number % 2]
            made.append(Clip(path.stem, emotion, str(number % 3), audio=path, video=path))
        return Index(tuple(made), ())

    return clips
