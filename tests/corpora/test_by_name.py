"""Corpora by their file names: one shape for all, held here by a corpus that the test makes up."""

from __future__ import annotations

from pathlib import Path

import pytest

from affuse.corpora.by_name import Naming, read_named, recognises, speaker_named
from affuse.errors import DatasetError
from affuse.records import MODALITIES

NAMING = Naming(
    title="MADE-UP",
    example="wav/ann_j_1.wav",
    pattern=r"(?P<speaker>[a-z]+)_(?P<emotion>[a-z])_(?P<take>\d)(?P<_rest>x?)",
    codes={"emotion": {"j": "happy", "s": "sad"}},
    speakers={"ann": {"sex": "female"}, "ben": {"sex": "male"}},
    always={"language": "en"},
    modalities=MODALITIES,
)
FOLDERS = Naming(
    title="FOLDERS",
    example="ann/joy/audio/1.wav",
    pattern=r"(?P<speaker>[a-z]+)/(?P<emotion>[a-z]+)/(?:audio|video)/(?P<take>\d)",
    codes={"emotion": {"joy": "happy"}, "take": {"1": "first"}},
    n_folders=3,
    clip_id="{speaker}_{emotion}_{take}",
    modalities=MODALITIES,
    any_case=True,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "corpus"


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


def test_fields_of_a_name_become_a_clip(folder: Path) -> None:
    (clip,) = read_named(fill(folder, "a/ann_j_1x.WAV"), NAMING)
    assert (clip.id, clip.emotion, clip.speaker, clip.corpus) == (
        "ann_j_1x", "happy", "ann", "MADE-UP",
    )  # fmt: skip
    assert clip.attributes == {"language": "en", "sex": "female", "take": "1"}
    assert (clip.audio, clip.video) == (folder / "a/ann_j_1x.WAV", None)


def test_sound_and_picture_of_one_name_are_one_clip(folder: Path) -> None:
    fill(folder, "flv/ann_j_1.flv", "wav/ann_j_1.wav", "mp3/ann_j_1.mp3", "flv/ben_s_2.flv")
    index = read_named(folder, NAMING)
    assert [(clip.audio, clip.video) for clip in index] == [
        (folder / "wav/ann_j_1.wav", folder / "flv/ann_j_1.flv"),
        (folder / "flv/ben_s_2.flv", folder / "flv/ben_s_2.flv"),
    ]
    assert [(skip.name, skip.reason) for skip in index.skipped] == [
        ("mp3/ann_j_1.mp3", "same name as wav/ann_j_1.wav, which is taken")
    ]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ann_z_1.wav", "there is no emotion 'z'; expected one of j, s"),
        ("eve_j_1.wav", "there is no speaker 'eve'; expected one of ann, ben"),
        ("ann_j_1 (copy).wav", "not named as in MADE-UP, such as wav/ann_j_1.wav"),
    ],
)
def test_what_means_nothing_is_listed_with_the_reason(folder: Path, name: str, reason: str) -> None:
    index = read_named(fill(folder, "ann_j_1.wav", name), NAMING)
    assert [clip.id for clip in index] == ["ann_j_1"]
    (skip,) = index.skipped
    assert skip.name == name
    assert skip.reason.endswith(reason)


def test_folders_can_speak_and_case_need_not_count(folder: Path) -> None:
    fill(folder, "Ann/Joy/audio/1.wav", "Ann/Joy/video/1.mp4", "Ann/Joy/audio/2.wav")
    index = read_named(folder / "Ann" / "Joy", FOLDERS)
    assert [(clip.id, clip.speaker, clip.emotion, dict(clip.attributes)) for clip in index] == [
        ("Ann_Joy_1", "Ann", "happy", {"take": "first"})
    ]
    assert index[0].audio != index[0].video
    assert index.skipped[0].reason.endswith("there is no take '2'; expected one of 1")


def test_picture_is_none_of_a_corpus_of_sound(folder: Path) -> None:
    naming = Naming(title="S", example="ann_j_1.wav", pattern=NAMING.pattern, codes=NAMING.codes)
    index = read_named(fill(folder, "ann_j_1.wav", "ben_s_1.mp4"), naming)
    assert [clip.id for clip in index] == ["ann_j_1"]
    assert index.skipped[0].reason.endswith("its recordings are sound alone")


def test_a_folder_is_recognised_by_a_name_whose_codes_mean_something(folder: Path) -> None:
    assert not recognises(fill(folder, "ann_z_1.wav", "notes.txt"), NAMING)
    assert recognises(fill(folder, "deep/down/ben_s_1.ogg"), NAMING)
    assert speaker_named("ben_s_1", NAMING) == "ben"
    assert speaker_named("holiday", NAMING) is None


def test_nothing_there_says_what_is_expected(folder: Path) -> None:
    with pytest.raises(DatasetError, match="does not exist; expected a folder of MADE-UP files"):
        read_named(folder, NAMING)
    with pytest.raises(DatasetError, match=r"no media file .* \(first: me.wav\);") as error:
        read_named(fill(folder, "me.wav"), NAMING)
    assert str(error.value).count(NAMING.example) == 1
    (folder / "me.wav").rename(folder / "ann_z_1.wav")
    with pytest.raises(DatasetError, match=r"_z_1.wav: there is no emotion 'z'; .*\);") as error:
        read_named(folder, NAMING)
    assert str(error.value).count(NAMING.example) == 1
    (folder / "ann_z_1.wav").rename(folder / "me.wav")
    with pytest.raises(DatasetError, match="is a file; expected a folder of MADE-UP files"):
        read_named(folder / "me.wav", NAMING)


def test_a_pattern_without_a_speaker_is_refused() -> None:
    with pytest.raises(ValueError, match="pattern of X has no group speaker"):
        Naming(title="X", example="x", pattern="(?P<emotion>x)", codes={})
