"""Tables of a report of numbers: agreement in the place of recall."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from affuse.report.grid import SHOWN, Axis, Cell, Column, Grid
from affuse.report.reading import RunFolder
from affuse.report.result_tables import (
    INTERVAL,
    ONE_SPEAKER,
    SYSTEM,
    Part,
    importance_part,
    text_of,
)
from affuse.report.words import modality_name
from affuse.tasks.headline import CCC

_FIGURES = (Column("CCC", "strong"), INTERVAL)


def number_grid(rows: pd.DataFrame, axis: Axis, caption: str) -> Grid:
    """Systems and how far their numbers agree with the truth.

    Parameters
    ----------
    rows : DataFrame
        Of ``results.csv``, best first.
    axis : Axis
        Of the bars.
    caption : str

    Returns
    -------
    Grid
        The best `SHOWN`, the others on demand.
    """
    columns = (
        SYSTEM, *_FIGURES, Column("CCC", "picture"), Column("modality", "tag"), Column("features"),
        Column("Pearson", "number"), Column("RMSE", "number"), Column("clips", "number"),
    )  # fmt: skip
    cells = tuple(tuple(_system(row, axis)) for _, row in rows.iterrows())
    return Grid(caption, columns, cells, SHOWN, "system")


def _system(row: pd.Series, axis: Axis) -> Iterator[Cell]:
    yield row["system"]
    yield from _ccc(row)
    yield from (axis.bar(row), modality_name(row["modality"]), text_of(row.get("features")))
    yield from (CCC.value(row["pearson"]), f"{row['rmse']:.3g}", f"{row['n_clips']}")


def _ccc(row: pd.Series, suffix: str = "") -> tuple[str, str]:
    bounds = CCC.bounds(row[f"ccc_low{suffix}"], row[f"ccc_high{suffix}"])
    return CCC.value(row[f"ccc{suffix}"]), bounds or ONE_SPEAKER


def further_numbers(run: RunFolder, axis: Axis) -> tuple[Part, ...]:
    """All other tables of results that keep speakers apart.

    Parameters
    ----------
    run : RunFolder
    axis : Axis

    Returns
    -------
    tuple of Part
    """
    protocols = tuple(
        Part(str(name).capitalize(), "", number_grid(rows, axis, str(name).capitalize()))
        for name, rows in run.others.groupby("protocol", sort=False)
    )
    return (*protocols, *_each_target(run), *importance_part(run))


def _each_target(run: RunFolder) -> Iterator[Part]:
    """Figures of each target by each honest system, where there are several."""
    if len(run.targets) < 2:
        return
    columns = (
        SYSTEM, Column("target"), *_FIGURES, Column("Pearson", "number"), Column("RMSE", "number")
    )  # fmt: skip
    rows = tuple(
        (
            row["system"], target, *_ccc(row, f"_{target}"), CCC.value(row[f"pearson_{target}"]),
            f"{row[f'rmse_{target}']:.3g}",
        )
        for _, row in run.honest.iterrows()
        for target in run.targets
    )  # fmt: skip
    caption = "Figures of each target; those above are their means"
    yield Part("Each target by itself", "", Grid(caption, columns, rows), folded=True)


def target_grid(run: RunFolder) -> Grid:
    """Mean, spread and ends of each target.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    Grid
    """
    clips = run.table("predictions").drop_duplicates("clip")
    parts = {"mean": "mean", "deviation": "std", "least": "min", "greatest": "max"}
    rows = tuple(
        (name, *(f"{getattr(clips[name], part)():.3g}" for part in parts.values()))
        for name in run.targets
    )
    columns = (Column("target"), *(Column(name, "number") for name in parts))
    return Grid("Targets", columns, rows)
