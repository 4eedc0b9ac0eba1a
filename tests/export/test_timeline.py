"""Windows that overlap become timelines that do not."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from predictions import window

from affuse.export.timeline import cuts, main_track, tracks
from affuse.records import Box, Segment


def spans(segments: list[Segment]) -> list[tuple[float, float]]:
    return [(cut.start_s, cut.end_s) for cut in cuts(segments)]


def stretch(start_s: float, end_s: float) -> Segment:
    return Segment(start_s, end_s, "calm", 0.9, {})


def test_windows_are_cut_half_way_between_their_centres():
    assert spans([window(t, "calm", 0.9) for t in (0.0, 1.0, 2.0)]) == [
        (0.0, 2.5),
        (2.5, 3.5),
        (3.5, 6.0),
    ]


def test_a_short_last_window_is_cut_within_its_overlap():
    assert spans([stretch(0, 4), stretch(2, 6), stretch(4, 7)]) == [(0, 3), (3, 5), (5, 7)]


def test_windows_apart_stay_as_they_are():
    assert spans([stretch(0, 1), stretch(1, 2), stretch(5, 6)]) == [(0, 1), (1, 2), (5, 6)]


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.01, 30)), max_size=12))
def test_cuts_never_overlap_and_none_is_lost(windows: list[tuple[float, float]]):
    found = cuts([stretch(start, start + length) for start, length in windows])
    assert len(found) == len(windows)
    assert all(cut.start_s <= cut.end_s for cut in found)
    assert all(before.end_s <= after.start_s for before, after in pairwise(found))


def test_one_timeline_although_the_face_changes(talk):
    segments = (*talk.segments[:3], replace(talk.segments[3], face=2))
    (track,) = tracks(replace(talk, segments=segments))
    assert track.face == 0
    assert [cut.segment.face for cut in track.cuts] == [1, 1, 0, 2]


def test_a_timeline_for_each_of_several_faces(couple):
    assert [track.face for track in tracks(couple)] == [1, 2]
    assert [(cut.start_s, cut.end_s) for cut in tracks(couple)[1].cuts] == [(0, 3), (3, 6)]
    assert main_track(couple).face == 1


@pytest.mark.parametrize(
    ("time_s", "emotion"), [(-1, None), (0, "happy"), (2.99, "happy"), (3, "calm"), (10, None)]
)
def test_what_holds_at_a_time(talk, time_s, emotion):
    cut = main_track(talk).at(time_s)
    assert (cut and cut.segment.emotion) == emotion


def test_box_moves_between_the_centres_of_windows(couple):
    track = tracks(couple)[1]
    lefts = [track.box_at(time_s).left for time_s in (0, 2, 2.5, 3, 4, 5.9)]
    assert lefts == pytest.approx([0.7, 0.7, 0.675, 0.65, 0.6, 0.6])


def test_box_does_not_move_towards_another_face_or_none(talk):
    track = main_track(talk)
    assert track.box_at(4.5) == Box(0.25, 0.25, 0.5, 0.5)
    assert track.box_at(6) is None
    assert track.box_at(11) is None
