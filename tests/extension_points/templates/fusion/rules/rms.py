"""A decision rule. Copy to src/affuse/fusion/rules/NAME.py; combine by its file's name:

    affuse run DATA --set fusion.decision=NAME

`stack` is (n_members, n_clips, n_outputs): what each modality says of each clip, a row of NaN where
it is silent. affuse divides the probabilities that come out by their sum.
"""

from __future__ import annotations

import numpy as np

from affuse.fusion.rule import Rule, Stack


def _combine(stack: Stack, weights: Stack) -> Stack:
    return np.sqrt(np.nanmean(stack**2, axis=0))


RULE = Rule(_combine)
