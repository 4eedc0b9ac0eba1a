from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import cv2
import numpy as np
import pytest
from drawn_faces import portrait

from affuse.errors import MediaError
from affuse.people.shots import ShotDetector

Image = np.ndarray


def scene(person: int, colour: tuple[int, int, int], left: int, side: int = 240) -> Image:
    """A drawn face before a wall of a colour, with a window."""
    picture = np.full((270, 480, 3), colour, np.uint8)
    cv2.rectangle(picture, (left // 3, 20), (left // 3 + 60, 90), (230, 230, 200), -1)
    picture[20 : 20 + side, left : left + side] = cv2.resize(portrait(person), (side, side))
    return picture


@cache
def here() -> Image:
    return scene(1, (60, 110, 70), 150)


@cache
def there() -> Image:
    return scene(2, (190, 150, 140), 60)


def cuts(pictures: Iterable[Image]) -> list[int]:
    """Numbers of the pictures with which a shot begins."""
    shots = ShotDetector()
    for number, picture in enumerate(pictures):
        shots.see(number / 5, picture)
    return [round(5 * time_s) for time_s in shots.cuts_s]


def test_cuts_there_and_back_are_found() -> None:
    assert cuts([here()] * 4 + [there()] * 3 + [here()] * 2 + [there()] * 2) == [4, 7, 9]


def test_cut_is_found_without_colour() -> None:
    one, other = (cv2.cvtColor(seen, cv2.COLOR_RGB2GRAY) for seen in (here(), there()))
    assert cuts([one] * 3 + [other] * 3) == [3]


def test_cut_to_a_closer_view_is_found() -> None:
    closer = cv2.resize(here()[60:210, 160:427], (480, 270))
    assert cuts([here()] * 3 + [closer] * 3) == [3]


def test_flash_is_no_cut() -> None:
    white = np.full_like(here(), 250)
    assert cuts([here()] * 3 + [white] + [here()] * 3) == []
    assert cuts([here()] * 3 + [white] + [there()] * 3) == [3, 4]


def test_picture_between_two_others_is_no_flash() -> None:
    assert cuts([here()] * 3 + [there()] + [scene(3, (30, 30, 120), 200)] * 3) == [3, 4]


@pytest.mark.parametrize("gain", [0.5, 0.7, 1.3])
def test_other_light_is_no_cut(gain: float) -> None:
    lit = np.clip(here() * gain, 0, 255).astype(np.uint8)
    assert cuts([here()] * 3 + [lit] * 3) == []


def test_face_that_moves_quickly_is_no_cut() -> None:
    assert cuts([scene(1, (60, 110, 70), left) for left in (30, 70, 110, 150, 190)]) == []


def test_camera_that_pans_is_no_cut() -> None:
    blobs = np.random.default_rng(0).integers(0, 255, (12, 80, 3)).astype(np.uint8)
    wide = cv2.resize(blobs, (1800, 270), interpolation=cv2.INTER_CUBIC)
    wide[60:210, 700:850] = cv2.resize(portrait(1), (150, 150))
    assert cuts([wide[:, left : left + 480] for left in range(0, 1300, 90)]) == []


def test_noise_is_no_cut() -> None:
    rng = np.random.default_rng(0)
    noisy = [np.clip(here() + rng.normal(0, 12, here().shape), 0, 255) for _ in range(5)]
    assert cuts([picture.astype(np.uint8) for picture in noisy]) == []


def test_from_black_is_a_cut_and_black_alone_is_none() -> None:
    black = np.zeros_like(here())
    assert cuts([black] * 3 + [here()] * 3) == [3]
    assert cuts([black] * 3) == []


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(MediaError, match="given as a picture"):
        ShotDetector().see(0.0, np.zeros((4, 4, 3), np.float32))
