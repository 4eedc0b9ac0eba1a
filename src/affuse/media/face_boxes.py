"""Boxes of faces, given as shares of the picture, as squares in pixels."""

from __future__ import annotations

from affuse.records import Box

_EDGE = 1e-6
"""Share of the picture: a box that ends this close to its edge was cut off there."""


def square_of(box: Box, width: int, height: int) -> tuple[float, float, float]:
    """Centre and side of the square of which a box, perhaps cut off by the picture, is the rest.

    Parameters
    ----------
    box : Box
    width : int
        Of the picture, in pixels.
    height : int
        Of the picture, in pixels.

    Returns
    -------
    tuple of (x, y, side)
        In pixels.

    Examples
    --------
    >>> square_of(Box(0.0, 0.25, 0.125, 0.5), 200, 100)
    (0.0, 50.0, 50.0)
    """
    side = max(box.width * width, box.height * height)
    x = _centre(box.left, box.left + box.width, side / width) * width
    y = _centre(box.top, box.top + box.height, side / height) * height
    return x, y, side


def holds_centre(outer: Box, inner: Box) -> bool:
    """Whether the centre of one box lies in another.

    Parameters
    ----------
    outer : Box
    inner : Box
        Whose centre it is.

    Returns
    -------
    bool
    """
    x, y = inner.left + inner.width / 2, inner.top + inner.height / 2
    return 0 <= x - outer.left <= outer.width and 0 <= y - outer.top <= outer.height


def _centre(low: float, high: float, length: float) -> float:
    cut_low, cut_high = low <= _EDGE, high >= 1.0 - _EDGE
    if cut_low and not cut_high:
        return high - length / 2
    if cut_high and not cut_low:
        return low + length / 2
    return (low + high) / 2
