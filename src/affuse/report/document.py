"""Run folder -> report.html."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from affuse.bundle.manifest import MANIFEST
from affuse.report.examples import examples
from affuse.report.grid import Axis, Column, Grid, axis_of, grid_of
from affuse.report.numbers_report import further_numbers, number_grid, target_grid
from affuse.report.page import check_page, render, write_page
from affuse.report.reading import RunFolder, read_run
from affuse.report.result_tables import APART, further, leaky_of, pair_grid, system_grid
from affuse.report.results_charts import paired_charts
from affuse.report.sections import emotion_sections, number_sections
from affuse.report.stored_groups import with_groups
from affuse.report.summary import summary_of
from affuse.report.words import floor, heading_of
from affuse.storage.plain_json import read_plain
from affuse.storage.run_files import BUNDLE, REPORT


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a run left to predict with.

    Attributes
    ----------
    name : str
        The system within it, and its clips.
    command : str
        That predicts with it.
    """

    name: str
    command: str


def write_report(
    folder: str | Path,
    out: str | Path | None = None,
    by: Sequence[str] = (),
    place: str | Path | None = None,
) -> Path:
    """Write the report of a run.

    Parameters
    ----------
    folder : str or Path
        Run folder.
    out : str or Path, optional
        File; ``report.html`` in the run folder by default.
    by : sequence of str
        Groups to give figures for, in the place of those that the run was made with.
    place : str or Path, optional
        What the folder will be called, where it has a temporary name yet.

    Returns
    -------
    Path
        The file: it needs nothing else and asks nothing of any network.

    Raises
    ------
    OutputError
        Not a run folder, or the file cannot be written.
    ConfigError
        No clip says what `by` asks for.
    MissingDependency
        The extra ``report`` is not installed.
    """
    target = Path(out) if out is not None else Path(folder) / REPORT
    check_page(target)
    text = report_html(with_groups(read_run(folder), by), place)
    return write_page(text, target)


def report_html(run: RunFolder, place: str | Path | None = None) -> str:
    """The report as one page of HTML.

    Parameters
    ----------
    run : RunFolder
    place : str or Path, optional
        Where readers find the run; its own path by default.

    Returns
    -------
    str
        It needs no other file and no network.
    """
    axis = axis_of(run.task.headline, run.results, run.table("references"))
    of_task = _of_numbers if run.targets else _of_emotions
    pairs = run.table("comparisons")
    return render(
        "report.html.j2",
        run=run,
        heading=heading_of(run),
        summary=summary_of(run, axis),
        n_pairs=len(pairs),
        floor=floor(run),
        bundle=_bundle(run, Path(place or run.path)),
        protocols=_protocols(run),
        settings=settings_grid(run.config, "Settings"),
        settings_text=_toml(run.config),
        environment=settings_grid(run.environment, "Versions and machine"),
        skipped=run.table("skipped").to_dict("records"),
        again=f"affuse run {shlex.join(run.data)} --recipe config.toml",
        **of_task(run, axis),
    )


def _of_emotions(run: RunFolder, axis: Axis) -> dict[str, Any]:
    leaky = system_grid(run.leaky, axis, "Systems whose figures leak")
    return {
        "results": system_grid(run.honest, axis, APART),
        "further": further(run, axis),
        "leaky": leaky_of(run, axis, leaky),
        "paired": paired_charts(run),
        "pairs": pair_grid(run.table("comparisons"), axis.headline, _PAIRED_CLIPS),
        "sections": emotion_sections(run),
        "examples": examples(run),
        "amounts": _amounts(run),
    }


def _of_numbers(run: RunFolder, axis: Axis) -> dict[str, Any]:
    leaky = number_grid(run.leaky, axis, "Systems whose figures leak")
    return {
        "results": number_grid(run.honest, axis, APART),
        "further": further_numbers(run, axis),
        "leaky": leaky_of(run, axis, leaky),
        "paired": (),
        "pairs": pair_grid(run.table("comparisons"), axis.headline, _PAIRED_SPEAKERS),
        "sections": number_sections(run),
        "examples": None,
        "amounts": target_grid(run),
    }


_PAIRED_CLIPS = (
    "Differences in UAR, clip by clip; intervals and p values for other speakers and clips; p "
    "after Holm's correction for all comparisons"
)
_PAIRED_SPEAKERS = (
    "Differences in CCC; intervals and p values over speakers; p after Holm's correction for all "
    "comparisons"
)


def _bundle(run: RunFolder, place: Path) -> Bundle | None:
    """What the run left to predict with; None where it left nothing."""
    file = run.path / BUNDLE / MANIFEST
    if not file.is_file():
        return None
    try:
        found = read_plain(file.read_bytes())
    except (OSError, ValueError):
        return None
    name = found.get("name") if isinstance(found, dict) else None
    given = shlex.quote(str(place / BUNDLE))
    return Bundle(str(name or BUNDLE), f"affuse predict my.mp4 --bundle {given}")


def _amounts(run: RunFolder) -> Grid:
    """Clips of each emotion."""
    clips = run.table("predictions").drop_duplicates("clip")["emotion"].value_counts()
    counts = clips.reindex(list(run.classes), fill_value=0)
    table = pd.DataFrame([["clips", *counts]], columns=["emotion", *run.classes])
    return grid_of(table, "Clips of each emotion")


def _protocols(run: RunFolder) -> list[dict[str, Any]]:
    folds = run.table("folds")
    protocols = []
    for name, rows in folds.groupby("protocol", sort=False):
        speakers = [
            (number, sorted(set(own["speaker"]), key=lambda s: (len(s), s)), len(own))
            for number, own in rows.groupby("fold")
        ]
        protocols.append({"name": name, "leak": run.leaks.get(str(name), ""), "folds": speakers})
    return protocols


def settings_grid(settings: Mapping[str, Any], caption: str) -> Grid:
    """Settings as a table: full name, value as text.

    Parameters
    ----------
    settings : mapping of str to object
        Nested.
    caption : str

    Returns
    -------
    Grid
    """
    return Grid(caption, (Column("setting"), Column("value")), tuple(_flat(settings)))


def _flat(settings: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in settings.items():
        if isinstance(value, Mapping):
            rows += _flat(value, f"{prefix}{key}.")
        else:
            rows.append((f"{prefix}{key}", _value_text(value)))
    return rows


def _value_text(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_value_text(item) for item in value) or "all"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k} = {_value_text(v)}" for k, v in value.items()) + "}"
    return str(value)


def _toml(config: Mapping[str, Any]) -> str:
    import tomli_w

    return tomli_w.dumps(dict(config))
