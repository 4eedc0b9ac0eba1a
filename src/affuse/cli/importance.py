"""How far the best system of a run drops without each group of features, as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from affuse.cli.tables import in_columns

if TYPE_CHECKING:
    from affuse.result import Result

SHOWN = 10


def importance_text(result: Result) -> str:
    """The groups of features that are missed most; empty where none were measured.

    Parameters
    ----------
    result : Result

    Returns
    -------
    str
        Several lines without a final newline.
    """
    if not result.importances:
        return ""
    headline = result.task.headline
    rows = [("group", f"drop, {headline.compared}", "least, most")]
    rows += [
        (one.group, headline.value(one.drop), headline.bounds(one.low, one.high))
        for one in result.importances[:SHOWN]
    ]
    title = f"how far {result.honest[0].name} drops without each group of features (importance.csv)"
    more = len(result.importances) - SHOWN
    rest = [f"and {more} more"] if more > 0 else []
    return "\n".join([title, *in_columns(rows), *rest])
