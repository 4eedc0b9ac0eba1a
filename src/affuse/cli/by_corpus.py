"""Figures of a run on each of several corpora, as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from affuse.cli.tables import in_columns

if TYPE_CHECKING:
    from affuse.result import Result


def by_corpus_text(result: Result) -> str:
    """Figures of rows that keep speakers apart, corpus by corpus; empty where there is but one.

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
    task = result.task
    rows = [("system", "corpus", *task.headings)]
    for row in found:
        cells = {str(column): value for column, value in row.items()}
        rows.append((cells["system"], cells["corpus"], *task.cells(cells)))
    among = "" if result.table.targets else ", among the emotions that it can have"
    title = f"each corpus by itself{among} (corpora.csv)"
    return "\n".join([title, *in_columns(rows)])
