"""The output of an adapted member: logarithms of its probabilities, scaled and shifted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from affuse.bundle.member import Member
from affuse.probabilities import FLOOR

Floats = NDArray[np.float64]


def recalibrated(member: Member, rows: Floats) -> Floats:
    """Probabilities of an adapted member.

    Parameters
    ----------
    member : Member
    rows : (n, n_own_classes) float64
        As its graph and temperature give them; NaN where it says nothing.

    Returns
    -------
    (n, n_own_classes) float64
        Rows sum to 1; `rows` itself where it was not adapted.

    Notes
    -----
    Source: Kull et al. 2019, "Beyond temperature scaling: obtaining well-calibrated multi-class
    probabilities with Dirichlet calibration".
    """
    if member.recalibration is None:
        return rows
    weights, bias = reference_of(member)
    scores = logs_of(rows) @ weights + bias
    likely = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(likely / likely.sum(axis=1, keepdims=True))


def reference_of(member: Member) -> tuple[Floats, Floats]:
    """Weights and bias of a member; the identity where it was not adapted.

    Parameters
    ----------
    member : Member

    Returns
    -------
    (n_own_classes, n_own_classes) float64, (n_own_classes,) float64
    """
    found = member.recalibration
    if found is None:
        return np.eye(len(member.classes)), np.zeros(len(member.classes))
    return np.array(found.weights), np.array(found.bias)


def logs_of(rows: Floats) -> Floats:
    """Logarithms of probabilities, of none smaller than `FLOOR`.

    Parameters
    ----------
    rows : (n, n_classes) float64

    Returns
    -------
    (n, n_classes) float64
    """
    return np.asarray(np.log(np.maximum(rows, FLOOR)))
