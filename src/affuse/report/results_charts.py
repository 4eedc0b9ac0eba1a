"""Charts of figures: paired differences, recalls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from affuse.report.chart import (
    COLOURS,
    FAINT,
    INK,
    NARROW,
    PAPER,
    WIDE,
    Chart,
    chart_of,
    drawing,
    short,
)
from affuse.report.reading import RunFolder
from affuse.storage.plain_text import counted
from affuse.tasks.significance import SIGNIFICANT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MODALITY_MARKERS = {"audio": "o", "video": "s", "audio+video": "D"}
MODALITY_NAMES = {"audio": "audio", "video": "video", "audio+video": "fused"}
FUSED_MODALITY = "audio+video"
SHOWN = 12
"""Systems in one chart; the table has all."""
_MOST_NAMED = 60
"""Speakers whose names find room below an axis; the table beneath has all."""
_LETTERS_BELOW = 70
"""In the names below an axis: more would overlap, and are turned."""


def paired_charts(run: RunFolder) -> tuple[Chart, ...]:
    """Gain of each fusion over the best single modality; lead of the best system over all.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    tuple of Chart
        Empty where nothing was compared.
    """
    pairs = run.table("comparisons")
    if not len(pairs) or not run.best:
        return ()
    single = run.honest[run.honest["modality"] != FUSED_MODALITY]["system"]
    fused = run.honest[run.honest["modality"] == FUSED_MODALITY]["system"]
    charts = []
    if len(single) and len(fused):
        first = str(single.iloc[0])
        gains = _against(pairs, first)
        gains = gains[gains["system"].isin(fused)].sort_values("difference", ascending=False)
        title = "What fusion gains over the best single modality"
        charts.append(_pairs(gains, title, "points of UAR gained", first))
    best = str(run.honest["system"].iloc[0])
    behind = _against(pairs, best)
    behind = behind.assign(
        difference=0 - behind["difference"], low=0 - behind["high"], high=0 - behind["low"]
    )
    title = "How far the best system is ahead"
    behind = behind.sort_values("difference")
    charts.append(_pairs(behind, title, "points of UAR ahead", best))
    return tuple(charts)


def _against(pairs: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Each other system minus the reference: ``system, difference, low, high, p_holm``."""
    ahead = pairs[pairs["other"] == reference].rename(columns={"better": "system"})
    behind = pairs[pairs["better"] == reference].rename(columns={"other": "system"})
    turned = behind.assign(
        difference=0 - behind["difference"], low=0 - behind["high"], high=0 - behind["low"]
    )
    return pd.concat([ahead, turned])[["system", "difference", "low", "high", "p_holm"]]


def _pairs(rows: pd.DataFrame, title: str, label: str, reference: str) -> Chart:
    shown = rows[:SHOWN].reset_index(drop=True)
    real = shown["p_holm"] < SIGNIFICANT
    with drawing(WIDE, 1 + 0.27 * len(shown)) as figure:
        axes = figure.subplots()
        axes.hlines(shown.index, 100 * shown["low"], 100 * shown["high"], color=INK, linewidth=1.5)
        for marked, face in ((real, INK), (~real, PAPER)):
            axes.plot(
                100 * shown["difference"][marked], shown.index[marked], marker="o", color=INK,
                markersize=7, markerfacecolor=face, linestyle="none",
            )  # fmt: skip
        axes.axvline(0, color=FAINT, linewidth=1)
        axes.set_yticks(shown.index, [short(str(name)) for name in shown["system"]])
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_xlabel(f"{label}, 95 % intervals")
        axes.grid(axis="x")
        n_real = int((rows["p_holm"] < SIGNIFICANT).sum())
        drawn = f" (the first {SHOWN} are drawn)" if len(rows) > SHOWN else ""
        text = (
            f"{reference} against {counted(len(rows), 'other')}{drawn}: "
            f"{counted(n_real, 'difference')} {'is' if n_real == 1 else 'are'} more than "
            "chance after Holm's correction for all pairs of the run (filled), the others are open "
            "circles."
        )
        return chart_of(figure, title, text)


def class_recall_chart(run: RunFolder) -> Chart | None:
    """Recall of each emotion, one mark per modality.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    Chart or None
        None where the run has no ``recalls.csv``.
    """
    table = run.table("recalls")
    if not len(table) or not run.best:
        return None
    wide = {
        MODALITY_NAMES[modality]: table[table["system"] == system].set_index("emotion")["recall"]
        for modality, system in run.best.items()
    }
    shown = pd.DataFrame(wide).reindex([c for c in run.classes])
    with drawing(NARROW, 1.1 + 0.32 * len(shown)) as figure:
        axes = figure.subplots()
        for modality, name in MODALITY_NAMES.items():
            if name not in shown:
                continue
            places = np.arange(len(shown)) + 0.18 * (
                list(shown).index(name) - (len(shown.columns) - 1) / 2
            )
            axes.plot(
                100 * shown[name],
                places,
                MODALITY_MARKERS[modality],
                color=COLOURS[modality],
                label=name,
                markersize=7,
            )
        axes.set_yticks(range(len(shown)), [short(str(name)) for name in shown.index])
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_xlim(-2, 102)
        axes.set_xlabel("recall in %")
        axes.grid(axis="x")
        _legend_above(axes)
        last = shown.columns[-1]
        text = (
            f"Of the {last} system, {shown[last].idxmax()} is found best "
            f"({100 * shown[last].max():.0f} %) and {shown[last].idxmin()} least "
            f"({100 * shown[last].min():.0f} %)."
        )
        return chart_of(
            figure, "Recall of each emotion", text, (100 * shown).round(1).reset_index()
        )


def speaker_chart(run: RunFolder) -> Chart | None:
    """UAR of each speaker, one mark per modality, speakers sorted by the last.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    Chart or None
        None where the run has no ``speakers.csv``.
    """
    table = run.table("speakers")
    if not len(table) or not run.best:
        return None
    wide = {
        MODALITY_NAMES[modality]: table[table["system"] == system].set_index("speaker")["uar"]
        for modality, system in run.best.items()
    }
    shown = pd.DataFrame(wide)
    shown = shown.sort_values(shown.columns[-1])
    names = [short(str(name)) for name in shown.index]
    named = len(names) <= _MOST_NAMED
    crowded = named and sum(map(len, names)) > _LETTERS_BELOW
    with drawing(NARROW, 3.2 + (0.09 * max(map(len, names)) if crowded else 0)) as figure:
        axes = figure.subplots()
        for modality, name in MODALITY_NAMES.items():
            if name in shown:
                axes.plot(
                    range(len(shown)), 100 * shown[name], MODALITY_MARKERS[modality],
                    color=COLOURS[modality], label=name, markersize=6,
                )  # fmt: skip
        if named:
            axes.set_xticks(range(len(shown)), names, rotation=90 if crowded else 0)
        else:
            axes.set_xticks([])
        axes.set_xlabel("speaker, sorted" if named else f"{len(shown)} speakers, sorted")
        axes.set_ylabel("UAR in %")
        axes.set_ylim(-2, 102)
        axes.grid(axis="y")
        _legend_above(axes)
        last = shown[shown.columns[-1]]
        text = (
            f"The {shown.columns[-1]} system scores from {100 * last.min():.0f} % (speaker "
            f"{last.idxmin()}) to {100 * last.max():.0f} % (speaker {last.idxmax()}) on single "
            "speakers."
        )
        return chart_of(figure, "UAR of each speaker", text, (100 * shown).round(1).reset_index())


def _legend_above(axes: Axes) -> None:
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0, fontsize=10)
