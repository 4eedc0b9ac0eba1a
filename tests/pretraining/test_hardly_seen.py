"""How much a face counts that can hardly be seen is fitted on faces made worse."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_faces import drawn_crops
from tiny_bundle import face_and_voice

from affuse.predict.face_quality import face_quality
from affuse.pretraining.calibration import HeldOutClips
from affuse.pretraining.degraded_faces import DEGRADATIONS, degraded
from affuse.pretraining.fusing import FACE_AND_VOICE, fitted_on_strangers
from affuse.pretraining.hardly_seen import KEPT_SHARE, with_image_quality

N = 700


@pytest.fixture(scope="module")
def crops() -> np.ndarray:
    return np.rint(drawn_crops(20)).astype(np.uint8)


@pytest.fixture(scope="module")
def manifest():
    plain = face_and_voice().manifest
    prior = dict.fromkeys(plain.member("face").classes, 1 / 7)
    face = plain.member("face").model_copy(update={"prior": prior})
    members = tuple(face if m.name == "face" else m for m in plain.members)
    return plain.model_copy(update={"fusion": FACE_AND_VOICE, "members": members})


def clips(
    rng: np.random.Generator,
    qualities: np.ndarray,
    enough: float,
    corpus: str,
    n_classes: int = 7,
) -> HeldOutClips:
    """Sure of everything, and right as often as chance below a quality of `enough`."""
    labels = np.arange(len(qualities)) % n_classes
    guess = rng.integers(n_classes, size=len(qualities))
    shown = np.where(qualities >= enough, labels, guess)
    rows = (
        np.full((len(qualities), n_classes), 0.02)
        + (1 - 0.02 * n_classes) * np.eye(n_classes)[shown]
    )
    return HeldOutClips(rows, labels, np.full(len(labels), corpus), qualities=qualities)


def fitted(manifest, rng, enough: float):
    clear = clips(rng, rng.uniform(0.3, 0.6, N), 0.0, "FER2013")
    worse = clips(rng, rng.uniform(0.001, 0.3, 3 * N), enough, "noisy")
    voices = clips(rng, np.ones(3 * N), 2.0, "A", 8)
    found = with_image_quality(manifest, clear, worse, voices)
    return found.member("face").image_quality, clear


def test_what_is_seen_too_badly_counts_less(manifest, rng):
    found, clear = fitted(manifest, rng, enough=0.25)
    assert found.full > 0.2
    assert found.weights([0.01])[0] < 0.1
    assert np.mean(found.weights(clear.qualities) == 1.0) >= KEPT_SHARE
    assert "2,100 faces of FER2013 that the network has not met, noisy" in found.fitted_on


def test_clear_faces_count_in_full_whatever_is_fitted(manifest, rng):
    clear = clips(rng, rng.uniform(0.3, 0.6, N), 0.0, "FER2013")
    worse = clips(rng, rng.uniform(0.001, 0.9, 3 * N), 0.8, "noisy")
    found = with_image_quality(manifest, clear, worse, clips(rng, np.ones(N), 2.0, "A", 8))
    weights = found.member("face").image_quality.weights(clear.qualities)
    assert np.mean(weights == 1.0) >= KEPT_SHARE


def test_where_quality_tells_nothing_every_face_counts_in_full(manifest, rng):
    found, _ = fitted(manifest, rng, enough=0.0)
    assert found.full < 0.02


def test_nothing_is_fitted_without_faces_made_worse(manifest, rng):
    from affuse.bundle.writer import make_bundle

    bundle = make_bundle(manifest, face_and_voice().files)
    clear = clips(rng, rng.uniform(0.3, 0.6, N), 0.0, "FER2013")
    voices = clips(rng, np.ones(N), 0.0, "A", 8)
    plain = fitted_on_strangers(bundle, clear, voices, "700 voices").manifest
    assert (plain.format, plain.member("face").image_quality) == (4, None)
    worse = clips(rng, rng.uniform(0.001, 0.3, N), 0.25, "noisy")
    known = fitted_on_strangers(bundle, clear, voices, "700 voices", degraded=worse).manifest
    assert known.format == 5
    # Clear faces keep what they have: all other constants are the same.
    face = known.member("face").model_copy(update={"image_quality": None})
    assert (face, known.member("voice")) == (plain.member("face"), plain.member("voice"))


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_what_may_befall_a_face_lowers_its_quality(name, crops):
    worse = degraded(crops, name, np.random.default_rng(1))
    assert worse.dtype == np.uint8
    assert worse.shape == crops.shape
    assert np.median(face_quality(worse)) < 0.9 * np.median(face_quality(crops))
    again = degraded(crops, name, np.random.default_rng(1))
    assert np.array_equal(worse, again)
    assert not np.array_equal(worse, degraded(crops, name, np.random.default_rng(2)))
