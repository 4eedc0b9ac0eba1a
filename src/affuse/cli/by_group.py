"""Figures of the best system for each group, as plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from affuse.cli.tables import in_columns

if TYPE_CHECKING:
    from affuse.evaluation.group_tables import GroupTables
    from affuse.result import Result
    from affuse.tasks.task import Task


def by_group_text(result: Result) -> str:
    """Figures of the best row that keeps speakers apart, group by group, and the largest gaps.

    Parameters
    ----------
    result : Result

    Returns
    -------
    str
        Several lines without a final newline; empty where no groups were asked for.
    """
    if not (result.config.evaluation.by and result.honest):
        return ""
    best = result.honest[0].name
    text = groups_text(result.by_group, best, result.task, result.gaps())
    return text.replace("\n", " (by.csv has every row)\n", 1)


def groups_text(tables: GroupTables, system: str, task: Task, sentences: Sequence[str]) -> str:
    """Figures of one system for each group, then sentences.

    Parameters
    ----------
    tables : GroupTables
    system : str
    task : Task
    sentences : sequence of str

    Returns
    -------
    str
        Several lines without a final newline.
    """
    frame = tables.figures
    own = [_named(row) for row in frame[frame["system"] == system].to_dict("records")]
    rows = [("by", "group", *task.headings, "speakers")]
    rows += [(r["by"], r["group"], *task.cells(r), f"{r['n_speakers']}") for r in own]
    title = f"for whom {system} works"
    return "\n".join([title, *in_columns(rows), *sentences])


def _named(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(column): value for column, value in row.items()}
