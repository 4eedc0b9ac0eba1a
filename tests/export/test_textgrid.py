"""TextGrids open with praatio and say what was predicted."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from affuse.export.formats.textgrid import to_textgrid
from affuse.records import Prediction

textgrid = pytest.importorskip("praatio.textgrid", reason="praatio is not installed")


def opened(prediction: Prediction, folder: Path) -> Any:
    file = folder / "clip.TextGrid"
    file.write_text(to_textgrid(prediction), "utf-8")
    return textgrid.openTextgrid(
        str(file), includeEmptyIntervals=True, reportingMode="error", duplicateNamesMode="error"
    )


def intervals(grid: Any, tier: str) -> list[tuple[float, float, str]]:
    return [tuple(entry) for entry in grid.getTier(tier).entries]


def test_tiers_hold_the_timeline(tmp_path, talk):
    grid = opened(talk, tmp_path)
    assert grid.tierNames == ("fused", "confidence", "audio", "video", "speech", "face")
    assert intervals(grid, "fused") == [
        (0, 3, "happy"),
        (3, 5, "calm"),
        (5, 7, "undecided"),
        (7, 10, "angry"),
    ]
    assert intervals(grid, "audio") == [(0, 3, "sad"), (3, 5, "sad"), (5, 7, ""), (7, 10, "sad")]


@pytest.mark.parametrize("duration_s", [6.0, 12.5])
def test_tiers_have_no_gap_from_beginning_to_end(tmp_path, talk, duration_s):
    middle = (talk.segments[1],)
    grid = opened(replace(talk, duration_s=duration_s, segments=middle), tmp_path)
    for tier in grid.tiers:
        assert tier.entries[0].start == 0
        assert tier.entries[-1].end == duration_s
        assert all(before.end == after.start for before, after in pairwise(tier.entries))
    assert intervals(grid, "fused")[:2] == [(0, 2, ""), (2, 6, "calm")]


def test_times_of_many_digits(tmp_path, talk):
    segments = tuple(
        replace(talk.segments[0], start_s=n / 3, end_s=(n + 2) / 3, emotion="sad") for n in range(9)
    )
    grid = opened(replace(talk, duration_s=10 / 3, segments=segments), tmp_path)
    assert len(intervals(grid, "fused")) == 9
    assert grid.maxTimestamp == 3.333333


def test_quotes_and_lines_stay_inside_a_label(tmp_path, talk):
    segment = replace(talk.segments[0], emotion='so "called"\nfröhlich')
    quoted = replace(talk, segments=(segment,))
    grid = opened(quoted, tmp_path)
    assert r'text = "so ""called""\nfröhlich"' in to_textgrid(quoted)
    assert intervals(grid, "fused")[0] == (0, 4, r'so "called"\nfröhlich')


def test_each_face_has_its_tiers(tmp_path, couple):
    grid = opened(couple, tmp_path)
    assert intervals(grid, "fused face 2") == [(0, 3, "sad"), (3, 6, "angry")]


def test_nothing_to_go_by(tmp_path, silence):
    assert intervals(opened(silence, tmp_path), "video") == [(0, 1, "")]
    empty = opened(replace(silence, segments=(), duration_s=0.0), tmp_path)
    assert intervals(empty, "fused") == [(0, 0.001, "")]
