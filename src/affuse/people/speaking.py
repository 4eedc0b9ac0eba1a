"""Whose the speech of a recording is: voices and mouths joined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from affuse.media.speech import FRAME_S
from affuse.people.records import MouthTrack, Speech, SpokenBy, Turn
from affuse.people.synchrony import PER_S, loudness, synchrony
from affuse.records import Stretch

Floats = NDArray[np.float64]

UNIT_S = 0.2
"""Within a turn it is decided anew for pieces of this length."""

LEAST_SURE = 0.7
"""What is less likely than that is left unattributed."""

_SEEN, _NOT_SEEN_NOW, _OFF_SCREEN = 1.0, 0.1, 0.05
"""How likely it is that somebody speaks whom the picture shows, does not show just then, or never
shows, before mouth and voice are asked."""

_MOST_EVIDENCE = 3.0
_IMPURE = 0.05
"""Share of a voice's turns that are somebody else's."""

_ONE_VOICE, _TIMES = 0.8, 4
"""How sure it is that nobody has two voices, and how often that is weighed anew."""

_CHANGES_PER_S = 0.05
_SHORTEST_S = 0.3


def attribute(
    mouths: Mapping[int, Sequence[MouthTrack]],
    envelope: NDArray[np.floating],
    turns: Sequence[Turn],
) -> Speech:
    """Who speaks when.

    Of each person whose mouth is seen, the synchrony of mouth and sound says for or against that
    they speak. A voice belongs to whom it agrees with over all its turns, so that it stays theirs
    while the picture shows somebody else; within a turn, a mouth that speaks for a second or two
    against its voice wins. What agrees with nobody's mouth is spoken off-screen. Where two are
    about as likely, it is left open.

    Parameters
    ----------
    mouths : mapping of int to sequence of MouthTrack
        Number of a person, from 1 -> what was measured of their mouth.
    envelope : (n,) float
        Level of the sound a hundred times a second, as of `SoundEnvelope`.
    turns : sequence of Turn
        The speech, by voices; voice 0: it is not known whose.

    Returns
    -------
    Speech
        By person, those off-screen last, by voice.
    """
    loud = loudness(envelope, _spoken(turns, len(envelope)))
    return attributed({person: synchrony(own, loud) for person, own in mouths.items()}, turns)


def attributed(evidence: Mapping[int, Floats], turns: Sequence[Turn]) -> Speech:
    """`attribute` by the synchrony of each person's mouth with the sound.

    Parameters
    ----------
    evidence : mapping of int to (n,) float64
        Number of a person -> `affuse.people.synchrony.synchrony`.
    turns : sequence of Turn

    Returns
    -------
    Speech
    """
    people = sorted(evidence)
    count = max((len(own) for own in evidence.values()), default=0)
    table = _Table(people, np.array([evidence[p] for p in people]).reshape(len(people), count))
    pieces: dict[tuple[int, int], list[Stretch]] = {}
    unattributed: list[Stretch] = []
    by_voice = {voice: _of(turns, voice) for voice in sorted({turn.voice for turn in turns})}
    owners = _one_voice_each({voice: table.owners(own) for voice, own in by_voice.items()})
    owners = {voice: table.doubted(own, owners[voice]) for voice, own in by_voice.items()}
    for turn in sorted(turns, key=lambda turn: turn.start_s):
        for person, start_s, end_s in table.speakers(turn, owners[turn.voice]):
            if person is None:
                _append(unattributed, (start_s, end_s))
            else:
                _append(pieces.setdefault((person, turn.voice), []), (start_s, end_s))
    return Speech(tuple(_joined(pieces)), tuple(unattributed))


@dataclass(frozen=True)
class _Table:
    """Agreement of each person's mouth with the sound: (n_people, n); not a number: not seen."""

    people: Sequence[int]
    evidence: Floats

    def owners(self, turns: Sequence[Turn]) -> Floats:
        """How likely each person, and last somebody off-screen, is to have spoken all turns."""
        at = np.concatenate([np.arange(*_positions(turn)) for turn in turns]).astype(int)
        weights = self._likely(at)
        if turns[0].voice == 0:
            return np.asarray(weights / weights.sum())
        total = np.append(self._sums(at), 0.0)
        owners = weights * np.exp(np.maximum(total - total.max(), -2 * _MOST_EVIDENCE))
        return np.asarray(owners / owners.sum())

    def doubted(self, turns: Sequence[Turn], owners: Floats) -> Floats:
        """The owners of a voice, the less sure the more of its turns speak against the first."""
        owner, lengths, against = owners.argmax(), [], []
        for turn in turns:
            found = np.append(self._sums(np.arange(*_positions(turn))), 0.0)
            lengths.append(turn.end_s - turn.start_s)
            against.append(found.max() - found[owner] > _MOST_EVIDENCE)
        share = max(float(np.average(against, weights=lengths)), _IMPURE)
        weights = self._likely(np.concatenate([np.arange(*_positions(turn)) for turn in turns]))
        return np.asarray((1 - share) * owners + share * weights / weights.sum())

    def speakers(self, turn: Turn, owners: Floats) -> Iterator[tuple[int | None, float, float]]:
        """Person (0: off-screen; None: it cannot be told), start and end of the turn's parts."""
        n_units = max(round((turn.end_s - turn.start_s) / UNIT_S), 1)
        edges = np.append(turn.start_s + UNIT_S * np.arange(n_units), turn.end_s)
        positions = np.round(edges * PER_S).astype(int)
        units = pairwise(positions.tolist())
        found = np.array([np.append(self._sums(np.arange(a, b)), 0.0) for a, b in units])
        likely = _smoothed(found, self._now(turn, owners))
        best = likely.argmax(axis=1)
        sure = likely.max(axis=1) >= LEAST_SURE
        numbers = [*self.people, 0]
        start = 0
        for end in range(1, len(best) + 1):
            if end == len(best) or (best[end], sure[end]) != (best[start], sure[start]):
                person = numbers[best[start]] if sure[start] else None
                yield person, float(edges[start]), float(edges[end])
                start = end

    def _now(self, turn: Turn, owners: Floats) -> Floats:
        if turn.voice:
            return owners
        weights = self._likely(np.arange(*_positions(turn)))
        return np.asarray(weights / weights.sum())

    def _likely(self, at: NDArray[np.int_]) -> Floats:
        """Weight of each person by how much of it they are seen, and of somebody off-screen."""
        at = at[at < self.evidence.shape[1]]
        if not len(self.people):
            return np.ones(1)
        seen = np.isfinite(self.evidence[:, at]).mean(axis=1) if len(at) else 0.0
        weights = _NOT_SEEN_NOW + (_SEEN - _NOT_SEEN_NOW) * seen * np.ones(len(self.people))
        return np.append(weights, _OFF_SCREEN)

    def _sums(self, at: NDArray[np.int_]) -> Floats:
        """Evidence for each person; what windows of a second share counts once."""
        at = at[at < self.evidence.shape[1]]
        bounded = np.clip(np.nan_to_num(self.evidence[:, at]), -_MOST_EVIDENCE, _MOST_EVIDENCE)
        return np.asarray(bounded.sum(axis=1) / PER_S)


def _one_voice_each(owners: Mapping[int, Floats]) -> dict[int, Floats]:
    """The owners of all voices, where who has one is unlikely to have another."""
    named = {voice: likely for voice, likely in owners.items() if voice}
    found = dict(owners)
    for _ in range(_TIMES):
        free = {voice: 1 - _ONE_VOICE * likely for voice, likely in found.items() if voice}
        for voice, likely in named.items():
            others = [of_another for other, of_another in free.items() if other != voice]
            still = np.prod(others, axis=0) if others else np.ones(len(likely))
            still[-1] = 1.0
            kept = likely * still
            found[voice] = kept / kept.sum()
    return found


def _smoothed(found: Floats, owners: Floats) -> Floats:
    """Probability of each speaker in each unit, (n_units, n): forward and backward."""
    change = _CHANGES_PER_S * UNIT_S
    likely = np.exp(found - found.max(axis=1, keepdims=True))

    def passed(units: Floats, first: Floats) -> Floats:
        rows, state = [], first
        for unit in units:
            rows.append(state)
            state = state * unit
            state = (1 - change) * state / state.sum() + change * owners
        return np.array(rows)

    before = passed(likely, owners)
    after = passed(likely[::-1], np.full(len(owners), 1 / len(owners)))[::-1]
    both = before * likely * after
    return np.asarray(both / both.sum(axis=1, keepdims=True))


def _positions(turn: Turn) -> tuple[int, int]:
    return round(turn.start_s * PER_S), max(round(turn.end_s * PER_S), 1)


def _spoken(turns: Sequence[Turn], count: int) -> NDArray[np.bool_]:
    spoken = np.zeros(count, bool)
    for turn in turns:
        spoken[round(turn.start_s / FRAME_S) : round(turn.end_s / FRAME_S)] = True
    return spoken


def _of(turns: Sequence[Turn], voice: int) -> list[Turn]:
    return [turn for turn in turns if turn.voice == voice]


def _append(stretches: list[Stretch], following: Stretch) -> None:
    """One more stretch, joined to the last where it goes on."""
    if stretches and following[0] - stretches[-1][1] < FRAME_S / 2:
        following = stretches.pop()[0], following[1]
    stretches.append(following)


def _joined(pieces: Mapping[tuple[int, int], Sequence[Stretch]]) -> Iterator[SpokenBy]:
    """One record for each person, with the voice that they have longest."""
    for person in sorted({person for person, _ in pieces if person}):
        own = {voice: turns for (who, voice), turns in pieces.items() if who == person}
        voice = max(own, key=lambda voice: sum(end - start for start, end in own[voice]))
        turns: list[Stretch] = []
        for stretch in sorted(stretch for turns_of in own.values() for stretch in turns_of):
            _append(turns, stretch)
        yield SpokenBy(person, voice, tuple(turns))
    for voice in sorted(voice for person, voice in pieces if not person):
        yield SpokenBy(0, voice, tuple(pieces[0, voice]))
