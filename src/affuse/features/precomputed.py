"""Features that another program computed, used in the place of an extractor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affuse.corpora.clip_keys import rows_of_clips
from affuse.errors import DatasetError, FeatureError
from affuse.features.source import Extractor, SourceDefaults
from affuse.records import Clip, Modality
from affuse.storage.plain_text import counted, first_few


@dataclass(frozen=True)
class Precomputed(SourceDefaults):
    """Source: one row of features per clip, from a table.

    Nothing is known of the networks behind its numbers.

    Attributes
    ----------
    path : Path
        The CSV they came from.
    modality : {"audio", "video"}
    columns : tuple of str
        Names of the features.
    values : (n_rows, n_features) float32
    rows : mapping of str to int
        Key of a row (`affuse.corpora.clip_keys.row_key`) -> its place in `values`.
    untracked : frozenset of str
        Keys of clips in which the program found a face in no frame.
    notes : tuple of str
        What was left out of the table.
    """

    path: Path
    modality: Modality
    columns: tuple[str, ...]
    values: NDArray[np.float32]
    rows: Mapping[str, int]
    untracked: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    name = "precomputed"
    axes = ("feature",)

    @property
    def label(self) -> str:
        """What results show: the file's name."""
        return self.path.stem

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n_features,)``."""
        return (len(self.columns),)

    def settings(self) -> Mapping[str, object]:
        """Names of the features.

        Returns
        -------
        mapping of str to object
            Ready for JSON.
        """
        return {"columns": list(self.columns)}

    def extractor_for(self, speaker: str) -> Extractor:
        """There is none.

        Parameters
        ----------
        speaker : str

        Returns
        -------
        Extractor

        Raises
        ------
        FeatureError
            Always: says that recordings of these features cannot be looked into.
        """
        raise FeatureError(
            f"{self.modality} features come from {self.path}; expected an extractor, for only "
            f"recordings can be degraded: name one (--features {self.modality}=NAME), or leave "
            "the condition out"
        )

    def given(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """Rows of these clips, (n_clips, n_features) float32; NaN where no face was tracked.

        A row is matched to a clip by the end of its path, or by its id; names of one RAVDESS take
        match whatever their modality.

        Parameters
        ----------
        clips : sequence of Clip

        Returns
        -------
        (n_clips, n_features) float32

        Raises
        ------
        FeatureError
            A name that may be several clips', clips without a row or with several, or a number
            that is not finite: says how many, and names them.
        """
        found = self._rows_of(clips)
        missing = [clip for clip, rows in found.items() if not rows]
        if missing:
            raise FeatureError(self._missing(missing, clips))
        several = {clip: rows for clip, rows in found.items() if len(rows) > 1}
        if several:
            clip, rows = next(iter(several.items()))
            raise FeatureError(
                f"{self.path} has {len(rows)} rows for the clip {clip} ({first_few(list(rows))}); "
                "expected one row per clip: remove the others"
            )
        places = np.array([self.rows.get(found[clip.id][0], -1) for clip in clips], int)
        values = np.full((len(clips), len(self.columns)), np.nan, np.float32)
        values[places >= 0] = self.values[places[places >= 0]]
        seen = [clip for clip, place in zip(clips, places, strict=True) if place >= 0]
        self._refuse_unfit(values[places >= 0], seen)
        return values

    def _rows_of(self, clips: Sequence[Clip]) -> dict[str, tuple[str, ...]]:
        try:
            return rows_of_clips((*self.rows, *self.untracked), clips)
        except DatasetError as error:
            raise FeatureError(f"{self.path} {error}") from error

    def _missing(self, missing: Sequence[str], clips: Sequence[Clip]) -> str:
        return (
            f"{self.path} has no row for {len(missing)} of {len(clips)} clips "
            f"({first_few(missing)}); expected one for each: add them, or choose other clips "
            "(--set data.speakers=..., data.where.channel=...)"
        )

    def _refuse_unfit(self, values: NDArray[np.float32], clips: Sequence[Clip]) -> None:
        bad = np.argwhere(~np.isfinite(values))
        if len(bad):
            row, column = bad[0]
            raise FeatureError(
                f"{self.path} has no finite number in {counted(len(bad), 'cell')} "
                f"(blank, NaN, infinite or beyond 32 bits), the first for clip {clips[row].id} in "
                f"column {self.columns[column]!r}; expected finite numbers: "
                "fill them in, or remove the column or the clip"
            )
