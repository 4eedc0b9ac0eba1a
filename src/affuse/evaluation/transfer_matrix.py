"""TransferMatrix: the results of a transfer as a table, as JSON and in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from affuse.evaluation.transfer import ACROSS, ALL_OTHERS, LEFT_OUT, Cell, MeanLost
from affuse.storage.plain_text import counted
from affuse.tasks.headline import UAR


@dataclass(frozen=True, slots=True)
class CorpusSize:
    """Size of a corpus that takes part.

    Attributes
    ----------
    corpus : str
    n_clips, n_speakers : int
    emotions : tuple of str
        That it shows, rare ones left out.
    """

    corpus: str
    n_clips: int
    n_speakers: int
    emotions: tuple[str, ...]


@dataclass(frozen=True)
class TransferMatrix:
    """Results of training on each of several corpora and testing on each other.

    Attributes
    ----------
    corpora : tuple of CorpusSize
        By name.
    cells : tuple of Cell
        System by system, row by row.
    means : tuple of MeanLost
    features : mapping of str to str
        What was extracted from each modality, in words.
    notes : tuple of str
        Notes on the matrix.
    """

    corpora: tuple[CorpusSize, ...]
    cells: tuple[Cell, ...]
    means: tuple[MeanLost, ...]
    features: Mapping[str, str]
    notes: tuple[str, ...] = ()

    @property
    def systems(self) -> tuple[str, ...]:
        """Names of the systems, with their modality."""
        return tuple(dict.fromkeys(_row(cell) for cell in self.cells))

    @property
    def sources(self) -> tuple[str, ...]:
        """Rows of the matrix: each corpus, then all others together where they are several."""
        others = (ALL_OTHERS,) if len(self.corpora) > 2 else ()
        return (*(size.corpus for size in self.corpora), *others)

    def matrix(self, system: str) -> dict[tuple[str, str], Cell]:
        """Cells of one system by training and tested corpus.

        Parameters
        ----------
        system : str
            One of `systems`.

        Returns
        -------
        dict of (str, str) to Cell
        """
        return {(c.trained_on, c.tested_on): c for c in self.cells if _row(c) == system}

    @property
    def table(self) -> pd.DataFrame:
        """One row per cell: its fields, figures as fractions; ``n_emotions`` and ``leaky`` too."""
        rows = []
        for cell in self.cells:
            row = asdict(cell) | {"emotions": ", ".join(cell.emotions)}
            row |= {"n_emotions": len(cell.emotions), "leaky": cell.leaky}
            rows.append(row)
        return pd.DataFrame(rows)

    def as_json(self) -> dict[str, Any]:
        """All of it as plain data, ready for JSON; a missing figure is null.

        Returns
        -------
        dict of str to object
        """
        return {
            "corpora": [asdict(size) for size in self.corpora],
            "cells": [_plain(asdict(cell) | {"leaky": cell.leaky}) for cell in self.cells],
            "means": [_plain(asdict(lost)) for lost in self.means],
            "features": dict(self.features),
            "notes": list(self.notes),
        }

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> TransferMatrix:
        """The matrix that `as_json` was made of.

        Parameters
        ----------
        found : mapping of str to object

        Returns
        -------
        TransferMatrix

        Raises
        ------
        KeyError, TypeError
            Something that belongs there is not.
        """
        return cls(
            corpora=tuple(_read(CorpusSize, row) for row in found["corpora"]),
            cells=tuple(_read(Cell, row) for row in found["cells"]),
            means=tuple(_read(MeanLost, row) for row in found["means"]),
            features=dict(found["features"]),
            notes=tuple(found["notes"]),
        )

    def reading(self) -> list[str]:
        """The matrix in sentences, made from its figures; notes at the end.

        Returns
        -------
        list of str
        """
        several = len(self.systems) > 1
        sentences = [_lost_sentence(lost, several) for lost in self.means]
        across = [cell for cell in self.cells if cell.protocol == ACROSS and not cell.leaky]
        known = [cell for cell in across if not math.isnan(cell.uar_low)]
        above = sum(cell.above_chance for cell in known)
        if known:
            sentences.append(
                f"{above} of {len(known)} figures across corpora lie above chance with their whole "
                "interval."
            )
        for leak in dict.fromkeys(cell.leak for cell in self.cells if cell.leaky):
            n_cells = sum(cell.leak == leak for cell in self.cells)
            sentences.append(f"{n_cells} figures are leaky and in no mean (*): {leak}.")
        return [*sentences, *self.notes]


def _row(cell: Cell) -> str:
    return cell.system if "+" in cell.modality else f"{cell.modality}, {cell.system}"


def _lost_sentence(lost: MeanLost, several: bool) -> str:
    pairs = counted(lost.n_cells, "pair")
    how = {
        ACROSS: f"Trained on one corpus and tested on another ({pairs})",
        LEFT_OUT: f"Trained on all other corpora ({lost.n_cells} tested)",
    }[lost.protocol]
    who = f" by {lost.system}" if several else ""
    bounds = UAR.bounds(lost.low, lost.high)
    interval = f" {bounds}" if bounds else ""
    return (
        f"{how}, mean UAR{who} is {UAR.value(lost.across)} %; of speakers of the tested corpora "
        f"themselves, kept apart, over the same emotions {UAR.value(lost.within)} %: "
        f"{UAR.value(lost.lost)} points{interval} are lost."
    )


def _read(kind: Callable[..., Any], row: Mapping[str, Any]) -> Any:
    """A record from its fields: lists become tuples, null becomes NaN."""
    values = {name: tuple(v) if isinstance(v, list) else v for name, v in row.items()}
    values.pop("leaky", None)
    return kind(**{name: math.nan if v is None else v for name, v in values.items()})


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in row.items()
    }
