"""The first screen of a report: what was tested, how good it is, whether to trust it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from affuse.report.grid import Axis, Bar
from affuse.report.reading import RunFolder
from affuse.report.results_charts import FUSED_MODALITY
from affuse.report.words import FROM, gain_of_fusion, joined_names, modality_name
from affuse.splits.protocols import ACROSS_CORPORA
from affuse.storage.plain_text import counted
from affuse.tasks.figures import points
from affuse.tasks.headline import Headline


@dataclass(frozen=True, slots=True)
class Figure:
    """The best figure of one modality.

    Attributes
    ----------
    kind : str
        What the modality is called.
    value : str
        With its unit.
    bar : Bar
    """

    kind: str
    value: str
    bar: Bar


@dataclass(frozen=True, slots=True)
class Summary:
    """Three answers, in words made from the numbers.

    Attributes
    ----------
    warning : str
        That these people are drawn; empty where they are not.
    tested : tuple of str
        What was tested: sentences.
    value, value_text : str
        The figure of the best system, and what it is; empty where every protocol leaks.
    figures : tuple of Figure
        The best of each modality, where there are several.
    quality : tuple of str
        How good it is: sentences.
    trust : tuple of str
        Whether it can be trusted: sentences.
    has_people : bool
        Bars say what people reach.
    """

    warning: str
    tested: tuple[str, ...]
    value: str
    value_text: str
    figures: tuple[Figure, ...]
    quality: tuple[str, ...]
    trust: tuple[str, ...]
    has_people: bool = False


def summary_of(run: RunFolder, axis: Axis) -> Summary:
    """Answers to the questions of a first-time reader.

    Parameters
    ----------
    run : RunFolder
    axis : Axis
        On which its figures are drawn.

    Returns
    -------
    Summary
    """
    headline = run.task.headline
    if not len(run.honest):
        return Summary(run.drawn, tuple(_tested(run)), "", "", (), _NOTHING, tuple(_leaky(run)))
    best = run.honest.iloc[0]
    return Summary(
        run.drawn,
        tuple(_tested(run)),
        stated(headline, best[headline.column]),
        _value_text(best, headline),
        tuple(_figures(run, axis)),
        tuple(_quality(run)),
        tuple(_trust(run)),
        bool(axis.people),
    )


_NOTHING = (
    "No system was evaluated with speakers kept apart, so nothing here says how well new people "
    "would be recognised. Every figure below leaks: see the reason beside it.",
)


def stated(headline: Headline, figure: float) -> str:
    """A figure with its unit.

    Parameters
    ----------
    headline : Headline
    figure : float

    Returns
    -------
    str
        Such as ``58.0 %`` or ``0.314``.
    """
    return f"{headline.value(figure)}{' %' if headline.scale == 100 else ''}"


def _tested(run: RunFolder) -> Iterator[str]:
    clips = run.table("predictions").drop_duplicates("clip")
    n_clips, n_speakers = len(clips), clips["speaker"].nunique()
    what = (
        f"numbers for {joined_names(run.targets)}"
        if run.targets
        else f"{counted(len(run.classes), 'emotion')} ({', '.join(run.classes)})"
    )
    speakers = f"{counted(n_speakers, 'speaker')} ({_of_each(clips)} each)"
    yield f"{counted(n_clips, 'clip')} of {speakers}: {what}."
    yield _systems(run)
    first = run.honest if len(run.honest) else run.results
    yield _protocol(first.iloc[0], across=first.iloc[0]["protocol"] in ACROSS_CORPORA)


def _of_each(clips: pd.DataFrame) -> str:
    """Least and greatest number of clips of a speaker."""
    counts = clips["speaker"].value_counts()
    fewest, most = int(counts.min()), int(counts.max())
    return f"{fewest}" if fewest == most else f"{fewest} to {most}"


def _systems(run: RunFolder) -> str:
    """The number of systems, and the features and models they are made of."""
    rows = run.honest if len(run.honest) else run.results
    single = rows[rows["modality"] != FUSED_MODALITY].drop_duplicates("modality")
    single = single.sort_values("modality")
    text = counted(len(rows), "system")
    if not {"features", "model"} <= set(rows):
        return f"{text}."
    parts = [f"{row['modality']} by {row['features']}" for _, row in single.iterrows()]
    fused = (
        [f"{'their ' if parts else ''}fusions"] if FUSED_MODALITY in set(rows["modality"]) else []
    )
    models = joined_names([str(name) for name in dict.fromkeys(rows["model"].dropna())])
    return f"{text}: {joined_names([*parts, *fused])}, with {models}."


def _protocol(row: pd.Series, *, across: bool) -> str:
    """How the clips were divided."""
    folds = f", {counted(int(row['n_folds']), 'fold')}" if "n_folds" in row else ""
    if row["leaky"]:
        return f"Protocol: {row['protocol']}{folds}; it leaks."
    return f"Protocol: {row['protocol']}{folds}; {'corpora' if across else 'speakers'} kept apart."


def _value_text(best: pd.Series, headline: Headline) -> str:
    column = headline.column
    bounds = headline.bounds(best[f"{column}_low"], best[f"{column}_high"])
    interval = f"95 % interval over speakers {bounds}" if bounds else "one speaker: no interval"
    name = "mean recall (UAR)" if column == "uar" else "concordance correlation (CCC)"
    guess = f"chance {stated(headline, best['chance'])}" if "chance" in best else ""
    ends = "1 is exact, 0 what a guess gets" if column == "ccc" else guess
    return f"{name}; {interval}; {ends}"


def _figures(run: RunFolder, axis: Axis) -> Iterator[Figure]:
    if len(run.best) < 2:
        return
    headline = axis.headline
    for modality, system in run.best.items():
        row = run.honest[run.honest["system"] == system].iloc[0]
        value = stated(headline, float(row[headline.column]))
        yield Figure(modality_name(modality), value, axis.bar(row))


def _quality(run: RunFolder) -> Iterator[str]:
    best = run.honest.iloc[0]
    ranked = f"Best of {len(run.honest)}" if len(run.honest) > 1 else "The one system"
    yield f"{ranked}: {best['system']}, {FROM[best['modality']]}."
    yield from _people(run)
    fusion = gain_of_fusion(run)
    if fusion:
        yield fusion


def _people(run: RunFolder) -> Iterator[str]:
    references = run.table("references")
    if not len(references):
        return
    own = references["modality"] == run.honest.iloc[0]["modality"]
    people = references[(references["kind"] == "people") & own]
    if len(people):
        row = people.iloc[0]
        yield (
            f"People who rated these recordings reached an {row['metric']} of "
            f"{stated(run.task.headline, row['value'])}."
        )


def _trust(run: RunFolder) -> Iterator[str]:
    headline, best = run.task.headline, run.honest.iloc[0]
    across = best["protocol"] in ACROSS_CORPORA
    apart = "corpus" if across else "speaker"
    yield f"Each clip was tested by a system that was not trained on its {apart}."
    low = best[f"{headline.column}_low"]
    if pd.isna(low):
        yield "One speaker was tested: how far others would differ is not known."
    elif low <= best["chance"]:
        yield f"It is not surely above chance ({stated(headline, best['chance'])})."
    yield from _speakers(run)
    if "ece" in best and not pd.isna(best["ece"]):
        yield (
            f"The probabilities that it states are {points(best['ece'])} points off on average "
            "(ECE)."
        )
    if len(run.honest) > 1:
        yield (
            f"It was picked as the best of {len(run.honest)} after all were measured, which "
            "flatters its figure a little."
        )
    yield from _leaky(run)


def _speakers(run: RunFolder) -> Iterator[str]:
    headline, table = run.task.headline, run.table("speakers")
    if not len(table):
        return
    rows = table[table["system"] == run.honest.iloc[0]["system"]]
    own = rows.set_index("speaker")[headline.column].dropna()
    if len(own) > 1:
        yield (
            f"It depends on who speaks: from {stated(headline, own.min())} (speaker "
            f"{own.idxmin()}) to {stated(headline, own.max())} (speaker {own.idxmax()})."
        )


def _leaky(run: RunFolder) -> Iterator[str]:
    if len(run.leaky):
        headline = run.task.headline
        highest = stated(headline, run.leaky[headline.column].max())
        yield (
            f"{counted(len(run.leaky), 'row')} marked leaky, up to {highest}, must not be compared "
            "with these: they know something of the clips they are tested on."
        )
