"""Result -> run folder: all results as CSV, and what is needed to reproduce them."""

from __future__ import annotations

import json
import os
import platform
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from affuse.bundle.bundle import Bundle
from affuse.bundle.writer import write_bundle
from affuse.config import Config
from affuse.corpora.media_files import passed_over_text
from affuse.corpora.reference import Reference
from affuse.errors import OutputError
from affuse.evaluation.clip_map import clip_map
from affuse.evaluation.comparison import compare_all
from affuse.evaluation.probability_scores import calibrate_across_folds
from affuse.evaluation.references import reference_lines
from affuse.evaluation.reliability import reliability_curve
from affuse.evaluation.speakers import recall_table, speaker_table
from affuse.evaluation.systems import OutOfFold
from affuse.evaluation.votes_table import votes_table
from affuse.features.contents import contents_table
from affuse.features.table import FeatureTable
from affuse.records import Skipped
from affuse.result import Evaluated, Result
from affuse.storage.locks import claimed, remove_free_locks
from affuse.storage.plain_text import csv_cell
from affuse.storage.run_files import BUNDLE, CONFIG, ENVIRONMENT, INDEX, REPORT, SUMMARY, WRITTEN
from affuse.storage.whole import is_leftover, remove_leftovers, replacing_folder, try_folder

_PACKAGES = (
    "av", "numpy", "onnxruntime", "opencv-python-headless", "pandas", "scikit-learn", "scipy",
    "soundfile", "soxr", "torch",
)  # fmt: skip


@contextmanager
def claimed_out(config: Config) -> Iterator[None]:
    """Lock a configuration's run folder from before the work to its end.

    Parameters
    ----------
    config : Config
        Its ``out`` names the folder.

    Raises
    ------
    OutputError
        It is in use, by files or by another call, or cannot be written.
    """
    folder = Path(config.out)
    with claimed(final_place(folder)):
        check_out(folder, config)
        yield


def write_run(
    result: Result,
    folder: Path,
    bundle: Bundle | None = None,
    finish: Callable[[Path], object] = lambda folder: None,
) -> None:
    """Write a run folder, whole or not at all.

    Parameters
    ----------
    result : Result
    folder : Path
        Must not exist, or be empty, or hold the same run without its end; `claimed_out` says so
        before the work.
    bundle : Bundle, optional
        Becomes the folder ``bundle`` in it.
    finish : callable, optional
        Adds what is made from the folder itself, such as the report, before it gets its name.

    Raises
    ------
    OutputError
        The folder is in use or cannot be written.
    """
    check_out(folder, result.config)
    place = final_place(folder)
    try:
        with replacing_folder(place, "run") as whole, _named(whole, folder):
            _write_all(result, whole, bundle)
            finish(whole)
    except OSError as error:
        raise OutputError(
            f"--out {folder} cannot be written ({error.strerror or error}); expected a folder that "
            "you may write to, with enough space: mend that and run again (features and finished "
            "folds are kept elsewhere)"
        ) from error


@contextmanager
def _named(temporary: Path, folder: Path) -> Iterator[None]:
    """Let errors within name the folder that was asked for."""
    try:
        yield
    except OutputError as error:
        raise OutputError(str(error).replace(str(temporary), str(folder))) from error


def _write_all(result: Result, whole: Path, bundle: Bundle | None) -> None:
    (whole / CONFIG).write_text(result.config.to_toml(), "utf-8")
    (whole / ENVIRONMENT).write_text(json.dumps(environment(), indent=2), "utf-8")
    (whole / SUMMARY).write_text(json.dumps(_summary(result), indent=2), "utf-8")
    result.index.write_csv(whole / INDEX)
    for table_name, table in _tables(result):
        harmless(table).to_csv(whole / f"{table_name}.csv", index=False, float_format="%.6g")
    if bundle is not None:
        write_bundle(bundle, whole / BUNDLE)


def harmless(table: pd.DataFrame) -> pd.DataFrame:
    """A table whose texts are neither formulas nor terminal commands; reading undoes it.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    DataFrame
    """
    texts = [str(name) for name in table if not pd.api.types.is_numeric_dtype(table[name])]
    cells = {name: table[name].map(_cell) for name in texts}
    return table.assign(**cells).rename(columns=csv_cell)


def _cell(value: object) -> object:
    return csv_cell(value) if isinstance(value, str) else value


def check_out(folder: Path, config: Config) -> None:
    """Refuse a run folder that is in use or cannot be written, before any work is done.

    Parameters
    ----------
    folder : Path
    config : Config
        Of the run: its own unfinished folder may be replaced.
    """
    place = final_place(folder)
    in_use = os.path.lexists(place) and (not place.is_dir() or any(place.iterdir()))
    if in_use and not _is_unfinished(place, config):
        raise OutputError(
            f"--out {folder} exists and is not empty; expected a new folder: choose another name, "
            "or remove it (features and finished folds are kept elsewhere)"
        )
    if place == Path.cwd() or os.path.ismount(place):
        raise OutputError(
            f"--out {folder} is the folder that you are in, or a file system of its own, which "
            "cannot be replaced; expected a new folder: name one in it"
        )
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(place.parent)
        remove_free_locks(place.parent)
        try_folder(place, "run")
    except OSError as error:
        raise OutputError(
            f"--out {folder} cannot be written ({error.strerror}); expected a folder that you may "
            "write to"
        ) from error


def _is_unfinished(place: Path, config: Config) -> bool:
    """Whether a folder holds only what this run had written when it was interrupted."""
    if not place.is_dir() or (place / REPORT).exists():
        return False
    names = {path.name for path in place.iterdir()}
    if any(name not in WRITTEN and not is_leftover(name) for name in names):
        return False
    try:
        before = tomllib.loads((place / CONFIG).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return _asked(before) == _asked(tomllib.loads(config.to_toml()))


def _asked(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that determine the results: neither workers nor places."""
    asked = {key: value for key, value in settings.items() if key not in ("jobs", "out")}
    # Measured by the run itself.
    asked.get("features", {}).get("vgg_face", {}).pop("ranges", None)
    return asked


def final_place(folder: Path) -> Path:
    """Where a run folder really lies: links are followed, so that they stay in place.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    Path
    """
    return Path(os.path.realpath(folder))


def environment() -> dict[str, object]:
    """What the numbers were computed with: versions and machine, nothing about the person.

    Returns
    -------
    dict of str to object
    """
    versions = {}
    for package in ("affuse", *_PACKAGES):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "not installed"
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "packages": versions,
    }


def _summary(result: Result) -> dict[str, object]:
    """The results in words, and the notes on them."""
    return {
        "headline": result.headline(),
        "reading": result.reading(),
        "features": dict(result.features),
        "notes": list(result.notes),
        "drawn": result.drawn,
        "passed_over": passed_over_text(result.passed_over),
    }


def _tables(result: Result) -> Iterator[tuple[str, pd.DataFrame]]:
    yield "results", result.results
    yield "predictions", result.predictions
    yield "folds", result.folds
    yield "contents", contents_table(result.index, result.contents)
    yield "skipped", _skipped_table(result.skipped)
    if "references" in result.task.tables:
        yield "references", pd.DataFrame([asdict(line) for line in _references(result)])
    yield "map", clip_map(result.table, seed=result.config.seed)
    yield from _tables_of_groups(result)
    if len(result.sets):
        yield "sets", result.sets
    yield from _tables_of_networks(result)
    if result.curves:
        yield "robustness", result.robustness
    yield from _tables_of_the_best(result)
    for name in (each for each in _TABLES_OF_SYSTEMS if each in result.task.tables):
        table_of = _TABLES_OF_SYSTEMS[name]
        parts = [table_of(item.out_of_fold, result.table) for item in result.evaluated]
        named = (
            part.assign(system=i.name) for part, i in zip(parts, result.evaluated, strict=True)
        )
        yield name, pd.concat(named)
    if len(set(result.table.speakers)) > 1 and result.honest:
        if "calibration" in result.task.tables:
            # A temperature is fitted on the other folds, which one fold alone does not have.
            several = [item for item in result.honest if len(set(item.out_of_fold.folds)) > 1]
            if several:
                rows = [_calibration(item, result) for item in several]
                yield "calibration", pd.DataFrame(rows)
        if len(result.honest) > 1:
            yield "comparisons", _comparisons(result)


def _tables_of_networks(result: Result) -> Iterator[tuple[str, pd.DataFrame]]:
    """Losses of networks, and settings that were tried, where there are any."""
    if len(result.training):
        yield "training", result.training
    if len(result.trials):
        yield "trials", result.trials


def _tables_of_the_best(result: Result) -> Iterator[tuple[str, pd.DataFrame]]:
    """What the best system goes by, where it was asked for."""
    if result.importances:
        yield "importance", result.importance
    if result.occlusions:
        yield "occlusion", result.occlusion


def _tables_of_groups(result: Result) -> Iterator[tuple[str, pd.DataFrame]]:
    """Tables of votes, of corpora and of other groups, where there are any."""
    if len(result.table.votes):
        yield "votes", votes_table(result.table)
    if len(result.by_corpus):
        yield "corpora", result.by_corpus
    if len(result.by_group.figures):
        yield "by", result.by_group.figures
        yield "gaps", result.by_group.gaps


def _references(result: Result) -> tuple[Reference, ...]:
    n_classes = len(result.table.classes) if len(result.table.votes) else 0
    return reference_lines(result.index, n_classes=n_classes, drawn=bool(result.drawn))


def _reliability(found: OutOfFold, table: FeatureTable) -> pd.DataFrame:
    return reliability_curve(table.labels[found.rows], found.probabilities)


_TABLES_OF_SYSTEMS: dict[str, Callable[[OutOfFold, FeatureTable], pd.DataFrame]] = {
    "speakers": speaker_table,
    "recalls": recall_table,
    "reliability": _reliability,
}


def _calibration(item: Evaluated, result: Result) -> dict[str, object]:
    """Scores of the probabilities, before and after a temperature fitted on the other folds."""
    calibrated = calibrate_across_folds(item.out_of_fold, result.table)
    before, after = asdict(calibrated.before), asdict(calibrated.after)
    return {"system": item.name, **before, **{f"{k}_calibrated": v for k, v in after.items()}}


def _comparisons(result: Result) -> pd.DataFrame:
    """Comparisons of every pair of systems that kept speakers apart."""
    compared = compare_all(
        [item.out_of_fold for item in result.honest],
        result.table,
        seed=result.config.seed,
    )
    return pd.DataFrame(compared)


def _skipped_table(skipped: Sequence[Skipped]) -> pd.DataFrame:
    return pd.DataFrame([(s.name, s.reason) for s in skipped], columns=["name", "reason"])
