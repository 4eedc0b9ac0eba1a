"""The sound of one person within a window in which several people speak."""

import numpy as np
import pytest

from affuse.media.speech import SAMPLE_RATE
from affuse.predict.own_voice import own_stretches, own_voice
from affuse.predict.windows import Span

WINDOW = Span(10.0, 15.0)


def test_a_window_of_one_speaker_is_taken_whole():
    assert own_stretches([(11, 12), (13, 14)], [(20, 21)], WINDOW) == ((10.0, 15.0),)


def test_who_does_not_speak_in_it_has_nothing_of_it():
    assert own_stretches([(2, 3), (16, 17)], [(11, 12)], WINDOW) == ()


def test_the_turns_of_others_are_cut_out():
    found = own_stretches([(10.5, 11), (13, 14)], [(11.5, 12.5)], WINDOW)
    assert found == ((10.25, 11.25), (12.75, 14.25))


def test_a_pause_in_which_nobody_else_speaks_belongs_to_the_person():
    assert own_stretches([(10.5, 11), (12, 13)], [(13, 14)], WINDOW) == ((10.25, 13),)


def test_a_margin_never_reaches_into_another_turn():
    assert own_stretches([(11, 12)], [(10, 10.9), (12.1, 15)], WINDOW) == ((10.9, 12.1),)


def test_turns_are_cut_at_the_edges_of_the_window():
    assert own_stretches([(8, 12)], [(12, 20)], WINDOW) == ((10.0, 12.0),)


def test_the_sound_is_that_of_the_stretches():
    signal = np.arange(5 * SAMPLE_RATE, dtype=np.float32)
    found = own_voice(signal, WINDOW, [(10.25, 11.25), (12.75, 14.25)])
    expected = [signal[4000:20000], signal[44000:68000]]
    np.testing.assert_array_equal(found, np.concatenate(expected))


@pytest.mark.parametrize("n_samples", [5 * SAMPLE_RATE, 5 * SAMPLE_RATE - 7])
def test_all_of_a_window_is_its_own_sound(n_samples):
    signal = np.ones(n_samples, np.float32)
    assert own_voice(signal, WINDOW, [(10.0, 15.0)]) is signal


def test_nothing_is_an_empty_sound():
    assert own_voice(np.ones(80_000, np.float32), WINDOW, []).shape == (0,)
