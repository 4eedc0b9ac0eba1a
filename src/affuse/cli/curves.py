"""Robustness curves as plain text: one row a system, one column a condition and level."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from affuse.result import Result

MOST_ROWS = 20
_COLUMN = 5


def robustness_text(result: Result) -> str:
    """UAR in % under every condition, a block for each modality that is degraded.

    Of more than 20 systems the best one of each fusion is shown, by its UAR on clean clips.

    Parameters
    ----------
    result : Result

    Returns
    -------
    str
        Several lines without a final newline; empty where robustness was not measured.
    """
    table = result.robustness
    if not len(table):
        return ""
    clean = table[table["condition"] == "clean"].sort_values("uar", ascending=False, kind="stable")
    shown = clean if len(clean) <= MOST_ROWS else clean.drop_duplicates(["modality", "fusion"])
    lines = [
        "Robustness: UAR on degraded test clips, training clips clean; - where a system needs what "
        "is gone"
    ]
    for _, part in table[table["degraded"] != ""].groupby("degraded", sort=False):
        touched = shown[shown["system"].isin(part["system"])]
        lines += ["", *_block(part.assign(level=part["level"].fillna(0.0)), touched)]
    if len(shown) < len(clean):
        lines.append(
            f"Shown is the best of each fusion on clean clips; all {len(clean)} systems: "
            "robustness.csv"
        )
    return "\n".join(lines)


def _block(part: pd.DataFrame, systems: pd.DataFrame) -> list[str]:
    """Two lines of headings, then a line for each system."""
    from affuse.robustness.conditions import UNITS

    names = systems["system"].tolist()
    width = max(map(len, names))
    cells = [_percent(uar) for uar in systems["uar"]]
    lines = ["".ljust(width + 3 + _COLUMN), f"{'system':<{width}}   clean"]
    lines += [f"{name:<{width}}   {cell}" for name, cell in zip(names, cells, strict=True)]
    for condition, of_one in part.groupby("condition", sort=False):
        levels = of_one["level"].unique().tolist()
        unit = UNITS.get(str(condition))
        title = f"{condition}, {unit}" if unit else str(condition)
        heads = [f"{level:g}".rjust(_COLUMN) if unit else "" for level in levels]
        figures = of_one.pivot(index="system", columns="level", values="uar")
        figures = figures.reindex(index=names, columns=levels)
        columns = [title, "".join(heads)]
        columns += ["".join(map(_percent, row)) for row in figures.to_numpy()]
        wide = max(map(len, columns))
        lines = [f"{line}   {add:>{wide}}" for line, add in zip(lines, columns, strict=True)]
    return [line.rstrip() for line in lines]


def _percent(fraction: float) -> str:
    return ("-" if fraction != fraction else f"{100 * fraction:.1f}").rjust(_COLUMN)
