"""Sex, age and language are called alike whatever a table calls them."""

from __future__ import annotations

from pathlib import Path

import pytest

from affuse.corpora.attributes import standard_attributes
from affuse.corpora.index import Index
from affuse.corpora.table import read_table
from affuse.errors import DatasetError


def listed(folder: Path, column: str, *words: str) -> Index:
    rows = []
    for number, word in enumerate(words):
        (folder / f"{number}.wav").write_bytes(b"0")
        rows.append(f"{number}.wav,sad,{number},{word}")
    table = folder / "mine.csv"
    table.write_text("\n".join([f"path,emotion,speaker,{column}", *rows]), "utf-8")
    return read_table(table)


@pytest.mark.parametrize("column", ["gender", "Sex"])
def test_words_for_sex_are_one(tmp_path: Path, column: str) -> None:
    index = listed(tmp_path, column, "m", "Female", "W", "male", "other", "")
    expected = ["male", "female", "female", "male", "other", None]
    assert [clip.attributes.get("sex") for clip in index] == expected
    assert not any("gender" in clip.attributes for clip in index)


def test_ages_are_whole_years_and_languages_codes() -> None:
    assert standard_attributes({"age": "07.0"}) == {"age": "7"}
    assert standard_attributes({"age": "25-30"}) == {"age": "25-30"}
    assert standard_attributes({"language": "EN"}) == {"language": "en"}
    assert standard_attributes({"language": "Mandarin"}) == {"language": "zh"}
    assert standard_attributes({"language": "Klingon"}) == {"language": "Klingon"}


def test_two_columns_of_one_meaning_are_both_kept() -> None:
    both = {"gender": "x", "sex": "f"}
    assert standard_attributes(both) == {"gender": "x", "sex": "female"}


def test_the_former_name_is_refused_with_the_name_of_now(tmp_path: Path) -> None:
    index = listed(tmp_path, "gender", "m", "f")
    with pytest.raises(DatasetError, match=r"gender m was asked for; .* name of now: sex"):
        index.filter(where={"gender": ["m"]})
    assert len(index.filter(where={"sex": ["male"]})) == 1
