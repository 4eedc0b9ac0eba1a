"""Voices and mouths joined, on evidence made of numbers; and whole conversations of real films."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affuse.people.records import MouthTrack, Speech, Turn
from affuse.people.speaking import attribute, attributed
from affuse.people.synchrony import PER_S

FOR, AGAINST, UNSEEN = 2.0, -2.0, np.nan
DIALOGUE = [Turn(0.0, 2.0, 1), Turn(2.5, 4.5, 2), Turn(5.0, 7.0, 1), Turn(7.5, 9.5, 2)]


def evidence(*spans: tuple[float, float, float], otherwise: float = AGAINST) -> np.ndarray:
    found = np.full(10 * PER_S, otherwise)
    for start_s, end_s, value in spans:
        found[round(start_s * PER_S) : round(end_s * PER_S)] = value
    return found


def stretches(speech: Speech) -> dict[tuple[int, int], list[tuple[float, float]]]:
    return {
        (one.person, one.voice): [(round(a, 2), round(b, 2)) for a, b in one.turns]
        for one in speech.spoken
    }


FIRST = evidence((0, 2.2, FOR), (4.8, 7.2, FOR))
SECOND = evidence((2.3, 4.7, FOR), (7.3, 9.7, FOR))


def test_each_voice_goes_to_the_mouth_that_agrees_with_it():
    found = attributed({1: FIRST, 2: SECOND}, DIALOGUE)
    assert stretches(found) == {(1, 1): [(0, 2), (5, 7)], (2, 2): [(2.5, 4.5), (7.5, 9.5)]}
    assert found.unattributed == ()


def test_a_listener_has_no_turns():
    found = attributed({1: FIRST, 2: evidence()}, DIALOGUE[::2])
    assert stretches(found) == {(1, 1): [(0, 2), (5, 7)]}


def test_a_voice_that_is_no_seen_persons_is_off_screen():
    found = attributed({1: FIRST, 2: evidence()}, DIALOGUE)
    assert stretches(found) == {(1, 1): [(0, 2), (5, 7)], (0, 2): [(2.5, 4.5), (7.5, 9.5)]}


def test_a_voice_stays_its_owners_while_the_picture_shows_the_listener():
    first = FIRST.copy()
    first[round(4.8 * PER_S) :] = UNSEEN
    found = attributed({1: first, 2: evidence()}, DIALOGUE[::2])
    assert stretches(found) == {(1, 1): [(0, 2), (5, 7)]}


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_mouths_win_where_one_voice_is_two_peoples(strength):
    """The first person has more of the voice; its other turns speak against them."""
    turns = [Turn(turn.start_s, turn.end_s, 1) for turn in DIALOGUE]
    first = np.maximum(strength * FIRST, -1.0)
    found = attributed({1: first, 2: strength * SECOND}, turns)
    assert stretches(found) == {(1, 1): [(0, 2), (5, 7)], (2, 1): [(2.5, 4.5), (7.5, 9.5)]}


def test_a_turn_that_two_people_share_is_divided():
    long = evidence((0, 5, 3.0)), evidence((5, 10, 3.0))
    found = attributed(dict(enumerate(long, start=1)), [Turn(0.0, 10.0, 0)])
    ((_, first),) = [turn for one in found.spoken for turn in one.turns if one.person == 1]
    ((second, _),) = [turn for one in found.spoken for turn in one.turns if one.person == 2]
    assert (first, second) == (pytest.approx(5, abs=0.41), pytest.approx(5, abs=0.41))


def test_it_is_left_open_between_two_who_are_as_likely():
    even = evidence(otherwise=1.0)
    found = attributed({1: even, 2: even}, DIALOGUE)
    assert found.spoken == ()
    assert found.unattributed == tuple((turn.start_s, turn.end_s) for turn in DIALOGUE)


def test_without_voices_mouths_alone_tell():
    turns = [Turn(turn.start_s, turn.end_s, 0) for turn in DIALOGUE]
    found = attributed({1: FIRST, 2: SECOND}, turns)
    assert stretches(found) == {(1, 0): [(0, 2), (5, 7)], (2, 0): [(2.5, 4.5), (7.5, 9.5)]}
    still = evidence(otherwise=-3.0)
    silent = attributed({1: still, 2: still}, turns)
    assert stretches(silent) == {(0, 0): [(turn.start_s, turn.end_s) for turn in DIALOGUE]}


def test_one_person_and_one_voice_are_one_where_little_is_seen():
    for little in (0.0, -0.2):
        found = attributed({1: evidence(otherwise=little)}, DIALOGUE[::2])
        assert stretches(found) == {(1, 1): [(0, 2), (5, 7)]}


def test_nobody_is_seen():
    found = attribute({}, np.full(1000, -20.0), DIALOGUE)
    assert stretches(found) == {(0, 1): [(0, 2), (5, 7)], (0, 2): [(2.5, 4.5), (7.5, 9.5)]}


def test_nobody_speaks():
    track = MouthTrack(1, np.arange(100) / 25, np.zeros((100, 1), np.float32))
    assert attribute({1: [track]}, np.full(400, -90.0), []) == Speech(())


def test_two_voices_of_one_person_are_joined_under_the_longer():
    turns = [Turn(0.0, 2.0, 1), Turn(2.0, 2.6, 2), Turn(5.0, 7.0, 1)]
    first = evidence((0, 7.2, 3.0))
    found = attributed({1: first, 2: evidence()}, turns)
    assert stretches(found) == {(1, 1): [(0, 2.6), (5, 7)]}


def test_one_who_chews_all_the_time_does_not_take_the_voice_of_another():
    """Both mouths agree a little with the second voice; the first person has one already."""
    chews = evidence((0, 2.2, 3.0), (4.8, 7.2, 3.0), otherwise=0.7)
    speaks = evidence((2.3, 4.7, 0.8), (7.3, 9.7, 0.8))
    found = stretches(attributed({1: chews, 2: speaks}, DIALOGUE))
    assert found[1, 1] == [(0, 2), (5, 7)]
    assert found[2, 2] == [(2.5, 4.5), (7.5, 9.5)]


@given(
    st.lists(
        st.tuples(st.floats(0.02, 4), st.sampled_from([0.0, 0.2, 2.0]), st.integers(0, 3)),
        max_size=8,
    ),
    st.integers(0, 3),
    st.integers(0, 1000),
)
def test_all_speech_is_somebodys_or_left_open_and_nothing_twice(parts, n_people, seed):
    turns, start_s = [], 0.0
    for length_s, pause_s, voice in parts:
        turns.append(Turn(start_s, start_s + length_s, voice))
        start_s += length_s + pause_s
    rng = np.random.default_rng(seed)
    made = rng.normal(0, 3, (n_people, 1 + round(start_s * PER_S * rng.uniform(0.3, 1))))
    made[rng.random(made.shape) < 0.3] = np.nan
    found = attributed(dict(enumerate(made, start=1)), turns)
    all_ = sorted([turn for one in found.spoken for turn in one.turns] + [*found.unattributed])
    total = sum(turn.end_s - turn.start_s for turn in turns)
    assert sum(end - start for start, end in all_) == pytest.approx(total)
    assert all(one[1] <= other[0] + 1e-6 for one, other in pairwise(all_))
    people = [one.person for one in found.spoken if one.person]
    assert people == sorted(set(people))
