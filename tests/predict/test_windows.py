"""Windows cover a recording without a gap and without a splinter."""

from __future__ import annotations

from itertools import pairwise

import pytest

from affuse.errors import ConfigError
from affuse.predict.settings import Settings, settings_of
from affuse.predict.windows import Windows


@pytest.mark.parametrize("duration_s", [0.04, 1.0, 4.0, 4.9, 5.0, 6.3, 61.0, 3600.5])
@pytest.mark.parametrize(("window_s", "hop_s"), [(4, 2), (5, 2.5), (4, 4), (3, 1), (1, 0.5)])
def test_spans_cover_all_of_it(duration_s, window_s, hop_s):
    windows = Windows(window_s, hop_s)
    spans = [windows.span(number, duration_s) for number in range(windows.count(duration_s))]
    assert spans[0].start_s == 0
    assert spans[-1].end_s == duration_s
    for before, after in pairwise(spans):
        assert after.start_s - before.start_s == pytest.approx(hop_s)
        assert after.start_s <= before.end_s
        assert before.duration_s == window_s
    if len(spans) > 1:
        assert abs(spans[-1].duration_s - window_s) <= hop_s / 2 + 1e-9


def test_an_utterance_is_one_window_and_says_why_of_that_length():
    assert Windows().count(5.3) == 1
    assert Windows().span(0, 5.3).duration_s == 5.3


@pytest.mark.parametrize("duration_s", [3.9, 5.1, 12.34])
def test_settled_windows_are_never_the_last(duration_s):
    windows = Windows(4, 2)
    assert windows.settled(duration_s) == windows.count(duration_s) - 1
    assert windows.settled(duration_s - 0.01) <= windows.count(duration_s) - 1


def test_hop_is_half_a_window_unless_given():
    assert settings_of(3.0).windows == Windows(3.0, 1.5)
    assert settings_of(None, 1.0).windows == Windows(5.0, 1.0)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"window_s": 0.1}, r"window 0\.1 s was given; expected 0\.5 s or more"),
        ({"window_s": float("nan")}, r"window nan s was given"),
        ({"hop_s": 9.0}, r"hop 9 s was given for windows of 5 s; expected 0\.5 s to 5 s"),
        ({"hop_s": 0.0}, r"hop 0 s was given"),
        ({"faces": "some"}, r"faces 'some' was given; expected 'largest' or 'all'"),
        ({"threshold": 1.5}, r"threshold 1\.5 was given; expected a probability from 0 to 1"),
        ({"window_s": "5"}, r"window_s '5' was given; expected a number"),
        ({"hop_s": [1]}, r"hop_s \[1\] was given; expected a number"),
        ({"threshold": "high"}, r"threshold 'high' was given; expected a number"),
        ({"audio_track": "first"}, r"audio_track 'first' was given; expected a number"),
        ({"max_duration_s": {}}, r"max_duration_s \{\} was given; expected a number"),
    ],
)
def test_what_makes_no_sense_is_refused(given, message):
    with pytest.raises(ConfigError, match=message):
        settings_of(**given)


def test_looks_are_checked():
    with pytest.raises(ConfigError, match=r"sampled_fps 0 was given; expected more than 0"):
        Settings(sampled_fps=0)
