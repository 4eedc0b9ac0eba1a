"""Results and indexes as plain text that reads well in a terminal of 100 columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from affuse.evaluation.figures import bounds, p_value, points

if TYPE_CHECKING:
    import pandas as pd

    from affuse.corpora.index import IndexSummary
    from affuse.result import Result

HEADINGS = ("system", "modality", "UAR", "95 % over speakers", "accuracy", "macro F1", "clips")


def result_text(result: Result) -> str:
    """Everything a person reads after a run, leaky rows set apart.

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
    lines = [result.headline(), ""]
    rows = [HEADINGS, *(_cells(row) for _, row in table.iterrows())]
    widths = widths_of(rows)
    if len(honest):
        lines += [aligned(HEADINGS, widths), *_body(honest, widths)]
    for protocol, part in leaky.groupby("protocol", sort=False):
        lines += ["", f"leaky, not comparable: {protocol} protocol ({result.leaks[str(protocol)]})"]
        lines += [aligned(HEADINGS, widths), *_body(part, widths)]
    return "\n".join([*lines, *_paired(result), *_reading(result)])


def short_text(result: Result) -> str:
    """The same, cut down to a first look: the best row of each modality, and what leaks as a line.

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
    best = honest.drop_duplicates("modality")
    rows = [HEADINGS, *(_cells(row) for _, row in best.iterrows())]
    widths = widths_of(rows)
    lines = [result.headline(), ""]
    if len(best):
        lines += ["best of each modality, speakers kept apart", aligned(HEADINGS, widths)]
        lines += _body(best, widths)
    for protocol, part in leaky.groupby("protocol", sort=False):
        reason = result.leaks[str(protocol)]
        told = f"leaky, not comparable: {protocol} protocol up to {points(part['uar'].max())}"
        lines += ["", f"{told} ({reason})"]
    return "\n".join([*lines, *_reading(result)])


def summary_text(summary: IndexSummary) -> str:
    """What an index holds, in a few lines."""
    counts = "   ".join(f"{name} {count}" for name, count in summary.emotions.items())
    present = "   ".join(f"{name} {count}" for name, count in summary.modalities.items())
    return "\n".join(
        [
            f"{summary.n_clips:,} clips   {summary.n_speakers} speakers   "
            f"{len(summary.emotions)} emotions   {summary.n_skipped} files left out",
            f"emotions     {counts}",
            f"modalities   {present}",
        ]
    )


def listed(title: str, lines: Iterable[str], limit: int = 20) -> str:
    """A titled list, cut after `limit` lines with a count of the rest; empty for no lines."""
    chosen = list(lines)
    if not chosen:
        return ""
    rest = [f"  ... and {len(chosen) - limit} more"] if len(chosen) > limit else []
    return "\n".join([title, *(f"  {line}" for line in chosen[:limit]), *rest])


def widths_of(rows: Iterable[Sequence[str]]) -> list[int]:
    """Width of each column of a table."""
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """A row in columns: words to the left, numbers (from the third column on) to the right."""
    words = [cell.ljust(width) for cell, width in zip(cells[:2], widths[:2], strict=True)]
    numbers = [cell.rjust(width) for cell, width in zip(cells[2:], widths[2:], strict=True)]
    return "   ".join([*words, *numbers]).rstrip()


def _reading(result: Result) -> list[str]:
    """What the table says, after an empty line; nothing where it says nothing."""
    told = result.reading()
    return ["", *told] if told else []


def _paired(result: Result) -> list[str]:
    """Each fused row against the best single modality."""
    found = result.against_single
    if not found:
        return []
    single = result.single[0].name
    rows = [("system", "", "points of UAR", "95 % interval", "p (Holm)")]
    for fused, pair in zip(result.fused, found, strict=True):
        sign = 1 if pair.better == fused.name else -1
        interval = bounds(*sorted((sign * pair.low, sign * pair.high)))
        gain = points(sign * pair.difference, signed=True)
        rows.append((fused.name, "", gain, interval, p_value(pair.p_holm)))
    widths = widths_of(rows)
    title = f"fused rows against {single}, the best single modality, clip by clip"
    return ["", title, *(aligned(row, widths) for row in rows)]


def _body(table: pd.DataFrame, widths: Sequence[int]) -> list[str]:
    return [aligned(_cells(row), widths) for _, row in table.iterrows()]


def _cells(row: pd.Series) -> tuple[str, ...]:
    low, high = row["uar_low"], row["uar_high"]
    interval = bounds(low, high) or "one speaker"
    figures = (points(row[name]) for name in ("accuracy", "macro_f1"))
    name = f"{row['fusion']}, {row['model']}" if row["fusion"] else row["model"]
    return (
        name,
        row["modality"],
        points(row["uar"]),
        interval,
        *figures,
        f"{row['n_clips']}",
    )
