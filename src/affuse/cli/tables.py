"""Results and indexes as plain text that reads well in a terminal of 100 columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from affuse.storage.plain_text import counted
from affuse.tasks.figures import p_value

if TYPE_CHECKING:
    import pandas as pd

    from affuse.corpora.index import IndexSummary
    from affuse.result import Result
    from affuse.splits.protocols import Protocol

NAMED = ("system", "modality")
"""Columns that name a system; those of its task's figures follow."""


def result_text(result: Result) -> str:
    """Everything that is printed after a run, leaky rows set apart.

    Parameters
    ----------
    result : Result

    Returns
    -------
    str
        Several lines without a final newline.
    """
    table = result.results
    honest, leaky = table[~table["leaky"]], table[table["leaky"]]
    protocols = {protocol.label: protocol for protocol in result.protocols}
    lines = [result.headline(), ""]
    headings = (*NAMED, *result.task.headings)
    widths = widths_of([headings, *(_cells(row, result) for _, row in table.iterrows())])
    if len(honest):
        first = honest["protocol"] == honest["protocol"].iloc[0]
        lines += [aligned(headings, widths), *_body(honest[first], result, widths)]
        for _, part in honest[~first].groupby("protocol", sort=False):
            lines += ["", _further(protocols[part["protocol"].iloc[0]])]
            lines += [aligned(headings, widths), *_body(part, result, widths)]
    for protocol, part in leaky.groupby("protocol", sort=False):
        own = protocols[str(protocol)]
        lines += ["", f"leaky, not comparable: {own.title} ({own.leak})"]
        lines += [aligned(headings, widths), *_body(part, result, widths)]
    return "\n".join([*lines, *_each_target(result), *_paired(result), *_reading(result)])


def short_text(result: Result) -> str:
    """The results in short: the best row of each modality, and leaky ones in one line.

    Parameters
    ----------
    result : Result

    Returns
    -------
    str
        Several lines without a final newline.
    """
    table = result.results
    protocols = {protocol.label: protocol for protocol in result.protocols}
    honest, leaky = table[~table["leaky"]], table[table["leaky"]]
    best = honest[honest["protocol"].isin(honest["protocol"].head(1))].drop_duplicates("modality")
    headings = (*NAMED, *result.task.headings)
    widths = widths_of([headings, *(_cells(row, result) for _, row in best.iterrows())])
    lines = [result.headline(), ""]
    if len(best):
        lines += ["best of each modality, speakers kept apart", aligned(headings, widths)]
        lines += _body(best, result, widths)
    for protocol, part in leaky.groupby("protocol", sort=False):
        own = protocols[str(protocol)]
        headline = result.task.headline
        highest = headline.value(part[headline.column].max())
        lines += ["", f"leaky, not comparable: {own.title} up to {highest} ({own.leak})"]
    return "\n".join([*lines, *_reading(result)])


def summary_text(summary: IndexSummary) -> str:
    """The content of an index, in a few lines.

    Parameters
    ----------
    summary : IndexSummary

    Returns
    -------
    str
    """
    speakers = counted(summary.n_speakers, "speaker")
    numbers = {
        "emotions": summary.emotions,
        "targets": summary.targets,
        "modalities": summary.modalities,
    }
    return "\n".join(
        [
            f"{counted(summary.n_clips, 'clip')}   {speakers}   "
            f"{counted(len(summary.emotions), 'emotion')}   "
            f"{counted(summary.n_skipped, 'file')} left out",
            *(
                f"{name:<10}   " + "   ".join(f"{each} {count}" for each, count in counts.items())
                for name, counts in numbers.items()
                if counts
            ),
        ]
    )


def listed(title: str, lines: Iterable[str], limit: int = 20) -> str:
    """A titled list, cut after `limit` lines with a count of the rest; empty for no lines.

    Parameters
    ----------
    title : str
    lines : iterable of str
    limit : int
        Lines that are shown.

    Returns
    -------
    str
    """
    chosen = list(lines)
    if not chosen:
        return ""
    rest = [f"  ... and {len(chosen) - limit} more"] if len(chosen) > limit else []
    return "\n".join([title, *(f"  {line}" for line in chosen[:limit]), *rest])


def widths_of(rows: Iterable[Sequence[str]]) -> list[int]:
    """Width of each column of a table.

    Parameters
    ----------
    rows : iterable of sequence of str

    Returns
    -------
    list of int
    """
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """A row in columns: words to the left, numbers (from the third column on) to the right.

    Parameters
    ----------
    cells : sequence of str
    widths : sequence of int
        As `widths_of` gives them.

    Returns
    -------
    str
    """
    words = [cell.ljust(width) for cell, width in zip(cells[:2], widths[:2], strict=True)]
    numbers = [cell.rjust(width) for cell, width in zip(cells[2:], widths[2:], strict=True)]
    return "   ".join([*words, *numbers]).rstrip()


def in_columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows of a table, `aligned` by the widths of its columns.

    Parameters
    ----------
    rows : sequence of sequence of str

    Returns
    -------
    list of str
    """
    widths = widths_of(rows)
    return [aligned(row, widths) for row in rows]


def _further(protocol: Protocol) -> str:
    """Heading over the rows of a further protocol that keeps speakers apart."""
    if protocol.across_corpora:
        return f"{protocol.label}, over the emotions that both sides show"
    n_folds = len(protocol.folds)
    return f"{protocol.label}, {counted(n_folds, 'fold')} that affuse made"


def _reading(result: Result) -> list[str]:
    """The sentences about the table, after an empty line; nothing where there are none."""
    sentences = result.reading()
    return ["", *sentences] if sentences else []


def _paired(result: Result) -> list[str]:
    """Each fused row against the best single modality."""
    found = result.against_single
    if not found:
        return []
    single, headline = result.single[0].name, result.task.headline
    rows = [("system", "", headline.compared, "95 % interval", "p (Holm)")]
    for fused, pair in zip(result.fused, found, strict=True):
        sign = 1 if pair.better == fused.name else -1
        interval = headline.bounds(*sorted((sign * pair.low, sign * pair.high)))
        gain = headline.value(sign * pair.difference, signed=True)
        rows.append((fused.name, "", gain, interval, p_value(pair.p_holm)))
    title = f"fused rows against {single}, the best single modality, clip by clip"
    return ["", title, *in_columns(rows)]


def _each_target(result: Result) -> list[str]:
    """Figures of each number by the best system, where it predicts several."""
    targets = result.table.targets
    if len(targets) < 2 or not result.honest:
        return []
    best, task = result.honest[0], result.task
    row = result.results.iloc[result.evaluated.index(best)]
    own = [{name: row.get(f"{name}_{t}", row[name]) for name in row.index} for t in targets]
    rows = [
        ("target", "", *task.headings),
        *((t, "", *task.cells(cells)) for t, cells in zip(targets, own, strict=True)),
    ]
    return ["", f"each target by {best.name}", *in_columns(rows)]


def _body(table: pd.DataFrame, result: Result, widths: Sequence[int]) -> list[str]:
    return [aligned(_cells(row, result), widths) for _, row in table.iterrows()]


def _cells(row: pd.Series, result: Result) -> tuple[str, ...]:
    # A fusion that is a network itself has no model.
    name = ", ".join(filter(None, (row["fusion"], row["model"])))
    return (
        name,
        row["modality"],
        *result.task.cells({str(key): value for key, value in row.items()}),
    )
