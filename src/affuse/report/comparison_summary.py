"""The first screen of a comparison: what was tested, how good it is, whether to trust it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from affuse.report.reading import RunFolder
from affuse.report.summary import Summary, stated
from affuse.storage.plain_text import counted
from affuse.tasks.headline import UAR

Row = Mapping[Hashable, Any]
"""The best system of a run: its row of results, and what the run is called."""

_NOTHING = "None of these runs has a system that was tested with speakers kept apart."
_SAME = "All were made with the same clips, emotions and folds."
_OTHERWISE = "Not the same conditions:"
_MOST_NAMED = 6
"""Runs that are named; all of them stand in the table below."""


def comparison_summary(
    runs: Sequence[RunFolder],
    names: Sequence[str],
    differences: Sequence[str],
    unknown: Sequence[str],
) -> Summary:
    """Answers to the questions of a first-time reader.

    Parameters
    ----------
    runs : sequence of RunFolder
        Of emotions.
    names : sequence of str
        What each is called.
    differences, unknown : sequence of str
        What makes their figures less comparable, and what is not known of that.

    Returns
    -------
    Summary
    """
    drawn = runs[0].drawn if len({run.drawn for run in runs}) == 1 else ""
    tested = tuple(_tested(runs, names))
    best: list[Row] = [
        run.honest.iloc[0].to_dict() | {"run": name}
        for run, name in zip(runs, names, strict=True)
        if len(run.honest)
    ]
    best.sort(key=lambda row: -row["uar"])
    conditions = _conditions(differences, unknown)
    if not best:
        return Summary(drawn, tested, "", "", (), (_NOTHING,), tuple(conditions))
    first = best[0]
    return Summary(
        drawn,
        tested,
        stated(UAR, first["uar"]),
        f"UAR of {first['system']} in {first['run']}; a guess has {stated(UAR, first['chance'])}.",
        (),
        tuple(_others(best[1:])),
        (*conditions, *_trust(runs, best)),
    )


def _tested(runs: Sequence[RunFolder], names: Sequence[str]) -> Iterator[str]:
    for run, name in list(zip(runs, names, strict=True))[:_MOST_NAMED]:
        clips = run.table("predictions").drop_duplicates("clip")
        speakers = counted(clips["speaker"].nunique(), "speaker")
        yield (
            f"{name}: {counted(len(clips), 'clip')} of {speakers}, "
            f"{counted(len(run.classes), 'emotion')}, {counted(len(run.results), 'system')}."
        )
    if len(runs) > _MOST_NAMED:
        yield f"And {len(runs) - _MOST_NAMED} more, in the table below."


def _others(rows: Sequence[Row]) -> Iterator[str]:
    if rows:
        named = ", ".join(f"{row['run']} {stated(UAR, row['uar'])}" for row in rows)
        yield f"The best of the others: {named}."


def _conditions(differences: Sequence[str], unknown: Sequence[str]) -> Iterator[str]:
    if differences:
        yield f"{_OTHERWISE} {differences[0]}"
        yield from differences[1:]
    elif not unknown:
        yield _SAME
    yield from unknown


def _trust(runs: Sequence[RunFolder], best: Sequence[Row]) -> Iterator[str]:
    yield "Each clip was tested by a system that was not trained on its speaker."
    if len(best) > 1:
        low, high = best[0]["uar_low"], best[1]["uar_high"]
        if pd.isna(low) or pd.isna(high):
            yield "With one speaker it is not known how far others would differ."
        elif low <= high:
            yield "The 95 % intervals of the two best overlap: the order of the runs may be chance."
    n_leaky = sum(len(run.leaky) for run in runs)
    if n_leaky:
        yield f"{counted(n_leaky, 'row')} marked leaky must not be compared with these."
