"""Product of the members' probabilities: the product of experts."""

from __future__ import annotations

import numpy as np

from affuse.fusion.rule import Rule, Stack
from affuse.probabilities import FLOOR


def _product(stack: Stack, weights: Stack) -> Stack:
    logs = np.nansum(np.log(np.maximum(stack, FLOOR)), axis=0)
    return np.asarray(np.exp(logs - logs.max(axis=1, keepdims=True)))


RULE = Rule(_product, likelihoods=True)
