"""Protocols say whether and why they leak."""

from __future__ import annotations

from typing import get_args

import pytest

from affuse.config import ProtocolName
from affuse.errors import FoldError
from affuse.splits.protocols import (
    LEAKS,
    MET_SPEAKERS,
    SAME_SPEAKERS,
    Protocol,
    feasible_protocols,
    why_leaky,
)


def test_every_protocol_says_whether_it_leaks():
    assert set(LEAKS) == set(get_args(ProtocolName))
    assert [name for name in LEAKS if not Protocol(name, ()).leaky] == ["speaker-independent"]
    assert [name for name in LEAKS if Protocol(name, ()).prepares_on_all] == ["lecture"]


def test_provenance_leaks_whatever_the_protocol():
    """How clips are divided and what a network has met are two things, and both are kept."""
    apart = Protocol("speaker-independent", (), provenance=(MET_SPEAKERS,))
    assert apart.leaks == (MET_SPEAKERS,)
    assert (apart.name, apart.label) == ("speaker-independent", "speakers heard before")
    assert apart.leak == MET_SPEAKERS.reason == why_leaky("speakers heard before")
    mixed = Protocol("random", (), provenance=(MET_SPEAKERS,))
    assert mixed.leaks == (SAME_SPEAKERS, MET_SPEAKERS)
    assert (mixed.label, mixed.leak) == ("random", SAME_SPEAKERS.reason)


def test_reasons_read_as_one_sentence():
    assert why_leaky("lecture") == (
        "learned features are trained on the test clips, and clips of the same speakers are in "
        "training and test"
    )
    assert why_leaky("speaker-independent") == why_leaky("protocol of another version") == ""


def test_two_speakers_have_what_is_wanted():
    wanted = ("speaker-independent", "lecture")
    assert feasible_protocols(wanted, ["1", "2"]).protocols == wanted
    assert feasible_protocols(wanted, ["1", "2"]).statement == ""
    assert feasible_protocols(["lecture"], ["1"]).statement == ""


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        (("speaker-independent", "random", "lecture"), ("random", "lecture")),
        (("speaker-independent",), ("random",)),
    ],
)
def test_one_speaker_is_told_what_that_means(wanted, left):
    feasible = feasible_protocols(wanted, ["1", "1"])
    assert feasible.protocols == left
    assert feasible.statement.startswith(
        "All clips are of one speaker (1): speakers cannot be kept apart, so only leaky protocols"
    )
    assert feasible.statement.endswith("add clips of a second one.")


def test_no_protocol():
    with pytest.raises(FoldError, match="no protocol was given; expected at least one of speaker-"):
        feasible_protocols([], ["1"])
