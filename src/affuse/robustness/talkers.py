"""The voices of the babble around each speaker of a corpus: those of the others."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from affuse.corpora.speakers import speaker_order
from affuse.errors import DatasetError
from affuse.features.store import content_hash
from affuse.media.degrade_sound import Talker, Voice
from affuse.records import Clip

Talkers = Mapping[str, tuple[Talker, ...]]
"""Speaker -> who talks behind them."""

_CLIPS_PER_TALKER = 5


def talkers_of(clips: Sequence[Clip], n_talkers: int) -> Talkers:
    """Talkers for every speaker, made of the other speakers' clips.

    As many different people as there are; where they are fewer than the talkers, some talk twice
    at once, with other clips where they have enough. The choice follows from the names of
    speakers and clips alone.

    Parameters
    ----------
    clips : sequence of Clip
        With audio that can be read.
    n_talkers : int

    Returns
    -------
    Talkers

    Raises
    ------
    DatasetError
        All clips are of one speaker.
    """
    by_speaker: dict[str, list[Clip]] = defaultdict(list)
    for clip in sorted(clips, key=lambda clip: clip.id):
        by_speaker[clip.speaker].append(clip)
    if len(by_speaker) < 2:
        raise DatasetError(
            f"babble is made of other speakers' voices, and all {len(clips)} clips are of one: "
            "add clips of a second speaker, or set robustness.babble = []"
        )
    speakers = sorted(by_speaker, key=speaker_order)
    n_each = math.ceil(n_talkers / (len(speakers) - 1))
    talks = {name: _talks(by_speaker[name], n_each) for name in speakers}
    return {name: _behind(name, talks, n_talkers) for name in speakers}


def _talks(clips: Sequence[Clip], n_each: int) -> list[Talker]:
    """One speaker's clips as several talkers, spread over emotions and takes."""
    rng = np.random.default_rng(0)
    order = [clips[int(row)] for row in rng.permutation(len(clips))]
    chosen = [order[n % len(order)] for n in range(n_each * min(_CLIPS_PER_TALKER, len(order)))]
    return [tuple(map(_voice, chosen[n::n_each])) for n in range(n_each)]


def _behind(
    speaker: str, talks: Mapping[str, Sequence[Talker]], n_talkers: int
) -> tuple[Talker, ...]:
    """The talkers behind one speaker: each of the others once, before anybody comes twice."""
    others = [name for name in talks if name != speaker]
    begin = list(talks).index(speaker)
    turned = [others[(begin + n) % len(others)] for n in range(len(others))]
    in_turn = [talks[name][turn] for turn in range(len(talks[speaker])) for name in turned]
    return tuple(in_turn[:n_talkers])


def _voice(clip: Clip) -> Voice:
    if clip.audio is None:
        raise DatasetError(f"{clip.id} has no audio; expected clips with sound: leave it out")
    return Voice(clip.audio, content_hash(clip.audio), clip.start_s, clip.end_s)
