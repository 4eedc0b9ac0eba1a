"""The sound of one person within a window in which several people speak."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from affuse.media.speech import SAMPLE_RATE
from affuse.predict.observer import Signal
from affuse.predict.windows import Span
from affuse.records import Stretch

MARGIN_S = 0.25
"""Seconds of quiet before and after a turn that belong to it."""


def own_stretches(
    turns: Sequence[Stretch], others: Sequence[Stretch], span: Span
) -> tuple[Stretch, ...]:
    """The stretches of a window that hold one person's voice.

    Where nobody else speaks in the window, all of it: the network learned from whole utterances,
    pauses included.

    Parameters
    ----------
    turns : sequence of (start_s, end_s)
        Of the person, by time.
    others : sequence of (start_s, end_s)
        Of everybody else.
    span : Span
        The window.

    Returns
    -------
    tuple of (start_s, end_s)
        Of the window, by time; empty where the person does not speak in it.

    Examples
    --------
    >>> own_stretches([(1, 2), (2.5, 3)], [(4, 5)], Span(0, 5))
    ((0.75, 3.25),)
    """
    own = _within(turns, span)
    foreign = sorted(_within(others, span))
    if not own:
        return ()
    if not foreign:
        return ((span.start_s, span.end_s),)
    stretches: list[Stretch] = []
    for start_s, end_s in own:
        before = [end for _, end in foreign if end <= start_s]
        after = [start for start, _ in foreign if start >= end_s]
        first_s = max([span.start_s, start_s - MARGIN_S, *before])
        last_s = min([span.end_s, end_s + MARGIN_S, *after])
        if stretches and not _between(foreign, stretches[-1][1], start_s):
            first_s = stretches.pop()[0]
        stretches.append((first_s, last_s))
    return tuple(stretches)


def own_voice(signal: Signal, span: Span, stretches: Sequence[Stretch]) -> Signal:
    """The parts of a window's sound, one after the other.

    Parameters
    ----------
    signal : (n_samples,) float32
        The window's, at 16 kHz.
    span : Span
        The window.
    stretches : sequence of (start_s, end_s)
        As `own_stretches` gives them.

    Returns
    -------
    (n_samples,) float32
    """
    places = [
        tuple(round((time_s - span.start_s) * SAMPLE_RATE) for time_s in stretch)
        for stretch in stretches
    ]
    if len(places) == 1 and places[0][0] == 0 and places[0][1] >= len(signal):
        return signal
    parts = [signal[first:end] for first, end in places]
    return np.concatenate([np.zeros(0, np.float32), *parts])


def covered_s(stretches: Sequence[Stretch], span: Span) -> float:
    """Seconds of a window that stretches cover.

    Parameters
    ----------
    stretches : sequence of (start_s, end_s)
        None overlap.
    span : Span
        The window.

    Returns
    -------
    float
    """
    return sum(end_s - start_s for start_s, end_s in _within(stretches, span))


def _within(turns: Sequence[Stretch], span: Span) -> list[Stretch]:
    return [
        (max(start_s, span.start_s), min(end_s, span.end_s))
        for start_s, end_s in turns
        if start_s < span.end_s and end_s > span.start_s
    ]


def _between(turns: Sequence[Stretch], start_s: float, end_s: float) -> bool:
    """Whether anybody else begins to speak between two times."""
    return any(start_s <= start <= end_s for start, _ in turns)
