"""Several run folders -> one page that holds them against each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from affuse.report.chart import COLOURS, LEAKY, Chart, chart_of, drawing
from affuse.report.document import render, result_rows, write_page
from affuse.report.reading import RunFolder, read_run
from affuse.report.results_charts import MODALITY_MARKERS
from affuse.report.words import percent

BEST_OF_EACH = 6


def write_comparison(folders: Sequence[str | Path], out: str | Path) -> Path:
    """Write a page that compares runs.

    Parameters
    ----------
    folders : sequence of str or Path
        Run folders.
    out : str or Path

    Raises
    ------
    OutputError
        One is no run folder, or the file cannot be written.
    """
    runs = [read_run(folder) for folder in folders]
    return write_page(comparison_html(runs), Path(out))


def comparison_html(runs: Sequence[RunFolder]) -> str:
    """The page as HTML."""
    names = run_names(runs)
    return render(
        "comparison.html.j2",
        title=f"{len(runs)} runs compared: affuse",
        runs=[_overview(run, name) for run, name in zip(runs, names, strict=True)],
        findings=_findings(runs, names),
        differences=differences(runs, names),
        chart=_chart(runs, names),
        rows=[
            row | {"run": name}
            for run, name in zip(runs, names, strict=True)
            for row in result_rows(run.results)
        ],
    )


def run_names(runs: Sequence[RunFolder]) -> list[str]:
    """Names of the folders; with as much of the path before them as tells them apart."""
    parts = [run.path.resolve().parts for run in runs]
    for length in range(1, max(map(len, parts)) + 1):
        names = ["/".join(part[-length:]) for part in parts]
        if len(set(names)) == len(names):
            return names
    return [f"{'/'.join(part[-2:])} ({number})" for number, part in enumerate(parts, 1)]


def differences(runs: Sequence[RunFolder], names: Sequence[str]) -> list[str]:
    """What makes the figures of these runs less than comparable, in sentences."""
    told = []
    clips = [frozenset(run.table("predictions")["clip"]) for run in runs]
    if len(set(clips)) > 1:
        counts = ", ".join(f"{name} {len(own):,}" for name, own in zip(names, clips, strict=True))
        shared = len(frozenset.intersection(*clips))
        told.append(f"The clips are not the same ({counts}; {shared:,} in all of them).")
    classes = {run.classes for run in runs}
    if len(classes) > 1:
        told.append("The emotions are not the same, so chance differs as well.")
    if len({_folds_of(run) for run in runs}) > 1:
        told.append("The folds are not the same: part of every difference is the luck of the draw.")
    return told


def _folds_of(run: RunFolder) -> frozenset[tuple[str, ...]]:
    folds = run.table("folds")
    own = folds[folds["protocol"] == "speaker-independent"]
    return frozenset(tuple(sorted(rows["clip"])) for _, rows in own.groupby("fold"))


def _overview(run: RunFolder, name: str) -> dict[str, Any]:
    best = run.honest.iloc[0].to_dict() if len(run.honest) else None
    return {
        "name": name,
        "data": run.title,
        "recipe": run.config.get("recipe", ""),
        "n_clips": run.table("predictions")["clip"].nunique(),
        "n_speakers": run.table("predictions")["speaker"].nunique(),
        "best": best,
    }


def _findings(runs: Sequence[RunFolder], names: Sequence[str]) -> str:
    found = [
        (float(run.honest["uar"].iloc[0]), name, str(run.honest["system"].iloc[0]))
        for run, name in zip(runs, names, strict=True)
        if len(run.honest)
    ]
    if not found:
        return "None of these runs has a system that was tested with speakers kept apart."
    uar, name, system = max(found)
    others = [f"{other} {percent(value)}" for value, other, _ in sorted(found, reverse=True)[1:]]
    rest = f"; the best of the others: {', '.join(others)}" if others else ""
    return f"The highest mean recall (UAR) is {percent(uar)}, of {system} in {name}{rest}."


def _chart(runs: Sequence[RunFolder], names: Sequence[str]) -> Chart:
    rows = pd.concat(
        [run.results[:BEST_OF_EACH].assign(run=name) for run, name in zip(runs, names, strict=True)]
    ).reset_index(drop=True)
    with drawing(9, 1.2 + 0.32 * len(rows)) as figure:
        axes = figure.subplots()
        for place, (_, row) in enumerate(rows.iterrows()):
            error = np.array([[row["uar"] - row["uar_low"]], [row["uar_high"] - row["uar"]]])
            axes.errorbar(
                100 * row["uar"], place, capsize=3, markersize=7,
                xerr=None if np.isnan(error).any() else 100 * error.clip(min=0),
                color=LEAKY if row["leaky"] else COLOURS[row["modality"]],
                marker="x" if row["leaky"] else MODALITY_MARKERS[row["modality"]],
            )  # fmt: skip
        axes.set_yticks(
            range(len(rows)), [f"{r['run']}: {r['system']}" for _, r in rows.iterrows()]
        )
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(0, 100)
        axes.set_xlabel("UAR in %, with 95 % intervals over speakers")
        axes.grid(axis="x")
        text = (
            f"The best {BEST_OF_EACH} systems of each run at most. Circles: audio, squares: video, "
            "diamonds: fused, crosses: leaky."
        )
        return chart_of(figure, "Runs and their systems", text)
