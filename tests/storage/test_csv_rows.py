"""One reader of CSV: the same text comes out whatever program wrote it."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from affuse.errors import DatasetError, FeatureError
from affuse.storage.csv_rows import is_blank, number, read_frame, read_rows

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16")
ROWS = (("Clip", "Speaker", "Pitch"), ("a.wav", "Zoë", "1.5"), ("b;,.wav", "NA", "-2.25"))


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def as_text(delimiter: str, newline: str, decimal: str) -> str:
    lines = []
    for name, speaker, pitch in ROWS:
        shown = pitch.replace(".", decimal)
        lines.append(delimiter.join((f'"{name}"', speaker, f'"{shown}"')))
    return newline.join((lines[0], "", *lines[1:], delimiter * 2, ""))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("decimal", [".", ","])
def test_every_dialect_says_the_same(
    tmp_path: Path, encoding: str, delimiter: str, newline: str, decimal: str
) -> None:
    text = as_text(delimiter, newline, decimal)
    path = written(tmp_path / "t.csv", text, encoding)
    rows = read_rows(path).rows
    assert [(row["clip"], row["speaker"]) for row in rows] == [("a.wav", "Zoë"), ("b;,.wav", "NA")]
    assert [number(row["pitch"]) for row in rows] == [1.5, -2.25]
    frame = read_frame(path, "a clip", ("clip", "speaker"))
    assert list(frame.columns) == ["Clip", "Speaker", "Pitch"]
    assert list(frame["Speaker"]) == ["Zoë", "NA"]
    np.testing.assert_array_equal(frame["Pitch"], [1.5, -2.25])


def test_columns_without_a_name_are_dropped(tmp_path: Path) -> None:
    for index in ("", "Unnamed: 0", "unnamed: 0.1"):
        path = written(tmp_path / "t.csv", f"{index},clip,a\n0,x,1\n1,y,2\n")
        assert read_rows(path).columns == ("clip", "a")
        assert list(read_frame(path, "a clip", ("clip",)).columns) == ["clip", "a"]


def test_what_excel_adds_is_no_cell(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "sep=;\r\nclip;note;a\r\nx;one,two,three;1,5\r\ny;;2\r\n")
    assert [row["note"] for row in read_rows(path).rows] == ["one,two,three", ""]
    assert list(read_frame(path, "a clip", ("clip", "note"))["a"]) == [1.5, 2.0]
    path = written(tmp_path / "t.csv", "clip,a\nx,1,,\ny,2\n")
    assert [dict(row.cells) for row in read_rows(path).rows] == [
        {"clip": "x", "a": "1"},
        {"clip": "y", "a": "2"},
    ]


@pytest.mark.parametrize(
    "word", ["nan", "N/A", "n/a", "null", "None", "<NA>", "", ".", "?", "-", "#NULL!", "#REF!"]
)
def test_words_for_blank(tmp_path: Path, word: str) -> None:
    path = written(tmp_path / "t.csv", f"clip,speaker,a\nx,{word},{word}\ny,Ann,2\n")
    row = read_rows(path).rows[0]
    assert (row["speaker"], row.word("a")) == ("", "")
    frame = read_frame(path, "a clip", ("clip", "speaker"))
    assert frame["speaker"][0] == ""
    assert math.isnan(frame["a"][0])


def test_a_persons_code_is_no_blank(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "clip,speaker,a\nx,NA,NA\ny,Nan,1\nz,01,2\n")
    rows = read_rows(path).rows
    assert [row["speaker"] for row in rows] == ["NA", "Nan", "01"]
    assert rows[0].word("a") == ""
    frame = read_frame(path, "a clip", ("clip", "speaker"))
    assert list(frame["speaker"]) == ["NA", "Nan", "01"]
    assert math.isnan(frame["a"][0])


def test_numbers_of_a_quoted_thousand_are_not_guessed(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", 'clip,a\nx,"1,234"\ny,"2,500"\n')
    assert list(read_frame(path, "a clip", ("clip",))["a"]) == ["1,234", "2,500"]
    path = written(tmp_path / "t.csv", "clip;a\nx;1,234\ny;2,500\n")
    assert list(read_frame(path, "a clip", ("clip",))["a"]) == [1.234, 2.5]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty; expected a header such as a clip"),
        (b"\n , ,\n", "is empty"),
        (b"clip,a\nx,\xeb\n", "not UTF-8 text .byte 9: 0xeb.; expected a CSV in UTF-8: save it"),
        (b"\xff\xfe\x00", "not UTF-8 text .byte 2: 0x00.; expected a CSV in UTF-8"),
        (b"clip,a\nx,\xc3", "not UTF-8 text .byte 9: 0xc3.; expected a CSV in UTF-8"),
        (b"clip,a,A\n", "has the column a twice"),
        (b"PK\x03\x04\xff\xfe", "is a workbook or an archive; expected a CSV: save the sheet"),
        (b"c\0l\0i\0p\0", "holds NUL characters; expected a CSV in UTF-8"),
    ],
)
def test_what_is_no_table_is_refused_on_one_line(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(DatasetError, match=message) as error:
        read_rows(tmp_path / "t.csv", "a clip")
    assert "\n" not in str(error.value)


def test_a_frame_is_refused_in_the_words_of_its_room(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "clip,a\nx,1,2,3\n")
    with pytest.raises(FeatureError, match=r"t\.csv is no CSV \(.*\); expected the columns a clip"):
        read_frame(path, "a clip", ("clip",), FeatureError)
    with pytest.raises(FeatureError, match=r"none\.csv does not exist"):
        read_frame(tmp_path / "none.csv", "a clip", ("clip",), FeatureError)


def test_a_header_of_thousands_of_columns(tmp_path: Path) -> None:
    """Half a megabyte of names."""
    names = [3 * "a_name_that_is_rather_long_as_programs_write_them_" + f"{n}" for n in range(3000)]
    text = ";".join(["clip", *names]) + "\n" + ";".join(["x", *("0,5" for _ in names)]) + "\n"
    frame = read_frame(written(tmp_path / "t.csv", text), "a clip", ("clip",))
    assert frame.shape == (1, 3001)
    assert frame[names[-1]][0] == 0.5


def test_blank_is_a_word() -> None:
    assert [is_blank(text) for text in ("", " ", "NA", "n.a.", "None", "no", "0")] == [
        True, True, True, True, True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_row_names_of_r_stand_under_no_cell_of_the_header(tmp_path: Path, delimiter: str) -> None:
    """As ``write.table`` has them: the header is one cell shorter than every row."""
    rows = (("clip", "speaker", "a"), ("1", "x", "NA", "1.5"), ("2", "y", "Ann", "2"))
    text = "".join(delimiter.join(f'"{cell}"' for cell in row) + "\n" for row in rows)
    path = written(tmp_path / "t.csv", text)
    assert [dict(row.cells) for row in read_rows(path).rows] == [
        {"clip": "x", "speaker": "NA", "a": "1.5"},
        {"clip": "y", "speaker": "Ann", "a": "2"},
    ]
    frame = read_frame(path, "a clip", ("clip", "speaker"))
    assert list(frame["clip"]) == ["x", "y"]
    assert list(frame["a"]) == [1.5, 2.0]


def test_one_row_that_is_too_long_gives_no_row_names(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "clip,a\nx,1,2\n")
    assert (read_rows(path).rows, len(read_rows(path).skipped)) == ((), 1)
    path = written(tmp_path / "t.csv", "clip,a\nx,1\ny,2,3\n")
    found = read_rows(path)
    assert [dict(row.cells) for row in found.rows] == [{"clip": "x", "a": "1"}]
    assert found.skipped[0].reason == "line 3 has 3 cells; expected 2 as in the header"
    with pytest.raises(DatasetError, match="is no CSV"):
        read_frame(path, "a clip", ("clip",))


@pytest.mark.parametrize("head", ['clip,"F0\n(Hz)",b', '"clip","F0\r\n(Hz)","b"'])
def test_a_header_may_be_broken_within_quotes(tmp_path: Path, head: str) -> None:
    path = written(tmp_path / "t.csv", f"\n{head}\nx,1,2\n")
    found = read_rows(path)
    assert (found.columns, found.skipped) == (("clip", "f0 (hz)", "b"), ())
    assert dict(found.rows[0].cells) == {"clip": "x", "f0 (hz)": "1", "b": "2"}
    frame = read_frame(path, "a clip", ("clip",))
    assert (list(frame.columns), list(frame["F0 (Hz)"])) == (["clip", "F0 (Hz)", "b"], [1])


def test_blank_cells_beyond_the_header_are_nothing_to_frames_either(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "clip;a\nx;1,5;;\ny;2\n")
    assert list(read_frame(path, "a clip", ("clip",))["a"]) == [1.5, 2.0]
    path = written(tmp_path / "t.csv", "clip,a,,\nx,1,,a note\ny,2\n")
    assert [row["a"] for row in read_rows(path).rows] == ["1", "2"]


def test_truth_values_beside_a_blank_cell_are_kept(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "clip,a\nx,TRUE\ny,\nz,False\n")
    np.testing.assert_array_equal(read_frame(path, "a clip", ("clip",))["a"], [1, np.nan, 0])
