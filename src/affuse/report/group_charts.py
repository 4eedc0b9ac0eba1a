"""For whom the best system works: its figure on each group of clips, with intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from affuse.evaluation.group_tables import GroupTables, gap_sentence
from affuse.report.chart import COLOURS, PAPER, Chart, chart_of, drawing, short
from affuse.report.reading import RunFolder
from affuse.report.results_charts import MODALITY_MARKERS

COLUMNS = {"system", "by", "group", "compared"}


def tables_of(run: RunFolder) -> GroupTables | None:
    """Figures by group that a run folder has; None where it has none.

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
    """A chart for each thing that groups were made by, of the best system.

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
    headline, by = run.task.headline, str(rows["by"].iloc[0])
    values, low, high = (
        headline.scale * rows[f"{headline.column}{end}"].to_numpy(np.float64)
        for end in ("", "_low", "_high")
    )
    modality = str(run.honest["modality"].iloc[0])
    with drawing(6.2, 1.3 + 0.42 * len(rows)) as figure:
        axes = figure.subplots()
        known = ~np.isnan(low)
        axes.hlines(
            np.flatnonzero(known), low[known], high[known], color=COLOURS[modality], linewidth=1.5
        )
        for at, face in ((rows["compared"].to_numpy(bool), COLOURS[modality]), (None, PAPER)):
            chosen = np.flatnonzero(at if at is not None else ~rows["compared"].to_numpy(bool))
            axes.plot(
                values[chosen], chosen, MODALITY_MARKERS[modality], color=COLOURS[modality],
                markerfacecolor=face, markersize=7,
            )  # fmt: skip
        names = [
            f"{short(str(row['group']))} ({row['n_speakers']} speakers)"
            for _, row in rows.iterrows()
        ]
        axes.set_yticks(range(len(rows)), names)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlabel(f"{headline.name}{' in %' if headline.scale == 100 else ''}")
        axes.grid(axis="x")
        table = pd.DataFrame({
            "group": rows["group"],
            headline.name: [headline.value(v) for v in rows[headline.column]],
            "95 % interval": [
                headline.bounds(a, b) or "one speaker"
                for a, b in zip(rows[f"{headline.column}_low"], rows[f"{headline.column}_high"],
                                strict=True)
            ],
            "speakers": rows["n_speakers"],
            "clips": rows["n_clips"],
        })  # fmt: skip
        text = f"{sentence} Open marks are not compared."
        if rows["compared"].all():
            text = sentence
        return chart_of(figure, f"By {by}", text, table)
