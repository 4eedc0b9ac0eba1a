"""What comparisons say, for readers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from affuse.evaluation.comparison import Comparison
from affuse.evaluation.sentences import best_of_fusions, sentence


def test_sentences():
    found = Comparison("fused", "video", 0.061, 0.023, 0.098, 0.001, 0.004, 1080, 18)
    assert sentence(found) == "fused beats video by 6.1 points [2.3, 9.8], p = 0.004 (Holm)"
    assert sentence(replace(found, p_holm=0.0001)).endswith("[2.3, 9.8], p < 0.001 (Holm)")
    assert sentence(replace(found, low=-0.01, p=0.06, p_holm=0.2)) == (
        "fused is ahead of video by 6.1 points [-1.0, 9.8], p = 0.200 (Holm): a difference these "
        "speakers cannot tell from none"
    )
    assert sentence(replace(found, p=0.02, p_holm=0.24, n_comparisons=12)) == (
        "fused is ahead of video by 6.1 points [2.3, 9.8], more than chance were it the one "
        "comparison (p = 0.020), but not surely as one of 12 (p = 0.240, Holm)"
    )
    level = replace(found, difference=-0.0, low=-0.05, high=0.05, p=1.0, p_holm=1.0)
    assert sentence(level) == (
        "fused and video are level: 0.0 points between them [-5.0, 5.0], p = 1.000 (Holm)"
    )
    alone = replace(found, low=np.nan, high=np.nan, p=1.0, p_holm=1.0)
    assert "by 6.1 points, p = 1.000 (Holm)" in sentence(alone)


def pairs(*p_values: tuple[float, float]) -> list[Comparison]:
    """The best fusion against others, the nearest first: p, and p after correction."""
    return [
        Comparison("best", f"other {n}", 0.01 * n, -0.1, 0.2, p, p_holm, 360, 6)
        for n, (p, p_holm) in enumerate(p_values)
    ]


def test_the_best_of_many_fusions():
    assert best_of_fusions("best", pairs((0.9, 1.0), (0.2, 1.0), (0.01, 0.06), (0.001, 0.01))) == (
        "Best of the fusions is best: it beats 1 of the other 4; it is ahead of 1 more by more "
        "than chance were each the one comparison, but not surely as one of 4; these speakers "
        "cannot tell it from the rest (the next, other 0, is level with it)."
    )
    assert best_of_fusions("best", pairs((0.001, 0.004), (0.001, 0.004))) == (
        "Best of the fusions is best: it beats the other 2."
    )
    assert best_of_fusions("best", pairs((0.3, 0.6), (0.9, 0.9))[1:]) == (
        "Best of the fusions is best: these speakers cannot tell it from the other one (the next, "
        "other 1, is 1.0 points behind, p = 0.900)."
    )
    assert "cannot tell it from any of the other 2 (" in best_of_fusions(
        "best", pairs((0.3, 0.6), (0.9, 0.9))
    )
    assert best_of_fusions("best", ()) == ""


def test_what_is_seen_alone_is_not_called_nothing():
    message = best_of_fusions("best", pairs((0.005, 0.057), (0.008, 0.057)))
    assert message == (
        "Best of the fusions is best: it is ahead of the other 2 by more than chance were each "
        "the one comparison, but not surely as one of 2."
    )
