"""Figures as text: points, bounds, p values; never "-0"."""

from __future__ import annotations

import math


def points(fraction: float, *, signed: bool = False) -> str:
    """A difference of fractions in points, with one decimal.

    Parameters
    ----------
    fraction : float
        0.01 is a point.
    signed : bool
        Whether a plus is written.

    Returns
    -------
    str

    Examples
    --------
    >>> points(0.061), points(0.061, signed=True), points(-0.0004), points(-0.0004, signed=True)
    ('6.1', '+6.1', '0.0', '0.0')
    """
    shown = f"{100 * fraction:z.1f}"
    return f"+{shown}" if signed and fraction > 0 and shown != "0.0" else shown


def bounds(low: float, high: float, *, before: str = "") -> str:
    """Bounds of an interval in points, after `before`; empty where there is none.

    Parameters
    ----------
    low, high : float
        0.01 is a point; NaN where there is no interval.
    before : str

    Returns
    -------
    str

    Examples
    --------
    >>> bounds(-0.0001, 0.098), bounds(float("nan"), float("nan"), before=" ")
    ('[0.0, 9.8]', '')
    """
    if math.isnan(low) or math.isnan(high):
        return ""
    return f"{before}[{points(low)}, {points(high)}]"


def p_value(p: float) -> str:
    """A p value with three decimals; never 0.

    Parameters
    ----------
    p : float
        0 to 1.

    Returns
    -------
    str

    Examples
    --------
    >>> p_value(0.0312), p_value(0.00004)
    ('0.031', '< 0.001')
    """
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def p_text(p: float) -> str:
    """A p value within a sentence.

    Parameters
    ----------
    p : float
        0 to 1.

    Returns
    -------
    str

    Examples
    --------
    >>> p_text(0.0312), p_text(0.00004)
    ('p = 0.031', 'p < 0.001')
    """
    return f"p {p_value(p)}" if p < 0.001 else f"p = {p_value(p)}"
