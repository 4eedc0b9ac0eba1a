"""Charts of numbers: truth against prediction, and how far they agree by speaker."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from affuse.report.chart import COLOURS, FAINT, NARROW, Chart, chart_of, drawing, short
from affuse.report.reading import RunFolder
from affuse.report.results_charts import MODALITY_MARKERS, MODALITY_NAMES

MOST_POINTS = 1500
"""Clips in one scatter: of more, evenly chosen ones."""


def scatter_charts(run: RunFolder) -> tuple[Chart, ...]:
    """Truth and prediction of each target by the best system of each modality.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    tuple of Chart
        One per modality and target.
    """
    return tuple(
        _scatter(run.predictions_of(system), system, modality, target)
        for modality, system in run.best.items()
        for target in run.targets
    )


def _scatter(clips: pd.DataFrame, system: str, modality: str, target: str) -> Chart:
    shown = clips
    if len(clips) > MOST_POINTS:
        shown = clips.iloc[np.linspace(0, len(clips) - 1, MOST_POINTS).astype(int)]
    truth, predicted = shown[target], shown[f"predicted_{target}"]
    ends = [float(min(truth.min(), predicted.min())), float(max(truth.max(), predicted.max()))]
    with drawing(4.6, 4.6) as figure:
        axes = figure.subplots()
        axes.plot(ends, ends, color=FAINT, linewidth=1)
        axes.plot(
            truth, predicted, MODALITY_MARKERS[modality], color=COLOURS[modality], markersize=3.5,
            alpha=0.6,
        )  # fmt: skip
        axes.set_xlabel(f"true {short(target)}")
        axes.set_ylabel(f"predicted {short(target)}")
        axes.set_aspect("equal", adjustable="datalim")
        axes.grid()
        spread = float(clips[f"predicted_{target}"].std()) / float(clips[target].std() or 1)
        text = (
            f"{len(shown)} clips by {system}; on the line predictions are exact. Predictions vary "
            f"{spread:.2f} times as much as the truth."
        )
        return chart_of(figure, f"{target}, {MODALITY_NAMES[modality]}", text)


def speaker_ccc_chart(run: RunFolder) -> Chart | None:
    """CCC of each speaker, one mark per modality, speakers sorted by the last.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    Chart or None
        None where no speaker has a CCC.
    """
    shown = pd.DataFrame(dict(_speakers(run)))
    if not len(shown):
        return None
    shown = shown.sort_values(shown.columns[-1])
    with drawing(NARROW, 3.2) as figure:
        axes = figure.subplots()
        for modality, name in MODALITY_NAMES.items():
            if name in shown:
                axes.plot(
                    range(len(shown)), shown[name], MODALITY_MARKERS[modality],
                    color=COLOURS[modality], label=name, markersize=6,
                )  # fmt: skip
        axes.set_xticks(range(len(shown)), [short(str(name)) for name in shown.index], rotation=90)
        axes.set_xlabel("speaker, sorted")
        axes.set_ylabel("CCC")
        axes.grid(axis="y")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, fontsize=10)
        last = shown[shown.columns[-1]]
        text = (
            f"The {shown.columns[-1]} system gets from {last.min():.3f} (speaker {last.idxmin()}) "
            f"to {last.max():.3f} (speaker {last.idxmax()}) on single speakers."
        )
        return chart_of(figure, "CCC of each speaker", text, shown.round(3).reset_index())


def _speakers(run: RunFolder) -> Iterator[tuple[str, pd.Series]]:
    table = run.table("speakers")
    for modality, system in run.best.items():
        own = table[table["system"] == system] if len(table) else table
        if len(own):
            yield MODALITY_NAMES[modality], own.set_index("speaker")["ccc"]
