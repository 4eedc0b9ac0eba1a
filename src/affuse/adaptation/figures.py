"""A bundle before and after it was adapted, on clips that it was not fitted to."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from affuse.adaptation.fitting import fit_decisions
from affuse.adaptation.folds import fold_numbers, groups_of
from affuse.adaptation.outputs import ClipOutputs
from affuse.adaptation.recalibrating import balanced
from affuse.bundle.bundle import Bundle
from affuse.predict.judging import judge
from affuse.probabilities import FLOOR
from affuse.records import MODALITIES, ProgressCallback
from affuse.tasks.intervals import Interval, speaker_interval
from affuse.tasks.metrics import accuracy, ece, uar
from affuse.tasks.significance import difference_test

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

N_FOLDS = 10
STAGE = "folds"

ANSWER = "answer"
STRANGERS = f"{ANSWER}, people unseen in training"
_MOST = -math.log(FLOOR)
"""Log loss of a clip, at most."""

_NAMES = {"fused": ANSWER, "audio": "voice", "video": "face"}
"""Of what `judge` gives -> in the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Figures before and after, as fractions, and how sure their difference is.

    Attributes
    ----------
    part : str
        The answer, or what the voice or the face alone comes to.
    before, after : float
        UAR.
    before_interval, after_interval : Interval
        95 % over speakers; NaN with one.
    difference, low, high, p : float
        Of after less before, in pairs; bounds of its 95 % interval.
    loss_before, loss_after : float
        Mean log loss, every emotion counting alike: of few clips it shows more than the UAR.
    loss_low, loss_high : float
        Bounds of the 95 % interval of after less before, in pairs.
    accuracy_before, accuracy_after : float
    ece_before, ece_after : float
        Calibration error.
    chance : float
        UAR of a guess.
    n_clips, n_groups : int
        That it was measured on; groups are speakers, where there are several.
    """

    part: str
    before: float
    after: float
    before_interval: Interval
    after_interval: Interval
    difference: float
    low: float
    high: float
    p: float
    loss_before: float
    loss_after: float
    loss_low: float
    loss_high: float
    accuracy_before: float
    accuracy_after: float
    ece_before: float
    ece_after: float
    chance: float
    n_clips: int
    n_groups: int

    @property
    def real(self) -> bool:
        """Whether it is better by more than chance: by UAR, or by log loss at no worse UAR."""
        return bool(self.low > 0 or (self.loss_high < 0 and self.difference >= 0))


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Probabilities of clips held out of every fit: part -> (n_clips, n_classes)."""

    before: Mapping[str, Floats]
    after: Mapping[str, Floats]
    n_folds: int


def held_out(
    bundle: Bundle, outputs: ClipOutputs, seed: int = 0, progress: ProgressCallback | None = None
) -> HeldOut:
    """Each clip's probabilities as the bundle gives them, and after a fit to all other groups.

    Parameters
    ----------
    bundle : Bundle
    outputs : ClipOutputs
    seed : int
    progress : callable, optional
        Called with ``("folds", n_done, n_folds)``.

    Returns
    -------
    HeldOut
    """
    emotions = [clip.emotion for clip in outputs.clips]
    folds = fold_numbers(groups_of(outputs.clips), emotions, N_FOLDS, seed)
    before = answers(bundle, outputs)
    after = {part: rows.copy() for part, rows in before.items()}
    numbers = np.unique(folds)
    for n_done, fold in enumerate(numbers, start=1):
        train = outputs.take(folds != fold)
        if len({clip.emotion for clip in train.clips}) > 1:
            fitted = replace(bundle, manifest=fit_decisions(bundle, train, seed).manifest)
            for part, rows in answers(fitted, outputs.take(folds == fold)).items():
                after[part][folds == fold] = rows
        if progress is not None:
            progress(STAGE, n_done, len(numbers))
    return HeldOut(before, after, len(numbers))


def answers(bundle: Bundle, outputs: ClipOutputs) -> dict[str, Floats]:
    """Probabilities of each clip as prediction gives them: part -> (n_clips, n_classes).

    Parameters
    ----------
    bundle : Bundle
    outputs : ClipOutputs

    Returns
    -------
    dict of str to array
        NaN where a modality says nothing.
    """
    classes = bundle.manifest.classes
    found = {part: np.full((len(outputs.clips), len(classes)), np.nan) for part in _NAMES.values()}
    for place in range(len(outputs.clips)):
        rows = {name: own[place] for name, own in outputs.rows.items()}
        spoken = {name: row for name, row in rows.items() if not np.isnan(row[0])}
        for part, row in judge(bundle, spoken, 0.0, "").probabilities.items():
            found[_NAMES[part]][place] = [row[name] for name in classes]
    return found


def changes(
    found: HeldOut, outputs: ClipOutputs, classes: Sequence[str], seed: int = 0
) -> tuple[Change, ...]:
    """Figures before and after, of the answer and of each modality that gives one.

    Parameters
    ----------
    found : HeldOut
    outputs : ClipOutputs
        The clips of `found`.
    classes : sequence of str
        Of the bundle.
    seed : int
        Of the bootstrap.

    Returns
    -------
    tuple of Change
        The answer first; after it, where the bundle knows emotions that no clip shows, the answer
        among the others alone.
    """
    labels = np.array([classes.index(clip.emotion) for clip in outputs.clips])
    groups = np.array(groups_of(outputs.clips))
    made = []
    for part, before, after in _parts(found, labels):
        speaks = ~np.isnan(before[:, 0])
        if speaks.any():
            rows = before[speaks], after[speaks]
            made.append(_change(part, *rows, labels[speaks], groups[speaks], seed))
    return tuple(made)


def change_of_strangers(
    found: HeldOut,
    outputs: ClipOutputs,
    classes: Sequence[str],
    met: Sequence[str],
    seed: int = 0,
) -> Change | None:
    """Figures before and after on speakers whom the bundle was not trained on.

    A network is more confident about people it was trained on, and more often right: a fit to them
    would make it overconfident about all others.

    Parameters
    ----------
    found : HeldOut
    outputs : ClipOutputs
        The clips of `found`.
    classes : sequence of str
        Of the bundle.
    met : sequence of str
        Speakers whom the bundle was trained on.
    seed : int
        Of the bootstrap.

    Returns
    -------
    Change or None
        None: the bundle was trained on all of them, or on all but one.
    """
    others = [place for place, clip in enumerate(outputs.clips) if clip.speaker not in met]
    groups = np.array(groups_of(outputs.clips))[others]
    if len(np.unique(groups)) < 2:
        return None
    labels = np.array([classes.index(outputs.clips[place].emotion) for place in others])
    before, after = found.before[ANSWER][others], found.after[ANSWER][others]
    return _change(STRANGERS, before, after, labels, groups, seed)


def _parts(found: HeldOut, labels: Rows) -> Iterator[tuple[str, Floats, Floats]]:
    yield ANSWER, found.before[ANSWER], found.after[ANSWER]
    shown = np.unique(labels)
    if len(shown) < found.before[ANSWER].shape[1]:
        before, after = (_among(rows[ANSWER], shown) for rows in (found.before, found.after))
        yield f"{ANSWER}, these emotions alone", before, after
    others = [_NAMES[modality] for modality in MODALITIES]
    speaking = [name for name in others if not np.isnan(found.before[name]).all()]
    for name in speaking if len(speaking) > 1 else []:
        yield name, found.before[name], found.after[name]


def _among(rows: Floats, shown: Rows) -> Floats:
    """Probabilities restricted to some classes, normalised among them."""
    left = np.full_like(rows, 0.0)
    left[:, shown] = np.maximum(rows[:, shown], np.finfo(float).tiny)
    return np.asarray(left / left.sum(axis=1, keepdims=True))


def _change(
    part: str, before: Floats, after: Floats, labels: Rows, groups: NDArray[np.str_], seed: int
) -> Change:
    first, second = before.argmax(axis=1), after.argmax(axis=1)
    gains = (second == labels).astype(int) - (first == labels).astype(int)
    tested = difference_test(gains, labels, groups)
    losses = [_losses(rows, labels) for rows in (before, after)]
    lost = difference_test((losses[1] - losses[0]) / _MOST, labels, groups)
    return Change(
        part=part,
        before=uar(labels, first),
        after=uar(labels, second),
        before_interval=speaker_interval(labels, first, groups, seed=seed),
        after_interval=speaker_interval(labels, second, groups, seed=seed),
        difference=tested.difference,
        low=tested.low,
        high=tested.high,
        p=tested.p,
        loss_before=float(np.average(losses[0], weights=balanced(labels))),
        loss_after=float(np.average(losses[1], weights=balanced(labels))),
        loss_low=_MOST * lost.low,
        loss_high=_MOST * lost.high,
        accuracy_before=accuracy(labels, first),
        accuracy_after=accuracy(labels, second),
        ece_before=ece(labels, before),
        ece_after=ece(labels, after),
        chance=1 / int((after > 0).any(axis=0).sum()),
        n_clips=len(labels),
        n_groups=len(np.unique(groups)),
    )


def _losses(rows: Floats, labels: Rows) -> Floats:
    right = rows[np.arange(len(labels)), labels]
    return np.asarray(-np.log(np.maximum(right, FLOOR)))
