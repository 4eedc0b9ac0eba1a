"""Figures by group: each group's own, and the largest gap with an interval over speakers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from affuse.evaluation.by_group import largest_gap, scores_by_group
from affuse.evaluation.group_tables import gap_sentence, group_tables, rare_in_groups
from affuse.evaluation.systems import OutOfFold, System
from affuse.records import Clip
from affuse.tasks.dimensional import Dimensional
from affuse.tasks.headline import UAR
from affuse.tasks.metrics import uar

CLASSES = ("calm", "sad")
N_TAKES = 8


@pytest.fixture
def table(make_table):
    """Sixteen speakers with eight clips of each of two emotions."""
    return make_table(n_speakers=16, n_takes=N_TAKES, classes=CLASSES)


def predicting(table, predicted) -> OutOfFold:
    system = System("guess", "audio", "", "", "", lambda seed: None)
    rows = np.arange(len(table))
    outputs = 0.6 * np.eye(len(table.classes))[predicted] + 0.1
    return OutOfFold(system, "random", rows, np.ones(len(rows), int), outputs)


def wrong_in(table, n_wrong_of) -> OutOfFold:
    """So many clips of each emotion wrong as a function of speaker and take says."""
    takes = np.array([int(clip.split("-")[2]) for clip in table.clips])
    wrong = takes < np.array(
        [n_wrong_of(int(s), t) for s, t in zip(table.speakers, takes, strict=True)]
    )
    return predicting(table, np.where(wrong, 1 - table.labels, table.labels))


def halves(table, n=16):
    """Speakers up to 8 are of one group, the others of another."""
    return np.where(table.speakers.astype(int) <= n // 2, "one", "other")


def test_each_group_has_its_own_figures(table):
    found = wrong_in(table, lambda speaker, take: 1 if speaker <= 8 else 4)
    one, other = scores_by_group(found, table, halves(table))
    assert (one.group, one.scores.uar, one.scores.n_speakers) == ("one", 7 / 8, 8)
    assert (other.group, other.scores.uar) == ("other", 1 / 2)
    assert one.scores.n_clips + other.scores.n_clips == len(table)
    own = table.labels[halves(table) == "other"]
    assert other.scores.uar == uar(own, found.predicted[halves(table) == "other"])


def test_the_gap_of_people_who_are_all_alike_is_sure(table):
    found = wrong_in(table, lambda speaker, take: 1 if speaker <= 8 else 4)
    gap = largest_gap(found, table, halves(table), ["one", "other"], n_bootstrap=200)
    assert (gap.higher, gap.lower, gap.n_pairs, gap.n_emotions) == ("one", "other", 1, 2)
    assert (gap.difference, gap.low, gap.high) == (3 / 8, 3 / 8, 3 / 8)


def test_people_of_two_groups_are_drawn_apart(table):
    # The same mix of people in both groups: a gap of nothing, but far from a sure one.
    found = wrong_in(table, lambda speaker, take: speaker % 8)
    gap = largest_gap(found, table, halves(table), ["one", "other"], n_bootstrap=2000)
    assert gap.difference == 0
    rng = np.random.default_rng(5)
    recalls = 1 - np.arange(8) / 8
    means = rng.choice(recalls, (2, 4000, 8)).mean(axis=2)
    low, high = np.percentile(means[0] - means[1], [2.5, 97.5])
    assert (gap.low, gap.high) == (pytest.approx(low, abs=0.02), pytest.approx(high, abs=0.02))


def test_a_gap_within_people_is_paired(table):
    # Everyone is told apart by two takes more of eight in one group; people differ much.
    takes = np.array([int(clip.split("-")[2]) for clip in table.clips])
    groups = np.where(takes % 2 == 0, "even", "odd")
    wrong = np.where(takes % 2 == 0, (takes // 2) < 1, (takes // 2) < 2)
    hard = (table.speakers.astype(int) % 2 == 0) & (takes // 2 >= 2)
    found = predicting(table, np.where(wrong | hard, 1 - table.labels, table.labels))
    gap = largest_gap(found, table, groups, ["even", "odd"], n_bootstrap=200)
    assert (gap.higher, gap.lower) == ("even", "odd")
    assert (gap.low, gap.high) == (pytest.approx(0.25), pytest.approx(0.25))


def test_groups_are_compared_over_the_emotions_that_both_have(make_table):
    table = make_table(n_speakers=12, n_takes=2, classes=("calm", "sad", "angry"))
    groups = halves(table, 12)
    table = table.take((groups == "one") | (table.labels != 2))
    groups = halves(table, 12)
    # The third emotion is never found: in the group that has it, that is no part of the gap.
    found = predicting(table, np.where(table.labels == 2, 0, table.labels))
    one, other = scores_by_group(found, table, groups)
    assert (one.scores.uar, other.scores.uar) == (pytest.approx(2 / 3), 1)
    gap = largest_gap(found, table, groups, ["one", "other"], n_bootstrap=100)
    assert (gap.difference, gap.n_emotions) == (0, 2)


def tables(table, found, groups, by="side"):
    clips = [
        Clip(clip, "", speaker, attributes={by: group} if group else {})
        for clip, speaker, group in zip(table.clips, table.speakers, groups, strict=True)
    ]
    return group_tables({"guess": found}, table, clips, [by], n_bootstrap=200)


def test_a_group_of_few_people_is_shown_and_never_compared(table):
    speakers = table.speakers.astype(int)
    groups = np.select([speakers <= 4, speakers <= 9, speakers <= 15], ["few", "one", "other"], "")
    found = tables(table, wrong_in(table, lambda speaker, take: 8 if speaker <= 4 else 1), groups)
    shown = found.figures.set_index("group")
    assert shown["compared"].to_dict() == {
        "few": False, "one": True, "other": True, "unknown": False,
    }  # fmt: skip
    assert shown["uar"].loc["few"] == 0
    assert len(found.gaps) == 1
    assert set(found.gaps[["higher", "lower"]].iloc[0]) == {"one", "other"}
    said = gap_sentence(found, "guess", "side", UAR)
    assert said == (
        "By side: one 87.5, other 87.5: gap 0.0 points [0.0, 0.0]; these speakers cannot tell it "
        "from none. Shown and not compared, with fewer than 5 speakers: few (4 speakers). "
        "16 of 256 clips do not say their side: the row unknown is no group and never compared."
    )


def test_an_emotion_of_a_clip_or_two_is_no_part_of_a_group(make_table):
    table = make_table(n_speakers=16, n_takes=N_TAKES, classes=("calm", "sad", "angry"))
    rare = np.flatnonzero((table.labels == 2) & (halves(table) == "one"))[1:]
    table = table.take(~np.isin(np.arange(len(table)), rare))
    # Angry is never found: of one group it is a clip beside 64, of the other a third.
    found = predicting(table, np.where(table.labels == 2, 0, table.labels))
    shown = tables(table, found, halves(table)).figures.set_index("group")
    assert shown["uar"].to_dict() == {"one": 1, "other": pytest.approx(2 / 3)}
    assert shown["n_clips"].to_dict() == {"one": 128, "other": 192}
    clips = [Clip(clip, "", "1", attributes={"side": "one"}) for clip in table.clips]
    clips[-1] = Clip(str(table.clips[-1]), "", "1", attributes={"side": "other"})
    assert not list(rare_in_groups(table, clips, ["side"]))
    one = table.take(halves(table) == "one")
    (note,) = rare_in_groups(one, clips, ["side"])
    assert note == "one has too few clips of angry (1 clip): left out of figures by side."


def test_nothing_to_compare_is_said(table):
    found = tables(table, wrong_in(table, lambda *_: 1), np.full(len(table), "one"))
    assert not len(found.gaps)
    said = gap_sentence(found, "guess", "side", UAR)
    assert said.startswith("By side: nothing is compared, which takes two groups of at least 5")


def test_the_largest_of_several_gaps_is_said_to_be_picked(table):
    speakers = table.speakers.astype(int)
    groups = np.select([speakers <= 5, speakers <= 10], ["a", "b"], "c")
    wrong = wrong_in(table, lambda speaker, take: 1 if speaker <= 5 else 2 if speaker <= 10 else 4)
    said = gap_sentence(tables(table, wrong, groups), "guess", "side", UAR)
    assert said == (
        "By side: a 87.5, c 50.0: gap 37.5 points [37.5, 37.5], the largest of 3 and picked for "
        "that."
    )


def test_numbers_have_gaps_too(table):
    truth = np.linspace(-1, 1, len(table))[:, None]
    numbers = replace(table, labels=np.zeros(0, int), targets=("valence",), values=truth)
    groups = halves(table)
    outputs = truth + np.where(groups == "one", 0.0, 0.5)[:, None]
    system = System("ridge", "audio", "", "", "", lambda seed: None)
    rows = np.arange(len(table))
    task = Dimensional(("valence",))
    found = OutOfFold(system, "random", rows, np.ones(len(rows), int), outputs, task=task)
    one, other = scores_by_group(found, numbers, groups)
    gap = largest_gap(found, numbers, groups, ["one", "other"], n_bootstrap=200)
    assert gap.higher_value == pytest.approx(one.scores.headline)
    assert gap.lower_value == pytest.approx(other.scores.headline)
    assert 0 < gap.low <= gap.difference <= gap.high
