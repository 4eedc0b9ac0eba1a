"""CSV: one row per segment."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pandas as pd
import pytest

from affuse.export.formats.csv import to_csv
from affuse.records import RAVDESS_EMOTIONS


def table(*predictions) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(to_csv(predictions)))


def test_columns(talk):
    assert list(table(talk).columns) == [
        *("file", "start_s", "end_s", "emotion", "confidence", "abstained", "speech"),
        *("face", "face_seen", "box_left", "box_top", "box_width", "box_height"),
        *(f"p_{s}_{e}" for s in ("fused", "audio", "video") for e in RAVDESS_EMOTIONS),
        "disagreement",
    ]


def test_one_row_per_segment_with_the_times_of_its_window(talk, silence, couple):
    rows = table(talk, silence, couple)
    assert list(rows["file"]) == [talk.path] * 4 + [silence.path] + [couple.path] * 4
    assert list(rows["start_s"]) == [0, 2, 4, 6, 0, 0, 0, 2, 2]
    assert list(rows["end_s"]) == [4, 6, 8, 10, 1, 4, 4, 6, 6]
    assert list(rows["face"]) == [1, 1, 0, 1, 0, 1, 2, 1, 2]


def test_probabilities_stand_under_their_source_and_emotion(talk):
    row = table(talk).iloc[1]
    assert row["p_fused_calm"] == 0.6
    assert row["p_audio_sad"] == 0.5
    assert row["p_video_calm"] == 0.6
    assert row["p_fused_happy"] == pytest.approx(0.4 / 7, abs=1e-6)


def test_what_is_unknown_is_empty(talk, silence):
    rows = table(talk, silence)
    assert rows["emotion"].isna().tolist() == [False, False, True, False, True]
    assert rows["abstained"][4] == silence.abstained
    assert rows.loc[2, "p_audio_neutral":].isna().all()
    assert rows.loc[4, "p_fused_neutral":].isna().all()


def test_a_contradiction_is_said(talk):
    first = replace(talk.segments[0], disagreement="voice calm, face happy")
    rows = table(replace(talk, segments=(first, *talk.segments[1:])))
    assert rows["disagreement"].tolist()[0] == "voice calm, face happy"
    assert rows["disagreement"].isna().tolist()[1:] == [True] * 3


def test_file_without_timeline_has_one_row(talk):
    row = table(replace(talk, segments=())).iloc[0]
    assert (row["start_s"], row["end_s"], row["emotion"]) == (0, 10, "happy")


def test_names_of_all_kinds_survive(talk):
    name = 'a b/Müller, "co" & sons;\nline two.mp4'
    rows = list(csv.DictReader(io.StringIO(to_csv([replace(talk, path=name)]), newline="")))
    assert [row["file"] for row in rows] == [name] * 4


def test_recognisers_of_different_classes_share_a_table(talk, silence):
    rows = table(talk, replace(silence, classes=("calm", "bored")))
    assert "p_fused_bored" in rows.columns
    assert rows["p_fused_bored"].isna().all()
