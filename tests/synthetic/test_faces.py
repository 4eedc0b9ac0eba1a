from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from affuse.synthetic.action_units import ACTION_UNITS, intensities
from affuse.synthetic.emotions import EXPRESSIONS
from affuse.synthetic.eyes import lids
from affuse.synthetic.faces import Face, make_face
from affuse.synthetic.identity import make_identity
from affuse.synthetic.mouth import lips
from affuse.synthetic.muscles import Pose
from affuse.synthetic.performance import face_habits, perform, perform_measured


@pytest.fixture(scope="module")
def face() -> Face:
    return make_face(make_identity(1, seed=0))


def changed(face: Face, units: Mapping[int, float]) -> NDArray[np.int64]:
    """Summed change (720, 1280) against the face at rest."""
    moved = face.draw(intensities(units)).astype(int)
    return np.abs(moved - face.draw(intensities({}))).sum(axis=2)


def rows_of_change(face: Face, units: Mapping[int, float]) -> float:
    """Height of the change's centre in face units: 0 at the eyes, 0.86 at the mouth."""
    weight = changed(face, units).sum(axis=1)
    row = (weight * np.arange(len(weight))).sum() / weight.sum()
    return float((row - face.frame.corner[1] - face.frame.origin[1]) / face.frame.scale_px)


def test_picture_has_the_size_of_ravdess_and_a_large_face(face: Face) -> None:
    picture = face.draw(intensities({}))
    assert picture.shape == (720, 1280, 3)
    assert picture.dtype == np.uint8
    height = 2.6 * face.frame.scale_px * face.identity.height
    assert 0.6 < height / 720 < 0.8


@pytest.mark.parametrize(
    ("unit", "top", "bottom"),
    [
        (1, -0.7, -0.2),
        (4, -0.5, 0.0),
        (5, -0.2, 0.1),
        (9, 0.1, 0.9),
        (15, 0.7, 1.1),
        (26, 0.7, 1.5),
    ],
)
def test_each_unit_changes_its_own_part_of_the_face(
    face: Face, unit: int, top: float, bottom: float
) -> None:
    assert top < rows_of_change(face, {unit: 5.0}) < bottom


@pytest.mark.parametrize("unit", [int(name[2:]) for name in ACTION_UNITS])
def test_every_unit_is_seen_and_more_of_it_is_seen_more(face: Face, unit: int) -> None:
    # at the size that the trunk sees, a change must survive
    sizes = [changed(face, {unit: intensity}).sum() for intensity in (1.5, 5.0)]
    assert 20_000 < sizes[0] < sizes[1]


def test_smile_raises_the_corners_of_the_mouth_and_sadness_lowers_them(face: Face) -> None:
    at_rest, smiling, sad = (
        lips(face.identity, intensities(units)).upper[0] for units in ({}, {12: 5}, {15: 5})
    )
    assert smiling[1] < at_rest[1] - 0.08
    assert smiling[0] < at_rest[0] - 0.05
    assert sad[1] > at_rest[1] + 0.08


def test_mouth_opens_with_parting_lips_and_dropping_jaw(face: Face) -> None:
    openings = [
        lips(face.identity, intensities(units)).opening for units in ({}, {25: 2}, {25: 2, 26: 4})
    ]
    assert openings[0] == 0
    assert 0 < openings[1] < openings[2] / 2


def test_lids_widen_tighten_and_close() -> None:
    rest, wide, tight, shut = (lids(intensities(units)) for units in ({}, {5: 5}, {7: 5}, {45: 5}))
    assert tight.upper < rest.upper < wide.upper
    assert tight.lower < rest.lower
    assert shut.upper < 0


def test_strangers_differ_and_one_person_is_always_the_same() -> None:
    assert make_identity(3, seed=0) == make_identity(3, seed=0)
    people = {make_identity(number, seed=0) for number in range(1, 25)}
    assert len(people) == 24
    assert make_identity(3, seed=0) != make_identity(3, seed=1)
    assert not make_identity(3, seed=0).female
    assert make_identity(4, seed=0).female


def test_head_moves_and_the_backdrop_stays(face: Face) -> None:
    moved = face.draw(intensities({}), Pose(x=0.05, roll=0.03, turn=0.04)).astype(int)
    difference = np.abs(moved - face.draw(intensities({}))).sum(axis=2)
    assert difference[:, 640 - 250 : 640 + 250].mean() > 5
    assert difference[:, :300].max() == 0
    assert difference[:, -300:].max() == 0


def test_expression_rises_holds_and_falls(rng: np.random.Generator) -> None:
    shown = perform("happy", "strong", np.zeros(100), np.ones(17), rng)
    smile = shown.units[:, ACTION_UNITS.index("AU12")]
    assert smile[0] < 0.2 * smile.max()
    assert smile[40:60].min() > 0.7 * smile.max()
    assert smile[-1] < 0.7 * smile.max()
    assert shown.units.min() >= 0
    assert shown.units.max() <= 5


def test_takes_scatter_about_the_prototype_of_their_emotion() -> None:
    opening = np.zeros(90)
    apexes = np.array(
        [
            perform("surprised", "strong", opening, np.ones(17), np.random.default_rng(n)).units[45]
            for n in range(60)
        ]
    )
    mean = apexes[:, :16].mean(axis=0)
    likeness = {
        emotion: np.linalg.norm(mean - units[:16]) for emotion, units in EXPRESSIONS.items()
    }
    assert min(likeness, key=likeness.__getitem__) == "surprised"
    assert (apexes[:, :16].std(axis=0)[[0, 1, 3]] > 0.5).all()


def test_habits_belong_to_the_speaker() -> None:
    assert np.array_equal(face_habits(2, seed=0), face_habits(2, seed=0))
    assert not np.array_equal(face_habits(2, seed=0), face_habits(4, seed=0))


def test_measured_means_are_kept(rng: np.random.Generator) -> None:
    means = rng.uniform(0, 3.0, 17)
    means[ACTION_UNITS.index("AU45")] = 0
    shown = perform_measured(means, rng.uniform(0, 1, 110), rng)
    assert np.allclose(shown.units.mean(axis=0)[:-1], means[:-1], atol=0.02)
    assert shown.units.max() <= 5
