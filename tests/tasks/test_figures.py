"""Figures as readers see them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affuse.tasks.figures import bounds, p_text, p_value, points


@pytest.mark.parametrize(
    ("fraction", "plain", "signed"),
    [
        (0.294, "29.4", "+29.4"),
        (-0.021, "-2.1", "-2.1"),
        (0.0, "0.0", "0.0"),
        (-0.0, "0.0", "0.0"),
        (-0.0004, "0.0", "0.0"),
        (0.0004, "0.0", "0.0"),
        (-0.0006, "-0.1", "-0.1"),
        (np.float64(-1e-17), "0.0", "0.0"),
    ],
)
def test_points(fraction, plain, signed):
    assert points(fraction) == plain
    assert points(fraction, signed=True) == signed


@given(st.floats(-1, 1))
def test_minus_nothing_is_never_shown(fraction):
    for shown in (points(fraction), points(fraction, signed=True), bounds(fraction, fraction)):
        assert "-0.0" not in shown
        assert "+0.0" not in shown


def test_bounds_and_p_values():
    assert bounds(-0.051, 0.062) == "[-5.1, 6.2]"
    assert bounds(-0.0001, 0.062, before=" ") == " [0.0, 6.2]"
    assert bounds(np.nan, 0.1) == ""
    assert (p_text(0.0009), p_text(0.375)) == ("p < 0.001", "p = 0.375")
    assert (p_value(0.0009), p_value(0.375)) == ("< 0.001", "0.375")
