"""Largest probability that any member gives a class."""

from __future__ import annotations

import numpy as np

from affuse.fusion.rule import Rule, Stack


def _max(stack: Stack, weights: Stack) -> Stack:
    return np.asarray(np.nanmax(stack, axis=0))


RULE = Rule(_max)
