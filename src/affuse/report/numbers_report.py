"""The report of a dimensional run: agreement in the place of confusions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from affuse.report.curve_charts import training_chart
from affuse.report.group_charts import group_charts
from affuse.report.number_charts import ccc_chart, scatter_charts, speaker_ccc_chart
from affuse.report.reading import RunFolder
from affuse.report.words import floor, modality_name
from affuse.tasks.headline import CCC

FIGURES = ("ccc", "pearson", "rmse")


def number_values(run: RunFolder) -> dict[str, Any]:
    """Values that the template of such a report needs beyond the common ones.

    Parameters
    ----------
    run : RunFolder
        Of a dimensional task.

    Returns
    -------
    dict of str to object
        By the names that the template uses.
    """
    return {
        "findings": " ".join(_findings(run)),
        "systems": ccc_chart(run),
        "honest": _rows(run.honest),
        "others": [(str(n), _rows(r)) for n, r in run.others.groupby("protocol", sort=False)],
        "leaky": _rows(run.leaky),
        "each": _each_target(run),
        "pairs": _pairs(run),
        "floor": floor(run),
        "charts": scatter_charts(run),
        "speakers": speaker_ccc_chart(run),
        "training": training_chart(run),
        "groups": group_charts(run),
        "ranges": _ranges(run),
        "n_clips": run.table("predictions")["clip"].nunique(),
        "n_speakers": run.table("predictions")["speaker"].nunique(),
    }


def _findings(run: RunFolder) -> Iterator[str]:
    if run.drawn:
        yield run.drawn
    if not len(run.honest):
        yield (
            "No system was evaluated with speakers kept apart, so nothing here says how well "
            "numbers of new people would be predicted."
        )
        return
    best = run.honest.iloc[0]
    interval = CCC.bounds(best["ccc_low"], best["ccc_high"])
    bounds_text = f" (95 % interval over speakers {interval})" if interval else " (one speaker)"
    yield (
        f"On {int(best['n_clips']):,} clips of {int(best['n_speakers'])} speakers, each tested by "
        f"a system that had not met the speaker, the best system, {best['system']}, predicts "
        f"{' and '.join(run.targets)} with a concordance correlation (CCC) of "
        f"{CCC.value(best['ccc'])}{bounds_text}; 1 is exact, 0 what a guess gets."
    )
    if best["ccc_low"] <= 0:
        yield "That is not surely above chance."
    own = run.table("speakers")
    own = own[own["system"] == best["system"]].set_index("speaker")["ccc"]
    if len(own) > 1:
        yield (
            f"It depends on who speaks: from {CCC.value(own.min())} (speaker {own.idxmin()}) to "
            f"{CCC.value(own.max())} (speaker {own.idxmax()})."
        )


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of results, figures as text."""
    rows = []
    for row in _records(table):
        figures = {"ccc": CCC.value(row["ccc"]), "pearson": CCC.value(row["pearson"])}
        interval = CCC.bounds(row["ccc_low"], row["ccc_high"]) or "one speaker"
        kind = modality_name(row["modality"])
        rows.append(
            row | figures | {"rmse": f"{row['rmse']:.3g}", "interval": interval, "kind": kind}
        )
    return rows


def _each_target(run: RunFolder) -> list[dict[str, Any]]:
    """Figures of each target by each honest system, where there are several."""
    if len(run.targets) < 2:
        return []
    names = (*FIGURES, "ccc_low", "ccc_high")
    rows = []
    for row in _records(run.honest):
        for target in run.targets:
            own = {name: row[f"{name}_{target}"] for name in names}
            own |= {"modality": row["modality"]}
            made = _rows(pd.DataFrame([own]))[0]
            rows.append({"system": row["system"], "target": target} | made)
    return rows


def _pairs(run: RunFolder) -> list[dict[str, Any]]:
    rows = _records(run.table("comparisons"))
    for row in rows:
        row["interval"] = CCC.bounds(row["low"], row["high"])
        row["difference"] = CCC.value(row["difference"])
    return rows


def _ranges(run: RunFolder) -> list[dict[str, str]]:
    """Mean, least and greatest of each target."""
    clips = run.table("predictions").drop_duplicates("clip")
    return [
        {"target": name}
        | {part: f"{getattr(clips[name], part)():.3g}" for part in ("mean", "std", "min", "max")}
        for name in run.targets
    ]


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
