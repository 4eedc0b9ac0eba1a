"""Features of the same clips under every condition, row by row as the clean ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from affuse.corpora.index import Index
from affuse.features.array import FeatureArray
from affuse.features.context import RunContext
from affuse.features.extract import extract_features
from affuse.features.source import Source
from affuse.features.table import FeatureTable
from affuse.records import Clip, Modality, ProgressCallback, Skipped
from affuse.robustness.conditions import Condition, degraded
from affuse.robustness.talkers import talkers_of


@dataclass(frozen=True)
class DegradedTables:
    """One table per condition, and clips without features under one, with reasons.

    Attributes
    ----------
    tables : mapping of Condition to FeatureTable
    skipped : tuple of Skipped
    """

    tables: Mapping[Condition, FeatureTable]
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True)
class Recordings:
    """The recordings to be degraded: clips, clean features, and their sources.

    Attributes
    ----------
    index : Index
        Holds the clips of `table`.
    table : FeatureTable
    sources : mapping of modality to Source
    """

    index: Index
    table: FeatureTable
    sources: Mapping[Modality, Source]

    def having(self, modality: Modality) -> list[Clip]:
        """Clips that have features of a modality.

        Parameters
        ----------
        modality : str
            ``audio`` or ``video``.

        Returns
        -------
        list of Clip
        """
        has = set(self.table.clips[self.table.present[modality]].tolist())
        return [clip for clip in self.index if clip.id in has]


def degraded_tables(
    clean: Recordings,
    wanted: Sequence[Condition],
    context: RunContext,
    *,
    talkers: int = 6,
) -> DegradedTables:
    """Features of all clips under each condition; those of other modalities are the clean ones.

    Every condition costs one more extraction of all clips (none where a modality is gone). They
    are stored as all others are: a call that was cut short goes on where it ended.

    Parameters
    ----------
    clean : Recordings
    wanted : sequence of Condition
    context : RunContext
        Its ``progress`` is called with ``("degraded audio features", done, total)``, all
        conditions together.
    talkers : int
        People in the babble.

    Returns
    -------
    DegradedTables

    Raises
    ------
    FeatureError
        No clip gave features under a condition.
    DatasetError
        Babble, and one speaker alone.
    """
    babble = any(condition.name == "babble" for condition in wanted)
    behind = talkers_of(clean.having("audio"), talkers) if babble else {}
    tables: dict[Condition, FeatureTable] = {}
    skipped: list[Skipped] = []
    for condition in wanted:
        modality = condition.modality
        if modality is None or condition.gone:
            tables[condition] = clean.table if modality is None else _gone(clean.table, modality)
            continue
        alike = [c for c in wanted if c.modality == modality and not c.gone]
        found = extract_features(
            Index(tuple(clean.having(modality))),
            {modality: degraded(condition, clean.sources[modality].extractor_for(""), behind)},
            context.telling(_one_of(context.progress, alike.index(condition), len(alike))),
        )
        tables[condition] = _beside(clean.table, found.table, modality)
        skipped += [Skipped(f"{s.name} ({condition})", s.reason) for s in found.skipped]
    return DegradedTables(tables, tuple(skipped))


def _beside(clean: FeatureTable, worse: FeatureTable, modality: Modality) -> FeatureTable:
    """The clean table with one modality from the degraded one, absent where it is there."""
    row_of = {clip: row for row, clip in enumerate(worse.clips.tolist())}
    rows = np.array([row_of.get(clip, -1) for clip in clean.clips.tolist()])
    return _with_modality(clean, modality, worse.arrays[modality].spread(rows), rows >= 0)


def _gone(clean: FeatureTable, modality: Modality) -> FeatureTable:
    nowhere = np.full(len(clean), -1)
    return _with_modality(clean, modality, clean.arrays[modality].spread(nowhere), nowhere >= 0)


def _with_modality(
    table: FeatureTable, modality: Modality, array: FeatureArray, present: NDArray[np.bool_]
) -> FeatureTable:
    return replace(
        table,
        arrays={**table.arrays, modality: array},
        present={**table.present, modality: present},
    )


def _one_of(progress: ProgressCallback, number: int, n_all: int) -> ProgressCallback:
    """Progress of one extraction as a part of several equally long ones."""
    return lambda stage, done, total: progress(
        f"degraded {stage}", number * total + done, n_all * total
    )
