"""Charts of figures: systems with their intervals, paired differences, recalls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from affuse.report.chart import (
    COLOURS,
    FAINT,
    GRID,
    INK,
    LEAKY,
    MARKERS,
    SERIES,
    Chart,
    chart_of,
    drawing,
    short,
)
from affuse.report.reading import RunFolder

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MODALITY_MARKERS = {"audio": "o", "video": "s", "audio+video": "D"}
MODALITY_NAMES = {"audio": "audio", "video": "video", "audio+video": "fused"}
SHOWN = 24
"""Systems in one chart; the table has all."""


def systems_chart(run: RunFolder) -> Chart:
    """UAR of each system with its interval, beside chance, people and published figures."""
    rows = pd.concat([run.honest, run.leaky])[:SHOWN].reset_index(drop=True)
    references = run.table("references")
    with drawing(9, 1.2 + 0.3 * len(rows)) as figure:
        axes = figure.subplots()
        _reference_lines(axes, references)
        for place, (_, row) in enumerate(rows.iterrows()):
            colour = LEAKY if row["leaky"] else COLOURS[row["modality"]]
            low, high = row["uar"] - row["uar_low"], row["uar_high"] - row["uar"]
            error = None if np.isnan(low) else [[100 * max(low, 0)], [100 * max(high, 0)]]
            axes.errorbar(
                100 * row["uar"], place, xerr=error, color=colour, capsize=3, markersize=7,
                marker="x" if row["leaky"] else MODALITY_MARKERS[row["modality"]],
            )  # fmt: skip
        names = [
            f"{row['system']} (leaky)" if row["leaky"] else row["system"]
            for _, row in rows.iterrows()
        ]
        axes.set_yticks(range(len(rows)), [short(name) for name in names])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(0, 100)
        axes.set_xlabel("UAR in %, with 95 % intervals over speakers")
        axes.grid(axis="x")
        return chart_of(figure, "Systems and their intervals", _systems_text(rows, references))


def _reference_lines(axes: Axes, references: pd.DataFrame) -> None:
    """Vertical lines: chance dotted, people dashed, the best published one dash-dotted."""
    styles = {"chance": ":", "people": "--", "published": "-."}
    for kind, style in styles.items():
        rows = references[references["kind"] == kind] if len(references) else references
        if not len(rows):
            continue
        value = 100 * float(rows["value"].max())
        axes.axvline(value, color=FAINT, linestyle=style, linewidth=1)
        name = "best published" if kind == "published" else kind
        # Names of near lines stand on both sides of them, not on each other.
        side = "right" if kind == "people" else "left"
        axes.text(
            value, 1.005, f"{name} {value:.1f}", fontsize=9, color=INK, ha=side, va="bottom",
            transform=axes.get_xaxis_transform(),
        )  # fmt: skip


def _systems_text(rows: pd.DataFrame, references: pd.DataFrame) -> str:
    best, worst = rows.iloc[0], rows.iloc[-1]
    chance = f"; chance is {100 * best['chance']:.1f} %" if "chance" in rows else ""
    return (
        f"{len(rows)} systems from {best['system']} with {100 * best['uar']:.1f} % down to "
        f"{worst['system']} with {100 * worst['uar']:.1f} %{chance}. Circles: audio, squares: "
        "video, diamonds: fused, crosses: leaky."
    )


def paired_chart(run: RunFolder) -> Chart | None:
    """Differences of the best system from each other one, with intervals."""
    pairs = run.table("comparisons")
    if not len(pairs) or not run.best:
        return None
    best = str(run.honest["system"].iloc[0])
    rows = pairs[pairs["better"] == best].sort_values("difference")[:SHOWN].reset_index(drop=True)
    if not len(rows):
        return None
    with drawing(9, 1 + 0.3 * len(rows)) as figure:
        axes = figure.subplots()
        for place, (_, row) in enumerate(rows.iterrows()):
            real = row["p_holm"] < 0.05
            axes.plot(
                [100 * row["low"], 100 * row["high"]], [place, place], color=INK, linewidth=1.5
            )
            axes.plot(
                100 * row["difference"], place, marker="o", color=INK, markersize=7,
                markerfacecolor=INK if real else "none",
            )  # fmt: skip
        axes.axvline(0, color=FAINT, linewidth=1)
        axes.set_yticks(range(len(rows)), [short(str(name)) for name in rows["other"]])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlabel("points of UAR that the best system is ahead, 95 % intervals over speakers")
        axes.grid(axis="x")
        real = int((rows["p_holm"] < 0.05).sum())
        text = (
            f"{best} against {len(rows)} others: {real} differences are more than chance after "
            "Holm's correction (filled), the others are open circles."
        )
        return chart_of(figure, "How far the best system is ahead", text)


def class_recall_chart(run: RunFolder) -> Chart | None:
    """Recall of each emotion, one mark per modality."""
    table = run.table("recalls")
    if not len(table) or not run.best:
        return None
    wide = {
        MODALITY_NAMES[modality]: table[table["system"] == system].set_index("emotion")["recall"]
        for modality, system in run.best.items()
    }
    shown = pd.DataFrame(wide).reindex([c for c in run.classes])
    with drawing(6.2, 1.2 + 0.42 * len(shown)) as figure:
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
        axes.set_yticks(range(len(shown)), shown.index)
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
    """UAR of each speaker, one mark per modality, speakers sorted by the last."""
    table = run.table("speakers")
    if not len(table) or not run.best:
        return None
    wide = {
        MODALITY_NAMES[modality]: table[table["system"] == system].set_index("speaker")["uar"]
        for modality, system in run.best.items()
    }
    shown = pd.DataFrame(wide)
    shown = shown.sort_values(shown.columns[-1])
    with drawing(6.2, 3.4) as figure:
        axes = figure.subplots()
        for modality, name in MODALITY_NAMES.items():
            if name in shown:
                axes.plot(
                    range(len(shown)), 100 * shown[name], MODALITY_MARKERS[modality],
                    color=COLOURS[modality], label=name, markersize=6,
                )  # fmt: skip
        axes.set_xticks(range(len(shown)), shown.index, rotation=90 if len(shown) > 30 else 0)
        axes.set_xlabel("speaker, sorted")
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


def training_chart(run: RunFolder) -> Chart | None:
    """Loss of each network along its epochs: mean over folds, and their range."""
    table = run.table("training")
    if not len(table):
        return None
    names = list(dict.fromkeys(table["system"]))[: len(SERIES)]
    with drawing(6.2, 3.6) as figure:
        axes = figure.subplots()
        for number, name in enumerate(names):
            by_epoch = table[table["system"] == name].groupby("epoch")["loss"]
            mean = by_epoch.mean()
            axes.fill_between(
                mean.index,
                by_epoch.min(),
                by_epoch.max(),
                color=SERIES[number],
                alpha=0.2,
                linewidth=0,
            )
            axes.plot(
                mean,
                color=SERIES[number],
                marker=MARKERS[number],
                markevery=max(1, len(mean) // 8),
                label=short(name),
            )
        axes.locator_params(axis="x", integer=True)
        axes.set_xlabel("epoch")
        axes.set_ylabel("mean loss in training")
        axes.set_ylim(bottom=0)
        axes.grid(axis="y")
        axes.legend(loc="upper right", fontsize=9)
        text = (
            f"Training loss of {len(names)} networks, mean over folds with the range between folds."
        )
        return chart_of(figure, "Training curves", text)


def robustness_charts(run: RunFolder) -> tuple[Chart, ...]:
    """One chart per condition with levels: UAR of the best system of each modality."""
    table = run.table("robustness")
    if not len(table):
        return ()
    chosen = table[table["system"].isin(run.best.values())]
    levelled = chosen[chosen["level"].notna()]
    charts = [
        _curve(run, str(condition), levelled[levelled["condition"] == condition], chosen)
        for condition in dict.fromkeys(levelled["condition"])
    ]
    gone = chosen[chosen["level"].isna() & (chosen["condition"] != "clean")]
    return (*charts, *([_gone(run, gone, chosen)] if len(gone) else []))


def _curve(run: RunFolder, condition: str, points: pd.DataFrame, everything: pd.DataFrame) -> Chart:
    levels = list(dict.fromkeys(points["level"]))
    clean = everything[everything["condition"] == "clean"].set_index("system")["uar"]
    degraded = str(points["degraded"].iloc[0])
    with drawing(6, 3.4) as figure:
        axes = figure.subplots()
        for modality, system in run.best.items():
            own = points[points["system"] == system].set_index("level").reindex(levels)
            if system not in clean.index:
                continue
            values = [clean[system], *own["uar"]]
            if np.isnan(own["uar"]).all():
                values = (
                    [clean[system], *[clean[system]] * len(levels)]
                    if degraded not in modality
                    else values
                )
            axes.plot(
                range(len(values)), 100 * np.array(values), color=COLOURS[modality],
                marker=MODALITY_MARKERS[modality], label=MODALITY_NAMES[modality],
            )  # fmt: skip
        axes.set_xticks(range(len(levels) + 1), ["clean", *(f"{level:g}" for level in levels)])
        axes.set_xlabel(f"{condition}, level")
        axes.set_ylabel("UAR in %")
        axes.set_ylim(0, 100)
        axes.grid(axis="y")
        axes.legend(loc="lower left")
        text = f"UAR of the best systems, clean and as {degraded} gets worse by {condition}."
        return chart_of(figure, f"Robustness: {condition}", text, _rounded(points))


def _gone(run: RunFolder, points: pd.DataFrame, everything: pd.DataFrame) -> Chart:
    conditions = list(dict.fromkeys(points["condition"]))
    with drawing(6, 3.4) as figure:
        axes = figure.subplots()
        for modality, system in run.best.items():
            own = (
                points[points["system"] == system].set_index("condition")["uar"].reindex(conditions)
            )
            clean = everything[
                (everything["system"] == system) & (everything["condition"] == "clean")
            ]["uar"]
            values = 100 * np.array([*clean[:1], *own])
            axes.plot(
                range(len(values)), values, color=COLOURS[modality],
                marker=MODALITY_MARKERS[modality], linestyle="none", markersize=8,
                label=MODALITY_NAMES[modality],
            )  # fmt: skip
        axes.set_xticks(range(len(conditions) + 1), ["clean", *conditions])
        axes.set_ylabel("UAR in %")
        axes.set_ylim(0, 100)
        axes.grid(axis="y", color=GRID)
        axes.legend(loc="lower left")
        text = (
            "UAR of the best systems when a modality is gone altogether; no mark: it cannot decide."
        )
        return chart_of(figure, "Robustness: a modality gone", text, _rounded(points))


def _rounded(points: pd.DataFrame) -> pd.DataFrame:
    shown = points[["system", "condition", "level", "uar", "uar_low", "uar_high", "n_clips"]].copy()
    shown[["uar", "uar_low", "uar_high"]] = (100 * shown[["uar", "uar_low", "uar_high"]]).round(1)
    return shown


def _legend_above(axes: Axes) -> None:
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0, fontsize=10)
