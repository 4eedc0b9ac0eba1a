"""Paired comparisons of systems over speakers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from affuse.errors import ConfigError, FeatureError
from affuse.evaluation.comparison import (
    compare_all,
    compare_with,
    paired_interval,
    row_name,
)
from affuse.evaluation.sentences import floor_of_swaps, sentence
from affuse.evaluation.systems import OutOfFold, System
from affuse.features.table import FeatureTable
from affuse.fusion.combine import combine
from affuse.records import RAVDESS_EMOTIONS
from affuse.splits.protocols import LEAKS
from affuse.tasks.metrics import uar

SHARES = {"a": 0.4, "b": 0.48, "c": 0.55, "d": 0.6}
CLASSES = ("calm", "angry", "sad", "happy")


@pytest.fixture
def table(rng) -> FeatureTable:
    """Twenty speakers of different difficulty, 40 clips each, classes of unequal size."""
    truth = rng.choice(4, p=[0.1, 0.2, 0.3, 0.4], size=800)
    clips = np.array([f"{n:03}" for n in range(800)])
    return FeatureTable(clips, np.repeat(np.arange(20), 40).astype(str), truth, CLASSES, {}, {})


@pytest.fixture
def make_result(table, rng):
    """Out-of-fold results of a system that is right for a share of the clips."""

    def make(name: str, share: float, fusion: str = "product") -> OutOfFold:
        by_speaker = share + np.linspace(-0.2, 0.2, 20)[table.speakers.astype(int)]
        right = rng.uniform(size=len(table)) < by_speaker
        predicted = np.where(right, table.labels, (table.labels + 1) % 4)
        modality = "audio+video" if fusion else "audio"
        system = System(name, modality, fusion, "", "", lambda seed: None)
        rows = np.arange(len(table))
        return OutOfFold(system, "speaker-independent", rows, rows % 5, np.eye(4)[predicted])

    return make


def test_an_obvious_difference_is_seen(table, make_result):
    (found,) = compare_with(make_result("weak", 0.4), [make_result("strong", 0.7)], table)
    assert (found.better, found.other) == ("strong", "weak")
    assert found.difference == pytest.approx(0.3, abs=0.08)
    assert 0.1 < found.low < found.difference < found.high < 0.4
    assert found.p == found.p_holm < 0.001
    assert (found.n_clips, found.n_speakers) == (800, 20)


def test_interval_and_p_value_say_the_same(table, make_result):
    strong = make_result("strong", 0.55)
    others = [make_result(str(n), share) for n, share in enumerate(np.linspace(0.4, 0.56, 17))]
    found = compare_with(strong, others, table)
    for each, other in zip(found, others, strict=True):
        assert (each.p < 0.05) == (each.low > 0)
        assert each.low < each.difference < each.high
        gap = uar(table.labels, strong.predicted) - uar(table.labels, other.predicted)
        assert each.difference == pytest.approx(abs(gap))
    assert {each.p < 0.05 for each in found} == {True, False}  # else this would show nothing


def test_p_of_swaps_is_that_of_predictions_swapped_for_whole_speakers(table, make_result):
    """The slow way: UARs computed anew for each swap, with recalls over all clips."""
    one, two = make_result("one", 0.56), make_result("two", 0.5)
    truth, speakers = table.labels, table.speakers.astype(int)
    rng, differences = np.random.default_rng(1), []
    for swapped in rng.integers(2, size=(3000, 20)).astype(bool)[:, speakers]:
        first = np.where(swapped, two.predicted, one.predicted)
        second = np.where(swapped, one.predicted, two.predicted)
        differences.append(uar(truth, first) - uar(truth, second))
    seen = abs(uar(truth, one.predicted) - uar(truth, two.predicted))
    (found,) = compare_all([one, two], table)
    assert found.p_swap == pytest.approx(np.mean(np.abs(differences) >= seen - 1e-12), abs=0.02)
    assert 0.001 < found.p_swap < 0.2  # else this would show nothing


def test_a_rare_class_weighs_as_much_as_a_common_one():
    """In UAR one is ahead with every speaker; in accuracy both are alike."""
    truth, speakers = np.tile([0, 1, 1, 1, 1], 6), np.repeat(np.arange(6), 5).astype(str)
    clips = np.array([f"{n:02}" for n in range(30)])
    table = FeatureTable(clips, speakers, truth, ("calm", "sad"), {}, {})
    for_rare, for_common = np.tile([0, 0, 1, 1, 1], 6), np.ones(30, int)
    one, two = (
        OutOfFold(
            System(name, "audio+video", "product", "", "", lambda seed: None),
            "speaker-independent",
            np.arange(30),
            np.ones(30, int),
            np.eye(2)[predicted],
        )
        for name, predicted in (("one", for_common), ("two", for_rare))
    )
    (found,) = compare_all([one, two], table)
    assert (found.better, found.difference) == ("two", 0.375)
    assert found.p_swap == found.p_swap_least == 2 / 2**6


def test_either_way_round_the_same(table, make_result):
    one, two = make_result("one", 0.5), make_result("two", 0.55)
    assert compare_with(one, [two], table) == compare_with(two, [one], table)


def test_order_of_clips_has_no_effect(table, make_result, rng):
    results = [make_result("one", 0.5), make_result("two", 0.55), make_result("three", 0.6)]
    order = rng.permutation(len(table))
    place = np.argsort(order)  # where each row of `table` stands in the shuffled one
    moved = [replace(result, rows=place[result.rows]) for result in results]
    assert compare_all(moved, table.take(order)) == compare_all(results, table)


def test_systems_that_are_alike_are_seldom_told_apart(table, make_result):
    reference, *others = (make_result(str(n), 0.5) for n in range(41))
    found = compare_with(reference, others, table)
    assert min(each.p_holm for each in found) > 0.05
    assert np.mean([each.p < 0.05 for each in found]) < 0.2


def test_more_comparisons_ask_for_more(table, make_result):
    results = [make_result(name, share) for name, share in SHARES.items()]
    every, alone = compare_all(results, table), compare_all(results[::2], table)
    pairs = [each.better + each.other for each in every]
    assert pairs == ["ba", "ca", "da", "cb", "db", "dc"]
    assert alone[0].p == every[1].p
    assert all(each.p <= each.p_holm for each in every)
    assert alone[0].p_holm < every[1].p_holm


def test_many_comparisons_can_still_find_something(table, make_result):
    """With a fixed number of draws the least p value would not survive its own correction."""
    strong = make_result("strong", 0.8)
    others = [make_result(str(n), 0.4) for n in range(150)]
    found = compare_with(strong, others, table, n_draws=100)
    assert max(each.p_holm for each in found) <= 0.01
    assert max(150 * each.p_swap for each in found) <= 0.01
    assert {each.n_comparisons for each in found} == {150}


def test_only_clips_that_both_scored_count(table, make_result):
    one, two = make_result("one", 0.5), make_result("two", 0.9)
    part = replace(two, rows=two.rows[:400], outputs=two.outputs[:400])
    (found,) = compare_all([one, part], table)
    assert (found.n_clips, found.n_speakers) == (400, 10)
    first = slice(0, 400)
    of_part = table.take(np.arange(400))
    (expected,) = compare_all(
        [replace(one, rows=one.rows[first], outputs=one.outputs[first]), part], of_part
    )
    assert found.difference == expected.difference
    assert (found.low, found.high, found.p) == (expected.low, expected.high, expected.p)
    # Drawn for 20 speakers, counted for 10.
    assert found.p_swap == pytest.approx(expected.p_swap, abs=0.01)


def test_the_same_predictions_are_no_difference(table, make_result):
    one = make_result("one", 0.5)
    other = replace(one, system=replace(one.system, name="two"))
    (found,) = compare_all([one, other], table)
    assert (found.difference, found.low, found.high, found.p) == (0, 0, 0, 1)


def test_names_tell_modalities_and_leaks_apart(make_result):
    fused, single = make_result("product of SVMs", 0.5), make_result("SVM", 0.5, fusion="")
    assert row_name(fused) == "product of SVMs"
    assert row_name(single) == "audio, SVM"
    assert (
        row_name(replace(single, protocol="lecture", leaks=LEAKS["lecture"]))
        == "audio, SVM (lecture)"
    )


def test_comparisons_make_a_table(table, make_result):
    found = compare_all([make_result(name, 0.5) for name in "abc"], table)
    columns = ["better", "other", "difference", "low", "high", "p", "p_holm", "n_clips"]
    assert list(pd.DataFrame(found).columns) == [
        *columns,
        *("n_speakers", "p_swap", "p_swap_least", "n_comparisons"),
    ]


def six_speakers(rng: np.random.Generator, n_others: int = 12) -> tuple[FeatureTable, list]:
    """Six speakers, 60 clips each; one system right for 47 % of the clips, the others for 76 %."""
    truth = np.tile(np.arange(4), 90)
    names = np.array([f"{n:03}" for n in range(360)])
    table = FeatureTable(names, np.repeat(np.arange(6), 60).astype(str), truth, CLASSES, {}, {})
    results = []
    for number in range(n_others + 1):
        right = rng.uniform(size=360) < (0.76 if number else 0.47)
        predicted = np.where(right, truth, (truth + 1) % 4)
        system = System(f"system {number}", "audio", "", "", "", lambda seed: None)
        rows = np.arange(360)
        found = OutOfFold(system, "speaker-independent", rows, rows % 3, np.eye(4)[predicted])
        results.append(found)
    return table, results


def test_six_speakers_can_show_a_large_difference_among_twelve(rng):
    """Swaps cannot: 1/32 times twelve is 0.375, however large the difference."""
    table, (single, *fused) = six_speakers(rng)
    found = compare_with(single, fused, table)
    for each in found:
        assert each.better != "audio, system 0"
        assert 0.1 < each.low < each.difference < each.high < 0.5
        assert each.real
        assert each.p_swap == each.p_swap_least == 1 / 32
        assert "beats audio, system 0 by" in sentence(each)
    told = floor_of_swaps(found)
    assert "swaps systems for whole speakers could not show any difference here" in told
    assert "with 6 speakers its p cannot go below 0.031, 0.375 corrected for 12" in told


def test_the_floor_is_named_only_where_it_binds(rng, table, make_result):
    few, results = six_speakers(rng, 1)
    assert floor_of_swaps(compare_all(results, few)) == ""  # 1/32 is below 0.05
    many = [make_result(str(n), 0.5) for n in range(13)]
    assert floor_of_swaps(compare_with(many[0], many[1:], table)) == ""  # twenty speakers
    assert floor_of_swaps(()) == ""


def test_refusals(table, make_result):
    one, two = make_result("one", 0.5), make_result("two", 0.5)
    with pytest.raises(ConfigError, match=r"1 system was given .* at least two: add a model"):
        compare_all([one], table)
    with pytest.raises(ConfigError, match="rows 'one' were given more than once; expected each"):
        compare_with(one, [two, one], table)
    halves = [
        replace(result, rows=result.rows[part], outputs=result.outputs[part])
        for result, part in ((one, slice(0, 400)), (two, slice(400, 800)))
    ]
    with pytest.raises(FeatureError, match=r"'one' and 'two' have scored no clip in common; exp"):
        compare_all(halves, table)


@pytest.mark.data
def test_product_beats_audio_on_published_posteriors(shared_data):
    given = pd.read_csv(shared_data / "luna_posteriors.csv")
    audio, video = (
        given[[f"{m}_{e}" for e in RAVDESS_EMOTIONS]].to_numpy() for m in ("audio", "video")
    )
    table = FeatureTable(
        given["clip"].to_numpy(str),
        given["speaker"].to_numpy(str),
        given["emotion"].map(RAVDESS_EMOTIONS.index).to_numpy(),
        RAVDESS_EMOTIONS,
        {},
        {},
    )
    single = System("wav2vec", "audio", "", "", "", lambda seed: None)
    fused = System("product", "audio+video", "product", "", "", lambda seed: None)
    rows, folds = np.arange(len(table)), given["fold"].to_numpy()
    results = [
        OutOfFold(fused, "speaker-independent", rows, folds, combine([audio, video], "product")),
        OutOfFold(single, "speaker-independent", rows, folds, audio),
    ]
    (found,) = compare_all(results, table)
    assert sentence(found).startswith("product beats audio, wav2vec by 5.")
    assert 0 < found.low < found.difference < found.high < 0.1
    assert found.p_holm < 0.01


def test_the_interval_of_a_pair_is_that_of_its_comparison(table, make_result):
    better, other = make_result("d", 0.6), make_result("a", 0.4)
    (compared,) = compare_with(better, [other], table)
    assert paired_interval(better, other, table) == (compared.low, compared.high)
    turned = paired_interval(other, better, table)
    assert turned == pytest.approx((-compared.high, -compared.low))
