"""Figures of single speakers and single emotions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from affuse.errors import FeatureError
from affuse.evaluation.speakers import (
    RECALL_COLUMNS,
    SpeakerRange,
    recall_table,
    speaker_range,
    speaker_table,
)
from affuse.evaluation.systems import OutOfFold, System
from affuse.features.table import FeatureTable

SYSTEM = System("SVM", "audio", "", "", "", lambda seed: None)


@pytest.fixture
def table() -> FeatureTable:
    speakers = np.array(["10", "10", "10", "2", "2", "2", "2"])
    truth, clips = np.array([0, 0, 1, 0, 1, 1, 1]), np.array(list("abcdefg"))
    return FeatureTable(clips, speakers, truth, ("calm", "sad", "angry"), {}, {})


@pytest.fixture
def result() -> OutOfFold:
    predicted = [0, 1, 1, 0, 0, 2, 2]
    rows = np.arange(7)
    return OutOfFold(SYSTEM, "speaker-independent", rows, rows, np.eye(3)[predicted])


def test_speakers(result, table):
    found = speaker_table(result, table)
    assert tuple(found.columns) == ("speaker", "uar", "accuracy", "n_clips", "n_emotions")
    assert found.values.tolist() == [["2", 0.5, 0.25, 4, 2], ["10", 0.75, 2 / 3, 3, 2]]
    assert speaker_range(result, table) == SpeakerRange("10", 0.75, "2", 0.5)


def test_rows_that_were_not_scored_do_not_count(result, table):
    part = replace(result, rows=result.rows[:3], outputs=result.outputs[:3])
    assert speaker_table(part, table)["speaker"].tolist() == ["10"]
    assert speaker_range(part, table) == SpeakerRange("10", 0.75, "10", 0.75)


def test_recalls(result, table):
    found = recall_table(result, table)
    assert tuple(found.columns) == RECALL_COLUMNS
    assert found["emotion"].tolist() == ["calm", "sad", "angry"]
    np.testing.assert_allclose(found["recall"], [2 / 3, 1 / 4, np.nan])
    assert found["n_clips"].tolist() == [3, 4, 0]
    assert found["taken_for"].tolist() == ["sad", "angry", ""]
    np.testing.assert_allclose(found["taken_for_share"], [1 / 3, 1 / 2, np.nan])


def test_no_clip(result, table):
    none = replace(result, rows=result.rows[:0], outputs=result.outputs[:0])
    for figures in (speaker_table, speaker_range, recall_table):
        with pytest.raises(FeatureError, match="system 'SVM' scored no clip: no test clip has aud"):
            figures(none, table)
