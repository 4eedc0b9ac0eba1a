"""Tables of a page: their cells, and how many rows are shown before a reader asks for more."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from affuse.report.words import modality_name
from affuse.tasks.headline import Headline

SHOWN = 5
"""Rows of a long table that a page shows at first; folding a single row would save nothing."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name : str
        In its head, and before each value where rows are cards.
    kind : str
        ``number``, ``strong`` (the figure that ranks), ``range``, ``picture`` (cells are `Bar`),
        ``tag`` (a modality), or empty: text.
    """

    name: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure as a mark on its interval, beside a guess and people.

    Attributes
    ----------
    kind : str
        Name of the modality.
    value : float
        Percent of the axis.
    ends : tuple of float, optional
        Of the interval; None where there is none.
    chance, people : float, optional
        None where there is no such line.
    text : str
        The same in words.
    """

    kind: str
    value: float
    ends: tuple[float, float] | None
    chance: float | None
    people: float | None
    text: str


Cell = str | Bar


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of a page.

    Attributes
    ----------
    caption : str
    columns : tuple of Column
        The first names the row.
    rows : tuple of tuple
        A cell for each column.
    shown : int, optional
        Rows that are there at once, the others on demand; all by default.
    noun : str
        What a row is, in the singular.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    shown: int | None = None
    noun: str = "row"

    @property
    def first(self) -> tuple[tuple[Cell, ...], ...]:
        """Rows that are shown at once."""
        return self.rows if len(self.rows) - 1 == self.shown else self.rows[: self.shown]

    @property
    def rest(self) -> tuple[tuple[Cell, ...], ...]:
        """Rows that are shown on request."""
        return self.rows[len(self.first) :]

    @property
    def is_sortable(self) -> bool:
        """Whether sorting the table makes sense."""
        return len(self.rows) > 2


@dataclass(frozen=True, slots=True)
class Axis:
    """Scale of the bars of one page.

    Attributes
    ----------
    headline : Headline
    low : float
        Left end; the right one is the highest figure that there is.
    people : mapping of str to float
        UAR of people, by modality.
    """

    headline: Headline
    low: float
    people: dict[str, float]

    def at(self, figure: float) -> float:
        """Position on the axis in percent, limited to it.

        Parameters
        ----------
        figure : float

        Returns
        -------
        float
        """
        share = (figure - self.low) / (self.headline.highest - self.low)
        return round(100 * min(max(share, 0.0), 1.0), 2)

    def bar(self, row: pd.Series) -> Bar:
        """The headline figure of one row of results.

        Parameters
        ----------
        row : Series
            With ``modality`` and ``chance`` beside the figure and its bounds.

        Returns
        -------
        Bar
        """
        column, modality = self.headline.column, str(row["modality"])
        low, high = float(row[f"{column}_low"]), float(row[f"{column}_high"])
        known = not (math.isnan(low) or math.isnan(high))
        people, chance = self.people.get(modality), row.get("chance")
        value = f"{self.headline.name} {self.headline.value(row[column])}"
        return Bar(
            modality_name(modality),
            self.at(float(row[column])),
            (self.at(low), self.at(high)) if known else None,
            self.at(float(chance)) if chance is not None and not pd.isna(chance) else None,
            self.at(people) if people is not None else None,
            f"{value}{self.headline.bounds(low, high, before=', 95 % interval ')}",
        )


def axis_of(headline: Headline, results: pd.DataFrame, references: pd.DataFrame) -> Axis:
    """The axis that all bars of a page share.

    Parameters
    ----------
    headline : Headline
    results, references : DataFrame
        As a run folder has them.

    Returns
    -------
    Axis
        From 0, or from just below the lowest interval where figures may be negative.
    """
    low = headline.lowest
    if low < 0:
        low = max(low, min(-0.1, float(results[f"{headline.column}_low"].min()) - 0.05))
    people: dict[str, float] = {}
    if len(references):
        rows = references[references["kind"] == "people"]
        by_modality = rows.groupby("modality")["value"].max()
        people = {str(modality): float(value) for modality, value in by_modality.items()}
    return Axis(headline, low, people)


def grid_of(table: pd.DataFrame, caption: str) -> Grid:
    """A table of numbers as it is, rows named by its first column.

    Parameters
    ----------
    table : DataFrame
    caption : str

    Returns
    -------
    Grid
    """
    first, *others = (str(name) for name in table.columns)
    columns = (Column(first), *(Column(name, "number") for name in others))
    rows = tuple(tuple(map(_text, row)) for row in table.itertuples(index=False, name=None))
    return Grid(caption, columns, rows)


def _text(cell: object) -> str:
    return "" if cell is None or cell != cell else str(cell)
