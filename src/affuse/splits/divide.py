"""Configuration -> the folds of a table under each protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from affuse.config import Config, ProtocolName
from affuse.features.identical import identical_clips
from affuse.features.table import FeatureTable
from affuse.records import Clip
from affuse.splits.corpora import (
    CorpusFold,
    CorpusFolds,
    cross_corpus,
    folds_of_corpora,
    leave_one_corpus_out,
)
from affuse.splits.corpus_rows import corpus_labels
from affuse.splits.fold import check_apart
from affuse.splits.fold_files import folds_from_file, read_folds
from affuse.splits.folds import (
    Fold,
    duplicate_groups,
    folds_from_speakers,
    leave_one_speaker_out,
    random_folds,
    random_split,
    speaker_folds,
)
from affuse.splits.protocols import ACROSS_CORPORA, Leak, Protocol, published_label
from affuse.splits.published_division import PublishedDivision, published_division

DEFAULT_RANDOM_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Divided:
    """Every protocol of a run with its folds, and notes on them."""

    protocols: tuple[Protocol, ...]
    notes: tuple[str, ...] = ()


def divided_by(
    names: Sequence[ProtocolName], config: Config, table: FeatureTable, clips: Sequence[Clip]
) -> Divided:
    """Each protocol's folds over the rows of a table.

    Parameters
    ----------
    names : sequence of str
    config : Config
    table : FeatureTable
    clips : sequence of Clip
        As `divide` takes them.

    Returns
    -------
    Divided
        A published fold set is a protocol of its own before affuse's own folds, marked leaky
        where it does not keep speakers apart.

    Raises
    ------
    FoldError
        The clips cannot be divided as asked.
    """
    protocols: list[Protocol] = []
    notes: list[str] = []
    for name in names:
        if name == "speaker-independent" and _published(config):
            found = published_division(config.folds.published, clips, _ids(table))
            protocols.append(_of_published(config.folds.published, found, table))
            notes += found.notes
        protocols.append(divide(name, config, table, clips))
    for name in set(names) & set(ACROSS_CORPORA):
        across = _across(name, config, table)
        notes += (*across.notes, *across.untested)
    return Divided(tuple(protocols), tuple(dict.fromkeys(notes)))


def divide(
    name: ProtocolName, config: Config, table: FeatureTable, clips: Sequence[Clip]
) -> Protocol:
    """A protocol's folds over the rows of a table; identical clips stay on one side.

    Parameters
    ----------
    name : str
    config : Config
    table : FeatureTable
    clips : sequence of Clip
        All clips that were chosen, also those that gave no features: a fold file names them too.

    Returns
    -------
    Protocol

    Raises
    ------
    FoldError
        The clips cannot be divided as asked.
    """
    if name in ACROSS_CORPORA:
        return Protocol(name, _across(name, config, table).folds)
    ids, groups = _ids(table), groups_of(table)
    if name == "lecture":
        share = config.evaluation.test_share
        split = random_split(len(table), share, config.seed, clips=ids, groups=groups)
        return Protocol(name, (split,))
    if name == "random":
        n_folds = config.folds.n_folds or DEFAULT_RANDOM_FOLDS
        # Clips of numbers have no class to spread evenly.
        labels = [int(label) for label in table.labels] or [0] * len(table)
        return Protocol(name, random_folds(labels, n_folds, config.seed, clips=ids, groups=groups))
    return Protocol(name, _speaker_folds(config, table, clips, groups))


def check_asked_folds(config: Config, clips: Sequence[Clip]) -> None:
    """Refuse (FoldError) named folds that leak or do not fit, before any work is done.

    Parameters
    ----------
    config : Config
    clips : sequence of Clip
    """
    asked = config.folds
    if asked.file:
        folds_from_file(read_folds(asked.file), clips)
    elif asked.speakers:
        folds_from_speakers([clip.speaker for clip in clips], asked.speakers)
    elif asked.published:
        published_division(asked.published, clips)
    for name in set(config.evaluation.protocols) & set(ACROSS_CORPORA):
        _corpus_folds(name, config, sorted({clip.corpus for clip in clips}))


def groups_of(table: FeatureTable) -> tuple[str, ...]:
    """Group of each clip of a table: clips with identical features form one.

    Parameters
    ----------
    table : FeatureTable

    Returns
    -------
    (n_clips,) tuple of str
    """
    return duplicate_groups(_ids(table), identical_clips(table))


def _across(name: str, config: Config, table: FeatureTable) -> CorpusFolds:
    rows = corpus_labels(table, groups_of(table))
    return folds_of_corpora(_corpus_folds(name, config, sorted(set(rows.corpora))), rows)


def _corpus_folds(name: str, config: Config, corpora: Sequence[str]) -> tuple[CorpusFold, ...]:
    if name == "cross-corpus":
        return cross_corpus(corpora, config.folds.train_on, config.folds.test_on)
    return leave_one_corpus_out(corpora)


def _ids(table: FeatureTable) -> list[str]:
    return [str(clip) for clip in table.clips]


def _published(config: Config) -> str:
    """Name of the published fold set that is asked for, unless other folds take precedence."""
    asked = config.folds
    return "" if asked.file or asked.speakers else asked.published


def _speaker_folds(
    config: Config, table: FeatureTable, clips: Sequence[Clip], groups: tuple[str, ...]
) -> tuple[Fold, ...]:
    speakers = [str(speaker) for speaker in table.speakers]
    asked = config.folds
    if asked.file:
        return folds_from_file(read_folds(asked.file), clips, kept=_ids(table), groups=groups)
    if asked.speakers:
        return folds_from_speakers(speakers, asked.speakers, groups=groups)
    if asked.scheme == "leave-one-speaker-out":
        return leave_one_speaker_out(speakers, groups=groups)
    return speaker_folds(speakers, asked.n_folds, groups=groups)


def _of_published(name: str, found: PublishedDivision, table: FeatureTable) -> Protocol:
    if found.overlap:
        leak = Leak("speakers", found.overlap)
        return Protocol(published_label(name), found.folds, found=(leak,), published=name)
    speakers = [str(speaker) for speaker in table.speakers]
    check_apart(found.folds, speakers, groups=groups_of(table))
    return Protocol("speaker-independent", found.folds, published=name)
