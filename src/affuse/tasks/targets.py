"""Numbers of clips: which targets there are, and which clips have them all."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from affuse.corpora.attributes import OF_SPEAKERS
from affuse.corpora.index import Index
from affuse.errors import DatasetError
from affuse.records import Clip, Skipped
from affuse.storage.csv_rows import is_blank, number
from affuse.storage.plain_text import counted, first_few, none_of


def with_targets(index: Index, names: Sequence[str] = ()) -> Index:
    """The clips that have all targets asked for, with these and no others.

    Parameters
    ----------
    index : Index
    names : sequence of str
        Targets, or attributes that are numbers; none: all targets that clips have, but for
        what describes a speaker (`affuse.corpora.attributes.OF_SPEAKERS`), such as age.

    Returns
    -------
    Index
        Clips of which a number is blank are in its `skipped`, with the reason.

    Raises
    ------
    DatasetError
        No clip has numbers, or none has all; an asked-for name that no clip has; text, or a
        number that is not finite, in the place of one.

    Examples
    --------
    >>> one, two = (Clip(name, "", "1", targets={"valence": 0.5}) for name in "ab")
    >>> with_targets(Index((one, replace(two, targets={})))).skipped[0].reason
    'valence is blank; every clip needs a number'
    """
    wanted = tuple(names) or _all_targets(index)
    known = {name for clip in index for name in (*clip.targets, *clip.attributes)}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise DatasetError(
            f"target {', '.join(map(repr, unknown))} was asked for, which no clip has; expected "
            f"one of {', '.join(sorted(known)) or 'the columns of a CSV'}: mend data.targets, or "
            "add the column"
        )
    kept, skipped = [], []
    for clip in index:
        values = {name: _value(clip, name) for name in wanted}
        blank = [name for name, value in values.items() if value is None]
        if blank:
            reason = f"{' and '.join(blank)} is blank; every clip needs a number"
            skipped.append(Skipped(clip.id, reason))
        else:
            kept.append(replace(clip, targets={n: v for n, v in values.items() if v is not None}))
    if not kept:
        raise DatasetError(
            f"{none_of(len(index), 'clip')} has a number for {' and '.join(wanted)} (first: "
            f"{skipped[0].name}: {skipped[0].reason}); expected one for some clips at least: fill "
            "the columns, or ask for others with data.targets"
        )
    return replace(index, clips=tuple(kept), skipped=(*index.skipped, *skipped))


def _all_targets(index: Index) -> tuple[str, ...]:
    """Every target that some clip has, in the order of the data, but for those of speakers."""
    numbers = tuple(dict.fromkeys(name for clip in index for name in clip.targets))
    names = tuple(name for name in numbers if name not in OF_SPEAKERS)
    if not names:
        emotions = Counter(clip.emotion for clip in index if clip.emotion)
        others = f"emotions ({first_few(sorted(emotions))})" if emotions else "nothing"
        without, remedy = "numbers", "--set task=classification"
        if numbers:
            without = f"numbers other than what describes a speaker ({', '.join(numbers)})"
            learned = f"--set data.targets={numbers[0]} to learn that one"
            remedy = f"{learned}, or {remedy}" if emotions else learned
        raise DatasetError(
            f"{counted(len(index), 'clip')} came with {others} and without {without}; expected a "
            f"CSV with columns of numbers such as path,speaker,valence,arousal, or {remedy}"
        )
    return names


def _value(clip: Clip, name: str) -> float | None:
    """A clip's number; None where it is blank."""
    if name in clip.targets:
        value = clip.targets[name]
    else:
        text = clip.attributes.get(name, "")
        if is_blank(text):
            return None
        value = number(text)
        if math.isnan(value):
            raise DatasetError(
                f"clip {clip.id} has {name} {text!r}; expected a number: mend it, leave the cell "
                "empty, or ask for other targets with data.targets"
            )
    if math.isinf(value):
        raise DatasetError(
            f"clip {clip.id} has {name} {value}; expected a number that is finite: mend it, or "
            "leave the cell empty"
        )
    return None if math.isnan(value) else value
