"""Comparisons in words: the difference with its interval first, then whether it is significant."""

from __future__ import annotations

from collections.abc import Sequence

from affuse.evaluation.comparison import Comparison
from affuse.tasks.figures import p_text
from affuse.tasks.headline import UAR, Headline
from affuse.tasks.significance import SIGNIFICANT


def sentence(comparison: Comparison, headline: Headline = UAR) -> str:
    """A comparison of a headline figure, in words.

    Parameters
    ----------
    comparison : Comparison
    headline : Headline
        The figure that was compared.

    Returns
    -------
    str
        Without a full stop.

    Examples
    --------
    >>> print(sentence(Comparison("fused", "video", 0.061, 0.023, 0.098, 0.002, 0.004, 1080, 18)))
    fused beats video by 6.1 points [2.3, 9.8], p = 0.004 (Holm)
    """
    one = comparison
    interval = headline.bounds(one.low, one.high, before=" ")
    if headline.is_nothing(one.difference):
        return (
            f"{one.better} and {one.other} are level: {headline.amount(0)} between them{interval}, "
            f"{p_text(one.p_holm)} (Holm)"
        )
    amount = f"by {headline.amount(one.difference)}{interval}"
    if one.real:
        return f"{one.better} beats {one.other} {amount}, {p_text(one.p_holm)} (Holm)"
    ahead = f"{one.better} is ahead of {one.other} {amount}"
    if one.p < SIGNIFICANT:
        return (
            f"{ahead}, more than chance were it the one comparison ({p_text(one.p)}), but not "
            f"surely as one of {one.n_comparisons} ({p_text(one.p_holm)}, Holm)"
        )
    return (
        f"{ahead}, {p_text(one.p_holm)} (Holm): a difference these speakers cannot tell from none"
    )


def floor_of_swaps(comparisons: Sequence[Comparison]) -> str:
    """A caution where there are too few speakers for a permutation of whole speakers.

    Empty where it could.

    Parameters
    ----------
    comparisons : sequence of Comparison
        All that were made together.

    Returns
    -------
    str
    """
    if not comparisons:
        return ""
    one = comparisons[0]
    return floor_text(one.p_swap_least, one.n_speakers, len(comparisons))


def floor_text(least_p: float, n_speakers: int, n_comparisons: int) -> str:
    """As `floor_of_swaps`, from the least p value that so many speakers can give.

    Parameters
    ----------
    least_p : float
        The least that swaps of these speakers can give.
    n_speakers : int
    n_comparisons : int
        That were made together.

    Returns
    -------
    str
        Empty where a difference could have been shown.
    """
    corrected = min(1.0, least_p * n_comparisons)
    if not corrected >= SIGNIFICANT:
        return ""
    among = f", {corrected:.3f} corrected for {n_comparisons} comparisons"
    return (
        "These intervals and p values are of a mixed model of clips within speakers. A test that "
        f"swaps systems for whole speakers could not show any difference here: with {n_speakers} "
        f"speakers its p cannot go below {least_p:.3f}{among if n_comparisons > 1 else ''}."
    )


def best_of_fusions(best: str, found: Sequence[Comparison], headline: Headline = UAR) -> str:
    """Which other fusions the best one beats; empty where there is no other.

    Parameters
    ----------
    best : str
    found : sequence of Comparison
        Of the best one with each of the others.
    headline : Headline
        The figure that is compared.

    Returns
    -------
    str
        One sentence.
    """
    if not found:
        return ""
    sure = [pair for pair in found if pair.real]
    alone = [pair for pair in found if not pair.real and pair.p < SIGNIFICANT]
    alike = [pair for pair in found if pair not in sure and pair not in alone]
    others = f"the other {len(found)}" if len(found) > 1 else "the other one"

    def of_others(some: Sequence[Comparison]) -> str:
        return others if len(some) == len(found) else f"{len(some)} of {others}"

    parts = [f"it beats {of_others(sure)}"] if sure else []
    if alone:
        parts.append(
            f"it is ahead of {f'{len(alone)} more' if sure else of_others(alone)} by more than "
            f"chance were each the one comparison, but not surely as one of {len(found)}"
        )
    if alike:
        rest = "the rest" if parts else (others if len(found) == 1 else f"any of {others}")
        nearest = min(alike, key=lambda pair: pair.difference)
        parts.append(
            f"these speakers cannot tell it from {rest} (the next, {_behind(nearest, headline)})"
        )
    return f"Best of the fusions is {best}: {'; '.join(parts)}."


def _behind(pair: Comparison, headline: Headline) -> str:
    if headline.is_nothing(pair.difference):
        return f"{pair.other}, is level with it"
    return f"{pair.other}, is {headline.amount(pair.difference)} behind, {p_text(pair.p_holm)}"
