"""Tables of a report of emotions: systems, corpora, sets, references, comparisons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from affuse.evaluation.emotion_sets import SHORT
from affuse.report.grid import SHOWN, Axis, Cell, Column, Grid
from affuse.report.reading import RunFolder
from affuse.report.words import contributions, modality_name
from affuse.splits.protocols import ACROSS_CORPORA
from affuse.tasks.figures import bounds, p_value, points
from affuse.tasks.headline import Headline

PAIRS_SHOWN = 40
ONE_SPEAKER = "one speaker"
SYSTEM, INTERVAL = Column("system"), Column("95 % interval", "range")
APART = "Systems tested on speakers unseen in training"


@dataclass(frozen=True, slots=True)
class Part:
    """A further table of results under its own heading.

    Attributes
    ----------
    title, text : str
        The heading, and what the table shows.
    grid : Grid
    folded : bool
        Only the heading is there at once.
    """

    title: str
    text: str
    grid: Grid
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Leaky:
    """Systems that know something about their test clips.

    Attributes
    ----------
    text : str
        How many, and how high they come.
    reasons : tuple of (str, str)
        Each protocol, and why it leaks.
    grid : Grid
    """

    text: str
    reasons: tuple[tuple[str, str], ...]
    grid: Grid


def system_grid(rows: pd.DataFrame, axis: Axis, caption: str) -> Grid:
    """Systems and their figures.

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
    soft = "cross_entropy" in rows
    of_votes = (Column("UAR of majority %", "number"), Column("cross-entropy", "number"))
    columns = (
        SYSTEM, Column("UAR %", "strong"), INTERVAL, Column("UAR", "picture"),
        Column("modality", "tag"), Column("features"), Column("accuracy %", "number"),
        Column("macro F1 %", "number"), Column("ECE %", "number"),
        *(of_votes if soft else ()),
        Column("clips", "number"),
    )  # fmt: skip
    cells = tuple(tuple(_system(row, axis, soft=soft)) for _, row in rows.iterrows())
    return Grid(caption, columns, cells, SHOWN, "system")


def _system(row: pd.Series, axis: Axis, *, soft: bool) -> Iterator[Cell]:
    yield from (row["system"], points(row["uar"]))
    yield bounds(row["uar_low"], row["uar_high"]) or ONE_SPEAKER
    yield from (axis.bar(row), modality_name(row["modality"]), text_of(row.get("features")))
    yield from (points(row[name]) for name in ("accuracy", "macro_f1", "ece"))
    if soft:
        yield from (points(row["uar_majority"]), f"{row['cross_entropy']:.3f}")
    yield f"{row['n_clips']}"


def text_of(value: object) -> str:
    """A cell of a CSV as text; a missing one is empty.

    Parameters
    ----------
    value : object

    Returns
    -------
    str
    """
    return value if isinstance(value, str) else ""


def further(run: RunFolder, axis: Axis) -> tuple[Part, ...]:
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
        Part(
            str(name).capitalize(),
            _ACROSS if name in ACROSS_CORPORA else _OWN,
            system_grid(rows, axis, str(name).capitalize()),
        )
        for name, rows in run.others.groupby("protocol", sort=False)
    )
    return (*protocols, *_corpora(run), *_sets(run), *importance_part(run), *_references(run))


_ACROSS = (
    "What is tested is of other corpora than what is trained on; answers are the emotions that "
    "both show."
)
_OWN = "Speakers are kept apart, in folds that affuse made."


def _corpora(run: RunFolder) -> Iterator[Part]:
    """Figures of speaker-independent systems on each corpus, best first."""
    table = run.table("corpora")
    if not {"system", "uar"} <= set(table):
        return
    columns = (
        SYSTEM, Column("corpus"), Column("UAR %", "strong"), INTERVAL,
        Column("accuracy %", "number"), Column("speakers", "number"), Column("clips", "number"),
    )  # fmt: skip
    rows = tuple(
        (
            row["system"], row["corpus"], points(row["uar"]),
            bounds(row["uar_low"], row["uar_high"]) or ONE_SPEAKER,
            points(row["accuracy"]), f"{row['n_speakers']}", f"{row['n_clips']}",
        )
        for _, row in table[table["system"].isin(run.honest["system"])].iterrows()
    )  # fmt: skip
    text = (
        "Over its own speakers, and among the emotions that it can have: others are no answer "
        "there."
    )
    yield Part(
        "Each corpus by itself", text,
        Grid("The same systems on each corpus", columns, rows, SHOWN),
    )  # fmt: skip


def _sets(run: RunFolder) -> Iterator[Part]:
    """Coverage of each system's sets, on all clips and on each corpus."""
    table = run.table("sets")
    if not len(table):
        return
    columns = (
        SYSTEM, Column("clips of"), Column("holds it %", "strong"), INTERVAL,
        Column("emotions", "number"), Column("one alone %", "number"),
        Column("speakers", "number"), Column("mark"),
    )  # fmt: skip
    rows = tuple(
        (
            row["system"], row["corpus"], points(row["coverage"]),
            bounds(row["coverage_low"], row["coverage_high"]) or ONE_SPEAKER,
            f"{row['size']:.2f} of {row['n_emotions']}", points(row["one"]),
            f"{row['n_speakers']}", SHORT if row["short"] else "",
        )
        for _, row in table.iterrows()
    )  # fmt: skip
    text = (
        "Each clip was given the emotions that are probable enough for the true one to be among "
        f"them with {100 * table['asked'].iloc[0]:.3g} %, for a speaker like those here. How "
        "probable that is was found on the clips of the other folds. Each speaker counts alike."
    )
    caption = "How often the set holds the true emotion, and how large it is"
    yield Part("Sets that hold the true emotion", text, Grid(caption, columns, rows, SHOWN))


def importance_part(run: RunFolder) -> Iterator[Part]:
    """How far the best system drops without each group of features.

    Parameters
    ----------
    run : RunFolder

    Yields
    ------
    Part
        None where groups were not measured.
    """
    table, headline = run.table("importance"), run.task.headline
    if not len(table):
        return
    columns = (
        Column("group of features"), Column(f"drop, {headline.compared}", "strong"),
        Column("least, most", "range"),
    )  # fmt: skip
    rows = tuple(
        (
            row["group"], headline.value(row["drop"]),
            headline.bounds(row["drop_low"], row["drop_high"]),
        )
        for _, row in table.iterrows()
    )  # fmt: skip
    text = (
        f"{table['system'].iloc[0]}, fitted on the training clips; then the numbers of one group "
        "were permuted among the test clips, several times. What two groups tell alike is not "
        "missed where only one of them is permuted."
    )
    text = f"{text} {contributions(run)}".rstrip()
    caption = "How far the best system drops without each group of features"
    yield Part("Groups of features", text, Grid(caption, columns, rows, SHOWN, "group"))


def _references(run: RunFolder) -> Iterator[Part]:
    table = run.table("references")
    if not len(table):
        return
    columns = (
        Column("what"), Column("modality"), Column("measure"), Column("%", "number"),
        Column("protocol"), Column("source"),
    )  # fmt: skip
    rows = tuple(
        (
            row["name"], text_of(row["modality"]), row["metric"], points(row["value"]),
            f"{row['protocol']}{'; leaks: ' if text_of(row['leak']) else ''}{text_of(row['leak'])}",
            text_of(row["source"]),
        )
        for _, row in table.iterrows()
    )  # fmt: skip
    text = "Figures of other people's systems are theirs, with their features and protocol."
    name = "Chance, people and published figures"
    yield Part(name, text, Grid(name, columns, rows), folded=True)


def leaky_of(run: RunFolder, axis: Axis, grid: Grid) -> Leaky | None:
    """The leaky rows, and each reason once.

    Parameters
    ----------
    run : RunFolder
    axis : Axis
    grid : Grid
        Of those rows.

    Returns
    -------
    Leaky or None
        None where nothing leaks.
    """
    if not len(run.leaky):
        return None
    highest = run.leaky[axis.headline.column].max()
    shown = f"{axis.headline.value(highest)}{' %' if axis.headline.scale == 100 else ''}"
    protocols = list(dict.fromkeys(run.leaky["protocol"]))
    return Leaky(
        f"Up to {shown} {axis.headline.name}, of systems that know something of the clips they "
        "are tested on. Such figures are published; these show what a leak does to a number.",
        tuple((str(name).capitalize(), run.leaks[name]) for name in protocols),
        grid,
    )


def pair_grid(pairs: pd.DataFrame, headline: Headline, caption: str) -> Grid:
    """Paired comparisons as a table.

    Parameters
    ----------
    pairs : DataFrame
        As ``comparisons.csv`` has them.
    headline : Headline
        The figure that was compared.
    caption : str

    Returns
    -------
    Grid
        The first `PAIRS_SHOWN`.
    """
    columns = (
        Column("better"), Column("other"), Column(headline.compared, "number"), INTERVAL,
        Column("p", "number"),
    )  # fmt: skip
    rows = tuple(
        (
            row["better"], row["other"], headline.value(row["difference"]),
            headline.bounds(row["low"], row["high"]), p_value(row["p_holm"]),
        )
        for _, row in pairs[:PAIRS_SHOWN].iterrows()
    )  # fmt: skip
    return Grid(caption, columns, rows)
