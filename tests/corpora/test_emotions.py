"""Labels under their usual synonyms are one emotion, and it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from affuse.corpora.emotions import COMMON_EMOTIONS, SYNONYMS, emotion_name
from affuse.corpora.index import Index
from affuse.corpora.table import read_table


def table(tmp_path: Path, *emotions: str) -> Index:
    rows = ["path,emotion,speaker"]
    for number, emotion in enumerate(emotions):
        (tmp_path / f"{number}.wav").write_bytes(b"0")
        rows.append(f"{number}.wav,{emotion},{number}")
    (tmp_path / "t.csv").write_text("\n".join(rows), "utf-8")
    return read_table(tmp_path / "t.csv")


def test_common_names_stay_and_every_synonym_has_one() -> None:
    assert [emotion_name(name) for name in COMMON_EMOTIONS] == list(COMMON_EMOTIONS)
    assert set(SYNONYMS) == set(COMMON_EMOTIONS)
    others = [other for names in SYNONYMS.values() for other in names]
    assert len(set(others)) == len(others)
    assert not set(others).intersection(COMMON_EMOTIONS)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Anger", "angry"),
        ("HAPPINESS", "happy"),
        ("joy", "happy"),
        ("sadness ", "sad"),
        ("fear", "fearful"),
        ("scared", "fearful"),
        ("disgusted", "disgust"),
        ("Pleasant_Surprise", "surprised"),
        ("neu", "neutral"),
        ("\N{FULLWIDTH LATIN CAPITAL LETTER J}oy", "happy"),
        ("bored", "boredom"),
        ("Awe", "awe"),
        ("heart-broken", "heart-broken"),
    ],
)
def test_a_label_has_one_name(label: str, name: str) -> None:
    assert emotion_name(label) == name


def test_a_table_joins_synonyms_and_says_so(tmp_path: Path) -> None:
    index = table(tmp_path, "Happy", "happiness", "Joy", "anger", "ANGRY", "Awe")
    assert index.classes == ("happy", "angry", "awe")
    assert index.notes == (
        "Emotions under other names: happiness is happy (1 clip), joy is happy (1 clip), "
        "anger is angry (1 clip).",
    )
    assert [clip.id for clip in index.filter(emotions=["anger"])] == ["3", "4"]


def test_common_names_need_no_word(tmp_path: Path) -> None:
    assert table(tmp_path, "Happy", "SAD").notes == ()


@pytest.mark.parametrize("word", ["nan", "NaN", "n/a", "N/A", "NA", "none", "null", ""])
def test_a_word_for_blank_is_no_emotion(tmp_path: Path, word: str) -> None:
    index = table(tmp_path, "sad", word)
    assert index.classes == ("sad",)
    assert index.skipped[0].reason == "line 3: no emotion given; every clip needs both"


@pytest.mark.parametrize("label", ["3", "03", "3.0", " 3 ", "3,00"])
def test_a_code_is_one_label_however_it_is_written(label: str) -> None:
    assert emotion_name(label) == "3"
    assert emotion_name("0") == emotion_name("00") == "0"
    assert emotion_name("3.5") == "3.5"
