"""Several run folders -> one page that compares them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from affuse.errors import OutputError
from affuse.report.chart import COLOURS, LEAKY, WIDE, Chart, chart_of, drawing, short
from affuse.report.comparison_summary import comparison_summary
from affuse.report.grid import Column, Grid
from affuse.report.page import check_page, render, write_page
from affuse.report.reading import RunFolder, read_run
from affuse.report.result_tables import INTERVAL, ONE_SPEAKER, SYSTEM, text_of
from affuse.report.results_charts import MODALITY_MARKERS
from affuse.report.words import data_name, joined_names, modality_name
from affuse.tasks.figures import bounds, points

BEST_OF_EACH = 6
SHOWN = 10
"""Systems of all runs that the page opens with."""


def write_comparison(folders: Sequence[str | Path], out: str | Path) -> Path:
    """Write a page that compares runs.

    Parameters
    ----------
    folders : sequence of str or Path
        Run folders.
    out : str or Path

    Returns
    -------
    Path
        `out`.

    Raises
    ------
    OutputError
        One is no run folder, or the file cannot be written.
    """
    check_page(Path(out))
    runs = [read_run(folder) for folder in folders]
    return write_page(comparison_html(runs), Path(out))


def comparison_html(runs: Sequence[RunFolder]) -> str:
    """The page as HTML.

    Parameters
    ----------
    runs : sequence of RunFolder
        Two at least.

    Returns
    -------
    str

    Raises
    ------
    OutputError
        A run is of numbers.
    """
    names = run_names(runs)
    _refuse_numbers(runs)
    data = tuple(dict.fromkeys(map(data_name, runs)))
    return render(
        "comparison.html.j2",
        heading=f"{len(runs)} runs compared: {joined_names(data)}",
        runs=_run_grid(runs, names),
        summary=comparison_summary(runs, names, differences(runs, names), unknown(runs, names)),
        chart=_chart(runs, names),
        systems=_system_grid(runs, names, leaky=False),
        leaky=_system_grid(runs, names, leaky=True),
        reasons=_reasons(runs),
    )


def _refuse_numbers(runs: Sequence[RunFolder]) -> None:
    for run in runs:
        if run.targets:
            raise OutputError(
                f"{run.path} is a run of numbers ({', '.join(run.targets)}), and runs are compared "
                "by the UAR of emotions; expected runs of emotions: make a report of each"
            )


def run_names(runs: Sequence[RunFolder]) -> list[str]:
    """Names of the folders, with as much of their paths as distinguishes them.

    Parameters
    ----------
    runs : sequence of RunFolder

    Returns
    -------
    list of str
        One per run, no two alike.
    """
    parts = [run.path.resolve().parts for run in runs]
    for length in range(1, max(map(len, parts)) + 1):
        names = ["/".join(part[-length:]) for part in parts]
        if len(set(names)) == len(names):
            return names
    return [f"{'/'.join(part[-2:])} ({number})" for number, part in enumerate(parts, 1)]


def differences(runs: Sequence[RunFolder], names: Sequence[str]) -> list[str]:
    """Differences that make the figures of these runs less comparable, in sentences.

    Parameters
    ----------
    runs : sequence of RunFolder
    names : sequence of str
        What each run is called, as `run_names` gives it.

    Returns
    -------
    list of str
        Empty where the figures can be compared.
    """
    notes = _drawn(runs, names)
    notes += _other_clips(runs, names)
    classes = {run.classes for run in runs}
    if len(classes) > 1:
        notes.append("The emotions are not the same, so chance differs as well.")
    known = all(_contents_of(run) is not None for run in runs)
    if len({_folds_of(run, by_content=known) for run in runs}) > 1:
        notes.append(
            "The folds are not the same: part of every difference is the luck of the draw."
        )
    return notes


def unknown(runs: Sequence[RunFolder], names: Sequence[str]) -> list[str]:
    """What is unknown about the comparability of these runs, in sentences.

    Parameters
    ----------
    runs : sequence of RunFolder
    names : sequence of str
        What each run is called, as `run_names` gives it.

    Returns
    -------
    list of str
        Empty where all is known.
    """
    without = [name for run, name in zip(runs, names, strict=True) if _contents_of(run) is None]
    if not without:
        return []
    shared = len(frozenset.intersection(*map(_names_of, runs)))
    return [
        f"Which clips are the same cannot be known: {', '.join(without)} does not say what is in "
        "the files of its clips (made by an older version, or with clips that lie elsewhere). By "
        f"name, {shared:,} are in all runs; other clips may bear the same names."
    ]


def _drawn(runs: Sequence[RunFolder], names: Sequence[str]) -> list[str]:
    """Which runs are of drawn people, where not all are."""
    if len({run.drawn for run in runs}) == 1:
        return []
    return [f"{name}: {run.drawn}" for run, name in zip(runs, names, strict=True) if run.drawn]


def _other_clips(runs: Sequence[RunFolder], names: Sequence[str]) -> list[str]:
    """Note on clips that not all runs share, by the files' content where every run has it."""
    named = [_names_of(run) for run in runs]
    contents = [_contents_of(run) for run in runs]
    known = [frozenset(own.values()) for own in contents if own is not None]
    counts = ", ".join(f"{name} {len(own):,}" for name, own in zip(names, named, strict=True))
    if len(known) < len(runs):
        differ = len({len(own) for own in named}) > 1
        return [f"The clips are not the same ({counts})."] if differ else []
    if len(set(known)) == 1:
        return []
    shared = f"{len(frozenset.intersection(*known)):,} in all of them, by what is in their files"
    note = f"The clips are not the same ({counts}; {shared})."
    alike, same = (len(frozenset.intersection(*sets)) for sets in (named, known))
    return [note if alike <= same else f"{note} By name it would be {alike:,}, but names mislead."]


def _names_of(run: RunFolder) -> frozenset[str]:
    return frozenset(run.table("predictions")["clip"])


def _contents_of(run: RunFolder) -> dict[str, str] | None:
    """Clip -> content of every tested clip; None where that of one is unknown."""
    names = _names_of(run)
    return {n: run.contents[n] for n in names} if names <= run.contents.keys() else None


def _folds_of(run: RunFolder, *, by_content: bool) -> frozenset[tuple[str, ...]]:
    """Test clips of each fold: by content, since equal names may mean other clips, or by name."""
    folds = run.table("folds")
    first = run.honest["protocol"].head(1)
    own = folds[folds["protocol"].isin(first)]
    called = run.contents if by_content else {}
    return frozenset(
        tuple(sorted(called.get(clip, clip) for clip in rows["clip"]))
        for _, rows in own.groupby("fold")
    )


def _run_grid(runs: Sequence[RunFolder], names: Sequence[str]) -> Grid:
    """The runs, each with its best system."""
    columns = (
        Column("run"), Column("data"), Column("recipe"), Column("clips", "number"),
        Column("speakers", "number"), Column("best system"), Column("UAR %", "strong"),
    )  # fmt: skip
    rows = []
    for run, name in zip(runs, names, strict=True):
        clips = run.table("predictions").drop_duplicates("clip")
        amounts = (f"{len(clips)}", f"{clips['speaker'].nunique()}")
        best = run.honest.iloc[0] if len(run.honest) else None
        figures = ("none", "") if best is None else (str(best["system"]), points(best["uar"]))
        rows.append((name, run.title, str(run.config.get("recipe", "")), *amounts, *figures))
    caption = "Best system of each run, tested on speakers unseen in training"
    return Grid(caption, columns, tuple(rows))


def _system_grid(runs: Sequence[RunFolder], names: Sequence[str], *, leaky: bool) -> Grid:
    """Systems of all runs, the highest first: those that leak, or the others."""
    tables = [
        (run.leaky if leaky else run.results[~run.results["leaky"]]).assign(run=name)
        for run, name in zip(runs, names, strict=True)
    ]
    systems = pd.concat(tables).sort_values("uar", ascending=False, kind="stable")
    columns = (
        Column("run"), SYSTEM, Column("UAR %", "strong"), INTERVAL, Column("modality", "tag"),
        Column("features"), Column("protocol"), Column("accuracy %", "number"),
    )  # fmt: skip
    rows = tuple(
        (
            row["run"], row["system"], points(row["uar"]),
            bounds(row["uar_low"], row["uar_high"]) or ONE_SPEAKER,
            modality_name(row["modality"]), text_of(row.get("features")), row["protocol"],
            points(row["accuracy"]),
        )
        for _, row in systems.iterrows()
    )  # fmt: skip
    caption = (
        "Systems whose figures leak" if leaky else "Systems tested on speakers unseen in training"
    )
    return Grid(caption, columns, rows, None if leaky else SHOWN, "system")


def _reasons(runs: Sequence[RunFolder]) -> list[tuple[str, str]]:
    """Each protocol that leaks, and why; where runs differ in the reason, each."""
    protocols = [(run, str(name)) for run in runs for name in run.leaky["protocol"]]
    return list(dict.fromkeys((name.capitalize(), run.leaks[name]) for run, name in protocols))


def _chart(runs: Sequence[RunFolder], names: Sequence[str]) -> Chart:
    rows = pd.concat(
        [run.results[:BEST_OF_EACH].assign(run=name) for run, name in zip(runs, names, strict=True)]
    ).reset_index(drop=True)
    with drawing(WIDE, 1.2 + 0.3 * len(rows)) as figure:
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
            range(len(rows)), [short(f"{r['run']}: {r['system']}") for _, r in rows.iterrows()]
        )
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(0, 100)
        axes.set_xlabel("UAR in %, 95 % intervals")
        axes.grid(axis="x")
        text = (
            f"The best {BEST_OF_EACH} systems of each run at most. Circles: audio, squares: video, "
            "diamonds: fused, crosses: leaky."
        )
        return chart_of(figure, "Runs and their systems", text)
