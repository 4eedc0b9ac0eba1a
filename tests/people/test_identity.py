from __future__ import annotations

import tracemalloc
from collections.abc import Sequence

import numpy as np
import pytest

from affuse.people.identity import people_of
from affuse.people.records import FaceLook
from affuse.records import Box

THRESHOLD = 0.6


def faces_of(n_people: int, dimensions: int = 32) -> np.ndarray:
    """A unit vector for each person; any two are all but at right angles."""
    return np.linalg.qr(np.random.default_rng(0).normal(size=(dimensions, n_people)))[0].T


def look(time_s: float, track: int, face: np.ndarray | None, left: float = 0.4) -> FaceLook:
    return FaceLook(time_s, track, Box(left, 0.3, 0.2, 0.3), face)


def noisy(face: np.ndarray, seed: int, deviation: float = 0.08) -> np.ndarray:
    """A look at a face: a cosine of about 0.9 with it."""
    around = face + np.random.default_rng(seed).normal(scale=deviation, size=len(face))
    return (around / np.linalg.norm(around)).astype(np.float32)


def film(shots: Sequence[Sequence[int]], faces: np.ndarray, n_looks: int = 6) -> list[FaceLook]:
    """Shots of `n_looks` each, five a second; people side by side, new tracks in every shot."""
    return [
        look(
            (number * n_looks + at) / 5,
            100 * number + place + 1,
            noisy(faces[who], 1000 * number + 10 * at + place),
            0.3 * place,
        )
        for number, people in enumerate(shots)
        for at in range(n_looks)
        for place, who in enumerate(people)
    ]


def cuts(n_shots: int, n_looks: int = 6) -> list[float]:
    return [number * n_looks / 5 for number in range(1, n_shots)]


def test_tracks_of_one_person_are_joined_over_cuts() -> None:
    looks = film([[0], [1], [0], [2], [1]], faces_of(3))
    numbers = people_of(looks, cuts(5), threshold=THRESHOLD)
    assert numbers.reshape(5, 6).tolist() == [[1] * 6, [2] * 6, [1] * 6, [3] * 6, [2] * 6]


def test_numbers_follow_the_first_appearance_from_the_left() -> None:
    looks = film([[2, 0], [1], [0]], faces_of(3))
    assert people_of(looks[::-1], cuts(3), threshold=THRESHOLD)[::-1].tolist() == [
        *[1, 2] * 6, *[3] * 6, *[2] * 6
    ]  # fmt: skip


def test_faces_in_one_picture_are_two_people_however_alike() -> None:
    looks = film([[0, 0], [0]], faces_of(1))
    numbers = people_of(looks, cuts(2), threshold=THRESHOLD)
    assert set(numbers[:12:2]) == {1}
    assert set(numbers[1:12:2]) == {2}
    assert len(set(numbers[12:])) == 1


@pytest.mark.parametrize("change", [4, 9, 15])
def test_track_ends_where_the_face_becomes_another_without_a_cut(change: int) -> None:
    faces = faces_of(2)
    looks = [look(at / 5, 1, noisy(faces[int(at >= change)], at)) for at in range(20)]
    numbers = people_of(looks, (), threshold=THRESHOLD)
    assert numbers.tolist() == [1] * change + [2] * (20 - change)


def test_two_who_swap_tracks_keep_their_numbers() -> None:
    faces = faces_of(2)
    looks = [
        look(at / 5, track, noisy(faces[(track + int(at >= 12)) % 2], 2 * at + track), 0.4 * track)
        for at in range(24)
        for track in (0, 1)
    ]
    numbers = people_of(looks, (), threshold=THRESHOLD).reshape(24, 2)
    assert numbers[:12].tolist() == [[1, 2]] * 12
    assert numbers[12:].tolist() == [[2, 1]] * 12


def test_known_number_of_people_joins_on() -> None:
    faces = faces_of(3)
    between = noisy(faces[0] + 0.45 * faces[2], 7, 0.0)
    looks = film([[0], [1], [2], [1]], np.stack([faces[0], faces[1], between]))
    assert set(people_of(looks, cuts(4), threshold=0.9)) > {1, 2}
    numbers = people_of(looks, cuts(4), 2, threshold=0.9).reshape(4, 6)
    assert numbers[:, 0].tolist() == [1, 2, 1, 2]


def test_known_number_of_people_keeps_apart() -> None:
    faces = faces_of(2)
    alike = np.stack([faces[0], noisy(faces[0] + 0.3 * faces[1], 0, 0.0)])
    looks = film([[0], [1], [0], [1]], alike)
    assert set(people_of(looks, cuts(4), threshold=THRESHOLD)) == {1}
    numbers = people_of(looks, cuts(4), 2, threshold=THRESHOLD).reshape(4, 6)
    assert numbers[:, 0].tolist() == [1, 2, 1, 2]


def test_brief_piece_is_nobody_unless_it_is_like_somebody() -> None:
    faces = faces_of(3)
    looks = [
        *film([[0], [1]], faces),
        *(look(2.4 + at / 5, 7, noisy(faces[0], 90 + at)) for at in range(2)),
        *(look(2.8 + at / 5, 8, noisy(faces[2], 95 + at)) for at in range(2)),
    ]
    numbers = people_of(looks, [1.2, 2.4, 2.8], threshold=THRESHOLD)
    assert numbers[12:].tolist() == [1, 1, 0, 0]


def test_faces_of_a_photo_are_people() -> None:
    faces = faces_of(3)
    looks = [look(0.0, n + 1, noisy(faces[n], n), 0.3 * (2 - n)) for n in range(3)]
    assert people_of(looks, (), threshold=THRESHOLD).tolist() == [3, 2, 1]


def test_without_embeddings_each_track_of_a_shot_is_a_person() -> None:
    looks = [look(at / 5, track, None, 0.3 * track) for at in range(10) for track in (1, 2)]
    assert people_of(looks, [1.0], threshold=THRESHOLD).reshape(10, 2).tolist() == [
        *[[1, 2]] * 5, *[[3, 4]] * 5
    ]  # fmt: skip


def test_embedding_that_is_no_number_says_nothing() -> None:
    faces = faces_of(1)
    looks = film([[0], [0]], faces)
    broken = np.full(32, np.nan, np.float32)
    looks[2] = look(looks[2].time_s, looks[2].track, broken)
    assert people_of(looks, cuts(2), threshold=THRESHOLD).tolist() == [1] * 12


def test_nobody_is_nobody() -> None:
    assert people_of([], (), threshold=THRESHOLD).shape == (0,)


def test_thirty_people_and_a_cut_every_second_for_a_minute() -> None:
    faces = faces_of(30, 64)
    rng = np.random.default_rng(1)
    shots = [rng.permutation(30).tolist() for _ in range(60)]
    looks = film(shots, faces, n_looks=5)
    numbers = people_of(looks, cuts(60, 5), threshold=THRESHOLD)
    truth = np.array([who for people in shots for _ in range(5) for who in people])
    assert len(set(numbers)) == 30
    assert len(set(zip(numbers.tolist(), truth.tolist(), strict=True))) == 30


def test_very_many_who_differ_end_in_bounded_time() -> None:
    rng = np.random.default_rng(2)
    looks = [
        look(at / 5, at // 3 + 1, row / np.linalg.norm(row))
        for at, row in enumerate(rng.normal(size=(3000, 64)).astype(np.float32))
    ]
    numbers = people_of(looks, (), threshold=0.9)
    assert numbers.max() <= 400
    assert (numbers > 0).sum() >= 1200


def test_two_people_of_many_shots_are_two_where_that_is_known() -> None:
    faces, rng = faces_of(2, 172), np.random.default_rng(0)
    who = np.repeat(rng.random(900) > 0.5, 3).astype(int)
    shots = rng.normal(size=(900, 172))
    apart = 0.53 * shots / np.linalg.norm(shots, axis=1, keepdims=True)
    rows = faces[who] + np.repeat(apart, 3, axis=0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    looks = [
        look(at // 3 + at % 3 / 5, at // 3 + 1, row.astype(np.float32))
        for at, row in enumerate(rows)
    ]
    numbers = people_of(looks, np.arange(1.0, 900.0).tolist(), 2, threshold=0.69)
    assert len(set(zip(numbers.tolist(), who.tolist(), strict=True))) == 2
    assert len(set(numbers.tolist())) == 2


def test_twenty_minutes_of_a_face_are_divided_in_little_memory() -> None:
    rows = np.repeat(faces_of(2, 172), 3000, axis=0)
    rows = rows + np.random.default_rng(0).normal(scale=0.03, size=rows.shape)
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
    looks = [look(at / 5, 1, row) for at, row in enumerate(rows)]
    tracemalloc.start()
    numbers = people_of(looks, [], threshold=THRESHOLD)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert numbers.tolist() == [1] * 3000 + [2] * 3000
    assert peak < 8e6, "all embeddings at once, unpacked, are 8 MB"


def test_looks_far_into_a_track_are_divided_as_near_its_beginning() -> None:
    faces = faces_of(2)
    for at_change in (250, 254, 256, 258, 511, 512, 515):
        looks = [look(at / 5, 1, noisy(faces[int(at >= at_change)], at)) for at in range(600)]
        expected = [1] * at_change + [2] * (600 - at_change)
        assert people_of(looks, [], threshold=THRESHOLD).tolist() == expected
