"""The task of a run, or of a table of features."""

from __future__ import annotations

from collections.abc import Sequence

from affuse.errors import ConfigError
from affuse.features.table import FeatureTable
from affuse.tasks.classification import Classification
from affuse.tasks.dimensional import Dimensional
from affuse.tasks.task import Task
from affuse.tasks.voted import VotedClassification


def make_task(name: str, targets: Sequence[str] = (), *, voted: bool = False) -> Task:
    """A task by its name in the configuration.

    Parameters
    ----------
    name : {"classification", "dimensional"}
    targets : sequence of str
        Of a dimensional one.
    voted : bool
        Whether several people's votes of each clip are known.

    Returns
    -------
    Task

    Raises
    ------
    ConfigError
        Another name; targets for a classification, or votes for numbers.

    Examples
    --------
    >>> make_task("dimensional", ["valence"]).result_columns[:2]
    ('ccc', 'ccc_low')
    """
    if name == Dimensional.name and voted:
        raise ConfigError(
            "votes were asked for with task = dimensional, and people vote for emotions; expected "
            "task = classification, or neither target = votes nor data.votes"
        )
    if name == Dimensional.name:
        return Dimensional(tuple(targets))
    if name != Classification.name:
        raise ConfigError(
            f"task {name!r} was given; expected {Classification.name} or {Dimensional.name}"
        )
    if targets:
        raise ConfigError(
            f"data.targets {', '.join(targets)} were given to a classification, which learns "
            "emotions; expected none: leave them out, or set task = dimensional"
        )
    return VotedClassification() if voted else Classification()


def task_of(table: FeatureTable) -> Task:
    """The task whose truth a table holds.

    Parameters
    ----------
    table : FeatureTable
        With labels, perhaps votes beside them, or with targets.

    Returns
    -------
    Task
    """
    if table.targets:
        return Dimensional(table.targets)
    return VotedClassification() if len(table.votes) else Classification()
