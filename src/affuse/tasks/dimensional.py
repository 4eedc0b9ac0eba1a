"""Dimensional emotion: numbers such as valence and arousal are predicted of a clip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from affuse.corpora.index import Index
from affuse.errors import DatasetError
from affuse.features.table import FeatureTable
from affuse.tasks.agreement import N_MOMENTS, ccc, ccc_of, moments, pearson, rmse
from affuse.tasks.headline import CCC, Headline
from affuse.tasks.paired_agreement import difference_test, swap_p_value
from affuse.tasks.resampling import agreement_intervals
from affuse.tasks.significance import Tested
from affuse.tasks.targets import with_targets
from affuse.tasks.task import Pair, Task

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

LEAST_CLIPS = 3
"""Of which something can be learned: fewer have no spread that means anything."""

FIGURES = ("ccc", "ccc_low", "ccc_high", "pearson", "rmse")


@dataclass(frozen=True, slots=True)
class TargetScores:
    """Figures of one target, pooled over the folds.

    Attributes
    ----------
    ccc, ccc_low, ccc_high : float
        Bounds of the 95 % bootstrap over speakers; NaN with one speaker.
    pearson, rmse : float
        `rmse` in the target's own unit.
    """

    ccc: float
    ccc_low: float
    ccc_high: float
    pearson: float
    rmse: float


@dataclass(frozen=True, slots=True)
class NumberScores:
    """Figures of one system that predicts numbers: means over the targets, and of each target.

    Attributes
    ----------
    ccc, ccc_low, ccc_high, pearson, rmse : float
        As those of a target; the interval is that of the mean.
    n_clips, n_speakers, n_folds : int
        That were scored.
    chance : float
        CCC of a system that guesses, or always says the same: 0.
    targets : mapping of str to TargetScores
    """

    ccc: float
    ccc_low: float
    ccc_high: float
    pearson: float
    rmse: float
    n_clips: int
    n_speakers: int
    n_folds: int
    chance: float = 0.0
    targets: Mapping[str, TargetScores] = field(default_factory=dict)

    @property
    def headline(self) -> float:
        """The CCC; that of a system whose predictions are one constant is 0."""
        return 0.0 if np.isnan(self.ccc) else self.ccc

    @property
    def interval(self) -> tuple[float, float]:
        """Its bounds."""
        return self.ccc_low, self.ccc_high

    def columns(self) -> dict[str, float | int]:
        """Columns of results.csv: the means, then each target's own where there are several.

        Returns
        -------
        dict of str to float or int
        """
        means = {name: getattr(self, name) for name in _MEANS}
        if len(self.targets) < 2:
            return means
        return means | {
            f"{name}_{target}": value
            for target, scores in self.targets.items()
            for name, value in asdict(scores).items()
        }


_MEANS = (*FIGURES, "n_clips", "n_speakers", "n_folds", "chance")


@dataclass(frozen=True, slots=True)
class Dimensional(Task):
    """Numbers of each clip, one column per target.

    Parameters
    ----------
    targets : tuple of str
        Asked-for names; none: all that the clips have.

    Examples
    --------
    >>> Dimensional(("valence",)).headline.name
    'CCC'
    """

    targets: tuple[str, ...] = ()

    name: ClassVar[str] = "dimensional"
    what: ClassVar[str] = "number"
    headline: ClassVar[Headline] = CCC
    headings: ClassVar[tuple[str, ...]] = ("CCC", "95 % over speakers", "Pearson", "RMSE", "clips")
    charts: ClassVar[tuple[str, ...]] = ("agreement", "training", "map")

    tables: ClassVar[tuple[str, ...]] = ("speakers",)

    @property
    def result_columns(self) -> tuple[str, ...]:
        """Means over the targets, then each target's own where there are several."""
        if len(self.targets) < 2:
            return _MEANS
        return (*_MEANS, *(f"{name}_{target}" for target in self.targets for name in FIGURES))

    @override
    def chosen(self, index: Index) -> Index:
        """The clips of which all targets are known; the others are listed in its `skipped`.

        Raises
        ------
        DatasetError
            No numbers, or text in their place: see `with_targets`.
        """
        return with_targets(index, self.targets)

    @override
    def table(self, table: FeatureTable, index: Index) -> FeatureTable:
        """A table of features with the clips' numbers in the place of labels."""
        clips = {clip.id: clip for clip in index}
        names = tuple(next(iter(clips.values())).targets)
        values = np.array(
            [[clips[name].targets[t] for t in names] for name in table.clips.tolist()]
        )
        none = np.zeros(0, np.int64)
        return replace(table, labels=none, classes=(), targets=names, values=values)

    @override
    def check(self, table: FeatureTable) -> None:
        """Refuse numbers that are the same for all clips.

        Raises
        ------
        DatasetError
            Names the targets.
        """
        constant = [name for name, column in _columns(table) if not np.ptp(column)]
        if constant:
            raise DatasetError(
                f"{' and '.join(constant)} is the same for all {len(table)} clips; expected "
                "numbers that differ: ask for other targets with data.targets, or add clips"
            )

    @override
    def fault(self, table: FeatureTable, rows: Rows, modality: str, advice: str) -> str:
        """Why nothing can be learned from some clips: they are too few, or all alike."""
        if len(rows) < LEAST_CLIPS:
            return (
                f"{len(rows)} {modality} clips to train on; expected at least {LEAST_CLIPS}: "
                f"{advice}add clips of other speakers"
            )
        constant = [name for name, column in _columns(table) if not np.ptp(column[rows])]
        if constant:
            return (
                f"{len(rows)} {modality} clips to train on, all with the same "
                f"{' and '.join(constant)}; expected numbers that differ: {advice}add clips of "
                "other speakers"
            )
        return ""

    @override
    def outputs(self, estimator: Any, table: FeatureTable) -> Floats:
        """Predicted numbers: (n_clips, n_targets)."""
        if not len(table):
            return np.zeros((0, len(table.targets)))
        return np.asarray(estimator.predict_values(table), np.float64)

    @override
    def are_outputs(self, array: NDArray[Any], table: FeatureTable, n_clips: int) -> bool:
        """Whether an array can be the numbers of so many clips."""
        return array.shape == (n_clips, len(table.targets)) and bool(np.isfinite(array).all())

    @override
    def predicted(self, outputs: Floats) -> Floats:
        """The numbers themselves: (n_clips, n_targets)."""
        return outputs

    @override
    def figures(
        self,
        table: FeatureTable,
        rows: Rows,
        outputs: Floats,
        folds: Rows,
        *,
        n_resamples: int,
        seed: int,
    ) -> NumberScores:
        """Figures of one system from its numbers (n_rows, n_targets)."""
        truth, speakers = table.values[rows], table.speakers[rows]
        mean, each = agreement_intervals(
            truth, outputs, speakers, n_resamples=n_resamples, seed=seed
        )
        columns = (ccc(truth, outputs), pearson(truth, outputs), rmse(truth, outputs))
        targets = {
            name: TargetScores(float(a), interval.low, interval.high, float(r), float(e))
            for name, interval, a, r, e in zip(table.targets, each, *columns, strict=True)
        }
        means = [float(column.mean()) for column in columns]
        return NumberScores(
            ccc=means[0],
            ccc_low=mean.low,
            ccc_high=mean.high,
            pearson=means[1],
            rmse=means[2],
            n_clips=len(truth),
            n_speakers=len(np.unique(speakers)),
            n_folds=len(np.unique(folds)),
            targets=targets,
        )

    @override
    def speaker_figures(
        self, truth: NDArray[Any], predicted: NDArray[Any]
    ) -> dict[str, float | int]:
        """CCC, Pearson and RMSE of a speaker's clips, and how many there are."""
        return {
            "ccc": self.value(truth, predicted),
            "pearson": float(np.nan_to_num(pearson(truth, predicted)).mean()),
            "rmse": float(rmse(truth, predicted).mean()),
            "n_clips": len(truth),
        }

    @override
    def value(self, truth: NDArray[Any], predicted: NDArray[Any]) -> float:
        """Mean CCC of the targets."""
        return float(np.nan_to_num(ccc(truth, predicted)).mean())

    @override
    def sums(
        self,
        truth: NDArray[Any],
        predicted: NDArray[Any],
        speakers: NDArray[np.str_],
        names: NDArray[np.str_],
    ) -> Floats:
        """`moments` of each speaker's clips: (n_speakers, n_targets, 6)."""
        sums = np.zeros((len(names), truth.shape[1], N_MOMENTS))
        for place, name in enumerate(names):
            own = speakers == name
            if own.any():
                sums[place] = moments(truth[own], predicted[own])
        return sums

    @override
    def of_sums(self, sums: Floats) -> Floats:
        """Mean CCC over the targets of each of some sums; one that is not defined counts as 0."""
        return np.asarray(np.nan_to_num(ccc_of(sums)).mean(axis=-1), np.float64)

    @override
    def tested(self, pair: Pair) -> Tested:
        """How far the first system's CCC is ahead, each speaker left out in turn."""
        return difference_test(pair)

    @override
    def swap_p(
        self, pairs: Sequence[Pair], names: NDArray[np.str_], n_draws: int, seed: int
    ) -> Floats:
        return np.array([swap_p_value(pair, names, n_draws, seed) for pair in pairs])

    @override
    def prediction_columns(
        self, table: FeatureTable, rows: Rows, outputs: Floats
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Each target's column; each target's ``predicted_<target>``."""
        truth = {name: column[rows] for name, column in _columns(table)}
        return truth, {f"predicted_{n}": outputs[:, k] for k, n in enumerate(table.targets)}

    @override
    def summary(self, table: FeatureTable) -> tuple[str, str]:
        """Targets, and the CCC of a guess."""
        return ", ".join(table.targets), "chance 0 (CCC)"

    @override
    def cells(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        interval = CCC.bounds(row["ccc_low"], row["ccc_high"]) or "one speaker"
        figures = (CCC.value(row["pearson"]), f"{row['rmse']:.3g}")
        return (CCC.value(row["ccc"]), interval, *figures, f"{row['n_clips']}")


def _columns(table: FeatureTable) -> list[tuple[str, Floats]]:
    return [(name, table.values[:, column]) for column, name in enumerate(table.targets)]
