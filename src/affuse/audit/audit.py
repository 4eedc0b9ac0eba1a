"""The whole audit: recordings, folds, features, figures."""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path

import numpy as np

from affuse.audit.figures import permutation_finding, random_split_finding, taken_as_they_are
from affuse.audit.findings import Audit, Finding
from affuse.audit.labels import columns_findings, extractors_finding
from affuse.audit.published import published_folds_finding
from affuse.audit.recordings import duplicates_finding, fold_file_finding, identical_recordings
from affuse.audit.speakers import speakers_finding
from affuse.config import Config
from affuse.corpora.index import Index
from affuse.errors import ConfigError
from affuse.experiment import chosen_clips, context_of, extract_configured
from affuse.features.label_columns import refuse_constant
from affuse.features.table import FeatureTable
from affuse.records import Modality, ProgressCallback
from affuse.splits.divide import divided_by
from affuse.splits.fold_files import FoldFile, read_folds
from affuse.splits.protocols import Protocol, feasible_protocols
from affuse.tasks.classification import Classification

DEFAULT_PERMUTATIONS = 99


def audit(
    config: Config,
    *,
    n_permutations: int = DEFAULT_PERMUTATIONS,
    progress: ProgressCallback | None = None,
) -> Audit:
    """Look for whatever would make the figures of a run too good to be true.

    Parameters
    ----------
    config : Config
        As for a run. Its ``folds.file`` is examined, and used where it is sound; the other
        folds of the configuration take its place where it leaks.
    n_permutations : int
        Of the label permutation test; 0 leaves it out.
    progress : callable, optional
        Called with ``(stage, done, total)``.

    Returns
    -------
    Audit

    Raises
    ------
    AffuseError
        As in a run, but for folds that leak: those are a finding.

    Examples
    --------
    >>> audit(load_config("quick", overrides={"data.path": "ravdess"})).leaks  # doctest: +SKIP
    ()
    """
    _refuse_other_tasks(config)
    index = chosen_clips(config)
    context = context_of(config, progress=progress)
    file = _fold_file(config, index)
    groups = identical_recordings(index, progress)
    of_file = [] if file is None else [fold_file_finding(file, index, groups)]
    findings = [speakers_finding(index), *of_file]
    if findings[-1].verdict == "LEAK":
        config = _without_file(config)
    if config.folds.published:
        findings.append(published_folds_finding(config.folds.published, index))
    extraction, sources = extract_configured(config, index, progress=progress)
    table = extraction.table
    refuse_constant(sources, table)
    Classification().check(table)
    protocol = _protocol(config, table, index)
    findings.append(duplicates_finding(index, groups, table, protocol))
    findings.append(extractors_finding(sources.values()))
    by_column = columns_findings(sources, table)
    findings += by_column.values()
    small = _worth_measuring(table, by_column, taken_as_they_are(sources, config))
    if small is not None:
        labels: dict[str, str] = {modality: source.label for modality, source in sources.items()}
        findings.append(random_split_finding(config, small, labels, index.clips, protocol, context))
    if small is not None and n_permutations:
        findings.append(permutation_finding(config, small, protocol, n_permutations, context))
    return Audit(
        data="+".join(Path(path).resolve().name for path in config.data.paths),
        n_clips=len(table),
        n_speakers=len(np.unique(table.speakers)),
        n_emotions=len(np.unique(table.labels)),
        n_skipped=len(extraction.skipped),
        findings=tuple(findings),
    )


def _refuse_other_tasks(config: Config) -> None:
    if config.task != Classification.name:
        raise ConfigError(
            f"task = {config.task} was given to affuse audit, which looks at how emotions could "
            "leak; expected classification: leave task out"
        )


def _fold_file(config: Config, index: Index) -> FoldFile | None:
    """The fold file of a configuration, with every name matched to clips; None without one."""
    if not config.folds.file:
        return None
    file = read_folds(config.folds.file)
    file.of_clips(index.clips)
    return file


def _protocol(config: Config, table: FeatureTable, index: Index) -> Protocol:
    """The protocol that keeps speakers apart, or the next best that these clips allow."""
    (name,) = feasible_protocols(("speaker-independent",), list(table.speakers)).protocols
    divided = divided_by((name,), config, table, index.clips).protocols
    return next((each for each in divided if not each.leaky), divided[0])


def _worth_measuring(
    table: FeatureTable, by_column: Mapping[Modality, Finding], quick: Set[str]
) -> FeatureTable | None:
    """The quick modalities without a leaking column; None if there is none."""
    leaking = {name for name, finding in by_column.items() if finding.verdict == "LEAK"}
    found = sorted(quick & set(table.modalities) - leaking)
    return table.select(found) if found else None


def _without_file(config: Config) -> Config:
    return config.model_copy(update={"folds": config.folds.model_copy(update={"file": ""})})
