from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from affuse.errors import FoldError
from affuse.splits.random_folds import random_folds, random_split

labels_of = st.lists(st.sampled_from(["calm", "angry", "sad"]), min_size=4, max_size=40)
seeds = st.integers(0, 1000)


@given(labels=labels_of, n_folds=st.integers(2, 4), seed=seeds)
def test_random_folds_test_every_clip_once_and_spread_the_classes(
    labels: list[str], n_folds: int, seed: int
) -> None:
    folds = random_folds(labels, n_folds, seed)
    assert sorted(row for fold in folds for row in fold.test) == list(range(len(labels)))
    counts = [Counter(labels[row] for row in fold.test) for fold in folds]
    for label in set(labels):
        assert max(c[label] for c in counts) - min(c[label] for c in counts) <= 1
    sizes = [len(fold.test) for fold in folds]
    assert max(sizes) - min(sizes) <= 1
    for fold in folds:
        assert set(fold.train) == set(range(len(labels))) - set(fold.test)


@given(labels=labels_of, seed=seeds, data=st.data())
def test_random_divisions_keep_groups_together(
    labels: list[str], seed: int, data: st.DataObject
) -> None:
    n = len(labels)
    groups = data.draw(st.lists(st.sampled_from("abcdef"), min_size=n, max_size=n))
    assume(len(set(groups)) >= 3)
    for fold in (
        *random_folds(labels, 2, seed, groups=groups),
        random_split(n, 0.2, seed, groups=groups),
    ):
        assert not {groups[row] for row in fold.train} & {groups[row] for row in fold.test}
        assert fold.train
        assert fold.test


@given(labels=labels_of, seed=seeds, data=st.data())
def test_with_ids_random_divisions_do_not_depend_on_the_order_of_the_rows(
    labels: list[str], seed: int, data: st.DataObject
) -> None:
    clips = [f"clip{row:02d}" for row in range(len(labels))]
    order = data.draw(st.permutations(range(len(labels))))
    moved = [clips[row] for row in order]
    forth = random_folds(labels, 2, seed, clips=clips)
    back = random_folds([labels[row] for row in order], 2, seed, clips=moved)
    for one, other in zip(forth, back, strict=True):
        assert {clips[row] for row in one.test} == {moved[row] for row in other.test}
    one = random_split(len(labels), 0.2, seed, clips=clips)
    other = random_split(len(labels), 0.2, seed, clips=moved)
    assert {clips[row] for row in one.test} == {moved[row] for row in other.test}


@given(n=st.integers(5, 200), share=st.sampled_from([0.1, 0.2, 0.25, 0.5]), seed=seeds)
def test_the_split_tests_on_the_share_rounded_up(n: int, share: float, seed: int) -> None:
    fold = random_split(n, share, seed)
    assert len(fold.test) == math.ceil(n * round(share * 100) / 100 - 1e-9)
    assert sorted((*fold.train, *fold.test)) == list(range(n))


def test_the_share_is_the_decimal_number_that_was_written() -> None:
    assert 0.07 * 100 > 7
    assert len(random_split(100, 0.07, 0).test) == 7


def test_the_seed_decides() -> None:
    assert random_split(32, 0.2, 1) == random_split(32, 0.2, 1)
    assert random_split(32, 0.2, 1) != random_split(32, 0.2, 2)
    labels = ["calm", "angry"] * 16
    assert random_folds(labels, 4, 1) == random_folds(labels, 4, 1)
    assert random_folds(labels, 4, 1) != random_folds(labels, 4, 2)


@pytest.mark.parametrize("n_folds", [1, 5])
def test_folds_that_the_clips_do_not_fill_are_refused(n_folds: int) -> None:
    with pytest.raises(FoldError) as error:
        random_folds(["calm"] * 4, n_folds, 0)
    assert f"{n_folds} random folds were asked for, but there are 4 different clips" in str(
        error.value
    )
    assert "--set folds.n_folds" in str(error.value)


@pytest.mark.parametrize("share", [0, 1, -0.5])
def test_a_share_is_between_nothing_and_all(share: float) -> None:
    with pytest.raises(FoldError, match="was given; expected more than 0 and less than 1"):
        random_split(10, share, 0)


def test_a_split_that_leaves_nothing_to_train_on_is_refused() -> None:
    with pytest.raises(FoldError, match=r"share of 0\.5 of 1 clips leaves none to train on"):
        random_split(1, 0.5, 0)
