"""Successive halving within a budget: many settings for a little, the best of them for more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from affuse.models.search.space import Settings, Space, drawn_settings

KEPT = 3
"""One in so many settings reaches the next rung, where each may take so many times as long."""
N_RUNGS = 3


@dataclass(frozen=True, slots=True)
class Trial:
    """Settings that were tried on a rung.

    Attributes
    ----------
    rung : int
        From 0; on the last, `N_RUNGS` - 1, all inner folds are used for all epochs.
    settings : mapping of str to number
        Empty: the estimator's own.
    epochs : int
        After which the loss was least.
    loss : float
        Of held-out inner speakers' clips, at that epoch.
    seconds : float
        Of one process.
    """

    rung: int
    settings: Settings
    epochs: int
    loss: float
    seconds: float

    @property
    def complete(self) -> bool:
        """Whether it was tried on the last rung, so that its loss may decide."""
        return self.rung == N_RUNGS - 1

    def plain(self) -> dict[str, Any]:
        """Its fields.

        Returns
        -------
        dict of str to object
            Ready for JSON.
        """
        return asdict(self)


Try = Callable[[Settings, int], Trial]
"""Settings, and the rung they are tried on."""


@dataclass
class Halving:
    """The search: brackets of settings, one after the other, until the budget is spent.

    The estimator's own settings come first and are tried on the last rung whatever that costs:
    what is chosen is therefore never worse on the inner folds than they are. A bracket that the
    budget cuts short has tried some settings, and those of its last rung count.

    Parameters
    ----------
    space : mapping of str to Range or Choices
    attempt : callable
        ``(settings, rung)`` -> Trial.
    budget_s : float
        Seconds of one process.
    known : list of Trial
        Of the same search, which was interrupted: they are not tried again, and their seconds are
        part of the budget.
    keep : callable, optional
        Called with all trials after each one.

    Notes
    -----
    Source: Jamieson & Talwalkar 2016, "Non-stochastic best arm identification and hyperparameter
    optimization"; Karnin, Koren & Somekh 2013.
    """

    space: Space
    attempt: Try
    budget_s: float
    known: list[Trial] = field(default_factory=list)
    keep: Callable[[list[Trial]], None] | None = None

    def run(self, seed: int) -> list[Trial]:
        """All trials, in the order in which they were made.

        Parameters
        ----------
        seed : int
            Of the settings that are drawn.

        Returns
        -------
        list of Trial
            At least one of the last rung.
        """
        trials: list[Trial] = []
        steps = self._asked(np.random.default_rng(seed))
        answer: Trial | None = None
        while True:
            settings, rung = steps.send(answer) if answer is not None else next(steps)
            answer = self._tried(settings, rung, len(trials))
            trials.append(answer)
            if self.keep is not None:
                self.keep(trials)
            if sum(trial.seconds for trial in trials) >= self.budget_s:
                return trials

    def _asked(self, rng: np.random.Generator) -> Any:
        """Settings and rungs to be tried, each answered with its trial."""
        yield {}, N_RUNGS - 1
        while True:
            kept = [drawn_settings(self.space, rng) for _ in range(KEPT ** (N_RUNGS - 1))]
            for rung in range(N_RUNGS):
                made = []
                for settings in kept:
                    made.append((yield settings, rung))
                best = sorted(made, key=lambda trial: trial.loss)[: max(1, len(kept) // KEPT)]
                kept = [trial.settings for trial in best]

    def _tried(self, settings: Settings, rung: int, number: int) -> Trial:
        """The trial, from those that are known where it is the same."""
        if number < len(self.known):
            before = self.known[number]
            if (before.rung, dict(before.settings)) == (rung, dict(settings)):
                return before
        return self.attempt(settings, rung)


def best_of(trials: list[Trial]) -> Trial:
    """The trial of the last rung with the least loss; the first of equals.

    Parameters
    ----------
    trials : list of Trial

    Returns
    -------
    Trial

    Examples
    --------
    >>> quick, whole = Trial(0, {"width": 8}, 3, 0.1, 1.0), Trial(2, {}, 9, 0.7, 5.0)
    >>> best_of([whole, quick]).epochs
    9
    """
    return min((trial for trial in trials if trial.complete), key=lambda trial: trial.loss)


def rungs(most_epochs: int, n_folds: int) -> Iterator[tuple[int, int]]:
    """Epochs and inner folds of each rung.

    Parameters
    ----------
    most_epochs, n_folds : int
        Of the last.

    Yields
    ------
    epochs, n_folds : int

    Examples
    --------
    >>> list(rungs(40, 3))
    [(5, 1), (14, 2), (40, 3)]
    """
    for rung in range(N_RUNGS):
        share = KEPT ** (N_RUNGS - 1 - rung)
        folds = n_folds if rung == N_RUNGS - 1 else min(n_folds, rung + 1)
        yield -(-most_epochs // share), folds
