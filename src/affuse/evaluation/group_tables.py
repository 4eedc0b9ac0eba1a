"""Figures of all systems by group, and the largest gaps, as tables and as a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from affuse.evaluation.by_corpus import among_label_sets
from affuse.evaluation.by_group import (
    LEAST_SPEAKERS,
    Gap,
    Groups,
    GroupScores,
    largest_gap,
    scores_by_group,
)
from affuse.evaluation.grouping import CORPUS, UNKNOWN, groups_of
from affuse.evaluation.systems import OutOfFold
from affuse.features.table import FeatureTable
from affuse.records import Clip
from affuse.splits.corpus_rows import Rows, corpus_labels, not_rare, rare_notes
from affuse.storage.plain_text import counted
from affuse.tasks.headline import Headline
from affuse.tasks.intervals import N_RESAMPLES

GAP_COLUMNS = (
    "system", "by", "higher", "lower", "higher_value", "lower_value", "gap", "gap_low", "gap_high",
    "n_emotions", "n_pairs",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class GroupTables:
    """Two tables of a run folder.

    Attributes
    ----------
    figures : DataFrame
        ``system``, ``by`` (what makes the groups), ``group``, ``compared``, and the columns of
        figures of results.csv.
    gaps : DataFrame
        `GAP_COLUMNS`: for each system and ``by`` the two groups that are farthest apart; none
        where fewer than two groups may be compared.
    """

    figures: pd.DataFrame
    gaps: pd.DataFrame


def group_tables(
    found: Mapping[str, OutOfFold],
    table: FeatureTable,
    clips: Sequence[Clip],
    by: Sequence[str],
    *,
    n_bootstrap: int = N_RESAMPLES,
    seed: int = 0,
) -> GroupTables:
    """Figures of each system on each group of clips, and the largest gap between groups.

    Emotions that are rare in a group (`affuse.splits.corpus_rows.RARE`) are not scored there.

    Parameters
    ----------
    found : mapping of str to OutOfFold
        Name of each row of the results -> what it predicts.
    table : FeatureTable
        The one that they have rows of.
    clips : sequence of Clip
        Those of the table, in any order, and others perhaps.
    by : sequence of str
        What makes the groups: see `groups_of`.
    n_bootstrap, seed : int
        Of the intervals over speakers.

    Returns
    -------
    GroupTables

    Raises
    ------
    ConfigError
        No clip says what they are to be grouped by.
    """
    known = {clip.id: clip for clip in clips}
    own = [known[name] for name in table.clips.tolist()]
    figures: list[dict[str, Any]] = []
    gaps: list[tuple[object, ...]] = []
    for column in dict.fromkeys(by):
        groups: Groups = np.array(groups_of(own, column))
        common = np.array(sorted(not_rare(_as_corpora(table, groups))))
        for system, every in found.items():
            result = every.take(np.isin(every.rows, common))
            own_answers = among_label_sets(result, table) if column == CORPUS else result
            each = scores_by_group(own_answers, table, groups, n_bootstrap=n_bootstrap, seed=seed)
            figures += (_row(system, column, one) for one in each)
            compared = [one.group for one in each if one.compared]
            gap = largest_gap(
                own_answers, table, groups, compared, n_bootstrap=n_bootstrap, seed=seed
            )
            if gap is not None:
                gaps.append((system, column, *_cells(gap)))
    return GroupTables(pd.DataFrame(figures), pd.DataFrame(gaps, columns=list(GAP_COLUMNS)))


def rare_in_groups(table: FeatureTable, clips: Sequence[Clip], by: Sequence[str]) -> Iterator[str]:
    """Notes on emotions that are not scored in some group.

    Parameters
    ----------
    table : FeatureTable
    clips : sequence of Clip
    by : sequence of str
        As `group_tables` takes them.

    Yields
    ------
    str
    """
    known = {clip.id: clip for clip in clips}
    own = [known[name] for name in table.clips.tolist()]
    for column in dict.fromkeys(by):
        yield from rare_notes(_as_corpora(table, groups_of(own, column)), f"figures by {column}")


def _as_corpora(table: FeatureTable, groups: Sequence[str] | Groups) -> Rows:
    """Rows of a table with groups of clips in the place of corpora."""
    return replace(corpus_labels(table), corpora=[str(group) for group in groups])


def _row(system: str, by: str, one: GroupScores) -> dict[str, Any]:
    named = {"system": system, "by": by, "group": one.group, "compared": one.compared}
    return named | one.scores.columns()


def _cells(gap: Gap) -> tuple[object, ...]:
    ends = (gap.higher, gap.lower, gap.higher_value, gap.lower_value)
    return (*ends, gap.difference, gap.low, gap.high, gap.n_emotions, gap.n_pairs)


def gap_sentence(tables: GroupTables, system: str, by: str, headline: Headline) -> str:
    """A sentence on one kind of groups: the largest gap, and which groups are not compared.

    Parameters
    ----------
    tables : GroupTables
    system, by : str
        Of their rows.
    headline : Headline
        The figure that was compared.

    Returns
    -------
    str
        A few sentences.
    """
    figures, gaps = (_rows(frame, system, by) for frame in (tables.figures, tables.gaps))
    few = [
        f"{row['group']} ({counted(row['n_speakers'], 'speaker')})"
        for row in figures
        if row["n_speakers"] < LEAST_SPEAKERS and row["group"] != UNKNOWN
    ]
    left_out = (
        f" Shown and not compared, with fewer than {LEAST_SPEAKERS} speakers: {', '.join(few)}."
        if few
        else ""
    )
    left_out += _unknown_text(figures, by)
    if not gaps:
        return (
            f"By {by}: nothing is compared, which takes two groups of at least {LEAST_SPEAKERS} "
            f"speakers and two emotions that both have.{left_out}"
        )
    return f"By {by}: {_gap_text(gaps[0], figures, headline)}.{left_out}"


def _unknown_text(figures: Sequence[Mapping[str, Any]], by: str) -> str:
    """For how many clips the group is unknown; empty where none."""
    n_clips = {row["group"]: int(row["n_clips"]) for row in figures}
    if UNKNOWN not in n_clips:
        return ""
    return (
        f" {n_clips[UNKNOWN]:,} of {sum(n_clips.values()):,} clips do not say their {by}: the row "
        f"{UNKNOWN} is no group and never compared."
    )


def _gap_text(gap: Mapping[str, Any], figures: Sequence[Mapping[str, Any]], of: Headline) -> str:
    ends = ", ".join(f"{gap[end]} {of.value(gap[f'{end}_value'])}" for end in ("higher", "lower"))
    shown = {row["group"]: row[of.column] for row in figures}
    others = any(abs(shown[gap[e]] - gap[f"{e}_value"]) > 1e-5 for e in ("higher", "lower"))
    among = f" over the {gap['n_emotions']} emotions that both have" if others else ""
    text = (
        f"{ends}{among}: gap {of.amount(gap['gap'])}"
        f"{of.bounds(gap['gap_low'], gap['gap_high'], before=' ')}"
    )
    if gap["n_pairs"] > 1:
        text += f", the largest of {gap['n_pairs']} and picked for that"
    if gap["gap_low"] <= 0:
        text += "; these speakers cannot tell it from none"
    return text


def _rows(frame: pd.DataFrame, system: str, by: str) -> list[dict[str, Any]]:
    if not len(frame):
        return []
    own = frame[(frame["system"] == system) & (frame["by"] == by)]
    return [{str(key): value for key, value in row.items()} for row in own.to_dict("records")]
