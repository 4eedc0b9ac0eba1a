"""Groups of clips: by attribute, by corpus, ages joined; what is no group is refused."""

from __future__ import annotations

import pytest

from affuse.errors import ConfigError
from affuse.evaluation.grouping import UNKNOWN, age_group, group_columns, group_order, groups_of
from affuse.records import Clip


def clips(name: str, *values: str) -> list[Clip]:
    return [
        Clip(f"c{n}", "sad", "1", attributes={name: value} if value else {}, corpus="mine")
        for n, value in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("age", "group"),
    [
        ("0", "under 30"), ("29.9", "under 30"), ("30", "30-44"), ("44", "30-44"),
        ("45", "45-59"), ("60", "60 and over"), ("101", "60 and over"), ("child", "child"),
        ("-3", "-3"), ("20-29", "20-29"),
    ],
)  # fmt: skip
def test_ages_are_joined_and_other_words_stay(age, group):
    assert age_group(age) == group


def test_what_is_not_said_is_a_group_of_its_own():
    assert groups_of(clips("sex", "female", "", "male"), "sex") == ("female", UNKNOWN, "male")
    assert groups_of(clips("sex", "Unknown", "male"), "sex") == (UNKNOWN, "male")
    assert groups_of(clips("sex", "female"), "corpus") == ("mine",)
    assert group_columns(clips("sex", "female")) == ("corpus", "sex")


def test_groups_stand_in_a_natural_order():
    names = [UNKNOWN, "60 and over", "30-44", "under 30", "b", "s10", "s2"]
    expected = ["under 30", "30-44", "60 and over", "b", "s2", "s10", UNKNOWN]
    assert sorted(names, key=group_order) == expected


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("sexx", "--by sexx was given, and no clip says its sexx: did you mean 'sex'?"),
        ("mood", "--by mood was given, and no clip says its mood: expected one of corpus, sex"),
        ("gender", "--by gender was given, which is called sex now: give --by sex"),
        (
            "sex,age",
            "--by sex,age was given; expected one at a time: give --by once for each, "
            "--by sex --by age",
        ),
        ("emotion", "--by emotion was given; recalls.csv has the recall of each emotion in every"),
        ("speaker", "--by speaker was given; speakers.csv has the figures of each speaker"),
    ],
)
def test_what_no_clip_says_is_refused(by, message):
    with pytest.raises(ConfigError) as refused:
        groups_of(clips("sex", "male"), by)
    assert str(refused.value).startswith(message)


def test_a_column_of_free_text_makes_no_groups():
    many = clips("text", *(f"sentence {n}" for n in range(25)))
    with pytest.raises(ConfigError, match=r"has 25 different values \(sentence 0, sentence 1, "):
        groups_of(many, "text")
