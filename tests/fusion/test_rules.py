"""Rules that learn how to combine members."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import log_loss

from affuse.errors import ConfigError
from affuse.fusion.combine import combine
from affuse.fusion.learning import FittedRule


@pytest.fixture
def told(rng):
    """Three members' words on 300 clips of 10 speakers: one knows, one knows less, one guesses."""
    labels = np.tile(np.arange(3), 100)
    parts = []
    for knowledge in (3.0, 1.5, 0.0):
        logits = knowledge * np.eye(3)[labels] + 1.5 * rng.standard_normal((300, 3))
        parts.append(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))
    return parts, labels, np.repeat(np.arange(10), 30).astype(str)


def silenced(parts, position, rows):
    changed = [part.copy() for part in parts]
    changed[position][rows] = np.nan
    return changed


def test_weights_are_those_of_least_log_loss(told):
    parts, labels, speakers = told
    rule = FittedRule("weighted").fit(parts, labels, speakers)
    assert rule.weights_.sum() == pytest.approx(1)
    assert rule.weights_[0] > rule.weights_[1] > rule.weights_[2]
    best = log_loss(labels, rule.combined(parts))
    for weights in ([1, 1, 1], [1, 0, 0], rule.weights_ * [1.2, 1, 1], rule.weights_ * [1, 1.3, 1]):
        assert best <= log_loss(labels, combine(parts, "weighted", weights)) + 1e-6


def test_weights_of_silent_members_go_to_the_others(told):
    parts, labels, speakers = told
    rule = FittedRule("weighted").fit(parts, labels, speakers)
    without = silenced(parts, 0, slice(0, 5))
    share = rule.weights_[1:] / rule.weights_[1:].sum()
    expected = share[0] * parts[1][:5] + share[1] * parts[2][:5]
    np.testing.assert_allclose(rule.combined(without)[:5], expected)


def test_stacking_finds_out_what_a_member_means(told):
    """A member that always names the class after the true one is worth as much as the best."""
    parts, labels, speakers = told
    crooked = [np.roll(parts[0], 1, axis=1), parts[1]]
    new = slice(200, 300)
    rule = FittedRule("stacking").fit(
        [part[:200] for part in crooked], labels[:200], speakers[:200]
    )
    stacked = rule.combined([part[new] for part in crooked]).argmax(axis=1)
    product = combine([part[new] for part in crooked]).argmax(axis=1)
    assert (stacked == labels[new]).mean() > 0.75 > 0.5 > (product == labels[new]).mean()


def test_stacking_has_a_stacker_for_whoever_is_there(told):
    parts, labels, speakers = told
    rule = FittedRule("stacking").fit(silenced(parts, 2, slice(0, 30)), labels, speakers)
    assert set(rule.stackers_) == {(0, 1), (0, 2), (1, 2), (0, 1, 2)}
    without = rule.combined(silenced(parts, 2, slice(None)))
    pair = FittedRule("stacking").fit(parts[:2], labels, speakers).combined(parts[:2])
    np.testing.assert_allclose(without, pair)


def test_a_member_alone_is_believed_as_it_is(told):
    parts, labels, speakers = told
    rule = FittedRule("stacking").fit(parts, labels, speakers)
    alone = silenced(silenced(parts, 0, slice(0, 9)), 2, slice(0, 9))
    np.testing.assert_allclose(rule.combined(alone)[:9], parts[1][:9])


@pytest.mark.parametrize("rule", ["weighted", "stacking"])
def test_nothing_to_learn_from_leaves_the_mean(rule, told):
    parts, labels, speakers = told
    unknown = [np.full_like(part, np.nan) for part in parts]
    fitted = FittedRule(rule).fit(unknown, labels, speakers)
    np.testing.assert_allclose(fitted.combined(parts), combine(parts, "mean"))


def test_numbers_are_weighed_by_least_squares(rng):
    truth = rng.standard_normal((200, 2)) * [1, 100]
    noise = rng.standard_normal((3, 200, 2)) * [1, 100]
    parts = list(truth + np.array([0.3, 0.6, 3.0])[:, None, None] * noise)
    speakers = np.repeat(np.arange(10), 20).astype(str)
    weighted = FittedRule("weighted", numbers=True).fit(parts, truth, speakers)
    first, second, third = weighted.weights_
    assert first > second > third
    assert weighted.weights_.sum() == pytest.approx(1)
    # Weights by the inverse of the variances of the errors are those of least squares.
    np.testing.assert_allclose(first / second, 4, rtol=0.25)
    gone = silenced(parts, 0, slice(0, 3))
    expected = (second * parts[1] + third * parts[2])[:3] / (second + third)
    np.testing.assert_allclose(weighted.combined(gone)[:3], expected)


def test_numbers_are_stacked(rng):
    """One member gives the number upside down, one with a wrong unit: stacking finds out."""
    truth = rng.standard_normal((200, 1))
    parts = [-truth + 0.3 * rng.standard_normal((200, 1)), 5 + 10 * truth]
    speakers = np.repeat(np.arange(10), 20).astype(str)
    rule = FittedRule("stacking", numbers=True).fit([p[:150] for p in parts], truth[:150], speakers)
    found = rule.combined([part[150:] for part in parts])
    assert np.abs(found - truth[150:]).max() < 0.2
    alone = rule.combined(silenced([part[150:] for part in parts], 0, slice(0, 4)))
    np.testing.assert_allclose(alone[:4], parts[1][150:154])


def test_unknown_rule():
    with pytest.raises(ConfigError, match="rule 'vote' was given; expected one of majority, max"):
        FittedRule("vote")
