"""Median of the members' outputs."""

from __future__ import annotations

import numpy as np

from affuse.fusion.rule import Rule, Stack


def _median(stack: Stack, weights: Stack) -> Stack:
    return np.asarray(np.nanmedian(stack, axis=0))


RULE = Rule(_median, numbers=True)
