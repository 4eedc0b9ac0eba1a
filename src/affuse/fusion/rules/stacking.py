"""A model on top of the members, learned from their out-of-fold outputs.

There is one for every choice of members that a clip may have; where there are too few clips to fit
it, the mean decides.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from affuse.fusion.rule import Learned, Rule, Stack, weighted_mean


def _learn(stack: Stack, labels: NDArray[Any], speakers: NDArray[Any]) -> Learned:
    from affuse.fusion.stacking import stackers_of_classes

    return Learned(stackers=stackers_of_classes(stack, labels, speakers))


def _learn_numbers(stack: Stack, truth: NDArray[Any], speakers: NDArray[Any]) -> Learned:
    from affuse.fusion.stacking import stackers_of_numbers

    return Learned(stackers=stackers_of_numbers(stack, truth))


RULE = Rule(weighted_mean, numbers=True, learn=_learn, learn_numbers=_learn_numbers)
