"""Calibration of a member's probabilities for people and corpora held out of its training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

from affuse.bundle.decision import calibrated
from affuse.bundle.member import Member
from affuse.probabilities import FLOOR
from affuse.tasks.metrics import ece

Floats = NDArray[np.float64]

_BOUNDS = [(0.05, 5.0), (-1.0, 2.0), (0.0, 10.0)]
"""Of 1 / temperature, doubt and decline."""


@dataclass(frozen=True, slots=True)
class HeldOutClips:
    """Outputs of a member's graph for clips of held-out people.

    Attributes
    ----------
    probabilities : (n, n_own_classes) float64
        As the graph gives them.
    labels : (n,) int64
        The true one of its own classes.
    corpora : (n,) str
        Each was unknown to the network that was asked.
    distances : (n,) float64 or None
        From what that network was trained on.
    qualities : (n,) float64 or None
        How well each can be seen; None: all can.
    """

    probabilities: Floats
    labels: NDArray[np.int64]
    corpora: NDArray[np.str_]
    distances: Floats | None = None
    qualities: Floats | None = None

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> HeldOutClips:
        """Some of the clips.

        Parameters
        ----------
        rows : (n,) bool, or (n_taken,) int64

        Returns
        -------
        HeldOutClips
        """
        distances = None if self.distances is None else self.distances[rows]
        qualities = None if self.qualities is None else self.qualities[rows]
        return HeldOutClips(
            self.probabilities[rows], self.labels[rows], self.corpora[rows], distances, qualities
        )


def joined_clips(parts: Sequence[HeldOutClips]) -> HeldOutClips:
    """Clips of several kinds, all with qualities.

    Parameters
    ----------
    parts : sequence of HeldOutClips

    Returns
    -------
    HeldOutClips
        Without distances.
    """
    return HeldOutClips(
        np.concatenate([part.probabilities for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.corpora for part in parts]),
        qualities=np.concatenate([p.qualities for p in parts if p.qualities is not None]),
    )


class CrossFitted(NamedTuple):
    """Calibration error of each corpus or part, with constants fitted to the others.

    Attributes
    ----------
    before, after : float
        Mean calibration error over the corpora: as the graph says, and calibrated.
    log_loss_before, log_loss_after : float
        Means over the corpora.
    accuracy, of_surer_half : float
        Means over the corpora: of all answers, and of the half that is surest.
    """

    before: float
    after: float
    log_loss_before: float
    log_loss_after: float
    accuracy: float
    of_surer_half: float


def with_calibration(member: Member, clips: HeldOutClips, *, declines: bool) -> Member:
    """The member with the temperature, doubt and decline of least log loss.

    Parameters
    ----------
    member : Member
        Its own constants count for nothing.
    clips : HeldOutClips
    declines : bool
        Whether distance may count; without a familiarity it does not.

    Returns
    -------
    Member
    """
    known = member.familiarity if clips.distances is not None else None
    logs = np.log(np.maximum(clips.probabilities, FLOOR))
    rows = np.arange(len(logs))
    sureness = logs.max(axis=1) - np.log(0.5)
    far = np.zeros(len(logs))
    if known is not None and clips.distances is not None:
        unit = known.model_copy(update={"decline": 1.0})
        far = -np.log(unit.trust(clips.distances))

    def loss(constants: Floats) -> float:
        power, doubt, decline = constants
        powers = power * np.exp(-doubt * sureness - decline * far)
        return -float(log_softmax(powers[:, None] * logs, axis=1)[rows, clips.labels].mean())

    bounds = _BOUNDS if declines and known is not None else [*_BOUNDS[:2], (0.0, 0.0)]
    power, doubt, decline = minimize(loss, np.array([1.0, 0.0, 0.0]), bounds=bounds).x
    found: dict[str, object] = {
        "temperature": float(1 / power), "doubt": float(doubt), "image_quality": None,
    }  # fmt: skip
    if member.familiarity is not None:
        found["familiarity"] = member.familiarity.model_copy(update={"decline": float(decline)})
    return member.model_copy(update=found)


def calibrated_rows(member: Member, clips: HeldOutClips) -> Floats:
    """Calibrated probabilities of the member, (n, n_own_classes).

    Parameters
    ----------
    member : Member
    clips : HeldOutClips

    Returns
    -------
    (n, n_own_classes) float64
    """
    return calibrated(member, clips.probabilities, clips.distances, clips.qualities)


def cross_fitted(
    member: Member,
    corpora: Iterable[str],
    clips_without: Callable[[str], HeldOutClips],
    *,
    declines: bool,
) -> CrossFitted:
    """Calibration on each corpus by constants that were fitted on the others.

    Parameters
    ----------
    member : Member
    corpora : iterable of str
        Two or more.
    clips_without : callable
        Corpus -> clips of all corpora, by a member of which nothing was fitted on that corpus.
    declines : bool
        As in `with_calibration`.

    Returns
    -------
    CrossFitted
    """
    figures = []
    for corpus in corpora:
        clips = clips_without(corpus)
        own = clips.corpora == corpus
        fitted = with_calibration(member, clips.take(~own), declines=declines)
        held_out = clips.take(own)
        after = calibrated_rows(fitted, held_out)
        figures.append(
            [
                ece(held_out.labels, held_out.probabilities),
                ece(held_out.labels, after),
                _log_loss(held_out.labels, held_out.probabilities),
                _log_loss(held_out.labels, after),
                _accuracy_of_surest(held_out.labels, after, 1.0),
                _accuracy_of_surest(held_out.labels, after, 0.5),
            ]
        )
    return CrossFitted(*(float(value) for value in np.mean(figures, axis=0)))


def _accuracy_of_surest(labels: NDArray[np.int64], probabilities: Floats, share: float) -> float:
    surest = np.argsort(-probabilities.max(axis=1), kind="stable")[: round(share * len(labels))]
    return float((probabilities[surest].argmax(axis=1) == labels[surest]).mean())


def _log_loss(labels: NDArray[np.int64], probabilities: Floats) -> float:
    own = probabilities[np.arange(len(labels)), labels]
    return -float(np.log(np.maximum(own, FLOOR)).mean())
