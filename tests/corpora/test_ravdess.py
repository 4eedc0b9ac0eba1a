from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from affuse.corpora.index import Index
from affuse.corpora.ravdess.names import parse_name, take_key
from affuse.corpora.readers.ravdess import read_ravdess
from affuse.errors import DatasetError

TAKE = "01-06-01-02-01-12"


def create(root: Path, names: Iterable[str]) -> Path:
    for folder in {Path(name).parent for name in names}:
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name in names:
        (root / name).write_bytes(b"0")
    return root


def flat(name: str) -> str:
    return Path(name).name


def mixed(name: str) -> str:
    """Speech sound flat, song sound nested twice, video as published."""
    if name.startswith("Audio_Speech"):
        return Path(name).name
    return f"more/{name}" if name.startswith("Audio") else name


def by_modality(name: str) -> str:
    """The lecture's two folders, with the picture-only files in upper case."""
    stem = Path(name).stem
    folder = {"03": "audio_only", "02": "video_only", "01": "both"}[stem[:2]]
    return f"{folder}/{stem}{'.MP4' if stem[:2] == '02' else Path(name).suffix}"


def test_the_names_are_those_that_the_authors_count(ravdess_names: tuple[str, ...]) -> None:
    assert len({Path(name).name for name in ravdess_names}) == 7356
    assert sum("Audio_Speech" in name for name in ravdess_names) == 1440
    assert sum("Audio_Song" in name for name in ravdess_names) == 1012
    assert sum(name.startswith("Video") for name in ravdess_names) == 4904


def test_exactly_the_recorded_names_are_understood(ravdess_names: tuple[str, ...]) -> None:
    """All codes around the legal ones: no name more, no name less."""
    ranges = ((0, 4), (0, 3), (0, 9), (0, 3), (0, 3), (0, 3), (0, 25))
    understood = set()
    for codes in itertools.product(*(range(a, b + 1) for a, b in ranges)):
        if 0 in codes[3:6] or 3 in codes[3:6]:
            continue
        stem = "-".join(f"{code:02d}" for code in codes)
        try:
            parse_name(stem)
        except DatasetError:
            continue
        understood.add(stem)
    assert understood == {Path(name).stem for name in ravdess_names}


@pytest.mark.parametrize("layout", [str, flat, mixed, by_modality])
def test_all_files_of_any_layout_become_one_clip_per_take(
    tmp_path: Path, ravdess_names: tuple[str, ...], layout: Callable[[str], str]
) -> None:
    index = read_ravdess(create(tmp_path, [layout(name) for name in ravdess_names]))
    assert len(index) == 2452
    assert index.skipped == ()
    assert all(clip.audio and clip.audio.name == f"03-{clip.id}.wav" for clip in index)
    assert all(clip.video and clip.video.name == f"01-{clip.id}.mp4" for clip in index)
    assert_published_counts(index)


def assert_published_counts(index: Index) -> None:
    channels = Counter(clip.attributes["channel"] for clip in index)
    assert channels == {"speech": 1440, "song": 1012}
    assert index.speakers == tuple(str(number) for number in range(1, 25))
    speech, song = (
        index.filter(where={"channel": ["speech"]}),
        index.filter(where={"channel": ["song"]}),
    )
    assert speech.summary().emotions["neutral"] == 96
    assert {count for name, count in speech.summary().emotions.items() if name != "neutral"} == {
        192
    }
    assert song.classes == ("neutral", "calm", "happy", "sad", "angry", "fearful")
    assert "18" not in song.speakers
    assert index.filter(emotions=["neutral"]).clips[0].attributes["intensity"] == "normal"
    sexes = {clip.speaker: clip.attributes["sex"] for clip in index}
    assert (sexes["1"], sexes["24"]) == ("male", "female")


@pytest.mark.parametrize(
    ("kept", "audio", "video"),
    [
        ({"03"}, "03", None),
        ({"02"}, None, "02"),
        ({"01"}, "01", "01"),
        ({"02", "03"}, "03", "02"),
        ({"01", "02"}, "01", "01"),
    ],
)
def test_sound_and_picture_come_from_what_there_is(
    tmp_path: Path,
    ravdess_names: tuple[str, ...],
    kept: set[str],
    audio: str | None,
    video: str | None,
) -> None:
    names = [n for n in ravdess_names if Path(n).name[:2] in kept and "Actor_12" in n]
    index = read_ravdess(create(tmp_path, names))
    assert len(index) == 104
    assert index.skipped == ()
    assert {clip.audio.name[:2] if clip.audio else None for clip in index} == {audio}
    assert {clip.video.name[:2] if clip.video else None for clip in index} == {video}


@pytest.mark.parametrize(
    ("names", "audio", "video", "repeats"),
    [
        (["03-{}.wav", "x/03-{}.flac"], "03-{}.wav", None, ["x/03-{}.flac"]),
        (["03-{}.flac", "01-{}.mp4"], "03-{}.flac", "01-{}.mp4", []),
        (["03-{}.mp4", "03-{}.flac"], "03-{}.flac", None, ["03-{}.mp4"]),
        (["03-{}.mp4"], "03-{}.mp4", None, []),
        (["b/01-{}.mp4", "a/01-{}.mp4"], "a/01-{}.mp4", "a/01-{}.mp4", ["b/01-{}.mp4"]),
        (["a/b/03-{}.wav", "z/03-{}.wav"], "z/03-{}.wav", None, ["a/b/03-{}.wav"]),
        (["01-{}.wav", "01-{}.mp4"], "01-{}.wav", "01-{}.mp4", []),
        (
            ["01-{}.mp4", "b/02-{}.mp4", "a/02-{}.mp4"],
            "01-{}.mp4",
            "01-{}.mp4",
            ["b/02-{}.mp4"],
        ),
    ],
)
def test_the_best_source_is_taken_and_repeats_are_listed(
    tmp_path: Path, names: list[str], audio: str, video: str | None, repeats: list[str]
) -> None:
    index = read_ravdess(create(tmp_path, [name.format(TAKE) for name in names]))
    assert len(index) == 1
    assert index[0].audio == tmp_path / audio.format(TAKE)
    assert index[0].video == (tmp_path / video.format(TAKE) if video else None)
    assert [skip.name for skip in index.skipped] == [name.format(TAKE) for name in repeats]
    assert all("same take and modality as" in skip.reason for skip in index.skipped)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("03-01-09-01-02-01-12.wav", "emotion code 09 in '03-01-09-01-02-01-12'; expected 01 to"),
        ("04-01-06-01-02-01-12.wav", "modality code 04"),
        ("03-03-06-01-02-01-12.wav", "channel code 03"),
        ("03-01-06-03-02-01-12.wav", "intensity code 03"),
        ("03-01-06-01-00-01-12.wav", "statement code 00"),
        ("03-01-06-01-02-03-12.wav", "repetition code 03"),
        ("03-01-06-01-02-01-25.wav", "actor code 25 in '03-01-06-01-02-01-25'; expected 01 to 24"),
        ("03-01-01-02-02-01-12.wav", "neutral has no strong intensity"),
        ("03-02-07-01-02-01-12.wav", "song has no disgust"),
        ("03-02-08-01-02-01-12.wav", "song has no surprised"),
        ("03-02-06-01-02-01-18.wav", "actor 18 recorded no song"),
        ("02-01-06-01-02-01-12.wav", "says picture alone, but .wav holds sound alone"),
        ("holiday.mp4", "name 'holiday' does not have RAVDESS's seven fields of two digits"),
        ("03-01-06-01-02-01-12 (1).wav", "does not have RAVDESS's seven fields"),
        ("03-01-06-01-02-01-1\N{ARABIC-INDIC DIGIT TWO}.wav", "seven fields of two digits"),
    ],
)
def test_names_that_say_nothing_recorded_are_listed_with_the_reason(
    tmp_path: Path, name: str, reason: str
) -> None:
    index = read_ravdess(create(tmp_path, ["a/03-01-06-01-02-01-11.wav", f"b/{name}"]))
    assert len(index) == 1
    assert [skip.name for skip in index.skipped] == [f"b/{name}"]
    assert reason in index.skipped[0].reason


def test_files_that_hold_no_media_are_no_news(tmp_path: Path) -> None:
    names = ["03-01-06-01-02-01-11.wav", "README.txt", "a.zip", "03-01-06-01-02-01-11.csv"]
    assert read_ravdess(create(tmp_path, names)).skipped == ()


def test_the_index_does_not_depend_on_the_order_of_creation(
    tmp_path: Path, ravdess_names: tuple[str, ...]
) -> None:
    names = [name for name in ravdess_names if "Actor_03" in name]
    forth = read_ravdess(create(tmp_path / "forth", names))
    back = read_ravdess(create(tmp_path / "back", names[::-1]))
    assert [clip.id for clip in forth] == [clip.id for clip in back]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        (f"01-{TAKE}", TAKE),
        (f"03-{TAKE}.wav", TAKE),
        (f"02-{TAKE}.MP4", TAKE),
        (TAKE, TAKE),
        ("01-01-09-01-02-01-12", None),
        ("2024-05-06-01-02-03", None),
        ("", None),
    ],
)
def test_take_key(name: str, key: str | None) -> None:
    assert take_key(name) == key


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="nowhere does not exist; expected a folder"):
        read_ravdess(tmp_path / "nowhere")


def test_a_file_in_place_of_the_folder_points_to_tables(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").touch()
    with pytest.raises(DatasetError, match=r"is a file; expected a folder.*read by read_table"):
        read_ravdess(tmp_path / "mine.csv")


def test_an_empty_folder_says_what_would_be_read(tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as error:
        read_ravdess(tmp_path)
    assert "holds no media file" in str(error.value)
    assert "03-01-06-01-02-01-12.wav" in str(error.value)
    assert "write a CSV with the columns path,emotion,speaker" in str(error.value)


def test_a_folder_of_archives_says_to_unpack_them(tmp_path: Path) -> None:
    create(tmp_path, ["Audio_Speech_Actors_01-24.zip"])
    with pytest.raises(DatasetError, match=r"1 zip archives but no media.*unpack the archives"):
        read_ravdess(tmp_path)


def test_no_ravdess_name_at_all_says_how_many_files_and_what_to_do(tmp_path: Path) -> None:
    create(tmp_path, ["one.mp4", "two.wav"])
    with pytest.raises(DatasetError) as error:
        read_ravdess(tmp_path)
    assert "none of 2 media files" in str(error.value)
    assert "first: one.mp4: name 'one' does not have" in str(error.value)
    assert "write a CSV with the columns path,emotion,speaker" in str(error.value)


def test_empty_files_are_left_out_and_what_else_is_there_is_kept_apart(tmp_path: Path) -> None:
    create(tmp_path, [f"03-{TAKE}.wav", "README.txt", f"._03-{TAKE}.wav"])
    (tmp_path / f"01-{TAKE}.mp4").touch()
    index = read_ravdess(tmp_path)
    assert index[0].video is None
    assert [(skip.name, skip.reason) for skip in index.skipped] == [
        (f"01-{TAKE}.mp4", "empty (0 bytes)")
    ]
    assert [skip.name for skip in index.passed_over] == [f"._03-{TAKE}.wav", "README.txt"]


@pytest.mark.data
def test_the_real_folder(shared_data: Path) -> None:
    index = read_ravdess(shared_data / "ravdess")
    channels = Counter(clip.attributes["channel"] for clip in index)
    assert len(index) == 1828
    assert channels == {"speech": 1080, "song": 748}
    assert index.speakers == tuple(str(number) for number in range(1, 19))
    assert index.skipped == ()
    assert all(clip.audio and clip.audio.is_file() and clip.video is None for clip in index)


@pytest.mark.data
def test_the_real_pair_of_identical_clips_is_found(shared_data: Path) -> None:
    import soundfile

    from affuse.records import Clip

    def samples(clip: Clip) -> str | None:
        signal, _ = soundfile.read(clip.audio, dtype="int16")
        return hashlib.sha256(signal.tobytes()).hexdigest()

    index = read_ravdess(shared_data / "ravdess").filter(speakers=["6", "7", "8"])
    assert index.duplicates(samples) == (("01-03-01-02-01-07", "01-03-01-02-02-07"),)
