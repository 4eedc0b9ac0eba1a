"""Embeddings of overlapping windows and voice activity -> who speaks when."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affuse.errors import ConfigError
from affuse.people.embeddings import unit_rows
from affuse.people.quiet_edges import with_quiet_edges
from affuse.people.records import Turn
from affuse.people.voice_clusters import clustered

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Mask = NDArray[np.bool_]

FRAME_S = 0.01
STEP = 10
"""Frames of a step of the division: 0.1 s."""
STEP_S = STEP * FRAME_S
PIECE_S = 2.0
"""Speech without a pause is first cut into pieces of at most so many seconds."""
MIN_TURN_S = 0.3
PAUSE_S, EDGE_S = 0.5, 0.1
"""Where several voices speak, a pause of at most so many seconds within one is part of its turn,
and so is as much before and after what it says, or more where more is heard (`quiet_edges`)."""
SWITCH_COST, SWITCH_IN_PAUSE_COST = 4.0, 0.25
"""Of a change of voices, in cosines summed over steps: at a pause it costs less."""
_PASSES = 3


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows of a recording and their embeddings.

    Attributes
    ----------
    starts_s : (n,) float64
    length_s : float
        Of each.
    embeddings : (n, n_dimensions) float32
        Rows of length 1.
    """

    starts_s: Floats
    length_s: float
    embeddings: NDArray[np.float32]


def turns_of(
    windows: Windows,
    speech: Mask,
    threshold: float,
    n_voices: int | None,
    audible: Mask | None = None,
) -> list[Turn]:
    """Divide speech among voices.

    Parameters
    ----------
    windows : Windows
    speech : (n_frames,) bool
        For every 10 ms.
    threshold : float
        Mean cosine of the windows of two groups from which they are one voice.
    n_voices : int or None
        How many; None: as many as differ.
    audible : (n_frames,) bool, optional
        Where anything is heard: of that, what adjoins speech is its quiet edges. None: the speech
        alone.

    Returns
    -------
    list of Turn
        Where several voices speak, pauses of up to 0.5 s within one of them are part of its turn,
        and so are 0.1 s before and after what it says, or up to 0.3 s as far as it is heard.

    Raises
    ------
    ConfigError
        `n_voices` is below 1.

    Notes
    -----
    Pieces of speech are clustered (average linkage, see `voice_clusters`), then every 0.1 s is
    given to a voice by the best path over the similarity of the windows around it, changes costing
    something, and voices are described anew: the resegmentation of Anguera et al. 2012, "Speaker
    diarization: a review of recent research", on embeddings.
    """
    if n_voices is not None and n_voices < 1:
        raise ConfigError(f"{n_voices} voices were asked for; expected at least 1")
    stretches = runs(speech)
    if not len(stretches):
        return []
    pieces = _pieces(stretches)
    embeddings, known = _embedded(pieces, windows)
    lengths = np.asarray((pieces[:, 1] - pieces[:, 0]) * FRAME_S, np.float64)
    voices = np.zeros(0, np.intp)
    if known.any() and n_voices != 1:
        voices = clustered(embeddings[known], lengths[known], threshold, n_voices)
    if voices.max(initial=0) == 0:
        return _turns(np.where(speech, 0, -1))
    centres = _centres(embeddings[known], lengths[known], voices)
    voice = _resegmented(windows, speech, centres)
    if len(np.unique(voice[voice >= 0])) == 1:
        return _turns(np.where(speech, 0, -1))
    return _turns(_rounded_out(voice, speech if audible is None else audible))


def runs(mask: Mask) -> Ints:
    """Where a mask is true without a gap.

    Parameters
    ----------
    mask : (n,) bool

    Returns
    -------
    (n_runs, 2) int
        First position, and the one after the last.

    Examples
    --------
    >>> runs(np.array([True, True, False, True])).tolist()
    [[0, 2], [3, 4]]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return np.asarray(edges.reshape(-1, 2), np.intp)


def _pieces(stretches: Ints) -> Ints:
    """Runs of speech cut into even pieces: (n_pieces, 2) frames."""
    found = []
    for start, end in stretches:
        n_parts = max(int(np.ceil((end - start) * FRAME_S / PIECE_S)), 1)
        cuts = np.linspace(start, end, n_parts + 1).round().astype(np.intp)
        found += list(itertools.pairwise(cuts))
    return np.array(found, np.intp)


def _embedded(pieces: Ints, windows: Windows) -> tuple[Floats, Mask]:
    """Mean embedding of each piece, and whether any window lies on it."""
    n_dimensions = windows.embeddings.shape[1]
    found = np.zeros((len(pieces), n_dimensions))
    begins = windows.starts_s
    for number, (start, end) in enumerate(pieces * FRAME_S):
        near = slice(*np.searchsorted(begins, (start - windows.length_s, end)))
        shared = np.minimum(begins[near] + windows.length_s, end) - np.maximum(begins[near], start)
        shared = np.maximum(shared, 0.0)
        if len(shared) and shared.max() > 0:
            # Windows that hold little of the piece hold much of something else.
            weights = (shared / shared.max()) ** 4
            found[number] = weights @ windows.embeddings[near]
    lengths = np.linalg.norm(found, axis=1)
    return unit_rows(found), lengths > 0


def _centres(embeddings: Floats, lengths: Floats, voices: Ints) -> Floats:
    """Mean embedding of each voice, longer pieces counting more: (n_voices, n_dimensions)."""
    members = np.eye(voices.max(initial=-1) + 1)[voices]
    return unit_rows((members * lengths[:, None]).T @ embeddings)


def _resegmented(windows: Windows, speech: Mask, centres: Floats) -> Ints:
    """Voice of each frame, -1 where nobody speaks; a voice that loses all its speech is gone."""
    n_steps = -(-len(speech) // STEP)
    padded = np.pad(speech, (0, n_steps * STEP - len(speech)))
    share = padded.reshape(n_steps, STEP).mean(axis=1)
    for _ in range(_PASSES):
        scores = _scores(windows, centres, n_steps) * share[:, None]
        path = _best_path(scores, np.where(share < 0.5, SWITCH_IN_PAUSE_COST, SWITCH_COST))
        voice = np.where(share > 0, path, -1)
        centres = _described_anew(windows, voice, centres)
    of_frames = np.repeat(path, STEP)[: len(speech)]
    return np.where(speech, _without_short(of_frames, speech), -1)


def _scores(windows: Windows, centres: Floats, n_steps: int) -> Floats:
    """Similarity of each step's windows to each voice: (n_steps, n_voices)."""
    cosines = windows.embeddings.astype(np.float64) @ centres.T
    at = (np.arange(n_steps) + 0.5) * STEP_S
    middles, half = windows.starts_s + windows.length_s / 2, windows.length_s / 2
    found, total = np.zeros((n_steps, len(centres))), np.zeros(n_steps)
    first = np.searchsorted(middles, at - half)
    last = np.searchsorted(middles, at + half)
    for offset in range(int((last - first).max(initial=0))):
        which = np.minimum(first + offset, len(middles) - 1)
        weight = np.where(first + offset < last, 1 - np.abs(middles[which] - at) / half, 0.0) ** 2
        found += weight[:, None] * cosines[which]
        total += weight
    bare = total < 1e-6
    nearest = np.abs(np.searchsorted(middles, at).clip(0, len(middles) - 1))
    found[bare], total[bare] = cosines[nearest[bare]], 1.0
    return np.asarray(found / total[:, None])


def _best_path(scores: Floats, costs: Floats) -> Ints:
    """Voice of each step: the highest sum of scores, less what changes cost (Viterbi)."""
    n_steps, n_voices = scores.shape
    came_from = np.zeros((n_steps, n_voices), np.intp)
    best = scores[0].copy()
    for step in range(1, n_steps):
        leader = int(best.argmax())
        changed = best[leader] - costs[step]
        stays = best >= changed
        came_from[step] = np.where(stays, np.arange(n_voices), leader)
        best = np.where(stays, best, changed) + scores[step]
    path = np.zeros(n_steps, np.intp)
    path[-1] = best.argmax()
    for step in range(n_steps - 1, 0, -1):
        path[step - 1] = came_from[step, path[step]]
    return path


def _described_anew(windows: Windows, voice: Ints, centres: Floats) -> Floats:
    """Centres from windows that lie on one voice; an old one stays where there are none."""
    begins = np.round(windows.starts_s / STEP_S).astype(np.intp)
    n = max(round(windows.length_s / STEP_S), 1)
    found = centres.copy()
    for number in range(len(centres)):
        on = np.concatenate([[0], np.cumsum(voice == number)])
        ends = np.minimum(begins + n, len(voice))
        share = (on[ends] - on[np.minimum(begins, len(voice))]) / n
        weights = np.maximum(share - 0.5, 0.0)
        if weights.sum() > 0:
            found[number] = unit_rows((weights @ windows.embeddings)[None])[0]
    return found


def _without_short(voice: Ints, speech: Mask) -> Ints:
    """The voices of frames, turns below `MIN_TURN_S` given to the neighbour within the run."""
    found = voice.copy()
    for start, end in runs(speech):
        own = found[start:end]
        cuts = [0, *(np.flatnonzero(np.diff(own)) + 1), len(own)]
        for first, last in itertools.pairwise(cuts):
            if (last - first) * FRAME_S < MIN_TURN_S and len(cuts) > 2:
                own[first:last] = own[first - 1] if first else own[last]
    return found


def _rounded_out(voice: Ints, audible: Mask) -> Ints:
    """The voices of frames, quiet edges of their speech and short pauses within one added."""
    found, edge = voice.copy(), round(EDGE_S / FRAME_S)
    wider = with_quiet_edges(voice >= 0, audible)
    around = np.pad(voice, 1, constant_values=-1)
    for start, end in runs(voice < 0):
        before, after, n = around[start], around[end + 1], end - start
        if before == after and n * FRAME_S <= PAUSE_S:
            found[start:end] = after
            continue
        quiet = np.flatnonzero(~wider[start:end])
        n_first, n_last = (quiet[0], n - 1 - quiet[-1]) if len(quiet) else (n, n)
        n_most = n // 2 if min(before, after) >= 0 else n
        if before >= 0:
            found[start : start + min(max(n_first, edge), n_most)] = before
        if after >= 0:
            found[end - min(max(n_last, edge), n_most) : end] = after
    return found


def _turns(voice: Ints) -> list[Turn]:
    """Turns of the voices of frames, which are numbered by when they first speak."""
    cuts = np.flatnonzero(np.diff(np.concatenate([[-2], voice, [-2]])))
    numbers: dict[int, int] = {}
    found = []
    for start, end in itertools.pairwise(cuts):
        own = int(voice[start])
        if own >= 0:
            number = numbers.setdefault(own, len(numbers) + 1)
            found.append(Turn(float(start * FRAME_S), float(end * FRAME_S), number))
    return found
