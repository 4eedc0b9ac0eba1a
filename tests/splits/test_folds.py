from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from affuse.errors import FoldError
from affuse.splits.folds import (
    PUBLISHED_FOLDS,
    Fold,
    check_folds,
    duplicate_groups,
    folds_from_speakers,
    leave_one_speaker_out,
    published_folds,
    speaker_folds,
)

RAVDESS_SPEECH = [str(actor) for actor in range(1, 25) for _ in range(60)]
RAVDESS_ALL = RAVDESS_SPEECH + [
    str(actor) for actor in range(1, 25) if actor != 18 for _ in range(44)
]

speaker_lists = st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=40)


def members(folds: Sequence[Fold], speakers: Sequence[str]) -> list[set[str]]:
    return [{speakers[row] for row in fold.test} for fold in folds]


def assert_sound(folds: Sequence[Fold], speakers: Sequence[str], groups: Sequence[str]) -> None:
    """Written apart from `check_folds`, which is tested below."""
    rows = set(range(len(speakers)))
    assert sorted(row for fold in folds for row in fold.test) == sorted(rows)
    for number, fold in enumerate(folds, start=1):
        assert fold.number == number
        assert fold.test
        assert set(fold.train) == rows - set(fold.test)
        assert list(fold.train) == sorted(fold.train)
        for names in (speakers, groups):
            assert not {names[r] for r in fold.train} & {names[r] for r in fold.test}


@given(speakers=speaker_lists, n_folds=st.integers(2, 5), data=st.data())
def test_speakers_and_groups_never_straddle(
    speakers: list[str], n_folds: int, data: st.DataObject
) -> None:
    groups = data.draw(
        st.lists(
            st.sampled_from([str(n) for n in range(60)]),
            min_size=len(speakers),
            max_size=len(speakers),
        )
    )
    for make in (
        lambda: speaker_folds(speakers, n_folds, groups=groups),
        lambda: leave_one_speaker_out(speakers, groups=groups),
    ):
        try:
            folds = make()
        except FoldError:
            continue
        assert_sound(folds, speakers, groups)


@given(speakers=speaker_lists, n_folds=st.integers(2, 5))
def test_every_clip_is_tested_once_with_its_speaker(speakers: list[str], n_folds: int) -> None:
    assume(len(set(speakers)) >= n_folds)
    folds = speaker_folds(speakers, n_folds)
    assert len(folds) == n_folds
    assert_sound(folds, speakers, speakers)
    assert_sound(leave_one_speaker_out(speakers), speakers, speakers)


@given(speakers=speaker_lists, data=st.data())
def test_folds_do_not_depend_on_the_order_of_the_rows(
    speakers: list[str], data: st.DataObject
) -> None:
    assume(len(set(speakers)) >= 2)
    shuffled = data.draw(st.permutations(speakers))
    for make in (speaker_folds, leave_one_speaker_out):
        assert members(make(speakers), speakers) == members(make(shuffled), shuffled)


@given(sizes=st.lists(st.integers(1, 50), min_size=2, max_size=12), n_folds=st.integers(2, 5))
def test_folds_are_balanced_in_clips(sizes: list[int], n_folds: int) -> None:
    """Graham 1966: each into the lightest ends at most one speaker's share above the mean."""
    assume(len(sizes) >= n_folds)
    speakers = [str(number) for number, size in enumerate(sizes) for _ in range(size)]
    tests = [len(fold.test) for fold in speaker_folds(speakers, n_folds)]
    assert max(tests) <= sum(sizes) / n_folds + (1 - 1 / n_folds) * max(sizes) + 1e-9


@pytest.mark.parametrize("n_folds", [2, 3, 4, 5, 6, 8, 12])
def test_folds_of_ravdess_are_even_and_mix_the_sexes(n_folds: int) -> None:
    folds = speaker_folds(RAVDESS_SPEECH, n_folds)
    tests = [len(fold.test) for fold in folds]
    assert max(tests) - min(tests) <= 60
    for speakers in members(folds, RAVDESS_SPEECH):
        assert {int(name) % 2 for name in speakers} == {0, 1}


def test_folds_of_speech_and_song_are_even() -> None:
    tests = [len(fold.test) for fold in speaker_folds(RAVDESS_ALL, 6)]
    assert max(tests) - min(tests) == 44


@pytest.mark.parametrize(("n_speakers", "n_folds"), [(2, 2), (4, 4), (5, 5), (24, 5)])
def test_five_folds_by_default_or_as_many_as_speakers(n_speakers: int, n_folds: int) -> None:
    assert len(speaker_folds([str(n) for n in range(n_speakers)])) == n_folds


def test_leave_one_speaker_out_goes_by_number() -> None:
    speakers = ["10", "2", "10", "1"]
    assert members(leave_one_speaker_out(speakers), speakers) == [{"1"}, {"2"}, {"10"}]


def test_speakers_who_share_a_recording_stay_together_through_others() -> None:
    speakers, groups = ["a", "b", "b", "c", "d"], ["x", "x", "y", "y", "z"]
    assert members(leave_one_speaker_out(speakers, groups=groups), speakers) == [
        {"a", "b", "c"},
        {"d"},
    ]


def test_fewer_speakers_than_folds_says_what_to_set() -> None:
    with pytest.raises(FoldError) as error:
        speaker_folds(["1", "2", "3"], 5)
    assert str(error.value) == (
        "5 folds were asked for, but there are 3 speakers; expected 2 to 3 folds: "
        "pass --set folds.n_folds=3"
    )


def test_fewer_speakers_once_those_who_share_are_together() -> None:
    with pytest.raises(FoldError, match="but there are 2 speakers once those who share clips"):
        speaker_folds(["1", "2", "3"], 3, groups=["x", "x", "y"])


@pytest.mark.parametrize("make", [speaker_folds, leave_one_speaker_out])
def test_one_speaker_leaves_the_leaky_protocols(make: object) -> None:
    assert callable(make)
    with pytest.raises(FoldError) as error:
        make(["7", "7"])
    assert "all 2 clips are by speaker 7; expected two speakers or more" in str(error.value)
    assert """--set 'evaluation.protocols=["lecture"]'""" in str(error.value)


def test_speakers_who_all_share_recordings_are_as_one() -> None:
    with pytest.raises(FoldError, match="speakers 1, 2 share identical clips and count as one"):
        speaker_folds(["1", "2"], groups=["x", "x"])


def test_no_clips_at_all() -> None:
    with pytest.raises(FoldError, match="there are no clips; expected two speakers or more"):
        speaker_folds([])


def test_groups_are_one_per_clip() -> None:
    with pytest.raises(FoldError, match="1 groups were given; expected one for each of 2 clips"):
        speaker_folds(["1", "2"], groups=["x"])


def test_folds_from_lists_of_speakers() -> None:
    speakers = ["1", "2", "3", "4", "1"]
    folds = folds_from_speakers(speakers, [[1, "3"], (2, 4)])
    assert_sound(folds, speakers, speakers)
    assert [fold.test for fold in folds] == [(0, 2, 4), (1, 3)]


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ([[1, 2], [2, 3]], "speakers 2 stand in several folds; expected each in one"),
        ([[1, 2], [3, 9]], "the folds name speakers 9, who have no clip here (there are 1, 2, 3)"),
        ([[1], [2]], "speakers 3 are in no fold and would never be tested"),
        ([[1, 2, 3]], "1 folds with [3] test speakers were given; expected two or more"),
        ([[1, 2, 3], []], "2 folds with [3, 0] test speakers were given"),
        ([], "0 folds with [] test speakers"),
    ],
)
def test_lists_that_do_not_fit_are_refused(lists: list[list[int]], message: str) -> None:
    with pytest.raises(FoldError) as error:
        folds_from_speakers(["1", "2", "3"], lists)
    assert message in str(error.value)


def test_lists_that_part_identical_clips_are_refused() -> None:
    with pytest.raises(FoldError, match="group of identical clips x is on both sides of fold 1"):
        folds_from_speakers(["1", "2", "3"], [[1], [2, 3]], groups=["x", "x", "y"])


@pytest.mark.parametrize("name", PUBLISHED_FOLDS)
def test_published_folds_divide_the_24_speakers(name: str) -> None:
    folds = folds_from_speakers(RAVDESS_SPEECH, published_folds(name))
    assert_sound(folds, RAVDESS_SPEECH, RAVDESS_SPEECH)


def test_published_folds_are_those_that_were_published() -> None:
    assert PUBLISHED_FOLDS["luna2021"][1] == (3, 6, 7, 13, 18)
    assert PUBLISHED_FOLDS["emobox"][5] == (6, 13, 17, 22)
    assert PUBLISHED_FOLDS["sequential6"][2] == (9, 10, 11, 12)
    assert {name: len(folds) for name, folds in PUBLISHED_FOLDS.items()} == {
        "luna2021": 5,
        "emobox": 6,
        "sequential6": 6,
        "hicmae": 6,
    }
    assert PUBLISHED_FOLDS["hicmae"] == PUBLISHED_FOLDS["sequential6"]


def test_published_folds_need_their_speakers() -> None:
    with pytest.raises(FoldError, match="name speakers 19, 20, 21, 22, 23, 24, who have no clip"):
        folds_from_speakers([str(n) for n in range(1, 19)], published_folds("luna2021"))


def test_an_unknown_published_set_lists_the_known_ones() -> None:
    with pytest.raises(FoldError, match=r"emobox, hicmae, luna2021, .*: did you mean 'luna2021'"):
        published_folds("luna2020")
    with pytest.raises(FoldError, match=r"'luna2021' of corpus 'nEMO' were asked for; .* RAVDESS:"):
        published_folds("luna2021", "nEMO")
    with pytest.raises(FoldError, match=r"'luna2021' of EMO-DB were asked for; expected .* emobox"):
        published_folds("luna2021", "EMO-DB")


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ([Fold(1, (1,), (0,)), Fold(2, (0,), (0,))], "row 0 is tested 2 times; expected every"),
        ([Fold(1, (1, 2), (0,)), Fold(2, (0, 2), (1,))], "row 2 is tested 0 times"),
        ([Fold(1, (1, 2), (0,)), Fold(2, (0,), (1, 2))], "speaker 1 is on both sides of fold 1"),
    ],
)
def test_folds_from_elsewhere_are_checked(folds: list[Fold], message: str) -> None:
    with pytest.raises(FoldError, match=message):
        check_folds(folds, ["1", "1", "2"])


@settings(max_examples=30)
@given(st.sets(st.sampled_from("abcdef"), min_size=2))
def test_duplicates_become_groups(identical: set[str]) -> None:
    groups = duplicate_groups(list("abcdef"), [tuple(sorted(identical))])
    same = {groups[row] for row, clip in enumerate("abcdef") if clip in identical}
    assert same == {min(identical)}
    assert len(set(groups)) == 6 - len(identical) + 1
