"""Figures of the voice model on groups of clips: a corpus, a language, the women of a corpus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affuse.pretraining.voice_clips import Rows, VoiceClips
from affuse.records import RAVDESS_EMOTIONS
from affuse.splits import corpus_rows
from affuse.tasks.intervals import speaker_interval
from affuse.tasks.metrics import uar

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """Figures on a group of clips.

    Attributes
    ----------
    name : str
        A corpus, a language, a corpus and a sex.
    n_clips, n_speakers, n_classes : int
    uar : float
    low, high : float or None
        Bounds of the 95 % bootstrap over speakers; None where there is one speaker.
    emotions : tuple of str
        Those that it is over; one of them was chosen for each clip.
    corpora : tuple of str
        That it rests on.
    """

    name: str
    n_clips: int
    n_speakers: int
    n_classes: int
    uar: float
    low: float | None
    high: float | None
    emotions: tuple[str, ...] = ()
    corpora: tuple[str, ...] = ()


def by_corpus(
    clips: VoiceClips, joint: Floats, chosen: NDArray[np.bool_]
) -> tuple[GroupFigures, ...]:
    """Figures on each corpus, over its emotions.

    Parameters
    ----------
    clips : VoiceClips
    joint : (n_clips, 8) float64
        Probabilities by models that held the speakers out.
    chosen : (n_clips,) bool
        Clips that count.

    Returns
    -------
    tuple of GroupFigures
    """
    return tuple(
        group_figures(clips, str(name), np.flatnonzero(chosen & (clips.corpora == name)), joint)
        for name in np.unique(clips.corpora[chosen])
    )


def by_sex(clips: VoiceClips, joint: Floats, chosen: NDArray[np.bool_]) -> tuple[GroupFigures, ...]:
    """Figures on women and men of each corpus that has both, over the emotions that both show.

    Parameters
    ----------
    clips : VoiceClips
    joint : (n_clips, 8) float64
    chosen : (n_clips,) bool
        As in `by_corpus`.

    Returns
    -------
    tuple of GroupFigures
        Comparable within a corpus alone: others have other emotions.
    """
    sexes, found = _sexes(clips), []
    for corpus in np.unique(clips.corpora[chosen]):
        own = chosen & (clips.corpora == corpus)
        groups = _groups(sexes, own)
        if len(groups) > 1:
            named = {f"{corpus}, {sex}": rows for sex, rows in groups.items()}
            found += _over_the_same(clips, named, joint)
    return tuple(found)


def by_language(
    clips: VoiceClips, joint: Floats, chosen: NDArray[np.bool_]
) -> tuple[GroupFigures, ...]:
    """Figures on each language, over the emotions that occur in all of them.

    Parameters
    ----------
    clips : VoiceClips
    joint : (n_clips, 8) float64
    chosen : (n_clips,) bool
        As in `by_corpus`.

    Returns
    -------
    tuple of GroupFigures
    """
    languages = np.array([clip.attributes.get("language", "") for clip in clips.clips])
    return tuple(_over_the_same(clips, _groups(languages, chosen), joint))


def of_two_sexes(clips: VoiceClips) -> tuple[str, ...]:
    """Speakers whom their corpus calls female in some clips and male in others.

    Parameters
    ----------
    clips : VoiceClips

    Returns
    -------
    tuple of str
        Corpus and name.
    """
    sexes = _stated_sexes(clips)
    return tuple(
        str(name)
        for name in np.unique(clips.speakers)
        if len(np.unique(sexes[(clips.speakers == name) & (sexes != "")])) > 1
    )


def group_figures(
    clips: VoiceClips,
    name: str,
    rows: Rows,
    joint: Floats,
    emotions: Sequence[str] | None = None,
) -> GroupFigures:
    """Figures on one group of clips.

    Parameters
    ----------
    clips : VoiceClips
    name : str
    rows : (n,) int64
        Of the clips.
    joint : (n_clips, 8) float64
        Probabilities by models that held the speakers out.
    emotions : sequence of str, optional
        Only clips of these count, and one of these is chosen for each. By default those that its
        corpus has.

    Returns
    -------
    GroupFigures
    """
    rows = _not_rare(clips, name, rows)
    if emotions is not None:
        rows = rows[np.isin(clips.labels[rows], _labels(emotions))]
    truth, recognised = clips.labels[rows], _among(clips, rows, joint, emotions)
    n_speakers = len(np.unique(clips.speakers[rows]))
    interval = speaker_interval(truth, recognised, clips.speakers[rows])
    shown = np.unique(truth)
    return GroupFigures(
        name=name,
        n_clips=len(rows),
        n_speakers=n_speakers,
        n_classes=len(shown),
        uar=uar(truth, recognised),
        low=interval.low if n_speakers > 1 else None,
        high=interval.high if n_speakers > 1 else None,
        emotions=tuple(RAVDESS_EMOTIONS[label] for label in shown),
        corpora=tuple(str(corpus) for corpus in np.unique(clips.corpora[rows])),
    )


def uar_among(clips: VoiceClips, rows: Rows, joint: Floats) -> float:
    """UAR of clips, each restricted to the emotions of its corpus.

    Parameters
    ----------
    clips : VoiceClips
    rows : (n,) int64
    joint : (n_clips, 8) float64

    Returns
    -------
    float
        0 where there are none.
    """
    if not len(rows):
        return 0.0
    return uar(clips.labels[rows], _among(clips, rows, joint))


def _over_the_same(clips: VoiceClips, groups: dict[str, Rows], joint: Floats) -> list[GroupFigures]:
    """Figures on each group, over the emotions that all of them have."""
    shown = [
        {clips.clips[row].emotion for row in _not_rare(clips, name, rows)}
        for name, rows in groups.items()
    ]
    shared = [emotion for emotion in RAVDESS_EMOTIONS if all(emotion in own for own in shown)]
    if len(shared) < 2:
        return []
    return [group_figures(clips, name, rows, joint, shared) for name, rows in groups.items()]


def _groups(values: NDArray[np.str_], chosen: NDArray[np.bool_]) -> dict[str, Rows]:
    names = [str(name) for name in np.unique(values[chosen]) if name]
    return {name: np.flatnonzero(chosen & (values == name)) for name in names}


def _stated_sexes(clips: VoiceClips) -> NDArray[np.str_]:
    return np.array([clip.attributes.get("sex", "") for clip in clips.clips])


def _sexes(clips: VoiceClips) -> NDArray[np.str_]:
    """Sex of each clip's speaker; where a corpus records two for one, that of most clips."""
    sexes, speakers = _stated_sexes(clips), clips.speakers
    for name in of_two_sexes(clips):
        own = speakers == name
        names, counts = np.unique(sexes[own & (sexes != "")], return_counts=True)
        sexes[own] = names[counts.argmax()]
    return sexes


def _not_rare(clips: VoiceClips, name: str, rows: Rows) -> Rows:
    # One clip of an emotion would be a third of the figure of a corpus that has two others.
    emotions = [clips.clips[row].emotion for row in rows]
    kept: Rows = rows[sorted(corpus_rows.not_rare(corpus_rows.Rows([name] * len(rows), emotions)))]
    return kept


def _labels(emotions: Sequence[str]) -> list[int]:
    return [RAVDESS_EMOTIONS.index(name) for name in emotions]


def _among(
    clips: VoiceClips, rows: Rows, joint: Floats, emotions: Sequence[str] | None = None
) -> Rows:
    """The most probable of these emotions for each clip, or of those that its corpus has."""
    known = clips.utterances.known[rows]
    if emotions is not None:
        known = np.zeros_like(known)
        known[:, _labels(emotions)] = True
    return np.asarray(np.where(known, joint[rows], -1.0).argmax(1))
