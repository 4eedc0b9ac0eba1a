"""The task of a run, or of a table of features."""

from __future__ import annotations

from collections.abc import Sequence

from affuse.errors import ConfigError
from affuse.features.table import FeatureTable
from affuse.tasks.classification import Classification
from affuse.tasks.dimensional import Dimensional
from affuse.tasks.task import Task


def make_task(name: str, targets: Sequence[str] = ()) -> Task:
    """A task by the name that the configuration has for it.

    Parameters
    ----------
    name : {"classification", "dimensional"}
    targets : sequence of str
        Of a dimensional one.

    Returns
    -------
    Task

    Raises
    ------
    ConfigError
        Another name; targets for a classification.

    Examples
    --------
    >>> make_task("dimensional", ["valence"]).result_columns[:2]
    ('ccc', 'ccc_low')
    """
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
    return Classification()


def task_of(table: FeatureTable) -> Task:
    """The task whose truth a table holds.

    Parameters
    ----------
    table : FeatureTable
        With labels, or with targets.

    Returns
    -------
    Task
    """
    return Dimensional(table.targets) if table.targets else Classification()
