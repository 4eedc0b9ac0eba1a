"""A prediction -> Praat's TextGrid, one interval tier per kind of result."""

from __future__ import annotations

from collections.abc import Iterable

from affuse.export.format import Format
from affuse.export.tiers import Tier, tiers
from affuse.records import Prediction
from affuse.storage.plain_text import printable

_DIGITS = 6
_SHORTEST_S = 0.001

Interval = tuple[float, float, str]


def to_textgrid(prediction: Prediction) -> str:
    """A TextGrid in Praat's long text format.

    Tiers as `affuse.export.tiers.tiers` says. Praat's intervals leave no gap: stretches that a
    tier has nothing to say about are intervals without text. All tiers span 0 s to the end.

    Source  Praat manual, "TextGrid file formats"

    Parameters
    ----------
    prediction : Prediction

    Returns
    -------
    str
    """
    found = tiers(prediction)
    ends = [end_s for tier in found for _, end_s, _ in tier.intervals]
    end_s = round(max([prediction.duration_s, _SHORTEST_S, *ends]), _DIGITS)
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        f"xmin = {0.0}",
        f"xmax = {end_s}",
        "tiers? <exists>",
        f"size = {len(found)}",
        "item []:",
    ]
    for number, tier in enumerate(found, start=1):
        lines += _tier(number, tier, end_s)
    return "\n".join(lines) + "\n"


def _tier(number: int, tier: Tier, end_s: float) -> Iterable[str]:
    intervals = list(_without_gaps(tier, end_s))
    yield f"    item [{number}]:"
    yield '        class = "IntervalTier"'
    yield f"        name = {_quoted(tier.name)}"
    yield f"        xmin = {0.0}"
    yield f"        xmax = {end_s}"
    yield f"        intervals: size = {len(intervals)}"
    for place, (start, end, text) in enumerate(intervals, start=1):
        yield f"        intervals [{place}]:"
        yield f"            xmin = {start}"
        yield f"            xmax = {end}"
        yield f"            text = {_quoted(text)}"


def _without_gaps(tier: Tier, end_s: float) -> Iterable[Interval]:
    reached = 0.0
    for start, end, text in tier.intervals:
        first, last = round(start, _DIGITS), round(end, _DIGITS)
        if first > reached:
            yield reached, first, ""
        if last > first:
            yield first, last, text
            reached = last
    if reached < end_s:
        yield reached, end_s, ""


def _quoted(text: str) -> str:
    doubled = printable(text).replace('"', '""')
    return f'"{doubled}"'


FORMAT = Format("Praat TextGrid", to_textgrid, "one", ".TextGrid", annotators=True)
