"""Clips told by their content."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from affuse.features.contents import contents_table
from affuse.records import Clip


@pytest.fixture
def clip(tmp_path, rng) -> Clip:
    path = tmp_path / "a.wav"
    soundfile.write(path, 0.1 * rng.standard_normal(800), 8000)
    return Clip("a", "sad", "1", path)


def content(clip: Clip) -> str:
    table = contents_table([clip])
    assert list(table) == ["clip", "content"]
    return str(table["content"][0])


def test_name_place_and_labels_are_no_content(clip, tmp_path):
    copy = tmp_path / "elsewhere" / "b.wav"
    copy.parent.mkdir()
    shutil.copy(clip.audio, copy)
    assert content(Clip("b", "happy", "2", copy)) == content(clip) != ""


def test_other_bytes_and_other_stretches_are(clip, tmp_path):
    other = tmp_path / "other.wav"
    soundfile.write(other, np.zeros(800), 8000)
    variants = [
        clip,
        replace(clip, audio=other),
        replace(clip, start_s=0.05),
        replace(clip, start_s=0.05, end_s=0.08),
        replace(clip, video=other),
    ]
    assert len({content(variant) for variant in variants}) == len(variants)


def test_sound_and_picture_of_one_file_are_that_file(clip):
    assert content(replace(clip, video=clip.audio)) == content(clip)
    assert content(replace(clip, start_s=0.0)) == content(clip)


@pytest.mark.parametrize("place", ["gone.wav", "s3://bucket/a.wav"])
def test_what_cannot_be_read_here_is_not_known(clip, tmp_path, place):
    path = Path(place) if "://" in place else tmp_path / place
    assert content(replace(clip, audio=path)) == ""
    assert content(replace(clip, video=path)) == ""
    assert content(Clip("none", "sad", "1")) == ""
