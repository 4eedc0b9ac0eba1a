"""Values among which a setting is chosen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

Setting = float | int
Settings = Mapping[str, Setting]


@dataclass(frozen=True, slots=True)
class Range:
    """Any number between two.

    Attributes
    ----------
    low, high : float
    log : bool
        Draw its logarithm evenly, as for what matters by its factor.

    Examples
    --------
    >>> 0.001 <= Range(0.001, 0.1, log=True).drawn(np.random.default_rng(0)) <= 0.1
    True
    """

    low: float
    high: float
    log: bool = False

    def drawn(self, rng: np.random.Generator) -> float:
        """A number, of three digits so that what is shown is what was used.

        Parameters
        ----------
        rng : Generator

        Returns
        -------
        float
        """
        if not self.log:
            return float(f"{rng.uniform(self.low, self.high):.3g}")
        return float(f"{math.exp(rng.uniform(math.log(self.low), math.log(self.high))):.3g}")


@dataclass(frozen=True, slots=True)
class Choices:
    """One of several numbers.

    Attributes
    ----------
    values : tuple of numbers

    Examples
    --------
    >>> Choices((16, 32)).drawn(np.random.default_rng(0)) in (16, 32)
    True
    """

    values: tuple[Setting, ...]

    def drawn(self, rng: np.random.Generator) -> Setting:
        """One of the values.

        Parameters
        ----------
        rng : Generator

        Returns
        -------
        int or float
        """
        return self.values[int(rng.integers(len(self.values)))]


Space = Mapping[str, Range | Choices]
"""Parameter of an estimator -> its values."""


def drawn_settings(space: Space, rng: np.random.Generator) -> dict[str, Setting]:
    """A value of each setting, at random.

    Parameters
    ----------
    space : mapping of str to Range or Choices
    rng : Generator

    Returns
    -------
    dict of str to number
    """
    return {name: space[name].drawn(rng) for name in sorted(space)}
