"""Run folder -> tables, from which a report is made."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from affuse.corpora.index import Index
from affuse.corpora.table import read_table
from affuse.errors import DatasetError, OutputError
from affuse.splits.protocols import why_leaky
from affuse.storage.csv_rows import read_frame
from affuse.storage.run_files import (
    CONFIG,
    ENVIRONMENT,
    INDEX,
    SUMMARY,
    TABLES,
    TEXT_COLUMNS,
    TRANSFER_JSON,
    RunTable,
    tables_of,
)
from affuse.tasks.choice import make_task
from affuse.tasks.classification import Classification
from affuse.tasks.task import Task


@dataclass(frozen=True)
class RunFolder:
    """A run folder, read back.

    Attributes
    ----------
    path : Path
    config : mapping
        Every setting of the run.
    environment : mapping
        Versions and machine.
    notes : tuple of str
        Notes for readers of the results.
    drawn, passed_over : str
        That these people are drawn; how much lay beside the clips that was no clip. Empty where
        there is nothing to say.
    tables : mapping of str to DataFrame
        Name of each CSV -> its rows; empty where the run did not write it.
    """

    path: Path
    config: Mapping[str, Any]
    environment: Mapping[str, Any]
    notes: tuple[str, ...]
    tables: Mapping[str, pd.DataFrame]
    drawn: str = ""
    passed_over: str = ""

    def table(self, name: str) -> pd.DataFrame:
        """Rows of one CSV; none if the run did not write it.

        Parameters
        ----------
        name : str
            File name without its suffix, such as ``results``.

        Returns
        -------
        DataFrame
        """
        return self.tables[name]

    @property
    def title(self) -> str:
        """Name of the data, of each where there are several."""
        return " + ".join(Path(path).name for path in self.data) or "run"

    @property
    def data(self) -> tuple[str, ...]:
        """Paths of the folders and tables that the clips are from."""
        given = self.config["data"]["path"]
        return (given,) if isinstance(given, str) else tuple(map(str, given))

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """Numbers that were predicted, in the order of the run; none if it predicted emotions."""
        columns = self.tables["predictions"].columns
        before = "predicted_"
        return tuple(name.removeprefix(before) for name in columns if name.startswith(before))

    @property
    def task(self) -> Task:
        """The task of the run."""
        name = str(self.config.get("task", Classification.name))
        return make_task(name, self.targets, voted=len(self.tables["votes"]) > 0)

    @property
    def results(self) -> pd.DataFrame:
        """One row per system, best first, those that leak last."""
        return self.tables["results"].sort_values(
            ["leaky", self.task.headline.column], ascending=[True, False]
        )

    @property
    def honest(self) -> pd.DataFrame:
        """Rows of `results` whose protocol keeps speakers apart; of the first, if several do."""
        return self.results[~self.results["leaky"] & (self.results["protocol"] == self._first)]

    @property
    def others(self) -> pd.DataFrame:
        """Rows of further protocols that keep speakers apart."""
        return self.results[~self.results["leaky"] & (self.results["protocol"] != self._first)]

    @property
    def _first(self) -> str:
        table = self.tables["results"]
        return next(iter(table["protocol"][~table["leaky"]]), "")

    @cached_property
    def leaks(self) -> Mapping[str, str]:
        """Protocol, as named in results -> why its rows are leaky; empty where they are not."""
        table = self.tables["results"]
        reasons = table["leak"] if "leak" in table else [""] * len(table)
        reason_of = dict(zip(table["protocol"], reasons, strict=True))
        # A column without a text is read as numbers that are missing.
        return {
            label: reason if isinstance(reason, str) and reason else why_leaky(label)
            for label, reason in reason_of.items()
        }

    @property
    def leaky(self) -> pd.DataFrame:
        """The other rows."""
        return self.results[self.results["leaky"]]

    @cached_property
    def best(self) -> dict[str, str]:
        """Modality -> system of the highest UAR among the honest rows; audio, video, then fused."""
        found = {}
        for modality in ("audio", "video", "audio+video"):
            rows = self.honest[self.honest["modality"] == modality]
            if len(rows):
                found[modality] = str(rows["system"].iloc[0])
        return found

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Emotions, in the order of the run."""
        columns = self.tables["predictions"].columns
        return tuple(name.removeprefix("p_") for name in columns if name.startswith("p_"))

    @cached_property
    def contents(self) -> Mapping[str, str]:
        """Clip -> hash of its content; clips of unknown content are left out."""
        table = self.tables["contents"]
        if not {"clip", "content"} <= set(table):
            return {}
        pairs = zip(table["clip"], table["content"], strict=True)
        return {clip: content for clip, content in pairs if content and content == content}

    def predictions_of(self, system: str) -> pd.DataFrame:
        """Out-of-fold predictions of one system, one row per clip.

        Parameters
        ----------
        system : str
            As ``results.csv`` names it.

        Returns
        -------
        DataFrame
        """
        table = self.tables["predictions"]
        return table[table["system"] == system].set_index("clip")

    def index(self) -> Index | None:
        """Clips and their files; None where the index no longer leads to files.

        Returns
        -------
        Index or None
        """
        try:
            return read_table(self.path / INDEX)
        except DatasetError:
            return None


def read_run(folder: str | Path) -> RunFolder:
    """Read a run folder.

    Parameters
    ----------
    folder : str or Path
        As `affuse run` leaves it.

    Returns
    -------
    RunFolder

    Raises
    ------
    OutputError
        Not a run folder, or a file of it is missing or damaged.
    """
    path = Path(folder)
    if not path.is_dir():
        raise _unfit(path, "no such folder")
    if (path / TRANSFER_JSON).is_file():
        raise _unfit(path, "affuse transfer wrote it, whose figures are of pairs of corpora")
    missing = [
        name
        for name in (CONFIG, *(table.file for table in TABLES if table.needed))
        if not (path / name).is_file()
    ]
    if missing:
        raise _unfit(path, f"it has no {' and no '.join(missing)}")
    config = _config(path)
    of_task = tables_of(str(config.get("task", Classification.name)))
    tables = {table.name: _table(path, table) for table in of_task}
    summary = _json(path / SUMMARY)
    return RunFolder(
        path,
        config,
        _json(path / ENVIRONMENT),
        tuple(summary.get("notes", ())),
        tables,
        *(str(summary.get(name, "")) for name in ("drawn", "passed_over")),
    )


def _table(path: Path, of_run: RunTable) -> pd.DataFrame:
    file = path / of_run.file
    if not file.is_file():
        return pd.DataFrame()
    try:
        table = read_frame(file, "of affuse run", TEXT_COLUMNS)
    except DatasetError as error:
        raise _unfit(path, f"{file.name} cannot be read ({error})") from error
    needed = of_run.columns if of_run.needed else ()
    missing = [column for column in needed if column not in table]
    if missing:
        raise _unfit(path, f"{file.name} has no column {', '.join(missing)}")
    return table


def _config(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((path / CONFIG).read_text("utf-8"))
    except (ValueError, OSError) as error:
        raise _unfit(path, f"{CONFIG} cannot be read ({error})") from error


def _json(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        found = json.loads(file.read_text("utf-8"))
    except (ValueError, OSError) as error:
        raise _unfit(file.parent, f"{file.name} cannot be read ({error})") from error
    return found if isinstance(found, dict) else {}


def _unfit(path: Path, reason: str) -> OutputError:
    return OutputError(
        f"{path} is no run folder that a report can be made of: {reason}; expected a folder that "
        "affuse run wrote: name one, or run again"
    )
