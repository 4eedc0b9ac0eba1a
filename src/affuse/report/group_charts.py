"""Charts of the best system's figure on each group of clips, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from affuse.evaluation.group_tables import GroupTables, gap_sentence
from affuse.report.chart import COLOURS, NARROW, PAPER, Chart, chart_of, drawing, short
from affuse.report.reading import RunFolder
from affuse.report.results_charts import MODALITY_MARKERS
from affuse.tasks.headline import Headline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = {"system", "by", "group", "compared"}


def tables_of(run: RunFolder) -> GroupTables | None:
    """Figures by group in a run folder; None where there are none.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    GroupTables or None
    """
    figures = run.table("by")
    return GroupTables(figures, run.table("gaps")) if set(figures) >= COLUMNS else None


def group_charts(run: RunFolder) -> tuple[Chart, ...]:
    """One chart for each attribute that groups were made by, of the best system.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    tuple of Chart
        Empty where none was asked for, or every protocol leaks.
    """
    tables = tables_of(run)
    if tables is None or not len(run.honest):
        return ()
    system = str(run.honest["system"].iloc[0])
    figures = tables.figures[tables.figures["system"] == system]
    return tuple(
        _chart(run, own.reset_index(drop=True), gap_sentence(tables, system, str(by), headline))
        for headline in (run.task.headline,)
        for by, own in figures.groupby("by", sort=False)
    )


def _chart(run: RunFolder, rows: pd.DataFrame, sentence: str) -> Chart:
    headline, modality = run.task.headline, str(run.honest["modality"].iloc[0])
    with drawing(NARROW, 1.2 + 0.36 * len(rows)) as figure:
        axes = figure.subplots()
        _draw(axes, rows, headline, modality)
        names = zip(rows["group"], rows["n_speakers"], strict=True)
        axes.set_yticks(range(len(rows)), [f"{short(str(g))} ({n} speakers)" for g, n in names])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlabel(f"{headline.name}{' in %' if headline.scale == 100 else ''}")
        axes.grid(axis="x")
        text = sentence if rows["compared"].all() else f"{sentence} Open marks are not compared."
        title = f"{headline.name} by {rows['by'].iloc[0]}"
        return chart_of(figure, title, text, _numbers(rows, headline))


def _draw(axes: Axes, rows: pd.DataFrame, headline: Headline, modality: str) -> None:
    """Each group's figure with its interval; an open mark where it is not compared."""
    values, low, high = (
        headline.scale * rows[f"{headline.column}{end}"].to_numpy(np.float64)
        for end in ("", "_low", "_high")
    )
    colour, compared = COLOURS[modality], rows["compared"].to_numpy(bool)
    known = np.flatnonzero(~np.isnan(low))
    axes.hlines(known, low[known], high[known], color=colour, linewidth=1.5)
    for chosen, face in ((compared, colour), (~compared, PAPER)):
        at = np.flatnonzero(chosen)
        axes.plot(
            values[at], at, MODALITY_MARKERS[modality], color=colour, markerfacecolor=face,
            markersize=7,
        )  # fmt: skip


def _numbers(rows: pd.DataFrame, headline: Headline) -> pd.DataFrame:
    """The figures as numbers."""
    ends = zip(*(rows[f"{headline.column}{end}"] for end in ("_low", "_high")), strict=True)
    return pd.DataFrame(
        {
            "group": rows["group"],
            headline.name: rows[headline.column].map(headline.value),
            "95 % interval": [headline.bounds(*bounds) or "one speaker" for bounds in ends],
            "speakers": rows["n_speakers"],
            "clips": rows["n_clips"],
        }
    )
