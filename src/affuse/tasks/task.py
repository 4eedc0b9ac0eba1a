"""The protocol of a task: all that depends on what is predicted of a clip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from affuse.corpora.index import Index
from affuse.features.table import FeatureTable
from affuse.tasks.headline import Headline
from affuse.tasks.significance import Tested

Floats = NDArray[np.float64]


class Figures(Protocol):
    """Figures of one system: a frozen dataclass whose fields are columns of results.csv."""

    @property
    def headline(self) -> float:
        """The figure by which systems are ranked, higher is better."""

    @property
    def interval(self) -> tuple[float, float]:
        """Bounds of its 95 % bootstrap over speakers; NaN with one speaker."""

    @property
    def n_clips(self) -> int:
        """Number of scored clips."""

    @property
    def n_speakers(self) -> int:
        """Number of their speakers."""

    @property
    def n_folds(self) -> int:
        """Number of folds in which they were tested."""

    def columns(self) -> dict[str, float | int]:
        """Columns of results.csv, in their order.

        Returns
        -------
        dict of str to float or int
        """


class Pair(NamedTuple):
    """Two systems on the clips that both have scored.

    Attributes
    ----------
    truth : (n_clips,) int or (n_clips, n_targets) float64
    first, second : array of the shape of `truth`
        What each predicts.
    speakers : (n_clips,) str
    """

    truth: NDArray[Any]
    first: NDArray[Any]
    second: NDArray[Any]
    speakers: NDArray[np.str_]


class Task(Protocol):
    """What is predicted of a clip, and all that depends on it.

    Attributes
    ----------
    name : str
        As the configuration has it.
    what : str
        One thing that is predicted, in a word: for sentences.
    headline : Headline
    result_columns : tuple of str
        Columns of results.csv between ``leaky`` and the end.
    headings : tuple of str
        Columns of the table in the terminal, after those that name the system.
    charts : tuple of str
        Sections of the report that such a run has.
    tables : tuple of str
        CSV files of a run folder that not every task has.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def what(self) -> str: ...  # noqa: D102

    @property
    def headline(self) -> Headline: ...  # noqa: D102

    @property
    def result_columns(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def headings(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def tables(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def charts(self) -> tuple[str, ...]: ...  # noqa: D102

    def chosen(self, index: Index) -> Index:
        """The clips whose truth is known; the others are listed in its `skipped`.

        Raises DatasetError where the index does not tell what this task asks for.

        Parameters
        ----------
        index : Index

        Returns
        -------
        Index
        """

    def table(self, table: FeatureTable, index: Index) -> FeatureTable:
        """A table of features with this task's truth in it, from clips of `index`.

        Parameters
        ----------
        table : FeatureTable
            Of features of the clips.
        index : Index
            Holds the clips of `table`, and others perhaps.

        Returns
        -------
        FeatureTable
        """

    def check(self, table: FeatureTable) -> None:
        """Refuse a truth from which nothing can be learned (DatasetError).

        Parameters
        ----------
        table : FeatureTable
        """

    def fault(
        self, table: FeatureTable, rows: NDArray[np.int64], modality: str, advice: str
    ) -> str:
        """Why nothing can be learned from some clips, empty where something can.

        What they are, what was expected, and what to do, `advice` first.

        Parameters
        ----------
        table : FeatureTable
        rows : (n_rows,) int64
            Of the clips to learn from.
        modality : str
            That they are learned from: for the sentence.
        advice : str
            What to do about it.

        Returns
        -------
        str
            A sentence without a full stop.
        """

    def outputs(self, estimator: Any, table: FeatureTable) -> Floats:
        """What a fitted estimator gives for all clips: (n_clips, n_outputs).

        Parameters
        ----------
        estimator : estimator
            Fitted.
        table : FeatureTable

        Returns
        -------
        (n_clips, n_outputs) float64
        """

    def are_outputs(self, array: NDArray[Any], table: FeatureTable, n_clips: int) -> bool:
        """Whether an array, wherever it comes from, can be what `outputs` gives for so many clips.

        Parameters
        ----------
        array : array
        table : FeatureTable
            Whose truth it is about.
        n_clips : int

        Returns
        -------
        bool
        """

    def predicted(self, outputs: Floats) -> NDArray[Any]:
        """Outputs -> predictions, comparable to the truth clip by clip.

        Parameters
        ----------
        outputs : (n_clips, n_outputs) float64

        Returns
        -------
        (n_clips,) or (n_clips, n_targets) array
        """

    def figures(
        self,
        table: FeatureTable,
        rows: NDArray[np.int64],
        outputs: Floats,
        folds: NDArray[np.int64],
        *,
        n_resamples: int,
        seed: int,
    ) -> Figures:
        """Figures of one system from its outputs (n_rows, n_outputs) for rows of a table.

        Parameters
        ----------
        table : FeatureTable
            Of all clips.
        rows : (n_rows,) int64
            Clips that were scored.
        outputs : (n_rows, n_outputs) float64
        folds : (n_rows,) int64
            Number of the fold that tested each.
        n_resamples : int
            Of speakers, for the intervals.
        seed : int
            Of the resamples.

        Returns
        -------
        Figures
        """

    def speaker_figures(
        self, truth: NDArray[Any], predicted: NDArray[Any]
    ) -> dict[str, float | int]:
        """Figures of one speaker's clips, by column of speakers.csv; the first is the headline.

        Parameters
        ----------
        truth, predicted : (n_clips,) or (n_clips, n_targets) array
            Of the clips of one speaker.

        Returns
        -------
        dict of str to float or int
        """

    def value(self, truth: NDArray[Any], predicted: NDArray[Any]) -> float:
        """The headline figure.

        Parameters
        ----------
        truth, predicted : (n_clips,) or (n_clips, n_targets) array

        Returns
        -------
        float
        """

    def sums(
        self,
        truth: NDArray[Any],
        predicted: NDArray[Any],
        speakers: NDArray[np.str_],
        names: NDArray[np.str_],
    ) -> Floats:
        """Sums over each speaker's clips from which the headline figure of any speakers follows.

        Parameters
        ----------
        truth, predicted : (n_clips,) or (n_clips, n_targets) array
        speakers : (n_clips,) str
        names : (n_speakers,) str
            Of all of them, sorted; zeros for one without a clip.

        Returns
        -------
        (n_speakers, ...) float64
            Those of several speakers add up.
        """

    def of_sums(self, sums: Floats) -> Floats:
        """The headline figure of each of some sums.

        Parameters
        ----------
        sums : (n, ...) float64
            As `sums` gives them, or totals of these.

        Returns
        -------
        (n,) float64
        """

    def tested(self, pair: Pair) -> Tested:
        """The lead of the first system, with its interval and p value.

        Parameters
        ----------
        pair : Pair

        Returns
        -------
        Tested
        """

    def swap_p(
        self, pairs: Sequence[Pair], names: NDArray[np.str_], n_draws: int, seed: int
    ) -> Floats:
        """P value of each pair from swapping the systems for whole speakers: (n_pairs,).

        Parameters
        ----------
        pairs : sequence of Pair
            On any clips.
        names : (n_speakers,) str
            All speakers, whom every swap treats alike in all pairs.
        n_draws : int
            Swaps that are drawn where there are too many to try all.
        seed : int
            Of the draws.

        Returns
        -------
        (n_pairs,) float64
        """

    def prediction_columns(
        self, table: FeatureTable, rows: NDArray[np.int64], outputs: Floats
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Columns of predictions.csv for the truth, and those for the prediction.

        Parameters
        ----------
        table : FeatureTable
        rows : (n_rows,) int64
            Clips that were scored.
        outputs : (n_rows, n_outputs) float64

        Returns
        -------
        dict of str to array, dict of str to array
            Column -> (n_rows,) values: of the truth, and of the prediction.
        """

    def summary(self, table: FeatureTable) -> tuple[str, str]:
        """The task and its chance level, for the first line of the terminal.

        Parameters
        ----------
        table : FeatureTable

        Returns
        -------
        str, str
        """

    def cells(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        """A row of results under `headings`.

        Parameters
        ----------
        row : mapping of str to object
            Of results.csv.

        Returns
        -------
        tuple of str
            One for each of `headings`.
        """
