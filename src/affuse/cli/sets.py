"""How often the conformal sets of a run hold the true emotion, as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from affuse.cli.tables import in_columns
from affuse.evaluation.emotion_sets import SHORT, Coverage
from affuse.tasks.figures import points
from affuse.tasks.headline import UAR

if TYPE_CHECKING:
    from affuse.result import Result

_HEADINGS = ("system", "clips of", "holds it", "95 % over speakers", "emotions", "one alone", "")


def sets_text(result: Result) -> str:
    """Coverage of the best row of each modality, on all clips and each corpus; empty without sets.

    Parameters
    ----------
    result : Result

    Returns
    -------
    str
        Several lines without a final newline.
    """
    best = {item.out_of_fold.system.modality: item.name for item in reversed(result.honest)}
    shown = (item for item in result.honest if item.name in best.values())
    found = [(item.name, one) for item in shown for one in item.coverage]
    if not found:
        return ""
    rows = [_HEADINGS, *(_cells(name, one) for name, one in found)]
    title = f"sets that are to hold the true emotion with {100 * found[0][1].asked:g} % (sets.csv)"
    return "\n".join([title, *in_columns(rows)])


def _cells(name: str, one: Coverage) -> tuple[str, ...]:
    return (
        name,
        one.corpus or "all",
        points(one.coverage),
        UAR.bounds(one.coverage_low, one.coverage_high) or "one speaker",
        f"{one.size:.1f} of {one.n_emotions}",
        points(one.one),
        SHORT if one.short else "",
    )
