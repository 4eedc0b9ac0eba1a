"""Drawn people are known by their files."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from media_files import Media, write_media

from affuse.corpora.known import part_name
from affuse.corpora.readers.ravdess import read_ravdess
from affuse.media.split import split
from affuse.records import Clip
from affuse.synthetic.action_units import ACTION_UNITS
from affuse.synthetic.origin import drawn_people
from affuse.synthetic.reenact import reenact
from affuse.synthetic.writer import made_by


@pytest.fixture(scope="module")
def drawn(drawn_corpus) -> tuple[Clip, ...]:
    """One drawn clip each of two speakers."""
    clips = read_ravdess(drawn_corpus(2, "happy"))
    return tuple(clip for clip in clips if clip.emotion == "happy" and clip.speaker in ("1", "2"))


def real(folder, speaker="9") -> Clip:
    path = write_media(folder / "real.mp4", Media(duration_s=0.5, width=112, height=64))
    return Clip("real", "sad", speaker, path, path)


def test_drawn_people(drawn):
    assert drawn_people(drawn) == (
        "These people are drawn, and their voices are synthesised: no figure here says how well "
        "real people are recognised."
    )


def test_names_and_folders_hide_nothing(drawn, tmp_path):
    copy = tmp_path / "holiday.MP4"
    shutil.copy(drawn[0].video, copy)
    assert drawn_people([Clip("holiday", "happy", "anna", copy, copy)])
    assert drawn_people([replace(drawn[0], audio=None)])


def test_real_people_need_no_warning(tmp_path):
    assert drawn_people([real(tmp_path)]) == ""
    sound = tmp_path / "01-01-03-01-01-01-01.wav"
    soundfile.write(sound, np.zeros(800), 8000)
    gone = tmp_path / "gone.mp4"
    assert drawn_people([Clip("a", "happy", "1", sound), Clip("b", "sad", "2", gone, gone)]) == ""
    assert drawn_people([]) == ""


def test_a_list_that_names_a_drawn_clip_is_not_followed(drawn, tmp_path):
    shutil.copy(drawn[0].video, tmp_path / "drawn.mp4")
    listing = tmp_path / "listing.mp4"
    listing.write_text("ffconcat version 1.0\nfile drawn.mp4\n")
    assert made_by(listing) is None


def test_sound_that_was_split_off_is_known_as_well(drawn, tmp_path):
    assert split(drawn, tmp_path / "out", named=part_name) == ()
    apart = read_ravdess(tmp_path / "out")
    assert all(clip.audio.suffix == ".wav" for clip in apart)
    assert drawn_people(apart).startswith("These people are drawn")


def test_a_mixture_is_said(drawn, tmp_path):
    assert drawn_people([*drawn, real(tmp_path)]).startswith("Some of these people are drawn")
    # The same speaker's name in two folders is looked at twice.
    assert drawn_people([drawn[0], real(tmp_path, drawn[0].speaker)]).startswith("Some of these")


def test_drawn_faces_with_real_voices(tmp_path, rng):
    voices = tmp_path / "voices"
    voices.mkdir()
    name = "03-01-03-01-01-01-01"
    soundfile.write(voices / f"{name}.wav", 0.1 * rng.standard_normal(3200), 8000)
    units = tmp_path / "units.csv"
    columns = ["clip", *(f"{unit}_r" for unit in ACTION_UNITS)]
    units.write_text(",".join(columns) + f"\n{name}" + ",1.0" * len(ACTION_UNITS) + "\n", "utf-8")
    made = reenact(read_ravdess(voices), units, tmp_path / "made")
    assert len(made.paths) == 1
    assert drawn_people(read_ravdess(tmp_path / "made")).startswith(
        "These faces are drawn, and their voices are real"
    )
