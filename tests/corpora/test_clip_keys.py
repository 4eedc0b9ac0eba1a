"""Rows meet clips by path, then by name; what may be several clips is refused."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from affuse.corpora.clip_keys import row_key, rows_of_clips
from affuse.errors import DatasetError
from affuse.records import Clip

WHO = ("anna", "ben", "carl")
CLIPS = [Clip(f"{who}/take0", "sad", who, audio=Path(f"/data/{who}/take0.wav")) for who in WHO]
TAKE = "01-06-01-02-01-12"


def met(names: list[str], clips: list[Clip] = CLIPS) -> dict[str, tuple[str, ...]]:
    return rows_of_clips([row_key(name) for name in names], clips)


@pytest.mark.parametrize(
    "pattern",
    [
        "{}/take0.wav",
        "./{}/take0",
        "/data/{}/take0.wav",
        "data/{}/take0.flac",
        "/elsewhere/corpus/{}/take0.wav",
        "C:\\corpus\\{}\\take0.wav",
        "../{}/take0.wav",
    ],
)
def test_rows_meet_clips_by_path(pattern: str) -> None:
    names = [pattern.format(who) for who in WHO]
    assert met(names) == {
        clip.id: (row_key(name),) for clip, name in zip(CLIPS, names, strict=True)
    }


def test_rows_of_one_person_are_not_given_to_others() -> None:
    assert met(["anna/take0.wav"]) == {
        "anna/take0": ("anna/take0",),
        "ben/take0": (),
        "carl/take0": (),
    }
    assert met(["anna/take0.wav"], CLIPS[1:2]) == {"ben/take0": ()}


def test_a_name_that_fits_several_clips_is_refused() -> None:
    message = (
        "names 'take0', which may be any of the clips anna/take0, ben/take0, carl/take0; expect"
    )
    with pytest.raises(DatasetError, match=message):
        met(["take0.wav"])
    with pytest.raises(DatasetError, match="may be any of the clips ben/take0, carl/take0"):
        met(["anna/take0.wav", "take0.wav"], CLIPS[1:])


def test_a_name_beside_better_ones_harms_nobody() -> None:
    rows = met(["take0", *(f"{who}/take0" for who in WHO)])
    assert [rows[clip.id] for clip in CLIPS] == [(clip.id,) for clip in CLIPS]


def test_files_of_a_clip_that_has_a_name_of_its_own() -> None:
    clips = [Clip("row 7", "sad", "a", video=Path("/data/him.mov")), Clip("me", "sad", "b")]
    assert met(["videos/him.mp4", "me.wav"], clips) == {"row 7": ("videos/him",), "me": ("me",)}


def test_an_id_comes_before_the_name_of_a_file() -> None:
    clips = [Clip("one", "sad", "a"), Clip("two", "sad", "b", audio=Path("/data/one.wav"))]
    assert met(["one", "two"], clips) == {"one": ("one",), "two": ("two",)}


def test_stretches_of_one_file_have_their_own_rows() -> None:
    file = Path("/data/c1.wav")
    clips = [Clip("c1@0-1.5", "sad", "a", audio=file), Clip("c1@1.5-3", "sad", "a", audio=file)]
    assert met(["c1@1.5-3", "c1@0-1.5"], clips) == {
        "c1@0-1.5": ("c1@0-1.5",),
        "c1@1.5-3": ("c1@1.5-3",),
    }
    with pytest.raises(DatasetError, match="names 'c1', which may be any of"):
        met(["c1.wav"], clips)


def test_takes_meet_whatever_their_folder_and_modality() -> None:
    clips = [Clip(TAKE, "fearful", "12", audio=Path(f"/r/Actor_12/03-{TAKE}.wav"))]
    assert met([f"audio_only/01-{TAKE}.mp4"], clips) == {TAKE: (f"audio_only/{TAKE}",)}
    both = met([f"a/02-{TAKE}.mp4", f"b/03-{TAKE}.wav"], clips)
    assert both == {TAKE: (f"a/{TAKE}", f"b/{TAKE}")}


def test_letters_of_names_may_be_composed_or_not() -> None:
    clips = [Clip(unicodedata.normalize("NFD", "ünï"), "sad", "a")]
    assert met([unicodedata.normalize("NFC", "ünï") + ".wav"], clips)[clips[0].id]


def test_a_folder_that_names_another_person_is_no_match() -> None:
    ben = [Clip("take0", "sad", "Ben", audio=Path("/data/ben/take0.wav"))]
    assert met(["anna/take0.wav"], ben) == {"take0": ()}
    assert met(["ben/take0.wav"], ben) == {"take0": ("ben/take0",)}
    assert met(["take0.wav"], ben) == {"take0": ("take0",)}
    assert met(["features/ben/take0.wav"], ben) == {"take0": ("features/ben/take0",)}


def test_case_of_letters_counts_only_where_it_tells_clips_apart() -> None:
    assert met(["Anna/TAKE0.WAV"])["anna/take0"] == ("Anna/TAKE0",)
    two = [Clip("k1", "sad", "a"), Clip("K1", "sad", "b")]
    assert met(["K1", "k1"], two) == {"k1": ("k1",), "K1": ("K1",)}
    three = [Clip("Ko", "sad", "a"), Clip("kO", "sad", "b")]
    with pytest.raises(DatasetError, match="names 'KO', which may be any of the clips Ko, kO"):
        met(["KO"], three)
