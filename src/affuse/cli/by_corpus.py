"""What a run over several corpora found on each of them, as plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from affuse.cli.tables import aligned, widths_of
from affuse.evaluation.figures import bounds, points

if TYPE_CHECKING:
    from affuse.result import Result

HEADINGS = ("system", "corpus", "UAR", "95 % over speakers", "accuracy", "macro F1", "clips")


def by_corpus_text(result: Result) -> str:
    """Rows that keep speakers apart, each corpus by itself; empty where there is but one.

    Parameters
    ----------
    result : Result

    Returns
    -------
    str
        Several lines without a final newline.
    """
    honest = {item.name for item in result.honest}
    found = [row for row in result.by_corpus.to_dict("records") if row["system"] in honest]
    if not found:
        return ""
    rows = [HEADINGS, *map(_cells, found)]
    widths = widths_of(rows)
    title = "each corpus by itself, among the emotions that it can have (corpora.csv)"
    return "\n".join([title, *(aligned(row, widths) for row in rows)])


def _cells(row: Mapping[Any, Any]) -> tuple[str, ...]:
    interval = bounds(row["uar_low"], row["uar_high"]) or "one speaker"
    figures = (points(row[name]) for name in ("accuracy", "macro_f1"))
    return (
        row["system"],
        row["corpus"],
        points(row["uar"]),
        interval,
        *figures,
        f"{row['n_clips']}",
    )
