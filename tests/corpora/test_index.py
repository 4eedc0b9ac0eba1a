from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from affuse.corpora.emotions import emotion_name
from affuse.corpora.index import Index, IndexSummary
from affuse.corpora.speakers import speaker_order
from affuse.corpora.table import read_table
from affuse.errors import DatasetError, OutputError
from affuse.records import Clip, Skipped
from affuse.storage import csv_rows
from affuse.storage.csv_rows import is_blank


def clip(name: str, emotion: str, speaker: str, **attributes: str) -> Clip:
    return Clip(
        name, emotion, speaker, audio=Path(f"{name}.wav"), video=None, attributes=attributes
    )


@pytest.fixture
def index() -> Index:
    return Index(
        (
            clip("d", "sad", "10", channel="song", intensity="normal"),
            clip("a", "bored", "2", channel="speech", intensity="normal"),
            clip("c", "calm", "10", channel="speech", intensity="strong"),
            Clip("b", "calm", "1", Path("b.mp4"), Path("b.mp4")),
        ),
        (Skipped("x.wav", "it is broken"),),
    )


def ids(index: Index) -> list[str]:
    return [clip.id for clip in index]


def test_clips_stand_in_the_order_of_their_ids(index: Index) -> None:
    assert ids(index) == ["a", "b", "c", "d"]
    assert index == Index(index.clips[::-1], index.skipped)
    assert len(index) == 4
    assert index[2].id == "c"


def test_classes_are_those_of_ravdess_then_others(index: Index) -> None:
    assert index.classes == ("calm", "sad", "bored")


def test_speakers_are_in_the_order_of_their_numbers(index: Index) -> None:
    assert index.speakers == ("1", "2", "10")


def test_speaker_order_sorts_numbers_within_names() -> None:
    assert sorted(["s10", "s2", "10", "ann", "2", "2b", "²"], key=speaker_order) == [
        "2",
        "2b",
        "10",
        "ann",
        "s2",
        "s10",
        "²",
    ]


def test_an_id_stands_for_one_clip() -> None:
    with pytest.raises(DatasetError, match=r"1 clip ids stand for several clips \(first: 'a'\)"):
        Index((clip("a", "sad", "1"), clip("a", "calm", "1")))


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        ({}, "abcd"),
        ({"speakers": ["10", 1]}, "bcd"),
        ({"speakers": "10"}, "cd"),
        ({"emotions": ("calm",)}, "bc"),
        ({"where": {"channel": ["speech"]}}, "ac"),
        ({"where": {"intensity": ["normal"]}}, "ad"),
        ({"modality": "audio"}, "abcd"),
        ({"modality": "video"}, "b"),
        ({"modality": "audio+video"}, "b"),
        ({"speakers": [10], "emotions": ["calm"], "where": {"channel": ["speech"]}}, "c"),
    ],
)
def test_filters_keep_what_passes_all_of_them(
    index: Index, wanted: dict[str, list[str]], left: str
) -> None:
    kept = index.filter(**wanted)  # type: ignore[arg-type]
    assert ids(kept) == list(left)
    assert kept.skipped == index.skipped


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (
            {"emotions": ["clam"]},
            "emotion 'clam' was asked for; expected one of calm, sad, bored: did you mean 'calm'?",
        ),
        ({"speakers": [77, 88]}, "speaker '77', '88' was asked for; expected one of 1, 2, 10"),
        (
            {"where": {"channel": ["sung"]}},
            "channel 'sung' was asked for; expected one of song, speech",
        ),
        ({"where": {"intensity": ["weak"]}}, "expected one of normal, strong"),
        ({"modality": "picture"}, "expected one of audio, video, audio+video"),
    ],
)
def test_a_value_that_no_clip_has_is_refused_with_the_legal_ones(
    index: Index, wanted: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(DatasetError) as error:
        index.filter(**wanted)  # type: ignore[arg-type]
    assert message in str(error.value)


def test_a_filter_on_what_no_clip_says_names_the_column() -> None:
    with pytest.raises(DatasetError, match=r"no clip of this index says its channel: .*'channel'"):
        Index((clip("a", "sad", "1"),)).filter(where={"channel": ["speech"]})


def test_filters_that_leave_nothing_say_what_each_would_leave(index: Index) -> None:
    with pytest.raises(DatasetError) as error:
        index.filter(speakers=["2"], emotions=["calm"])
    assert "none of 4 clips passes all filters" in str(error.value)
    assert "speaker 2: 1 clip; emotion calm: 2 clips" in str(error.value)


def test_the_summary_counts(index: Index) -> None:
    assert index.summary() == IndexSummary(
        n_clips=4,
        n_speakers=3,
        n_skipped=1,
        emotions={"calm": 2, "sad": 1, "bored": 1},
        modalities={"audio": 3, "audio+video": 1},
    )
    assert list(index.summary().emotions) == ["calm", "sad", "bored"]


def test_the_summary_counts_clips_of_each_target() -> None:
    clips = (Clip("a", "", "1", targets={"valence": 0.5}), Clip("b", "", "1"))
    summary = Index(clips).summary()
    assert summary.targets == {"valence": 1}
    assert summary.emotions == {}


def test_duplicates_share_a_fingerprint_and_none_is_no_fingerprint(index: Index) -> None:
    marks = {"a": "x", "b": None, "c": "x", "d": None}
    assert index.duplicates(lambda clip: marks[clip.id]) == (("a", "c"),)


def test_paths_below_the_csv_are_relative_and_others_whole(tmp_path: Path) -> None:
    inside, outside = tmp_path / "runs" / "media" / "a.wav", tmp_path / "b.wav"
    inside.parent.mkdir(parents=True)
    inside.touch()
    outside.touch()
    clips = (
        Clip("a", "sad", "1", audio=inside, corpus="mine"),
        Clip("b", "sad", "1", audio=outside, corpus="mine"),
    )
    Index(clips).write_csv(tmp_path / "runs" / "index.csv")
    lines = (tmp_path / "runs" / "index.csv").read_text("utf-8").splitlines()
    assert lines[0] == "clip,emotion,speaker,audio,video,start,end,corpus"
    assert lines[1:] == ["a,sad,1,media/a.wav,,,,mine", f"b,sad,1,{outside.as_posix()},,,,mine"]
    assert read_table(tmp_path / "runs" / "index.csv").clips == clips


def test_a_folder_that_is_not_there_is_an_output_error(tmp_path: Path, index: Index) -> None:
    with pytest.raises(OutputError, match=r"cannot be written to .*No such file.*writable folder"):
        index.write_csv(tmp_path / "nowhere" / "index.csv")


def test_attributes_cannot_hide_columns(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"attributes \['path'\] have names of columns"):
        Index((clip("a", "sad", "1", path="x"),)).write_csv(tmp_path / "index.csv")


_text = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12
).filter(lambda text: not is_blank(text))


def _is_emotion(text: str) -> bool:
    """Whether it is read back as it is: no "na", which says nothing, and no synonym."""
    return emotion_name(text) == text and not is_blank(text)


_seconds = st.floats(0, 1e6, allow_nan=False)


@st.composite
def indexes(draw: st.DrawFn, folder: Path) -> Index:
    clips = []
    names = draw(st.lists(_text, min_size=1, max_size=5, unique=True))
    for number, name in enumerate(names):
        audio = folder / f"sound, {number}.wav" if draw(st.booleans()) else None
        video = folder / f"{number}.mp4" if audio is None or draw(st.booleans()) else None
        start, length = draw(st.none() | _seconds), draw(st.none() | st.floats(0.1, 9))
        end = None if length is None else (start or 0.0) + length
        attributes = draw(st.dictionaries(st.sampled_from(["age", "room"]), _text))
        emotion = draw(_text.filter(_is_emotion))
        clips.append(Clip(name, emotion, draw(_text), audio, video, start, end, attributes))
    return Index(tuple(clips))


@given(data=st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_is_written_is_read_back(tmp_path: Path, data: st.DataObject) -> None:
    index = data.draw(indexes(tmp_path))
    for clip in index:
        for path in (clip.audio, clip.video):
            if path is not None:
                path.touch()
    index.write_csv(tmp_path / "index.csv")
    # Spellings that were joined are not written: the notes of the first reading go with it.
    read_back = read_table(tmp_path / "index.csv").clips
    assert tuple(replace(clip, targets={}) for clip in read_back) == index.clips
    # An attribute that is a number for all clips may be learned as one.
    for clip in read_back:
        assert clip.targets == {
            name: csv_rows.number(clip.attributes[name]) for name in clip.targets
        }
