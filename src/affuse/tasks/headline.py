"""The figure by which a task's systems are ranked and compared, and how it is written."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure of merit, and how it is written.

    Attributes
    ----------
    column : str
        Of results.csv; its bounds stand under the same name with ``_low`` and ``_high``.
    name : str
        In tables and sentences.
    unit : str
        What follows a difference.
    compared : str
        What a column of differences is called.
    scale, decimals : int
        What a fraction is multiplied by when it is shown, and to how many decimals.
    lowest, highest : float
        Ends of its range.

    Examples
    --------
    >>> UAR.value(0.701), UAR.amount(0.061), UAR.bounds(0.023, 0.098)
    ('70.1', '6.1 points', '[2.3, 9.8]')
    >>> CCC.value(0.701), CCC.amount(0.061), CCC.bounds(0.023, 0.098)
    ('0.701', '0.061 in CCC', '[0.023, 0.098]')
    """

    column: str
    name: str
    unit: str
    compared: str
    scale: int
    decimals: int
    lowest: float
    highest: float

    def value(self, fraction: float, *, signed: bool = False) -> str:
        """The figure, or a difference of two, as text; never "-0".

        Parameters
        ----------
        fraction : float
        signed : bool
            Whether a plus is written.

        Returns
        -------
        str
            As many decimals as the figure is shown with.
        """
        shown = f"{self.scale * fraction:z.{self.decimals}f}"
        return f"+{shown}" if signed and fraction > 0 and not self.is_nothing(fraction) else shown

    def amount(self, difference: float) -> str:
        """A difference with its unit.

        Parameters
        ----------
        difference : float
            Of two figures.

        Returns
        -------
        str
        """
        return f"{self.value(difference)} {self.unit}"

    def is_nothing(self, difference: float) -> bool:
        """Whether a difference is shown as 0.

        Parameters
        ----------
        difference : float
            Of two figures.

        Returns
        -------
        bool
        """
        return f"{self.scale * difference:z.{self.decimals}f}" == self.value_of_nothing

    @property
    def value_of_nothing(self) -> str:
        """How 0 is shown."""
        return f"{0:.{self.decimals}f}"

    def bounds(self, low: float, high: float, *, before: str = "") -> str:
        """Bounds of an interval after `before`; empty where there is none.

        Parameters
        ----------
        low, high : float
            NaN where there is no interval.
        before : str

        Returns
        -------
        str
        """
        if math.isnan(low) or math.isnan(high):
            return ""
        return f"{before}[{self.value(low)}, {self.value(high)}]"


UAR = Headline("uar", "UAR", "points", "points of UAR", 100, 1, 0.0, 1.0)
"""Unweighted average recall, the mean recall over classes."""

CCC = Headline("ccc", "CCC", "in CCC", "CCC", 1, 3, -1.0, 1.0)
"""Concordance correlation coefficient, the mean over targets."""
