"""Mean with a weight of each member, learned or given."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from affuse.fusion.rule import Learned, Rule, Stack, weighted_mean


def _learn(stack: Stack, labels: NDArray[Any], speakers: NDArray[Any]) -> Learned:
    from affuse.fusion.learned_weights import weights_of_least_log_loss

    return Learned(weights_of_least_log_loss(stack, labels))


def _learn_numbers(stack: Stack, truth: NDArray[Any], speakers: NDArray[Any]) -> Learned:
    from affuse.fusion.learned_weights import weights_of_least_squares

    return Learned(weights_of_least_squares(stack, truth))


RULE = Rule(
    weighted_mean, takes_weights=True, numbers=True, learn=_learn, learn_numbers=_learn_numbers
)
