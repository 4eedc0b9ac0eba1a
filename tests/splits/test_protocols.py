"""Protocols say whether and why they leak."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from affuse.config import ProtocolName
from affuse.errors import FoldError
from affuse.splits.protocols import (
    LEAKS,
    SAME_SPEAKERS,
    TRAINED_ON_SPEAKERS,
    Leak,
    Protocol,
    feasible_protocols,
    why_leaky,
)


def test_every_protocol_says_whether_it_leaks():
    assert set(LEAKS) == set(get_args(ProtocolName))
    apart = ["speaker-independent", "cross-corpus", "leave-one-corpus-out"]
    assert [name for name in LEAKS if not Protocol(name, ()).leaky] == apart
    assert [name for name in LEAKS if Protocol(name, ()).prepares_on_all] == ["lecture"]


def test_provenance_leaks_whatever_the_protocol():
    """How clips are divided and what a network has met are two things, and both are kept."""
    apart = Protocol("speaker-independent", (), provenance=(TRAINED_ON_SPEAKERS,))
    assert apart.leaks == (TRAINED_ON_SPEAKERS,)
    assert (apart.name, apart.label) == ("speaker-independent", "speakers heard before")
    assert apart.leak == TRAINED_ON_SPEAKERS.reason == why_leaky("speakers heard before")
    mixed = Protocol("random", (), provenance=(TRAINED_ON_SPEAKERS,))
    assert mixed.leaks == (SAME_SPEAKERS, TRAINED_ON_SPEAKERS)
    assert (mixed.label, mixed.leak) == ("random", SAME_SPEAKERS.reason)


def test_leaks_that_these_folds_have_are_kept():
    found = Leak("speakers", "10 of 10 speakers on both sides")
    published = Protocol("emobox folds", (), found=(found,))
    assert published.leaky
    assert not published.prepares_on_all
    assert (published.label, published.leak) == ("emobox folds", found.reason)
    heard = replace(published, provenance=(TRAINED_ON_SPEAKERS,))
    assert heard.leaks == (found, TRAINED_ON_SPEAKERS)
    assert heard.leak == f"{found.reason}, and {TRAINED_ON_SPEAKERS.reason}"


def test_a_network_that_has_met_a_corpus_leaks_across_corpora_too():
    met = Protocol("cross-corpus", (), provenance=(TRAINED_ON_SPEAKERS,))
    assert met.label == "cross-corpus, speakers heard before"
    assert met.leak == TRAINED_ON_SPEAKERS.reason == why_leaky(met.label)


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
