from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from affuse.corpora.index import Index
from affuse.corpora.readers.ravdess import read_ravdess
from affuse.errors import FeatureError
from affuse.features.context import RunContext
from affuse.features.extract import extract_features
from affuse.features.precomputed import Precomputed
from affuse.features.read_precomputed import read_precomputed
from affuse.features.store import FeatureStore
from affuse.records import Clip

TAKES = ("01-06-01-02-01-12", "01-06-01-02-02-12")
CLIPS = [Clip(take, "calm", "12", audio=Path(f"03-{take}.wav")) for take in TAKES]


def table(tmp_path: Path, *lines: str) -> Precomputed:
    (tmp_path / "units.csv").write_text("\n".join(lines) + "\n")
    return read_precomputed(tmp_path / "units.csv", "video")


def test_rows_meet_clips_whatever_the_modality_code(tmp_path: Path) -> None:
    found = table(tmp_path, "clip,AU01,AU02", f"01-{TAKES[1]},3,4", f"02-{TAKES[0]}.mp4,1,2")
    assert found.columns == ("AU01", "AU02")
    assert (found.modality, found.label, found.shape) == ("video", "units", (2,))
    values = found.given(CLIPS)
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, [[1, 2], [3, 4]])


def test_rows_meet_clips_by_id_or_file_name(tmp_path: Path) -> None:
    found = table(tmp_path, "Clip, AU01", "me.webm, 1", "videos/him.mp4, 2", "take.one, 3")
    clips = [
        Clip("me", "calm", "a"),
        Clip("row 7", "calm", "a", video=Path("/data/him.mov")),
        Clip("take.one", "sad", "b"),
    ]
    np.testing.assert_array_equal(found.given(clips), [[1], [2], [3]])


def test_frames_become_means_and_deviations(tmp_path: Path) -> None:
    found = table(
        tmp_path,
        "frame, timestamp, clip, AU01, AU02",
        f"0, 0.00, 01-{TAKES[0]}, 1, 5",
        f"1, 0.03, 01-{TAKES[0]}, 3, 5",
        f"0, 0.00, 01-{TAKES[1]}, 7, 6",
    )
    assert found.columns == ("AU01_mean", "AU02_mean", "AU01_std", "AU02_std")
    np.testing.assert_array_equal(found.given(CLIPS), [[2, 5, 1, 0], [7, 6, 0, 0]])


def test_frame_without_a_number_is_not_hidden_by_the_others(tmp_path: Path) -> None:
    lines = (f"0,{TAKES[0]},1", f"1,{TAKES[0]},", f"0,{TAKES[1]},1")
    found = table(tmp_path, "frame,clip,AU01", *lines)
    with pytest.raises(FeatureError, match=rf"clip {TAKES[0]} in column 'AU01_mean'"):
        found.given(CLIPS)


def test_clips_without_a_row_are_named(tmp_path: Path) -> None:
    found = table(tmp_path, "clip,AU01", f"01-{TAKES[1]},1")
    message = rf"units.csv has no row for 1 of 2 clips \({TAKES[0]}\); expected one for each: add"
    with pytest.raises(FeatureError, match=message):
        found.given(CLIPS)


def test_many_missing_clips_are_counted(tmp_path: Path) -> None:
    found = table(tmp_path, "clip,AU01", "x,1")
    clips = [Clip(f"c{number}", "calm", "1") for number in range(9)]
    with pytest.raises(FeatureError, match=r"for 9 of 9 clips \(c0, c1, c2, c3, c4 and 4 more\)"):
        found.given(clips)


@pytest.mark.parametrize("text", ["", "nan", "inf", ".", "?", "#DIV/0!", "1e40"])
def test_numbers_that_are_not_finite_are_named(tmp_path: Path, text: str) -> None:
    found = table(tmp_path, "clip,AU01,AU02", f"{TAKES[0]},1,2", f"{TAKES[1]},3,{text}")
    message = rf"no finite number in 1 cell .*, the first for clip {TAKES[1]} in column 'AU02'"
    with pytest.raises(FeatureError, match=message):
        found.given(CLIPS)
    assert found.given(CLIPS[:1]).shape == (1, 2)


def test_repeated_clips_are_refused(tmp_path: Path) -> None:
    message = rf"2 rows that name the same clip \(01-{TAKES[0]}, 03-{TAKES[0]}\); expected one row"
    with pytest.raises(FeatureError, match=message):
        table(tmp_path, "clip,AU01", f"01-{TAKES[0]},1", f"03-{TAKES[0]},2")
    with pytest.raises(FeatureError, match="expected one row per clip and frame: remove"):
        table(tmp_path, "clip,frame,AU01", f"{TAKES[0]},1,1", f"{TAKES[0]},1,2")


def test_missing_clip_column_is_refused(tmp_path: Path) -> None:
    message = r"has the columns recording, AU01; expected one called 'clip' that holds"
    with pytest.raises(FeatureError, match=message):
        table(tmp_path, "recording,AU01", f"{TAKES[0]},1")


def test_columns_without_numbers_are_refused(tmp_path: Path) -> None:
    message = r"columns that are not numeric \(mood: 'calm'\); expected numbers in every column"
    with pytest.raises(FeatureError, match=message):
        table(tmp_path, "clip,mood,AU01", f"{TAKES[0]},1,1", f"{TAKES[1]},calm,1")
    with pytest.raises(
        FeatureError, match=r"no column of features \(not counting frame\); expected at"
    ):
        table(tmp_path, "clip,frame", f"{TAKES[0]},1")


def test_rows_without_a_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FeatureError, match="1 rows without a name; expected a name"):
        table(tmp_path, "clip,AU01", ",1")
    with pytest.raises(FeatureError, match="has no row; expected a name"):
        table(tmp_path, "clip,AU01")


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FeatureError, match=r"none.csv' were given; expected the path of an"):
        read_precomputed(tmp_path / "none.csv", "video")
    (tmp_path / "empty.csv").touch()
    with pytest.raises(FeatureError, match=r"empty.csv is empty; expected a header such as clip,"):
        read_precomputed(tmp_path / "empty.csv", "video")
    (tmp_path / "bytes.csv").write_bytes(bytes(range(128, 256)) * 10)
    with pytest.raises(
        FeatureError, match=r"bytes.csv is not UTF-8 text \(byte 0: 0x80\); expected a CSV in UTF-8"
    ):
        read_precomputed(tmp_path / "bytes.csv", "video")


@pytest.mark.data
def test_published_action_units_fit_the_real_corpus(shared_data: Path) -> None:
    index = read_ravdess(shared_data / "ravdess").filter(where={"channel": ["speech"]})
    found = read_precomputed(shared_data / "luna_openface_au_means.csv", "video")
    assert found.given(index.clips).shape == (1080, 35)
    song = read_ravdess(shared_data / "ravdess").filter(where={"channel": ["song"]})
    with pytest.raises(FeatureError, match=r"no row for 748 of 748 clips \(02-01-01-01-01-01"):
        found.given(song.clips)


OPENFACE = "clip, frame, face_id, timestamp, confidence, success, AU01_r, AU12_r"


def openface(path: str, *frames: tuple[int, float], face: int = 0) -> list[str]:
    """Rows of a tracker: whether it found the face, and the action unit."""
    return [
        f"{path}, {n + 1}, {face}, {n / 30:.3f}, {0.02 + 0.96 * found:.2f}, {found}, {au}, {2 * au}"
        for n, (found, au) in enumerate(frames)
    ]


def test_frames_without_a_tracked_face_are_left_out(tmp_path: Path) -> None:
    rows = openface(TAKES[0], (0, 0.0), (0, 0.0), (1, 2.0), (1, 2.0))
    rows += openface(TAKES[1], (1, 1.0), (1, 3.0))
    found = table(tmp_path, OPENFACE, *rows)
    assert found.columns == ("AU01_r_mean", "AU12_r_mean", "AU01_r_std", "AU12_r_std")
    np.testing.assert_array_equal(found.given(CLIPS), [[2, 4, 0, 0], [2, 4, 1, 2]])
    assert found.notes == (
        "Columns of units.csv that are no features were left out: face_id, confidence, success.",
        "2 of 6 rows of units.csv without a tracked face (success 0) were left out.",
    )


def test_a_clip_without_any_tracked_face_has_no_features(tmp_path: Path) -> None:
    rows = openface(TAKES[0], (0, 0.0), (0, 0.0)) + openface(TAKES[1], (1, 1.0), (1, 3.0))
    found = table(tmp_path, OPENFACE, *rows)
    values = found.given(CLIPS)
    assert np.isnan(values[0]).all()
    assert np.isfinite(values[1]).all()
    extraction = extract_features(
        Index(tuple(CLIPS)),
        {"video": found},
        RunContext.of(1, store=FeatureStore(tmp_path / "store")),
    )
    assert extraction.table.clips.tolist() == [TAKES[1]]
    assert extraction.skipped[0].reason == (
        "video: units.csv has no frame of it with a tracked face"
    )
    with pytest.raises(FeatureError, match=r"no row with a tracked face \(success is 0, or every"):
        table(tmp_path, OPENFACE, *openface(TAKES[0], (0, 0.0), (0, 0.0)))


def test_two_faces_in_one_frame_are_refused(tmp_path: Path) -> None:
    rows = openface(TAKES[0], (1, 1.0), (1, 1.0)) + openface(TAKES[0], (1, 2.0), face=1)
    output = r"several faces \(column 'face_id'\) in the same frames of 1 clip \(01-06-.*; expected"
    with pytest.raises(FeatureError, match=output):
        table(tmp_path, OPENFACE, *rows)
    rows[2] = rows[2].replace(", 1, 2.0, 4.0", ", 0, 0.0, 0.0")
    assert table(tmp_path, OPENFACE, *rows).columns[0] == "AU01_r_mean"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("decimal", [".", ","])
def test_every_dialect_of_clip_tables_is_read(tmp_path: Path, delimiter: str, decimal: str) -> None:
    rows = (("clip", "F0", "loudness"), (TAKES[0], "0.5", "-1.25"), (TAKES[1], "1.5", "2"))
    lines = [delimiter.join(f'"{cell.replace(".", decimal)}"' for cell in row) for row in rows]
    found = table(tmp_path, *lines)
    assert found.columns == ("F0", "loudness")
    np.testing.assert_array_equal(found.given(CLIPS), [[0.5, -1.25], [1.5, 2]])


def test_what_opensmile_writes(tmp_path: Path) -> None:
    lines = ("file,start,end,F0", f"/d/{TAKES[0]}.wav,0,1.2,1", f"/d/{TAKES[1]}.wav,0,1.3,2")
    assert table(tmp_path, *lines).columns == ("F0",)
    frames = [f"{take};'x';{n / 100};{n}" for take in TAKES for n in range(2)]
    found = table(tmp_path, "clip;name;frameTime;F0", *frames)
    assert found.columns == ("F0_mean", "F0_std")
    one = [f"{take};'x';0.0;{n}" for n, take in enumerate(TAKES)]
    assert table(tmp_path, "clip;name;frameTime;F0", *one).columns == ("F0",)


@pytest.mark.parametrize("name", ["", "Unnamed: 0", "index", "row", "Nr"])
def test_a_column_that_counts_the_rows_is_no_feature(tmp_path: Path, name: str) -> None:
    rows = [f"{n + 1},c{n},{(n * 7) % 5}" for n in range(12)]
    assert table(tmp_path, f"{name},clip,a", *rows).columns == ("a",)


def test_rows_are_matched_by_path(tmp_path: Path) -> None:
    who = ("anna", "ben")
    clips = [Clip(f"{w}/t", "sad", w, audio=tmp_path / w / "t.wav") for w in who]
    for rows in (
        [f"{w}/t.wav,{n}" for n, w in enumerate(who)],
        [f"{tmp_path}/{w}/t.wav,{n}" for n, w in enumerate(who)],
        [f"{w}\\t.wav,{n}" for n, w in enumerate(who)],
    ):
        np.testing.assert_array_equal(table(tmp_path, "clip,a", *rows).given(clips), [[0], [1]])
    with pytest.raises(FeatureError, match=r"no row for 1 of 2 clips \(ben/t\)"):
        table(tmp_path, "clip,a", "anna/t.wav,1").given(clips)
    with pytest.raises(FeatureError, match="names 't', which may be any of the clips anna/t, ben/"):
        table(tmp_path, "clip,a", "t.wav,1").given(clips)
    with pytest.raises(FeatureError, match=r"has 2 rows for the clip x \(a/x, b/x\)"):
        table(tmp_path, "clip,a", "a/x,1", "b/x,2").given([Clip("x", "sad", "z")])


@pytest.mark.parametrize(
    "words", [("1", ""), ("yes", "no"), ("TRUE", "FALSE"), ("1.0", "NaN"), ("true", "")]
)
def test_frames_in_which_no_face_was_tracked_are_left_out(
    tmp_path: Path, words: tuple[str, str]
) -> None:
    rows = (f"{take},{frame},{words[frame % 2]},{99 * (frame % 2)}" for take in TAKES
            for frame in range(4))  # fmt: skip
    found = table(tmp_path, "clip,frame,success,AU01", *rows)
    np.testing.assert_array_equal(found.given(CLIPS), [[0, 0], [0, 0]])


def test_words_for_a_tracked_face_are_not_guessed(tmp_path: Path) -> None:
    message = r"units.csv has perhaps in the column 'success'; expected 1 where a face was tracked"
    with pytest.raises(FeatureError, match=message):
        table(tmp_path, "clip,frame,success,AU01", f"{TAKES[0]},1,perhaps,2")


def test_columns_of_clip_tables_are_no_features(tmp_path: Path) -> None:
    head = "clip,emotion,speaker,subject,audio,video,start,end,AU01"
    found = table(tmp_path, head, *(f"{take},2,1,1,a.wav,a.mp4,0,,{3}" for take in TAKES))
    assert found.columns == ("AU01",)
    assert found.notes == (
        "Columns of units.csv that are no features were left out: emotion, speaker, subject, "
        "audio, video and 2 more.",
    )


@pytest.mark.parametrize("order", ["frame_number", "Frame ID", "timestamp_ms", "time", "frameIdx"])
def test_frames_are_counted_under_any_usual_name(tmp_path: Path, order: str) -> None:
    rows = (f"{take},{frame},{frame}" for take in TAKES for frame in range(3))
    assert table(tmp_path, f"clip,{order},jaw", *rows).columns == ("jaw_mean", "jaw_std")


def test_the_instances_of_opensmile_are_clips(tmp_path: Path) -> None:
    rows = (f"'{take}.wav';0.0;{place},5" for place, take in enumerate(TAKES))
    found = table(tmp_path, "name;frameTime;F0", *rows)
    np.testing.assert_array_equal(found.given(CLIPS), [[0.5], [1.5]])
    assert table(tmp_path, "clip,name,F0", f"{TAKES[0]},unknown,1").columns == ("F0",)


def test_stretches_of_a_file_are_told_how_to_be_named(tmp_path: Path) -> None:
    rows = (f"talk.wav,{start},{start + 1},{start * 3 % 2}" for start in range(3))
    with pytest.raises(FeatureError, match=r"expected one row per clip: name each stretch of a fi"):
        table(tmp_path, "file,start,end,F0", *rows)


def test_columns_that_only_count_are_named_where_nothing_is_left(tmp_path: Path) -> None:
    message = r"no column of features \(not counting id\); expected at least one"
    with pytest.raises(FeatureError, match=message):
        table(tmp_path, "clip,id", *(f"c{n},{n}" for n in range(12)))


PY_FEAT = """frame,FaceRectX,FaceScore,x_0,y_0,Pitch,AU01,AU12,happiness,Identity,approx_time,input
0,10,0.99,11,12,0.1,0.5,0.2,0.9,Person_0,00:00,clips/a.mp4
1,10,0.98,11,13,0.3,0.7,0.4,0.7,Person_0,00:00,clips/a.mp4
2,,,,,,,,,,00:01,clips/a.mp4
0,20,0.97,21,22,0.5,0.1,0.6,0.1,Person_0,00:00,clips/b.mp4
1,20,0.97,21,22,0.5,0.3,0.6,0.3,Person_0,00:00,clips/b.mp4
"""


def test_a_table_of_py_feat_is_read(tmp_path):
    (tmp_path / "fex.csv").write_text(PY_FEAT)
    table = read_precomputed(tmp_path / "fex.csv", "video")
    names = ["Pitch", "AU01", "AU12", "happiness"]
    assert table.columns == (*(f"{n}_mean" for n in names), *(f"{n}_std" for n in names))
    np.testing.assert_allclose(
        table.values[table.rows["clips/a"]], [0.2, 0.6, 0.3, 0.8] + [0.1] * 4
    )
    assert "1 of 5 rows of fex.csv without a tracked face (blank) were left out." in table.notes


def test_recordings_of_py_feat_whose_names_are_numbers(tmp_path):
    rows = "0,0.9,0.1,0.5,0012\n1,0.9,0.3,0.7,0012\n0,0.9,0.1,0.5,12\n1,0.9,0.1,0.5,12\n"
    (tmp_path / "fex.csv").write_text("frame,FaceScore,AU01,AU02,input\n" + rows)
    assert set(read_precomputed(tmp_path / "fex.csv", "video").rows) == {"0012", "12"}


@pytest.mark.parametrize("row", ["0,0.9,,,a.mp4", ",,,,"])
def test_a_table_of_py_feat_without_a_face(tmp_path, row):
    (tmp_path / "fex.csv").write_text(f"frame,FaceScore,AU01,AU02,input\n{row}\n")
    message = "no row with a tracked face .success is 0, or every feature blank|has no row"
    with pytest.raises(FeatureError, match=message):
        read_precomputed(tmp_path / "fex.csv", "video")


def test_blendshapes_of_mediapipe_are_read(tmp_path):
    rows = "a,0,0.5,0.1\na,33,,\na,67,0.7,0.3\nb,0,,\nb,33,,\n"
    (tmp_path / "blend.csv").write_text("clip,timestamp_ms,browDownLeft,jawOpen\n" + rows)
    table = read_precomputed(tmp_path / "blend.csv", "video")
    assert table.columns[:2] == ("browDownLeft_mean", "jawOpen_mean")
    np.testing.assert_allclose(table.values[table.rows["a"]], [0.6, 0.2, 0.1, 0.1], atol=1e-6)
    assert table.untracked == {"b"}
