"""Who speaks when, from embeddings whose truth is known."""

from __future__ import annotations

import itertools
import tracemalloc

import numpy as np
import pytest

from affuse.errors import ConfigError
from affuse.people.records import Turn
from affuse.people.voice_turns import Windows, turns_of

WINDOW_S, HOP_S = 1.5, 0.25


def voices_of(n, rng, size=32):
    """Directions at right angles to each other, as far as there are enough dimensions."""
    found = np.linalg.qr(rng.standard_normal((max(size, n), max(size, n))))[0][:n]
    return found


def recorded(turns, directions, rng, noise=0.1, total_s=None):
    """Windows over these turns: each a mean of its voices, by how long they speak, with noise."""
    total_s = max(turn.end_s for turn in turns) + 0.3 if total_s is None else total_s
    n_frames = round(total_s * 100)
    who = np.full(n_frames, -1)
    for turn in turns:
        who[round(turn.start_s * 100) : round(turn.end_s * 100)] = turn.voice - 1
    starts = np.arange(0, max(total_s - WINDOW_S, 0) + 1e-9, HOP_S)
    shares = np.stack([who == voice for voice in range(len(directions))], 1).cumsum(0)
    shares = np.concatenate([np.zeros((1, len(directions))), shares])
    begins = np.round(starts * 100).astype(int)
    heldby = shares[np.minimum(begins + 150, n_frames)] - shares[begins]
    rows = heldby / 150 @ directions + noise * rng.standard_normal(
        (len(starts), directions.shape[1])
    )
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return Windows(starts, WINDOW_S, rows.astype(np.float32)), who >= 0, who


def agreement(found, who):
    """Share of the speech that lies with its voice, numbers taken as they are."""
    own = np.full(len(who), -1)
    for turn in found:
        own[round(turn.start_s * 100) : round(turn.end_s * 100)] = turn.voice - 1
    return float((own == who)[who >= 0].mean())


def taking_turns(n_voices, rng, n_turns=20, shortest_s=1.5):
    at, found = 0.3, []
    for number in range(n_turns):
        length = rng.uniform(shortest_s, 3.5)
        found.append(Turn(at, at + length, number % n_voices + 1))
        at += length + rng.uniform(0.2, 0.6)
    return found


@pytest.mark.parametrize("n_voices", [2, 3, 5])
@pytest.mark.parametrize("given", [True, False])
def test_voices_that_differ_are_found_with_their_turns(n_voices, given, rng):
    truth = taking_turns(n_voices, rng)
    windows, speech, who = recorded(truth, voices_of(n_voices, rng), rng)
    found = turns_of(windows, speech, 0.6, n_voices if given else None)
    assert {turn.voice for turn in found} == set(range(1, n_voices + 1))
    assert agreement(found, who) > 0.95
    assert all(one.end_s <= two.start_s for one, two in itertools.pairwise(found))


def test_a_change_without_a_pause_is_found_within_a_third_of_a_second(rng):
    truth = [Turn(0.2, 5.0, 1), Turn(5.0, 9.0, 2), Turn(9.0, 14.0, 1)]
    windows, speech, _ = recorded(truth, voices_of(2, rng), rng)
    found = turns_of(windows, speech, 0.6, None)
    assert [turn.voice for turn in found] == [1, 2, 1]
    for turn, true in zip(found, truth, strict=True):
        assert abs(turn.end_s - true.end_s) < 0.35


def test_one_voice_in_many_moods_stays_one(rng):
    truth = taking_turns(1, rng, 30)
    moods = voices_of(4, rng)
    of_moods = [Turn(t.start_s, t.end_s, n % 3 + 1) for n, t in enumerate(truth)]
    directions = moods[0] + 0.5 * moods[1:]
    windows, speech, _ = recorded(of_moods, directions, rng, noise=0.05)
    assert {turn.voice for turn in turns_of(windows, speech, 0.6, None)} == {1}
    assert {turn.voice for turn in turns_of(windows, speech, 0.88, None)} == {1, 2, 3}


def test_turns_cover_all_speech_and_little_else(rng):
    truth = taking_turns(2, rng)
    windows, speech, _ = recorded(truth, voices_of(2, rng), rng, noise=0.5)
    found = turns_of(windows, speech, 0.4, None)
    covered = np.zeros(len(speech), bool)
    for turn in found:
        covered[round(turn.start_s * 100) : round(turn.end_s * 100)] = True
    assert covered[speech].all()
    # All pauses but the silence at the end are shorter than what is joined: there, edges alone.
    last = int(np.flatnonzero(speech)[-1])
    assert not covered[last + 11 :].any()
    assert all(turn.end_s - turn.start_s > 0.3 - 1e-9 for turn in found)


def test_turns_take_in_short_pauses_and_edges_where_several_speak(rng):
    truth = [Turn(0.3, 4.0, 1), Turn(4.4, 8.0, 1), Turn(8.8, 12.0, 1), Turn(12.06, 18.0, 2)]
    windows, speech, _ = recorded(truth, voices_of(2, rng), rng)
    edges = [(t.start_s, t.end_s, t.voice) for t in turns_of(windows, speech, 0.6, 2)]
    # A longer pause is none of it, and a shorter one between two voices is divided.
    expected = [(0.2, 8.1, 1), (8.7, 12.03, 1), (12.03, 18.1, 2)]
    np.testing.assert_allclose(edges, expected)


def test_what_is_heard_beside_speech_is_said_by_who_speaks_there(rng):
    truth = [Turn(0.5, 5.0, 1), Turn(6.0, 11.0, 2), Turn(13.0, 18.0, 1)]
    windows, speech, _ = recorded(truth, voices_of(2, rng), rng)
    audible = speech.copy()
    audible[480:520] = True
    audible[1080:1300] = True
    found = turns_of(windows, speech, 0.6, 2, audible)
    edges = [(t.start_s, t.end_s, t.voice) for t in found]
    # Until it is quiet, at most 0.3 s: what sounds on is no speech.
    expected = [(0.4, 5.2, 1), (5.9, 11.3, 2), (12.7, 18.1, 1)]
    np.testing.assert_allclose(edges, expected)


def test_turns_of_one_voice_alone_are_its_speech_as_it_is_found(rng):
    truth = [Turn(0.3, 4.0, 1), Turn(4.4, 8.0, 1), Turn(8.8, 12.0, 1)]
    windows, speech, _ = recorded(truth, voices_of(1, rng), rng)
    for n_voices in (None, 1, 2):
        assert turns_of(windows, speech, 0.6, n_voices, np.ones_like(speech)) == truth


def test_sound_that_fills_the_pauses_makes_no_change_of_voices_dearer(rng):
    truth, at = [], 0.3
    for number in range(24):
        truth.append(Turn(at, at + rng.uniform(0.8, 1.5), 1 + number % 2))
        at = truth[-1].end_s + rng.uniform(0.2, 0.6)
    windows, speech, who = recorded(truth, voices_of(2, rng), rng, noise=0.25)
    found = turns_of(windows, speech, 0.6, 2, np.ones_like(speech))
    assert agreement(found, who) > 0.95


def test_no_speech_is_no_turn_and_no_voice_is_refused(rng):
    windows, speech, _ = recorded(taking_turns(2, rng), voices_of(2, rng), rng)
    assert turns_of(windows, np.zeros_like(speech), 0.6, None) == []
    assert turns_of(windows, np.zeros(0, bool), 0.6, 3) == []
    with pytest.raises(ConfigError, match="0 voices were asked for; expected at least 1"):
        turns_of(windows, speech, 0.6, 0)


def test_speech_without_any_window_is_one_voice():
    nothing = Windows(np.zeros(0), WINDOW_S, np.zeros((0, 1), np.float32))
    assert turns_of(nothing, np.ones(40, bool), 0.6, None) == [Turn(0.0, 0.4, 1)]


def test_more_voices_than_pieces_are_as_many_as_pieces(rng):
    truth = [Turn(0.2, 1.5, 1), Turn(2.2, 3.4, 2)]
    windows, speech, _ = recorded(truth, voices_of(2, rng), rng)
    found = turns_of(windows, speech, 0.6, 40)
    assert 1 <= len({turn.voice for turn in found}) <= 2


def test_thirty_voices_are_told_apart(rng):
    truth = [Turn(6.0 * n + 0.3, 6.0 * n + 5.7, n % 30 + 1) for n in range(60)]
    windows, speech, who = recorded(truth, voices_of(30, rng, 64), rng, noise=0.05)
    found = turns_of(windows, speech, 0.6, None)
    assert {turn.voice for turn in found} == set(range(1, 31))
    assert agreement(found, who) > 0.95


def test_an_hour_of_one_voice_is_one_voice_in_little_memory(rng):
    speech = np.ones(360_000, bool)
    speech[::400] = speech[1::400] = False
    starts = np.arange(0, 3598, HOP_S)
    rows = voices_of(1, rng)[0] + 0.12 * rng.standard_normal((len(starts), 32))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    tracemalloc.start()
    found = turns_of(Windows(starts, WINDOW_S, rows.astype(np.float32)), speech, 0.6, None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert {turn.voice for turn in found} == {1}
    assert peak < 120e6
