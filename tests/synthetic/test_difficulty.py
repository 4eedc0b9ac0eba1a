"""What is drawn at a difficulty: as ever at 0, harder to tell apart above, face and voice apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from held_pictures import held_pictures
from numpy.typing import NDArray

from affuse.synthetic.action_units import AU
from affuse.synthetic.corpus import synthesise
from affuse.synthetic.emotions import (
    EXPRESSIONS,
    FACE_ACTING,
    FACE_LEANINGS,
    PROSODIES,
    VOICE_ACTING,
    VOICE_LEANINGS,
    expressed,
)
from affuse.synthetic.performance import Performance, face_habits, perform
from affuse.synthetic.voices import Utterance, make_speaker, speak
from affuse.synthetic.writer import made_by

N_TAKES = 40


def spoken(difficulty: float = 0.0) -> Utterance:
    return speak(
        "sad",
        "strong",
        "kids",
        make_speaker(2, seed=3),
        np.random.default_rng([3, 1, 4]),
        difficulty=difficulty,
    )


def shown(
    emotion: str = "angry", difficulty: float = 0.0, number: int = 0, n_frames: int = 119
) -> Performance:
    rng = np.random.default_rng([3, 1, 5, number] if number else [3, 1, 5])
    opening = spoken().opening if n_frames == 119 else np.zeros(n_frames)
    return perform(emotion, "normal", opening, face_habits(2, 3), rng, difficulty=difficulty)


def test_a_voice_without_difficulty_is_the_one_it_was_before_there_was_any() -> None:
    signal = spoken().signal.astype(np.float64)
    assert len(signal) == 190_400
    assert np.abs(signal).sum() == pytest.approx(1996.61849, abs=1e-3)
    assert signal[60_000:60_004] == pytest.approx(
        [-0.013161, -0.016266, -0.019083, -0.021135], abs=1e-5
    )


def test_a_face_without_difficulty_is_the_one_it_was_before_there_was_any() -> None:
    means = dict(zip(AU, shown().units.mean(axis=0), strict=True))
    assert [means[name] for name in ("AU04", "AU07", "AU23", "AU45")] == pytest.approx(
        [2.329153, 1.69581, 0.672656, 0.16384], abs=1e-5
    )


def apexes(emotion: str, difficulty: float) -> NDArray[np.float64]:
    """Mean action units of several takes (n, 17)."""
    takes = [shown(emotion, difficulty, number, n_frames=60) for number in range(1, N_TAKES)]
    return np.stack([take.units.mean(axis=0) for take in takes])


def distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """How far two groups are apart along the line between their means, in deviations."""
    axis = a.mean(axis=0) - b.mean(axis=0)
    along = [(group - group.mean(axis=0)) @ axis for group in (a, b)]
    spread = np.sqrt(np.mean([np.var(one) for one in along])) / np.linalg.norm(axis)
    return float(np.linalg.norm(axis) / spread)


def test_faces_of_two_emotions_come_closer_with_difficulty() -> None:
    apart = [distance(apexes("calm", d), apexes("angry", d)) for d in (0.0, 0.5, 1.0)]
    assert apart[0] > 1.1 * apart[1] > 1.1 * 1.1 * apart[2]


def prosodies(emotion: str, difficulty: float) -> NDArray[np.float64]:
    acting = VOICE_ACTING.harder(difficulty, strength=0.5, blend=0.4)
    return np.stack(
        [
            expressed(emotion, PROSODIES, VOICE_LEANINGS, acting, np.random.default_rng(n))
            for n in range(N_TAKES)
        ]
    )


def test_voices_of_two_emotions_come_closer_with_difficulty() -> None:
    apart = [distance(prosodies("calm", d), prosodies("angry", d)) for d in (0.0, 0.5, 1.0)]
    assert apart[0] > 1.5 * apart[1] > 1.5 * 1.5 * apart[2]


def test_the_room_is_louder_where_it_is_harder() -> None:
    easy, hard = (spoken(d).signal[:20_000].astype(np.float64) for d in (0.0, 1.0))
    assert 6 < 20 * np.log10(hard.std() / easy.std()) < 13


def test_a_harder_take_has_the_random_numbers_of_the_easy_one() -> None:
    easy, hard = shown(), shown(difficulty=1e-9)
    np.testing.assert_allclose(hard.units, easy.units, atol=1e-6)
    np.testing.assert_allclose(spoken(1e-9).signal, spoken().signal, atol=1e-5)


def test_what_else_a_face_expresses_says_nothing_of_the_voice() -> None:
    face = FACE_ACTING.harder(1.0, strength=0.0, blend=1.0)
    voice = VOICE_ACTING.harder(1.0, strength=0.0, blend=1.0)
    shares = np.array(
        [
            (
                expressed("calm", EXPRESSIONS, FACE_LEANINGS, face, np.random.default_rng([n, 5]))[
                    AU["AU04"]
                ],
                expressed("calm", PROSODIES, VOICE_LEANINGS, voice, np.random.default_rng([n, 4]))[
                    3
                ],
            )
            for n in range(400)
        ]
    )
    assert abs(np.corrcoef(shares.T)[0, 1]) < 0.15


def test_a_clip_of_a_difficulty_says_which_drawing_it_is_of(tmp_path: Path) -> None:
    with held_pictures():
        (clip,) = synthesise(tmp_path, speakers=1, emotions=["happy"], takes=1, difficulty=0.5)
    made = 'affuse embedded corpus {"seed": 0, "version": 2, "difficulty": 0.5}'
    assert made_by(clip) == made
