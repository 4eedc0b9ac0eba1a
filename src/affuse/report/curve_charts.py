"""Charts of curves: training losses, and robustness to degraded recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from affuse.report.chart import AUDIO, COLOURS, FUSED, NARROW, VIDEO, WIDE, Chart, chart_of, drawing
from affuse.report.reading import RunFolder
from affuse.report.results_charts import MODALITY_MARKERS, MODALITY_NAMES
from affuse.robustness.conditions import UNITS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

N_COLUMNS = 2
LONGEST_TITLE = 36
FALLING = frozenset({"white noise", "babble", "dark"})
"""Conditions that are the worse the smaller their level."""


def training_chart(run: RunFolder) -> Chart | None:
    """Loss of each network along its epochs: a panel each, thin lines for folds, their mean.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    Chart or None
        None where no network was trained.
    """
    table = run.table("training")
    if not len(table):
        return None
    names = list(dict.fromkeys(table["system"]))
    n_rows = -(-len(names) // N_COLUMNS)
    modalities = dict(zip(run.results["system"], run.results["modality"], strict=True))
    with drawing(WIDE, 0.4 + 1.7 * n_rows) as figure:
        panels = figure.subplots(n_rows, N_COLUMNS, squeeze=False, sharey=True).ravel()
        for axes, name in zip(panels, names, strict=False):
            folds = table[table["system"] == name].pivot(
                index="epoch", columns="fold", values="loss"
            )
            _losses(axes, folds, COLOURS.get(modalities.get(name, ""), _feature_colour(name)))
            title = name if len(name) <= LONGEST_TITLE else f"{name[: LONGEST_TITLE - 1]}…"
            axes.set_title(title, fontsize=10)
        for axes in panels[len(names) :]:
            axes.set_visible(False)
        for axes in panels[::N_COLUMNS]:
            axes.set_ylabel("loss")
        for axes in panels[len(names) - N_COLUMNS : len(names)] if n_rows > 1 else panels:
            axes.set_xlabel("epoch")
        panels[0].set_ylim(0, 1.05 * table["loss"].max())
        return chart_of(figure, "Training curves", _training_text(table), _ends(table))


def _feature_colour(name: str) -> str:
    """Colour of a network that learns features, by the modality at the start of its name."""
    return {"audio": AUDIO, "video": VIDEO}.get(name.split()[0], FUSED)


def _losses(axes: Axes, folds: pd.DataFrame, colour: str) -> None:
    axes.plot(folds.index, folds, color=colour, linewidth=0.9, alpha=0.4)
    axes.plot(folds.index, folds.mean(axis=1), color=colour, linewidth=2.2)
    axes.locator_params(axis="x", integer=True, nbins=4)
    axes.grid(axis="y")


def _ends(table: pd.DataFrame) -> pd.DataFrame:
    """Mean loss over folds in the first and the last epoch of each network."""
    mean = table.groupby(["system", "epoch"], sort=False)["loss"].mean().reset_index()
    by_network = mean.groupby("system", sort=False)
    found = by_network.agg(epochs=("epoch", "max"), first=("loss", "first"), last=("loss", "last"))
    return found.round(3).reset_index().rename(columns={"system": "network"})


def _training_text(table: pd.DataFrame) -> str:
    ends = _ends(table)
    slowest = ends.sort_values("last").iloc[-1]
    return (
        f"Mean loss of each epoch of {len(ends)} networks: thin lines are folds, the thick one is "
        f"their mean. It ends highest, at {slowest['last']:.2f}, in {slowest['network']}."
    )


def robustness_charts(run: RunFolder) -> tuple[Chart, ...]:
    """One chart per condition: UAR of the best system of each modality, from clean to worst.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    tuple of Chart
        Empty where robustness was not asked for.
    """
    table = run.table("robustness")
    if not len(table):
        return ()
    chosen = table[table["system"].isin(run.best.values())]
    conditions = dict.fromkeys(chosen[chosen["level"].notna()]["condition"])
    charts = [_curve(run, str(condition), chosen) for condition in conditions]
    without = chosen[chosen["condition"].str.startswith("no ") & chosen["uar"].notna()]
    gone = list(dict.fromkeys(without["condition"]))
    return (*charts, *([_gone(run, gone, chosen)] if gone else []))


def _curve(run: RunFolder, condition: str, chosen: pd.DataFrame) -> Chart:
    points = chosen[chosen["condition"] == condition]
    levels = sorted(points["level"].unique(), reverse=condition in FALLING)
    unit = f" ({UNITS[condition]})" if condition in UNITS else ""
    with drawing(NARROW, 3.1) as figure:
        axes = figure.subplots()
        for modality, system in run.best.items():
            own = chosen[chosen["system"] == system]
            clean = own[own["condition"] == "clean"]
            worse = own[own["condition"] == condition].set_index("level").reindex(levels)
            touched = bool(worse["uar"].notna().any())
            # What the condition does not touch stays as it is.
            rest = worse if touched else pd.concat([clean] * len(levels))
            _line(axes, pd.concat([clean, rest]), modality, dashed=not touched)
        axes.set_xticks(range(len(levels) + 1), ["clean", *(f"{level:g}" for level in levels)])
        axes.set_xlabel(f"{condition}{unit}, worse to the right")
        _uar_axis(axes)
        degraded = points["degraded"].iloc[0]
        text = (
            f"UAR with 95 % intervals over speakers, clean and as {degraded} gets worse. "
            f"{_change(run, chosen, condition, levels[-1])} Dashed: not touched by it."
        )
        return chart_of(figure, f"Robustness: {condition}", text, _rounded(points))


def _gone(run: RunFolder, conditions: list[str], chosen: pd.DataFrame) -> Chart:
    shown = chosen[chosen["condition"].isin(["clean", *conditions])]
    with drawing(NARROW, 3.1) as figure:
        axes = figure.subplots()
        for modality, system in run.best.items():
            own = shown[shown["system"] == system].set_index("condition")
            if own["uar"].drop("clean").notna().any():
                _line(axes, own.reindex(["clean", *conditions]), modality, joined=False)
        axes.set_xticks(range(len(conditions) + 1), ["clean", *conditions])
        axes.set_xlim(-0.4, len(conditions) + 0.4)
        _uar_axis(axes)
        text = (
            "UAR with 95 % intervals over speakers where a modality is gone altogether; only "
            "systems that can do without one are shown."
        )
        points = chosen[chosen["condition"].isin(conditions)]
        return chart_of(figure, "Robustness: a modality gone", text, _rounded(points))


def _line(
    axes: Axes, points: pd.DataFrame, modality: str, *, joined: bool = True, dashed: bool = False
) -> None:
    """UAR of one system at places 0, 1 ..., with its intervals."""
    colour, places = COLOURS[modality], np.arange(len(points))
    low, high = 100 * points["uar_low"], 100 * points["uar_high"]
    if joined and not dashed:
        axes.fill_between(places, low, high, color=colour, alpha=0.15, linewidth=0)
    elif not joined:
        axes.vlines(places, low, high, color=colour, linewidth=2)
    axes.plot(
        places, 100 * points["uar"], color=colour, marker=MODALITY_MARKERS[modality],
        linestyle=("--" if dashed else "-") if joined else "none", markersize=7,
        label=MODALITY_NAMES[modality],
    )  # fmt: skip


def _uar_axis(axes: Axes) -> None:
    axes.set_ylabel("UAR in %")
    axes.set_ylim(0, 100)
    axes.grid(axis="y")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0, fontsize=10)


def _change(run: RunFolder, chosen: pd.DataFrame, condition: str, worst: float) -> str:
    """From clean to the worst level, in words."""
    drops = []
    for modality, system in run.best.items():
        own = chosen[chosen["system"] == system]
        clean = own[own["condition"] == "clean"]["uar"]
        there = own[(own["condition"] == condition) & (own["level"] == worst)]["uar"].dropna()
        if len(clean) and len(there):
            before, after = 100 * clean.iloc[0], 100 * there.iloc[0]
            drops.append(f"{MODALITY_NAMES[modality]} from {before:.0f} to {after:.0f} %")
    return f"At {worst:g}: {', '.join(drops)}." if drops else ""


def _rounded(points: pd.DataFrame) -> pd.DataFrame:
    shown = points[["system", "condition", "level", "uar", "uar_low", "uar_high", "n_clips"]].copy()
    shown[["uar", "uar_low", "uar_high"]] = (100 * shown[["uar", "uar_low", "uar_high"]]).round(1)
    return shown
