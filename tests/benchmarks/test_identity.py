"""benchmarks/identity.py counts what is planted, and its films show whom they say."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from identity import fitted, score
from identity_films import Film, Place, Portrait, Shot, drawn

ANNA, BEN = (
    Portrait(name, name, (np.full((360, 360, 3), level, np.uint8),))
    for name, level in (("Anna", 200), ("Ben", 40))
)


def test_purity_and_coverage_of_what_is_planted() -> None:
    truth = ["Anna"] * 6 + ["Ben"] * 4 + [""]
    numbers = np.array([1, 1, 1, 1, 2, 2, 2, 2, 2, 0, 5])
    found = score(numbers, truth)
    # Four of person 1 are Anna, three of five in person 2 are Ben; one of ten is nobody.
    assert found.purity == pytest.approx(7 / 9)
    assert found.coverage == pytest.approx((4 + 3) / 10)
    assert (found.n_found, found.n_true) == (2, 2)
    assert found.nobody == pytest.approx(0.1)


def test_film_says_who_is_where() -> None:
    left, right = Place(ANNA, x=160, side=320), Place(BEN, x=480, side=320)
    film = Film("two", (Shot(1.0, (left, right)), Shot(2.0, (Place(BEN),))))
    assert film.cuts_s == (1.0,)
    assert film.is_between_people == (True,)
    assert [film.person_at(0.4, x) for x in (0.25, 0.75)] == ["Anna", "Ben"]
    assert [film.person_at(1.0, x) for x in (0.5, 0.95)] == ["Ben", ""]
    assert len(list(film.pictures())) == 15
    assert drawn((left, right), 0.0, 0.0)[180, 160, 0] == 200


def test_threshold_parts_and_mixes_least() -> None:
    def clips(angle: float) -> list[np.ndarray]:
        angles = np.deg2rad(angle + np.array([[0.0, 5.0], [10.0, 20.0]]))
        return [np.stack([np.cos(row), np.sin(row)], axis=1) for row in angles]

    # Of one person at most 20 degrees apart, of two at least 40.
    best = fitted({"Anna": clips(0), "Ben": clips(60)})
    assert np.cos(np.deg2rad(40)) < best <= np.cos(np.deg2rad(20))
