"""Charts of single decisions: confusion, reliability, the map of clips."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affuse.plot.confusion import draw_shares
from affuse.plot.reliability import draw_curve, draw_diagonal
from affuse.report.chart import (
    COLOURS,
    FAINT,
    INK,
    MARKERS,
    NARROW,
    SERIES,
    Chart,
    chart_of,
    drawing,
    short,
)
from affuse.report.reading import RunFolder
from affuse.report.results_charts import MODALITY_MARKERS, MODALITY_NAMES

MANY_SPEAKERS = 8
MOST_NAMED = 48
"""Names for which there is room beside a map."""
FEWEST = 5
"""Clips that a group needs to be drawn: of fewer, the share that is right says nothing."""

_USUAL, _INCHES = 12, 0.09
"""Characters of a name that fit beside a matrix as it is, and the room that each further takes."""


def confusions(run: RunFolder) -> dict[str, pd.DataFrame]:
    """Modality -> normalised confusion matrix of its best system; rows are the true emotions.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    dict of str to DataFrame
        (n_classes, n_classes), rows sum to 1; zeros for an emotion without a clip.
    """
    found = {}
    for modality, system in run.best.items():
        rows = run.predictions_of(system)
        counts = pd.crosstab(rows["emotion"], rows["predicted"]).reindex(
            index=list(run.classes), columns=list(run.classes), fill_value=0
        )
        found[modality] = counts.div(counts.sum(axis=1).clip(lower=1), axis=0)
    return found


def confusion_charts(run: RunFolder) -> tuple[Chart, ...]:
    """One matrix per modality.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    tuple of Chart
    """
    return tuple(
        _matrix(modality, run.best[modality], shares)
        for modality, shares in confusions(run).items()
    )


def _matrix(modality: str, system: str, shares: pd.DataFrame) -> Chart:
    n = len(shares)
    names = [short(str(name)) for name in shares.columns]
    beyond = _INCHES * max(max(len(name) for name in names) - _USUAL, 0)
    # Names stand level beside the rows, and aslant below the columns.
    with drawing(1.6 + 0.5 * n + beyond, 1.3 + 0.45 * n + 0.7 * beyond) as figure:
        axes = figure.subplots()
        draw_shares(axes, shares.to_numpy(), names, COLOURS[modality])
        name = MODALITY_NAMES[modality]
        return chart_of(
            figure, f"Confusion of {name}", _confusion_text(system, shares), _percent(shares)
        )


def _confusion_text(system: str, shares: pd.DataFrame) -> str:
    values = shares.to_numpy().copy()
    np.fill_diagonal(values, -1)
    row, column = divmod(int(values.argmax()), len(values))
    right = np.diag(shares.to_numpy())
    shares_text = (
        f"{system}: shares of each true emotion in %; right are {100 * right.mean():.0f} % on "
        "average"
    )
    if values[row, column] <= 0:
        return f"{shares_text}, and nothing is taken for anything else."
    return (
        f"{shares_text}. Taken for another most often: {shares.index[row]} for "
        f"{shares.columns[column]} "
        f"({100 * values[row, column]:.0f} %)."
    )


def _percent(shares: pd.DataFrame) -> pd.DataFrame:
    percent = (100 * shares).round(1)
    percent.columns.name = None
    return percent.rename_axis("true \\ predicted").reset_index()


def reliability_chart(run: RunFolder) -> Chart | None:
    """Accuracy over confidence, of the best system of each modality.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    Chart or None
        None where the run has no ``reliability.csv``.
    """
    table = run.table("reliability")
    if not len(table) or not run.best:
        return None
    with drawing(NARROW, 3.8) as figure:
        axes = figure.subplots()
        draw_diagonal(axes, FAINT, INK)
        for modality, system in run.best.items():
            rows = table[(table["system"] == system) & (table["n_clips"] >= FEWEST)]
            marker, name = MODALITY_MARKERS[modality], MODALITY_NAMES[modality]
            draw_curve(axes, rows, COLOURS[modality], marker, name)
        axes.legend(loc="lower right")
        return chart_of(
            figure, "Stated and true probability", _reliability_text(run), _reliability_table(run)
        )


def _reliability_text(run: RunFolder) -> str:
    errors = []
    for modality, system in run.best.items():
        ece = run.honest.set_index("system")["ece"].to_dict()[system]
        errors.append(f"{MODALITY_NAMES[modality]} {100 * ece:.1f}")
    return (
        "How often a system is right among clips of which it states about that probability; groups "
        f"of fewer than {FEWEST} clips are not drawn. Mean distance "
        f"from the line (ECE, points): {', '.join(errors)}."
    )


def _reliability_table(run: RunFolder) -> pd.DataFrame:
    table = run.table("reliability")
    chosen = table[table["system"].isin(run.best.values()) & (table["n_clips"] > 0)].copy()
    chosen[["confidence", "accuracy"]] = (100 * chosen[["confidence", "accuracy"]]).round(1)
    return chosen[["system", "confidence", "accuracy", "n_clips"]]


def map_charts(run: RunFolder) -> tuple[Chart, ...]:
    """Maps of the clips: one per modality and method, by emotion and by speaker.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    tuple of Chart
        Empty where the run has no ``map.csv``.
    """
    table = run.table("map")
    if not len(table):
        return ()
    labels = (
        run.table("predictions").drop_duplicates("clip").set_index("clip")[["emotion", "speaker"]]
    )
    joined = table.astype({"clip": str}).join(labels, on="clip", how="inner")
    charts = []
    for (modality, method), points in joined.groupby(["modality", "method"], sort=False):
        charts.append(_map(str(modality), str(method), points, "emotion", list(run.classes)))
        speakers = sorted(points["speaker"].unique(), key=lambda name: (len(name), name))
        charts.append(_map(str(modality), str(method), points, "speaker", speakers))
    return tuple(charts)


def _map(modality: str, method: str, points: pd.DataFrame, by: str, names: list[str]) -> Chart:
    with drawing(NARROW, 3.6) as figure:
        axes = figure.subplots()
        for number, name in enumerate(names):
            own = points[points[by] == name]
            axes.plot(
                own["x"], own["y"], MARKERS[(number // len(SERIES) + number) % len(MARKERS)],
                color=SERIES[number % len(SERIES)], markersize=4.5, alpha=0.7, linestyle="none",
                markeredgewidth=0, label=short(str(name)),
            )  # fmt: skip
        axes.set_xticks([])
        axes.set_yticks([])
        if len(names) <= MOST_NAMED:
            columns = 1 if len(names) <= 2 * MANY_SPEAKERS else 2
            axes.legend(
                loc="upper left", bbox_to_anchor=(1, 1), fontsize=9, ncols=columns, markerscale=1.5
            )
        text = (
            f"{len(points)} clips placed by their {modality} features alone ({method}, no label "
            f"used), marked by {by}. {_apartness(points, by)}"
        )
        if len(names) > MOST_NAMED:
            text += f" These are {len(names)}: too many to be named beside it."
        return chart_of(figure, f"Map of {modality} features by {by} ({method})", text)


def _apartness(points: pd.DataFrame, by: str) -> str:
    """Share of the variance in the map that lies between groups, in words."""
    places = points[["x", "y"]].to_numpy()
    total = _spread(places)
    within = sum(_spread(own[["x", "y"]].to_numpy()) for _, own in points.groupby(by))
    share = 1 - within / total if total > 0 else 0.0
    return f"{100 * share:.0f} % of the spread lies between one {by} and another."


def _spread(places: NDArray[np.float64]) -> float:
    return float(np.square(places - places.mean(axis=0)).sum())
