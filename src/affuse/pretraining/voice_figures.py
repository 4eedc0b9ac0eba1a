"""Figures of a voice model on held-out speakers and corpora."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from affuse.corpora.readers.ravdess import TITLE as RAVDESS
from affuse.models.voice_weights import VoiceWeights
from affuse.models.waveform_training import WaveformTraining
from affuse.pretraining.voice_clips import Rows, VoiceClips
from affuse.pretraining.voice_groups import (
    GroupFigures,
    by_corpus,
    by_language,
    by_sex,
    group_figures,
    of_two_sexes,
    uar_among,
)
from affuse.pretraining.voice_networks import N_CLASSES
from affuse.tasks.intervals import speaker_interval
from affuse.tasks.metrics import accuracy, confusion, ece, uar

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class VoiceStart:
    """Weights that a training started from.

    Attributes
    ----------
    name, sha256 : str
        Of the file.
    met : mapping of str to sequence of str
        Corpus -> speakers whom they had met, and on whom figures are none of strangers.
    """

    name: str
    sha256: str
    met: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class VoiceFigures:
    """Figures of a training on clips of held-out speakers.

    Attributes
    ----------
    n_clips, n_speakers, n_folds : int
        Of RAVDESS.
    uar_speech, uar_speech_low, uar_speech_high, accuracy_speech : float
        RAVDESS speech, eight emotions; bounds of the 95 % bootstrap over speakers.
    uar_network, uar_linear : float
        Of either alone, on speech.
    uar_song : float
        Six emotions, those that are sung.
    ece_speech : float
    confusion_speech : tuple of tuple of int
        Rows: acted; columns: recognised.
    unheard_speakers : tuple of GroupFigures
        Of each corpus, by the folds.
    unheard_corpora : tuple of GroupFigures
        Of each corpus that was left out, by a training without it.
    one_corpus : tuple of GroupFigures
        Of the same, by a training on RAVDESS alone.
    by_sex : tuple of GroupFigures
        Women and men of each corpus that has both, over the emotions that both show, by the folds.
    by_language : tuple of GroupFigures
        Over the emotions that occur in every language, by the folds.
    of_two_sexes : tuple of str
        Speakers whom their corpus calls female in some clips and male in others; they count as what
        most of their clips say.
    ece_unheard_corpora : float or None
        Mean over the corpora that were left out, each with the shares that the others gave; None
        where none was.
    trained_on : mapping of str to sequence of str
        Corpus -> speakers whom the shipped graph was trained on.
    n_trained_on : mapping of str to int
        Corpus -> clips.
    shares : tuple of float
        Exponents of the network's and the linear model's probabilities.
    training : mapping
        Settings and seed.
    start : VoiceStart or None
        The weights that all networks started from; None: random ones.
    """

    n_clips: int
    n_speakers: int
    n_folds: int
    uar_speech: float
    uar_speech_low: float
    uar_speech_high: float
    accuracy_speech: float
    uar_network: float
    uar_linear: float
    uar_song: float
    ece_speech: float
    confusion_speech: tuple[tuple[int, ...], ...]
    unheard_speakers: tuple[GroupFigures, ...]
    unheard_corpora: tuple[GroupFigures, ...]
    one_corpus: tuple[GroupFigures, ...]
    by_sex: tuple[GroupFigures, ...]
    by_language: tuple[GroupFigures, ...]
    ece_unheard_corpora: float | None
    of_two_sexes: tuple[str, ...]
    trained_on: dict[str, tuple[str, ...]]
    n_trained_on: dict[str, int]
    shares: tuple[float, float]
    training: dict[str, Any]
    start: VoiceStart | None = None


@dataclass(frozen=True, slots=True)
class PartOutputs:
    """Log probabilities of clips held out of a part's training.

    Attributes
    ----------
    rows : (n,) int64
    network, linear : (n, 8) float64
    distances : (n,) float64
        From what the network was trained on.
    """

    rows: Rows
    network: Floats
    linear: Floats
    distances: Floats

    def joint(self, shares: tuple[float, float]) -> Floats:
        """Probabilities of both models together, (n, 8).

        Parameters
        ----------
        shares : tuple of float
            Exponents of the network's and the linear model's.

        Returns
        -------
        (n, 8) float64
        """
        logits = shares[0] * self.network + shares[1] * self.linear
        return np.asarray(softmax(logits, axis=1))


def fit_shares(network: Floats, linear: Floats, labels: Rows) -> tuple[float, float]:
    """Exponents of two models' probabilities in their product: least log loss.

    Parameters
    ----------
    network, linear : (n_clips, n_classes) float64
        Log probabilities of clips that the models were not trained on.
    labels : (n_clips,) int64

    Returns
    -------
    tuple of float
        Of the network, of the linear model; each from 0 to 5.
    """

    def loss(exponents: Floats) -> float:
        joint = log_softmax(exponents[0] * network + exponents[1] * linear, axis=1)
        return -float(joint[np.arange(len(labels)), labels].mean())

    optimum = minimize(loss, np.array([0.5, 0.5]), bounds=[(0, 5), (0, 5)])
    return float(optimum.x[0]), float(optimum.x[1])


def rows_of(parts: Iterable[PartOutputs]) -> Rows:
    """Rows of all of these, one part after another.

    Parameters
    ----------
    parts : iterable of PartOutputs

    Returns
    -------
    (n,) int64
    """
    return np.concatenate([part.rows for part in parts])


def distances_of(parts: Iterable[PartOutputs]) -> Floats:
    """Distances from training of all of these, in the order of `rows_of`.

    Parameters
    ----------
    parts : iterable of PartOutputs

    Returns
    -------
    (n,) float64
    """
    return np.concatenate([part.distances for part in parts])


def joined_logs(parts: Iterable[PartOutputs]) -> tuple[Floats, Floats]:
    """Log probabilities of the networks and of the linear models, in the order of `rows_of`.

    Parameters
    ----------
    parts : iterable of PartOutputs

    Returns
    -------
    network, linear : (n, 8) float64
    """
    several = list(parts)
    return (
        np.concatenate([part.network for part in several]),
        np.concatenate([part.linear for part in several]),
    )


def voice_figures(
    clips: VoiceClips,
    folds: Sequence[PartOutputs],
    others: Sequence[PartOutputs],
    one_corpus: PartOutputs | None,
    shares: tuple[float, float],
    settings: WaveformTraining,
    seed: int,
) -> VoiceFigures:
    """Figures of a training.

    Parameters
    ----------
    clips : VoiceClips
    folds : sequence of PartOutputs
        What each fold's models say of the speakers that were held out.
    others : sequence of PartOutputs
        What those that lack a corpus say of it.
    one_corpus : PartOutputs or None
        What those that know RAVDESS alone say of the other corpora.
    shares : tuple of float
        Exponents of what is shipped.
    settings : WaveformTraining
    seed : int
        Of the first fold; that of each other training follows from it.

    Returns
    -------
    VoiceFigures
    """
    joint, of_others = _across(clips, folds), _across(clips, others)
    network, linear = _placed(folds, joint.shape)
    own, spoken = clips.corpora == RAVDESS, ~clips.sung
    speech, song = np.flatnonzero(own & spoken), np.flatnonzero(own & clips.sung)
    truth, recognised = clips.labels[speech], joint[speech].argmax(1)
    low, high = speaker_interval(truth, recognised, clips.speakers[speech])
    return VoiceFigures(
        n_clips=int(own.sum()),
        n_speakers=len(np.unique(clips.speakers[own])),
        n_folds=len(folds),
        uar_speech=uar(truth, recognised),
        uar_speech_low=low,
        uar_speech_high=high,
        accuracy_speech=accuracy(truth, recognised),
        uar_network=uar(truth, network[speech].argmax(1)),
        uar_linear=uar(truth, linear[speech].argmax(1)),
        uar_song=uar_among(clips, song, joint),
        ece_speech=ece(truth, joint[speech]),
        confusion_speech=_counts(confusion(truth, recognised, N_CLASSES)),
        unheard_speakers=by_corpus(clips, joint, spoken),
        unheard_corpora=_of_corpora(clips, others, of_others),
        one_corpus=_alone_figures(clips, others, one_corpus),
        by_sex=by_sex(clips, joint, spoken),
        by_language=by_language(clips, joint, spoken),
        of_two_sexes=of_two_sexes(clips),
        ece_unheard_corpora=_mean_ece(clips, others, of_others),
        trained_on={name: _speakers_of(clips, name) for name in _names(clips)},
        n_trained_on={name: int((clips.corpora == name).sum()) for name in _names(clips)},
        shares=shares,
        training={**asdict(settings), "seed": seed},
    )


def started_from(figures: VoiceFigures, start: VoiceWeights | None) -> VoiceFigures:
    """The figures of networks that all started from some weights.

    Parameters
    ----------
    figures : VoiceFigures
    start : VoiceWeights or None
        None: from random ones.

    Returns
    -------
    VoiceFigures
        Training speakers of these weights count among those of the shipped graph.
    """
    if start is None:
        return figures
    met: dict[str, tuple[str, ...]] = {}
    for speaker in start.speakers:
        corpus, _, name = speaker.partition("/")
        met[corpus] = (*met.get(corpus, ()), name)
    trained_on = {
        corpus: _in_order({*figures.trained_on.get(corpus, ()), *met.get(corpus, ())})
        for corpus in dict.fromkeys([*figures.trained_on, *met])
    }
    n_trained_on = {corpus: figures.n_trained_on.get(corpus, 0) for corpus in trained_on}
    return replace(
        figures,
        trained_on=trained_on,
        n_trained_on=n_trained_on,
        start=VoiceStart(start.name, start.sha256, met),
    )


def _placed(parts: Sequence[PartOutputs], shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Log probabilities of network and linear model in the rows of all clips."""
    network, linear = np.zeros(shape), np.zeros(shape)
    network[rows_of(parts)], linear[rows_of(parts)] = joined_logs(parts)
    return network, linear


def _counts(table: NDArray[Any]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(n) for n in row) for row in table)


def _across(clips: VoiceClips, parts: Sequence[PartOutputs]) -> Floats:
    """Joint probabilities (n, 8), each part's with the shares fitted to the other parts."""
    joint = np.zeros((len(clips), N_CLASSES))
    for part in parts:
        others = [each for each in parts if each is not part] or [part]
        joint[part.rows] = part.joint(
            fit_shares(*joined_logs(others), clips.labels[rows_of(others)])
        )
    return joint


def _of_corpora(
    clips: VoiceClips, parts: Sequence[PartOutputs], joint: Floats
) -> tuple[GroupFigures, ...]:
    return tuple(
        group_figures(clips, str(clips.corpora[part.rows[0]]), part.rows, joint) for part in parts
    )


def _mean_ece(clips: VoiceClips, parts: Sequence[PartOutputs], joint: Floats) -> float | None:
    if not parts:
        return None
    return float(np.mean([ece(clips.labels[part.rows], joint[part.rows]) for part in parts]))


def _alone_figures(
    clips: VoiceClips, others: Sequence[PartOutputs], one_corpus: PartOutputs | None
) -> tuple[GroupFigures, ...]:
    if one_corpus is None:
        return ()
    joint = np.zeros((len(clips), N_CLASSES))
    shares = fit_shares(*joined_logs([one_corpus]), clips.labels[one_corpus.rows])
    joint[one_corpus.rows] = one_corpus.joint(shares)
    return _of_corpora(clips, others, joint)


def _names(clips: VoiceClips) -> list[str]:
    return [str(name) for name in np.unique(clips.corpora)]


def _speakers_of(clips: VoiceClips, corpus: str) -> tuple[str, ...]:
    own = np.unique(clips.speakers[clips.corpora == corpus]).tolist()
    return _in_order(speaker.partition("/")[2] for speaker in own)


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: (len(name), name)))
