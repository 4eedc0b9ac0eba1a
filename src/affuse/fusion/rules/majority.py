"""Majority vote of the members; ties are decided by the mean of their probabilities."""

from __future__ import annotations

import numpy as np

from affuse.fusion.rule import Rule, Stack


def _majority(stack: Stack, weights: Stack) -> Stack:
    n_classes = stack.shape[2]
    votes = np.eye(n_classes)[np.nan_to_num(stack).argmax(axis=2)]
    votes[np.isnan(stack[:, :, 0])] = 0
    # Votes differ by whole numbers and means by less than one: the mean decides ties only.
    return np.asarray(votes.sum(axis=0) + np.nanmean(stack, axis=0))


RULE = Rule(_majority)
