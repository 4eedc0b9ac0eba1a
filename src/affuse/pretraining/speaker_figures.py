"""How well voices that were kept apart are told apart, and the threshold that follows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affuse.features.voices.log_mel import SAMPLE_RATE
from affuse.people.embeddings import unit_rows
from affuse.people.voice_embedding import VoiceEmbedder
from affuse.pretraining.speaker_clips import SpeakerClips, rows_of_speakers

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

STRETCH_S = 2.0
CLIPS_PER_SPEAKER = 24
GROUP = 4
"""Stretches of a group, each of another clip: what a voice has said in a part of a recording."""
SPLIT_SHARE = 0.08
"""Share of the pairs of groups of one voice that may lie below the threshold."""
_BATCH = 32


@dataclass(frozen=True, slots=True)
class CorpusErrors:
    """Equal error rates within one corpus.

    Attributes
    ----------
    corpus : str
    n_speakers, n_stretches : int
        Of speakers kept apart.
    stretches : float
        Equal error rate of pairs of stretches of two seconds.
    same_sex : float or None
        The same, of pairs of one sex; None where there is one speaker of each.
    groups : float
        Equal error rate of pairs of groups of stretches.
    """

    corpus: str
    n_speakers: int
    n_stretches: int
    stretches: float
    same_sex: float | None
    groups: float


@dataclass(frozen=True, slots=True)
class SpeakerFigures:
    """Figures of the speaker network.

    Attributes
    ----------
    threshold : float
        Mean cosine of two groups from which they are one voice: `SPLIT_SHARE` of the pairs of one
        voice lie below.
    above : float
        Share of pairs of groups of two voices that lie above it.
    stretches, groups : float
        Equal error rates over all pairs within a corpus.
    corpora : tuple of CorpusErrors
    n_trained_on : dict of str to int
        Clips of each corpus.
    trained_on, kept_apart : dict of str to tuple of str
        Speakers of each corpus.
    epochs, seed : int
    """

    threshold: float
    above: float
    stretches: float
    groups: float
    corpora: tuple[CorpusErrors, ...]
    n_trained_on: dict[str, int]
    trained_on: dict[str, tuple[str, ...]]
    kept_apart: dict[str, tuple[str, ...]]
    epochs: int
    seed: int


def speaker_figures(
    clips: SpeakerClips, apart: tuple[str, ...], embedder: VoiceEmbedder, epochs: int, seed: int
) -> SpeakerFigures:
    """Measure an embedder on speakers kept apart, and find its threshold.

    Parameters
    ----------
    clips : SpeakerClips
    apart : tuple of str
        Corpus and name of these speakers.
    embedder : VoiceEmbedder
    epochs : int
        Of its training, to be stated.
    seed : int

    Returns
    -------
    SpeakerFigures
    """
    rows, embeddings = embedded_stretches(clips, apart, embedder, seed)
    of_groups, means = _grouped(clips.speakers[rows], embeddings, seed)
    single = _pairs(clips, rows, embeddings)
    grouped = _pairs(clips, rows[of_groups], means)
    learned = np.setdiff1d(np.arange(len(clips)), rows_of_speakers(clips, apart))
    cosines, same = grouped[:2]
    threshold = np.quantile(cosines[same], SPLIT_SHARE) if same.any() else 0.0
    names = sorted({str(corpus) for corpus in clips.corpora})
    return SpeakerFigures(
        threshold=round(float(threshold), 3),
        above=float((cosines[~same] > threshold).mean()) if (~same).any() else 0.0,
        stretches=equal_error(*single[:2])[0],
        groups=equal_error(cosines, same)[0],
        corpora=_by_corpus(clips, rows, single, grouped),
        n_trained_on={name: int((clips.corpora[learned] == name).sum()) for name in names},
        trained_on=_names(clips, set(clips.speakers[learned].tolist())),
        kept_apart=_names(clips, set(apart)),
        epochs=epochs,
        seed=seed,
    )


def embedded_stretches(
    clips: SpeakerClips, speakers: tuple[str, ...], embedder: VoiceEmbedder, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """A stretch of two seconds of up to 24 clips of each speaker, as an embedder has them.

    Parameters
    ----------
    clips : SpeakerClips
    speakers : tuple of str
    embedder : VoiceEmbedder
        It is given windows of its own length: the first and the last of a stretch are averaged.
    seed : int

    Returns
    -------
    rows : (n,) int64
    embeddings : (n, n_dimensions) float32
    """
    rng = np.random.default_rng(seed)
    chosen = [
        rng.permutation(rows_of_speakers(clips, [name]))[:CLIPS_PER_SPEAKER] for name in speakers
    ]
    rows = np.concatenate(chosen)
    stretches = np.stack([_stretch(clips.sound(row), rng) for row in rows])
    size = round(embedder.window_s * SAMPLE_RATE)
    ends = (stretches[:, :size], stretches[:, -size:])
    whole = [np.pad(end, ((0, 0), (0, size - end.shape[1])), "wrap") for end in ends]
    found = [
        sum(embedder.embed(end[at : at + _BATCH]) for end in whole)
        for at in range(0, len(rows), _BATCH)
    ]
    return rows, unit_rows(np.concatenate(found))


def equal_error(likeness: Floats, same: Mask) -> tuple[float, float]:
    """Equal error rate of pairs and the threshold at which it is reached.

    Parameters
    ----------
    likeness : (n,) float64
        Cosine of each pair.
    same : (n,) bool
        Whether it is of one speaker.

    Returns
    -------
    rate, threshold : float
        As many pairs of one speaker lie below the threshold as pairs of two above it. 0 and 0
        where all pairs are of one kind.

    Examples
    --------
    >>> equal_error(np.array([0.9, 0.7, 0.4, 0.1]), np.array([True, True, False, False]))
    (0.0, 0.7)
    """
    if same.all() or not same.any():
        return 0.0, 0.0
    order = np.argsort(-likeness, kind="stable")
    is_same = same[order]
    missed = 1 - np.cumsum(is_same) / is_same.sum()
    false = np.cumsum(~is_same) / (~is_same).sum()
    at = int(np.abs(missed - false).argmin())
    return float(missed[at] + false[at]) / 2, float(likeness[order][at])


def _stretch(sound: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Two seconds of a sound; a shorter one is repeated."""
    n = round(STRETCH_S * SAMPLE_RATE)
    if len(sound) <= n:
        return np.resize(sound, n)
    begin = int(rng.integers(len(sound) - n + 1))
    return sound[begin : begin + n]


def _grouped(
    speakers: NDArray[np.str_], embeddings: NDArray[np.float32], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Row of the first stretch, and mean embedding, of groups of stretches of one speaker.

    The product of two means is the mean cosine of all pairs, whatever the size of the groups.
    """
    rng = np.random.default_rng(seed)
    firsts, means = [], []
    for name in np.unique(speakers):
        own = rng.permutation(np.flatnonzero(speakers == name))
        for at in range(0, len(own) - GROUP + 1, GROUP):
            firsts.append(own[at])
            means.append(embeddings[own[at : at + GROUP]].mean(axis=0))
    if not firsts:
        return np.zeros(0, np.int64), np.zeros((0, embeddings.shape[1]), np.float32)
    return np.array(firsts), np.stack(means)


def _pairs(
    clips: SpeakerClips, rows: NDArray[np.int64], embeddings: NDArray[np.float32]
) -> tuple[Floats, Mask, Mask, NDArray[np.str_]]:
    """Pairs within a corpus: cosine, whether of one speaker, whether of one sex, and the corpus."""
    first, second = np.triu_indices(len(rows), 1)
    inside = clips.corpora[rows][first] == clips.corpora[rows][second]
    first, second = first[inside], second[inside]
    cosines = (embeddings[first].astype(np.float64) * embeddings[second]).sum(axis=1)
    speakers, sexes = clips.speakers[rows], clips.sexes[rows]
    return (
        cosines,
        speakers[first] == speakers[second],
        sexes[first] == sexes[second],
        clips.corpora[rows][first],
    )


def _by_corpus(
    clips: SpeakerClips,
    rows: NDArray[np.int64],
    single: tuple[Floats, Mask, Mask, NDArray[np.str_]],
    grouped: tuple[Floats, Mask, Mask, NDArray[np.str_]],
) -> tuple[CorpusErrors, ...]:
    cosines, same, one_sex, corpora = single
    found = []
    for name in np.unique(clips.corpora[rows]):
        own, of_groups = corpora == name, grouped[3] == name
        alike = own & one_sex
        several = bool((~same[alike]).any())
        there = clips.corpora[rows] == name
        found.append(
            CorpusErrors(
                corpus=str(name),
                n_speakers=len(np.unique(clips.speakers[rows][there])),
                n_stretches=int(there.sum()),
                stretches=equal_error(cosines[own], same[own])[0],
                same_sex=equal_error(cosines[alike], same[alike])[0] if several else None,
                groups=equal_error(grouped[0][of_groups], grouped[1][of_groups])[0],
            )
        )
    return tuple(found)


def _names(clips: SpeakerClips, speakers: set[str]) -> dict[str, tuple[str, ...]]:
    """Names without their corpus, by corpus."""
    found: dict[str, list[str]] = {}
    for name in sorted(speakers, key=lambda name: (len(name), name)):
        corpus = next(str(c) for c in np.unique(clips.corpora) if name.startswith(f"{c}/"))
        found.setdefault(corpus, []).append(name.removeprefix(f"{corpus}/"))
    return {corpus: tuple(names) for corpus, names in sorted(found.items())}
