from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from affuse.corpora.table import read_table
from affuse.errors import DatasetError
from affuse.records import Clip

FILES = ("a.mp4", "b.wav", "c.mp4", "s1/x.wav", "s2/x.wav", "s2/x.mp4")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def table(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path = folder / "mine.csv"
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


def ids(folder: Path, *lines: str) -> list[str]:
    return [clip.id for clip in read_table(table(folder, *lines))]


def reasons(folder: Path, *lines: str) -> list[tuple[str, str]]:
    index = read_table(table(folder, *lines))
    return [(skip.name, skip.reason) for skip in index.skipped]


def refusal(folder: Path, *lines: str) -> str:
    with pytest.raises(DatasetError) as error:
        read_table(table(folder, *lines))
    return str(error.value)


def test_path_gives_sound_and_picture_where_the_suffix_allows(folder: Path) -> None:
    index = read_table(table(folder, "path,emotion,speaker", "a.mp4,sad,Ann", "b.wav,calm,Bob"))
    assert index.clips == (
        Clip("a", "sad", "Ann", folder / "a.mp4", folder / "a.mp4", corpus="mine"),
        Clip("b", "calm", "Bob", folder / "b.wav", None, corpus="mine"),
    )


@pytest.mark.parametrize(
    ("columns", "row", "audio", "video"),
    [
        ("path,audio", "a.mp4,b.wav", "b.wav", "a.mp4"),
        ("path,video", "b.wav,a.mp4", "b.wav", "a.mp4"),
        ("path,video", "a.mp4,", "a.mp4", "a.mp4"),
        ("audio,video", "b.wav,c.mp4", "b.wav", "c.mp4"),
        ("audio,video", "a.mp4,", "a.mp4", None),
        ("audio,video", ",a.mp4", None, "a.mp4"),
        ("path,audio,video", "a.mp4,b.wav,c.mp4", "b.wav", "c.mp4"),
    ],
)
def test_audio_and_video_stand_in_for_path(
    folder: Path, columns: str, row: str, audio: str | None, video: str | None
) -> None:
    (clip,) = read_table(table(folder, f"{columns},emotion,speaker", f"{row},sad,Ann"))
    assert clip.audio == (folder / audio if audio else None)
    assert clip.video == (folder / video if video else None)


def test_stretch_and_other_columns(folder: Path) -> None:
    lines = (
        "path,emotion,speaker,start,end,Room",
        "a.mp4,sad,Ann,1.5,,kitchen",
        "b.wav,sad,Ann,,2,",
    )
    first, second = read_table(table(folder, *lines))
    assert (first.start_s, first.end_s, first.attributes) == (1.5, None, {"room": "kitchen"})
    assert (second.start_s, second.end_s, second.attributes) == (None, 2.0, {})


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_whatever_program_wrote_it(
    folder: Path, delimiter: str, encoding: str, newline: str
) -> None:
    rows = (
        ("", "Path", " Emotion ", "SPEAKER"),
        ("0", "a.mp4", "Sad", '"Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}"'),
        ("", "", "", ""),
    )
    text = newline.join(delimiter.join(cells) for cells in rows)
    (clip,) = read_table(table(folder, text, encoding=encoding))
    assert (clip.emotion, clip.speaker) == ("sad", "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}")
    assert clip.attributes == {}


def test_absolute_paths_and_spaces(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other disk") / "my clip.wav"
    other.touch()
    (clip,) = read_table(table(folder, "path,emotion,speaker", f'"{other}",sad,Ann'))
    assert (clip.id, clip.audio) == ("my clip", other)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (("a.mp4,", "b.wav,"), ["a", "b"]),
        (("s1/x.wav,", "s2/x.wav,", "b.wav,"), ["b", "s1/x", "s2/x"]),
        (("s1/x.wav,", "s2/x.wav,", "s2/x.mp4,"), ["s1/x", "s2/x.mp4", "s2/x.wav"]),
        (("a.mp4,one", "b.wav,two"), ["one", "two"]),
        (("a.mp4,b", "b.wav,"), ["b", "b.wav"]),
        (("a.mp4,03-01-06-01-02-01-12",), ["01-06-01-02-01-12"]),
    ],
)
def test_ids_are_the_shortest_that_are_unique(
    folder: Path, rows: Sequence[str], expected: list[str]
) -> None:
    lines = [row.replace(",", ",sad,Ann,", 1) for row in rows]
    assert ids(folder, "path,emotion,speaker,clip", *lines) == expected
    assert ids(folder, "path,emotion,speaker,clip", *lines[::-1]) == expected


def test_stretches_of_one_file_are_named_by_their_seconds(folder: Path) -> None:
    lines = ("path,emotion,speaker,start,end", "a.mp4,sad,Ann,0,2.5", "a.mp4,calm,Ann,2.5,")
    assert ids(folder, *lines) == ["a@0-2.5", "a@2.5-"]


def test_ravdess_names_become_take_keys(folder: Path) -> None:
    (folder / "01-01-06-01-02-01-12.mp4").touch()
    lines = ("path,emotion,speaker", "01-01-06-01-02-01-12.mp4,fearful,12")
    assert ids(folder, *lines) == ["01-06-01-02-01-12"]


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        ("path,emotion", "speaker"),
        ("file,label", "path, emotion, speaker"),
        ("emotion,speaker", "path"),
        ("audio,speaker", "emotion"),
    ],
)
def test_missing_columns_are_named_with_those_that_are_there(
    folder: Path, header: str, missing: str
) -> None:
    message = refusal(folder, header, ",".join(["a.mp4"] * (header.count(",") + 1)))
    assert f"has no column {missing} (its columns: {header.replace(',', ', ')})" in message
    assert "expected path,emotion,speaker, and if you like clip,audio,video,start,end" in message


@pytest.mark.parametrize(
    ("header", "rows", "said"),
    [
        ("valence", ["much"], "clip a.mp4 has valence 'much'"),
        ("clip,valence", ["one,2", "two,much"], "clip two has valence 'much'"),
        ("mood,valence", ["fair,1", ",much"], "clip b.wav has valence 'much', clip a.mp4 has mood"),
        ("sex,valence", ["f,much"], "clip a.mp4 has valence 'much'"),
        ("valence", ["m" * 90], f"clip a.mp4 has valence '{'m' * 60}...'"),
        ("emotions", ["sad"], "clip a.mp4 has emotions 'sad'"),
    ],
)
def test_texts_where_numbers_may_stand_for_emotions_are_named_with_their_clips(
    folder: Path, header: str, rows: list[str], said: str
) -> None:
    cells = [f"{file},Ann,{row}" for file, row in zip(("a.mp4", "b.wav"), rows, strict=False)]
    message = refusal(folder, f"path,speaker,{header}", *cells)
    assert "has no column emotion (its columns: path, speaker, " in message
    assert f") and no column of numbers instead: {said}" in message
    assert "or give numbers to be learned instead" in message


def test_words_for_numbers_are_named_where_emotions_are_blank_or_speakers_missing(
    folder: Path,
) -> None:
    blank = refusal(folder, "path,emotion,speaker,valence", "a.mp4,,Ann,much")
    assert "given; every clip needs both) and no column of numbers instead: clip a.mp4 has" in blank
    missing = refusal(folder, "path,valence", "a.mp4,much")
    assert "has no column emotion, speaker (its columns: path, valence) and no column of" in missing


def test_with_numbers_a_speaker_alone_is_asked_for(folder: Path) -> None:
    lines = ("path,speaker,valence", "a.mp4,Ann,1", "b.wav,,2")
    assert reasons(folder, *lines) == [("b.wav", "line 3: no speaker given; every clip needs one")]


@pytest.mark.parametrize(
    ("row", "name", "reason"),
    [
        ("gone.mp4,sad,Ann,,", "gone.mp4", "gone.mp4; paths start from the folder of the CSV"),
        ("s1,sad,Ann,,", "s1", "suffix of s1 is none of a media file; expected one such as"),
        ("mine.csv,sad,Ann,,", "mine.csv", "suffix of mine.csv is none of a media file"),
        ("me.JPG,sad,Ann,,", "me.JPG", "me.JPG is a photo; expected sound or a film, such as .wav"),
        (",sad,Ann,,", "line 3", "no file given; fill the column path, audio or video"),
        ("b.wav,,Ann,,", "b.wav", "no emotion given; every clip needs both"),
        ("b.wav, , ,,", "b.wav", "no emotion and no speaker given"),
        ("b.wav,sad,Ann,one,", "b.wav", "start is 'one'; expected seconds from 0, such as 1.5"),
        ("b.wav,sad,Ann,-1,", "b.wav", "start is '-1'; expected seconds from 0"),
        ("b.wav,sad,Ann,,inf", "b.wav", "end is 'inf'; expected seconds from 0"),
        ("b.wav,n/a,nan,,", "b.wav", "no emotion and no speaker given"),
        ("b.wav,sad,Ann,2,2", "b.wav", "end 2 s is not after start 2 s"),
        ("b.wav,sad,Ann,,0", "b.wav", "end 0 s is not after start 0 s"),
        ("b.wav,sad,Ann", "line 3", "line 3 has 3 cells; expected 5 as in the header"),
        ("a.mp4,sad,Ann,,", "a.mp4", "the same recording as line 2"),
        ("./a.mp4,SAD,Ann,,", "a.mp4", "the same recording as line 2"),
    ],
)
def test_rows_that_cannot_be_used_are_listed_with_line_and_reason(
    folder: Path, row: str, name: str, reason: str
) -> None:
    ((skipped, why),) = reasons(folder, "path,emotion,speaker,start,end", "a.mp4,sad,Ann,,", row)
    assert skipped == name
    assert why.startswith("line 3")
    assert reason in why


def test_a_sound_file_cannot_be_the_video(folder: Path) -> None:
    rows = ("video,emotion,speaker", "a.mp4,sad,Ann", "b.wav,sad,Ann")
    ((_, why),) = reasons(folder, *rows)
    assert why == "line 3: video file b.wav holds sound alone; expected one with picture"


def test_a_link_to_a_file_is_the_same_recording(folder: Path) -> None:
    (folder / "link.mp4").symlink_to(folder / "a.mp4")
    rows = ("path,emotion,speaker", "a.mp4,sad,Ann", "link.mp4,sad,Ann")
    assert [name for name, _ in reasons(folder, *rows)] == ["link.mp4"]


def test_files_of_one_take_belong_into_one_row(folder: Path) -> None:
    for name in ("03-01-06-01-02-01-12.wav", "02-01-06-01-02-01-12.mp4"):
        (folder / name).touch()
    rows = (
        "path,emotion,speaker",
        "03-01-06-01-02-01-12.wav,sad,12",
        "02-01-06-01-02-01-12.mp4,sad,12",
    )
    ((name, why),) = reasons(folder, *rows)
    assert name == "02-01-06-01-02-01-12.mp4"
    assert "files of one take go into one row, in the columns audio and video" in why


def test_two_emotions_for_one_recording_are_refused(folder: Path) -> None:
    message = refusal(folder, "path,emotion,speaker", "a.mp4,sad,Ann", "a.mp4,calm,Ann")
    assert "gives the recording a.mp4 two emotions: 'sad' on line 2, 'calm' on line 3" in message
    assert "mend or remove one of the lines" in message


def test_two_speakers_for_one_recording_are_refused(folder: Path) -> None:
    message = refusal(folder, "path,emotion,speaker", "a.mp4,sad,Ann", "a.mp4,sad,Bob")
    assert "two speakers: 'Ann' on line 2, 'Bob' on line 3" in message


def test_two_stretches_of_one_recording_may_differ(folder: Path) -> None:
    lines = ("path,emotion,speaker,start,end", "a.mp4,sad,Ann,0,1", "a.mp4,calm,Bob,1,2")
    assert len(ids(folder, *lines)) == 2


def test_one_name_for_two_clips_is_refused(folder: Path) -> None:
    message = refusal(folder, "path,emotion,speaker,clip", "a.mp4,sad,Ann,q", "b.wav,sad,Ann,q")
    assert "names two clips 'q' (lines 2 and 3); expected each name once" in message


def test_no_usable_row_says_how_many_and_the_first_reason(folder: Path) -> None:
    message = refusal(folder, "path,emotion,speaker", "gone.wav,sad,Ann", "lost.wav,sad,Ann")
    assert "none of 2 rows of" in message
    assert "first: gone.wav: line 2: there is no file" in message


def test_a_header_without_rows(folder: Path) -> None:
    assert "has a header but no rows; expected one row" in refusal(folder, "path,emotion,speaker")


def test_an_empty_file(folder: Path) -> None:
    assert "is empty; expected a header such as path,emotion,speaker" in refusal(folder, "", "  ")


def test_a_column_twice(folder: Path) -> None:
    message = refusal(folder, "path,emotion,speaker,Path", "a.mp4,sad,Ann,b.wav")
    assert "has the column path twice; expected each name once" in message


def test_an_open_quote(folder: Path) -> None:
    message = refusal(folder, "path,emotion,speaker", '"a.mp4,sad,Ann')
    assert "is not a CSV (unexpected end of data)" in message


def test_another_encoding_says_where_and_what_to_do(folder: Path) -> None:
    path = folder / "mine.csv"
    path.write_bytes(b"path,emotion,speaker\na.mp4,sad,Zo\xeb\n")
    with pytest.raises(DatasetError, match=r"not UTF-8 text \(byte 33: 0xeb\).*save it again"):
        read_table(path)


def test_no_such_table(folder: Path) -> None:
    with pytest.raises(DatasetError, match=r"other\.csv does not exist; expected a CSV"):
        read_table(folder / "other.csv")


def test_a_folder_is_no_table(folder: Path) -> None:
    with pytest.raises(DatasetError, match="s1 is a folder; expected a CSV"):
        read_table(folder / "s1")
