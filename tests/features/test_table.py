from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from affuse.corpora.index import Index
from affuse.errors import FeatureError
from affuse.features.stored_arrays import StoredArrays
from affuse.features.table import FeatureTable
from affuse.records import Clip

SHAPE = (5, 2, 3)


@pytest.fixture
def arrays(tmp_path: Path, rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((4, *SHAPE)).astype(np.float16)


@pytest.fixture
def stored(tmp_path: Path, arrays: np.ndarray) -> StoredArrays:
    for row, array in enumerate(arrays):
        np.save(tmp_path / f"{row}.npy", array)
    return StoredArrays(tuple(tmp_path / f"{row}.npy" for row in range(4)), SHAPE)


@pytest.fixture
def table(stored: StoredArrays) -> FeatureTable:
    return FeatureTable(
        clips=np.array(list("abcd")),
        speakers=np.array(list("1122")),
        labels=np.array([0, 1, 0, 1]),
        classes=("calm", "angry"),
        arrays={"video": stored, "audio": np.arange(8, dtype=np.float32).reshape(4, 2)},
        present={"video": np.ones(4, bool), "audio": np.array([True, True, False, True])},
    )


def test_rows_stay_together(table: FeatureTable) -> None:
    chosen = table.take(np.array([False, True, False, True]))
    assert len(chosen) == 2
    assert chosen.clips.tolist() == ["b", "d"]
    assert chosen.arrays["audio"].flat().tolist() == [[2, 3], [6, 7]]  # type: ignore[union-attr]
    assert chosen.arrays["video"].paths == tuple(  # type: ignore[union-attr]
        table.arrays["video"].paths[row]
        for row in (1, 3)  # type: ignore[union-attr]
    )


def test_modalities_are_sorted_and_selected(table: FeatureTable) -> None:
    assert table.modalities == ("audio", "video")
    assert table.select(["video"]).modalities == ("video",)
    with pytest.raises(FeatureError, match=r"\['text'\] were asked for; this table has \['audio'"):
        table.select(["text"])


def test_lengths_that_differ_are_refused(table: FeatureTable) -> None:
    with pytest.raises(FeatureError, match=r"4 clips were given, but .*'speakers': 3.*expected 4"):
        FeatureTable(
            table.clips,
            table.speakers[:3],
            table.labels,
            table.classes,
            table.arrays,
            table.present,
        )
    with pytest.raises(FeatureError, match="expected the same modalities"):
        replace(table, present={})


def test_arrays_of_clips_with_numbers_in_place_of_emotions() -> None:
    numbers = [{"valence": 0.1, "arousal": 0.2}, {"arousal": 0.4, "valence": 0.3}]
    clips = [Clip(f"{n}", "", "Ann", targets=own) for n, own in enumerate(numbers)]
    table = FeatureTable.from_arrays(Index(tuple(clips)), audio=np.zeros((2, 3)))
    assert (table.targets, table.classes) == (("valence", "arousal"), ())
    assert table.truth.tolist() == [[0.1, 0.2], [0.3, 0.4]]


@pytest.mark.parametrize(
    "other",
    [Clip("b", "calm", "Ann"), Clip("b", "", "Ann"), Clip("b", "", "Ann", targets={"arousal": 1})],
)
def test_clips_without_an_emotion_are_no_emotion_of_their_own(other) -> None:
    index = Index((Clip("a", "", "Ann", targets={"valence": 0.5}), other))
    with pytest.raises(FeatureError, match="clips without an emotion were given; expected one of"):
        FeatureTable.from_arrays(index, audio=np.zeros((2, 3)))
