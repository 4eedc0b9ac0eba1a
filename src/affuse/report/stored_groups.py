"""Figures by group from stored predictions, for a run that was made without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from affuse.corpora.index import CSV_COLUMNS
from affuse.errors import OutputError
from affuse.evaluation.group_tables import group_tables
from affuse.evaluation.systems import OutOfFold, System, TableEstimator
from affuse.features.table import FeatureTable
from affuse.records import Clip
from affuse.report.reading import RunFolder
from affuse.storage.csv_rows import read_rows
from affuse.storage.run_files import INDEX


def with_groups(run: RunFolder, by: Sequence[str]) -> RunFolder:
    """A stored run with figures for other groups than those it was made with.

    Parameters
    ----------
    run : RunFolder
    by : sequence of str
        What makes the groups; none: those that the run has.

    Returns
    -------
    RunFolder
        From its predictions and its index: nothing is trained or predicted anew.

    Raises
    ------
    ConfigError
        No clip of its index says it.
    OutputError
        It has no index, or one without the clips that were predicted.
    """
    if not by:
        return run
    clips, table = _clips(run), _table(run)
    missing = sorted(set(table.clips.tolist()) - {clip.id for clip in clips})
    if missing:
        raise OutputError(
            f"{run.path / INDEX} lacks {len(missing)} clips that {run.path} predicts (first: "
            f"{missing[0]}); expected the index that the run wrote: run again with --by"
        )
    corpora = {clip.id: clip.corpus for clip in clips}
    table = replace(table, corpora=np.array([corpora[name] for name in table.clips.tolist()]))
    settings = run.config.get("evaluation", {})
    found = group_tables(
        {str(name): _out_of_fold(run, str(name), table) for name in run.results["system"]},
        table,
        clips,
        by,
        n_bootstrap=int(settings.get("n_bootstrap", 2000)),
        seed=int(run.config.get("seed", 0)),
    )
    return replace(run, tables={**run.tables, "by": found.figures, "gaps": found.gaps})


def _clips(run: RunFolder) -> tuple[Clip, ...]:
    """Clips of the run's index with their attributes, wherever their files are now."""
    index = run.path / INDEX
    if not index.is_file():
        raise OutputError(f"{run.path} has no {INDEX}, which says whose clips these are; run again")
    rows = read_rows(index)
    attributes = [name for name in rows.columns if name not in CSV_COLUMNS]
    return tuple(
        Clip(
            row["clip"],
            row["emotion"],
            row["speaker"],
            attributes={name: row[name] for name in attributes if row[name]},
            corpus=row["corpus"],
        )
        for row in rows.rows
    )


def _table(run: RunFolder) -> FeatureTable:
    """The predicted clips with their truth and without features."""
    clips = run.table("predictions").drop_duplicates("clip").sort_values("clip", kind="stable")
    names = {key: clips[key].to_numpy(str) for key in ("clip", "speaker")}
    if run.targets:
        values = clips[list(run.targets)].to_numpy(np.float64)
        none = np.zeros(0, np.int64)
        return FeatureTable(
            names["clip"], names["speaker"], none, (), {}, {}, None, run.targets, values
        )
    labels = np.array([run.classes.index(emotion) for emotion in clips["emotion"]], np.int64)
    table = FeatureTable(names["clip"], names["speaker"], labels, run.classes, {}, {})
    votes = run.table("votes")
    if not len(votes):
        return table
    counts = votes.set_index("clip").reindex(table.clips.tolist())[list(run.classes)]
    return replace(table, votes=counts.to_numpy(np.float64))


def _out_of_fold(run: RunFolder, name: str, table: FeatureTable) -> OutOfFold:
    """Predictions of one row of the results."""
    own = run.predictions_of(name).sort_index(kind="stable")
    row = run.results[run.results["system"] == name].iloc[0]
    columns = [f"predicted_{t}" for t in run.targets] or [f"p_{c}" for c in run.classes]
    outputs = own[columns].to_numpy(np.float64, copy=True)
    if not run.targets:
        outputs = _as_predicted(outputs, own, run.classes)
    return OutOfFold(
        System(name, str(row["modality"]), "", "", "", _not_built),
        str(row["protocol"]),
        np.searchsorted(table.clips, own.index.to_numpy(str)),
        own["fold"].to_numpy(np.int64),
        outputs,
        task=run.task,
    )


def _as_predicted(outputs: np.ndarray, own: pd.DataFrame, classes: Sequence[str]) -> np.ndarray:
    """Probabilities whose maximum agrees with the prediction, which rounding may have hidden."""
    columns = np.array([classes.index(name) for name in own["predicted"]])
    rows = np.flatnonzero(outputs.argmax(axis=1) != columns)
    outputs[rows, columns[rows]] = np.nextafter(outputs[rows].max(axis=1), 2)
    return outputs


def _not_built(seed: int) -> TableEstimator:
    raise OutputError("a stored run holds predictions and no systems; expected nothing to be built")
