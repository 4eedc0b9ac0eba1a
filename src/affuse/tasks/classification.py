"""Classification: which of some emotions a clip shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from affuse.corpora.index import Index
from affuse.errors import DatasetError
from affuse.features.table import FeatureTable
from affuse.records import Skipped
from affuse.storage.plain_text import counted
from affuse.tasks.figures import points
from affuse.tasks.headline import UAR, Headline
from affuse.tasks.intervals import speaker_interval
from affuse.tasks.metrics import accuracy, ece, macro_f1, uar, uar_of
from affuse.tasks.significance import Tested, difference_test, swap_p_values
from affuse.tasks.task import Pair, Task

_NO_EMOTION = "no emotion is told of it, only numbers; every clip needs one"

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scores:
    """Figures of one system, as fractions; pooled over the folds unless stated.

    Attributes
    ----------
    uar, uar_low, uar_high : float
        Bounds of the 95 % bootstrap over speakers; NaN with one speaker.
    accuracy, accuracy_fold_mean, macro_f1, ece : float
        `accuracy_fold_mean` is the mean of the folds' accuracies.
    n_clips, n_speakers, n_folds : int
        That were scored.
    chance : float
        UAR of a system that guesses.
    """

    uar: float
    uar_low: float
    uar_high: float
    accuracy: float
    accuracy_fold_mean: float
    macro_f1: float
    ece: float
    n_clips: int
    n_speakers: int
    n_folds: int
    chance: float

    @property
    def headline(self) -> float:
        """The UAR."""
        return self.uar

    @property
    def interval(self) -> tuple[float, float]:
        """Its bounds."""
        return self.uar_low, self.uar_high

    def columns(self) -> dict[str, float | int]:
        """Columns of results.csv, in their order.

        Returns
        -------
        dict of str to float or int
        """
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Classification(Task):
    """Which emotion a clip shows: probabilities over the classes of a table.

    Examples
    --------
    >>> Classification().headline.name
    'UAR'
    """

    name: ClassVar[str] = "classification"
    what: ClassVar[str] = "emotion"
    headline: ClassVar[Headline] = UAR
    result_columns: ClassVar[tuple[str, ...]] = tuple(Scores.__dataclass_fields__)
    headings: ClassVar[tuple[str, ...]] = (
        "UAR", "95 % over speakers", "accuracy", "macro F1", "clips",
    )  # fmt: skip
    charts: ClassVar[tuple[str, ...]] = (
        "confusion", "recall", "reliability", "robustness", "training", "map",
    )  # fmt: skip

    tables: ClassVar[tuple[str, ...]] = (
        "speakers", "recalls", "reliability", "calibration", "references",
    )  # fmt: skip

    @override
    def chosen(self, index: Index) -> Index:
        """The clips with an emotion; those with numbers alone are skipped.

        Raises
        ------
        DatasetError
            No clip has an emotion.
        """
        labelled = tuple(clip for clip in index if clip.emotion)
        if len(labelled) == len(index) > 0:
            return index
        if labelled:
            silent = (Skipped(clip.id, _NO_EMOTION) for clip in index if not clip.emotion)
            return replace(index, clips=labelled, skipped=(*index.skipped, *silent))
        numbers = sorted({name for clip in index for name in clip.targets})
        others = f"numbers ({', '.join(numbers)})" if numbers else "nothing"
        raise DatasetError(
            f"{counted(len(index), 'clip')} came with {others} and without an emotion; expected a "
            "column emotion, or affuse run with --set task=dimensional to learn the numbers"
        )

    @override
    def table(self, table: FeatureTable, index: Index) -> FeatureTable:
        """The table as it is: features come with labels."""
        return replace(table, targets=(), values=np.zeros((0, 0)))

    @override
    def check(self, table: FeatureTable) -> None:
        """Refuse clips that are all of one emotion, from which nothing can be learned.

        Raises
        ------
        DatasetError
            Names the emotions there are.
        """
        labels = np.unique(table.labels)
        if len(labels) < 2:
            only = ", ".join(table.classes[n] for n in labels) or "no emotion"
            raise DatasetError(
                f"clips of {only} alone were given ({counted(len(table), 'clip')}); expected at "
                "least two emotions: add clips, or widen data.emotions"
            )

    @override
    def fault(self, table: FeatureTable, rows: Labels, modality: str, advice: str) -> str:
        """Why nothing can be learned from some clips: they are of too few emotions."""
        labels = np.unique(table.labels[rows])
        names = [table.classes[label] for label in labels]
        if len(labels) == len(rows) > 1:
            return (
                f"one {modality} clip of each of the emotions {names} to train on; expected "
                f"several: {advice}add clips"
            )
        if len(labels) < 2:
            return (
                f"{modality} clips of the emotions {names} to train on; expected at least two "
                f"emotions: {advice}add clips of other speakers"
            )
        return ""

    @override
    def outputs(self, estimator: Any, table: FeatureTable) -> Floats:
        """Probabilities over the table's classes; 0 for one absent from the training clips."""
        probabilities = np.zeros((len(table), len(table.classes)))
        if len(table):
            probabilities[:, estimator.classes_] = estimator.predict_proba(table)
        return probabilities

    @override
    def are_outputs(self, array: NDArray[Any], table: FeatureTable, n_clips: int) -> bool:
        """Whether an array can be the probabilities of so many clips."""
        return array.shape == (n_clips, len(table.classes)) and bool(
            np.all((array >= 0) & (array <= 1 + 1e-6))
        )

    @override
    def predicted(self, outputs: Floats) -> Labels:
        """Label with the highest probability: (n_clips,)."""
        return np.asarray(outputs.argmax(axis=1), np.int64)

    @override
    def figures(
        self,
        table: FeatureTable,
        rows: Labels,
        outputs: Floats,
        folds: Labels,
        *,
        n_resamples: int,
        seed: int,
    ) -> Scores:
        """Figures of one system from its probabilities (n_rows, n_classes)."""
        truth, speakers = table.labels[rows], table.speakers[rows]
        predicted, numbers = self.predicted(outputs), np.unique(folds)
        interval = speaker_interval(truth, predicted, speakers, n_resamples=n_resamples, seed=seed)
        by_fold = [accuracy(truth[at], predicted[at]) for at in (folds == n for n in numbers)]
        return Scores(
            uar=uar(truth, predicted),
            uar_low=interval.low,
            uar_high=interval.high,
            accuracy=accuracy(truth, predicted),
            accuracy_fold_mean=float(np.mean(by_fold)),
            macro_f1=macro_f1(truth, predicted),
            ece=ece(truth, outputs),
            n_clips=len(truth),
            n_speakers=len(np.unique(speakers)),
            n_folds=len(numbers),
            chance=1 / len(np.unique(table.labels)),
        )

    @override
    def speaker_figures(
        self, truth: NDArray[Any], predicted: NDArray[Any]
    ) -> dict[str, float | int]:
        """UAR over the emotions that a speaker shows, accuracy, and how many clips there are."""
        return {
            "uar": uar(truth, predicted),
            "accuracy": accuracy(truth, predicted),
            "n_clips": len(truth),
            "n_emotions": len(np.unique(truth)),
        }

    @override
    def value(self, truth: NDArray[Any], predicted: NDArray[Any]) -> float:
        """UAR."""
        return uar(truth, predicted)

    @override
    def sums(
        self,
        truth: NDArray[Any],
        predicted: NDArray[Any],
        speakers: NDArray[np.str_],
        names: NDArray[np.str_],
    ) -> Floats:
        """Confusion matrix of each speaker: (n_speakers, n_classes, n_classes)."""
        n_classes = int(max(truth.max(initial=0), predicted.max(initial=0))) + 1
        counts = np.zeros((len(names), n_classes, n_classes))
        np.add.at(counts, (np.searchsorted(names, speakers), truth, predicted), 1)
        return counts

    @override
    def of_sums(self, sums: Floats) -> Floats:
        """UAR of each confusion matrix; NaN for one without clips."""
        return uar_of(sums)

    @override
    def tested(self, pair: Pair) -> Tested:
        """How far the first system's UAR is ahead, by a mixed model of clips within speakers."""
        return difference_test(_gains(pair), pair.truth, pair.speakers)

    @override
    def swap_p(
        self, pairs: Sequence[Pair], names: NDArray[np.str_], n_draws: int, seed: int
    ) -> Floats:
        parts = np.stack([_contributions(pair, names) for pair in pairs], axis=1)
        return swap_p_values(parts, n_draws=n_draws, seed=seed)

    @override
    def prediction_columns(
        self, table: FeatureTable, rows: Labels, outputs: Floats
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """``emotion``; ``predicted`` and the probability of each emotion."""
        classes = table.classes
        predicted = {"predicted": [classes[label] for label in self.predicted(outputs)]}
        chances = {f"p_{name}": outputs[:, column] for column, name in enumerate(classes)}
        return {"emotion": [classes[n] for n in table.labels[rows]]}, predicted | chances

    @override
    def summary(self, table: FeatureTable) -> tuple[str, str]:
        """How many emotions there are, and the UAR of a guess."""
        n_classes = len(set(table.labels))
        return f"{n_classes} emotions", f"chance {100 / n_classes:.1f} %"

    @override
    def cells(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        interval = UAR.bounds(row["uar_low"], row["uar_high"]) or "one speaker"
        figures = (points(row[name]) for name in ("accuracy", "macro_f1"))
        return (points(row["uar"]), interval, *figures, f"{row['n_clips']}")


def _gains(pair: Pair) -> Floats:
    """1 where the first alone is right, -1 where the second is: (n_clips,)."""
    right, right_by_other = (given == pair.truth for given in (pair.first, pair.second))
    gains: Floats = right.astype(np.float64) - right_by_other
    return gains


def _contributions(pair: Pair, names: NDArray[np.str_]) -> Floats:
    """What each speaker's clips contribute to the difference of the UARs: (n_speakers,).

    Both systems have scored the same clips, so a recall's denominator stays when predictions are
    swapped, and a UAR is a sum over clips.
    """
    counts = np.bincount(pair.truth)
    weights = 1 / (counts[pair.truth] * np.count_nonzero(counts))
    positions = np.searchsorted(names, pair.speakers)
    return np.asarray(np.bincount(positions, weights * _gains(pair), len(names)), np.float64)
