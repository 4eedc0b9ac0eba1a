"""Configuration -> how the clips of a table are divided under each protocol."""

from __future__ import annotations

from collections.abc import Sequence

from affuse.config import Config, ProtocolName
from affuse.features.identical import identical_clips
from affuse.features.table import FeatureTable
from affuse.records import Clip
from affuse.splits.fold_files import folds_from_file, read_folds
from affuse.splits.folds import (
    Fold,
    duplicate_groups,
    folds_from_speakers,
    leave_one_speaker_out,
    published_folds,
    random_folds,
    random_split,
    speaker_folds,
)
from affuse.splits.protocols import Protocol

DEFAULT_RANDOM_FOLDS = 5


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
    ids = [str(clip) for clip in table.clips]
    groups = duplicate_groups(ids, identical_clips(table))
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
    """Refuse folds by name that leak or do not fit (FoldError), before any work is done.

    Parameters
    ----------
    config : Config
    clips : sequence of Clip
    """
    asked = config.folds
    if asked.file:
        folds_from_file(read_folds(asked.file), clips)
    elif asked.speakers or asked.published:
        lists = asked.speakers or published_folds(asked.published)
        folds_from_speakers([clip.speaker for clip in clips], lists)


def _speaker_folds(
    config: Config, table: FeatureTable, clips: Sequence[Clip], groups: tuple[str, ...]
) -> tuple[Fold, ...]:
    speakers = [str(speaker) for speaker in table.speakers]
    asked = config.folds
    if asked.file:
        kept = [str(clip) for clip in table.clips]
        return folds_from_file(read_folds(asked.file), clips, kept=kept, groups=groups)
    if asked.speakers:
        return folds_from_speakers(speakers, asked.speakers, groups=groups)
    if asked.published:
        return folds_from_speakers(speakers, published_folds(asked.published), groups=groups)
    if asked.scheme == "leave-one-speaker-out":
        return leave_one_speaker_out(speakers, groups=groups)
    return speaker_folds(speakers, asked.n_folds, groups=groups)
