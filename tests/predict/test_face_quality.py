"""A face that can hardly be seen counts little, and the answer says so."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from recordings import Track, fitted, portrait, spoken, write
from tiny_bundle import face_and_voice

from affuse.bundle.image_quality import ImageQuality
from affuse.bundle.writer import make_bundle
from affuse.predict.face_quality import LEAST, face_quality
from affuse.predict.members import Members
from affuse.predict.recogniser import Recogniser

STRENGTHS = (0.0, 1.0, 2.0, 3.0, 5.0, 8.0)


@pytest.fixture(scope="module")
def crops() -> np.ndarray:
    """Twenty drawn faces of 48 pixels with brows, eyes and a mouth."""
    rng = np.random.default_rng(0)
    faces = np.full((20, 192, 192), 60.0, np.float32)
    for face in faces:
        skin, dark = rng.uniform(140, 220), rng.uniform(20, 70)
        cv2.ellipse(face, (96, 96), (70, 88), 0, 0, 360, skin, -1)
        for side in (-1, 1):
            x = int(96 + side * rng.uniform(28, 34))
            cv2.ellipse(face, (x, 72), (13, int(rng.uniform(4, 9))), 0, 0, 360, dark, -1)
            cv2.line(face, (x - 16, 54), (x + 16, int(rng.uniform(46, 58))), dark, 5)
        cv2.ellipse(face, (96, 132), (26, int(rng.uniform(3, 14))), 0, 0, 360, dark, -1)
    return np.stack([cv2.resize(face, (48, 48), interpolation=cv2.INTER_AREA) for face in faces])


def with_quality(full: float):
    manifest = face_and_voice().manifest
    face = manifest.member("face").model_copy(update={"image_quality": ImageQuality(full=full)})
    members = tuple(face if m.name == "face" else m for m in manifest.members)
    changed = {"members": members, "format": 5, "files": {}}
    return make_bundle(manifest.model_copy(update=changed), face_and_voice().files)


def blurred(crops: np.ndarray, sigma: float) -> np.ndarray:
    if not sigma:
        return crops
    return np.stack([cv2.GaussianBlur(crop, (0, 0), sigma) for crop in crops])


def test_quality_falls_with_blur(crops):
    found = np.stack([face_quality(blurred(crops, sigma)) for sigma in STRENGTHS])
    assert np.all(np.diff(found, axis=0) < 0)
    assert np.median(found[0]) > 10 * np.median(found[-1])


def test_quality_falls_with_noise_although_noise_is_sharp(crops):
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1, crops.shape)
    found = [np.median(face_quality(crops + level * noise)) for level in (0, 20, 40, 80, 160)]
    assert np.all(np.diff(found) < 0)


def test_light_and_contrast_do_not_matter(crops):
    np.testing.assert_allclose(face_quality(0.5 * crops + 20), face_quality(crops), rtol=1e-4)


def test_a_flat_picture_has_the_least_quality():
    assert face_quality(np.full((2, 48, 48), 128, np.uint8)).tolist() == [LEAST, LEAST]


def test_the_weight_falls_with_blur_and_a_clear_face_keeps_its_row(crops):
    clear = np.rint(crops).astype(np.uint8)
    plain, bundle = face_and_voice(), with_quality(float(face_quality(clear).min()))
    member = bundle.manifest.member("face")
    before = Members(plain).face_outputs(plain.manifest.member("face"), list(clear))
    found = Members(bundle).face_outputs(member, list(clear))
    assert before.weights is None
    assert found.weights.tolist() == [1.0] * len(crops)
    assert found.probabilities.tolist() == before.probabilities.tolist()
    sureness = []
    for sigma in STRENGTHS[1:]:
        worse = list(np.rint(blurred(crops, sigma)).astype(np.uint8))
        seen = Members(bundle).face_outputs(member, worse)
        sureness.append(float(np.mean(seen.probabilities.max(axis=1))))
        assert np.all(seen.weights <= 1)
    assert np.all(np.diff(sureness) < 0)


def test_what_cannot_be_seen_tells_nothing_in_the_fusion(crops):
    """Of a grey area the answer is that of a face that is equally like every emotion."""
    from affuse.bundle.decision import calibrated, decide

    bundle = with_quality(0.5)
    prior = dict(zip(bundle.manifest.member("face").classes, np.arange(1, 8) / 28, strict=True))
    face = bundle.manifest.member("face").model_copy(
        update={"prior": prior, "prior_power": 0.3, "weight": 1.2}
    )
    members = tuple(face if m.name == "face" else m for m in bundle.manifest.members)
    bundle = make_bundle(
        bundle.manifest.model_copy(update={"members": members, "files": {}}), bundle.files
    )
    sure = np.full((1, 7), 0.01) + 0.93 * np.eye(7)[[0]]
    voice = np.array([[0.05, 0.05, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1]])
    unseen = calibrated(face, sure, None, np.array([LEAST]))
    fused = decide(bundle, {"face": unseen, "voice": voice})
    # Divided by its prior to this power, it is the same for all; neutral may be calm as well.
    np.testing.assert_allclose(fused, voice, atol=1e-3)
    clear = calibrated(face, sure, None, np.array([0.5]))
    assert decide(bundle, {"face": clear, "voice": voice}).argmax() != voice.argmax()


def test_a_blurred_recording_says_so(tmp_path):
    recogniser = Recogniser(with_quality(0.45))
    soft = cv2.GaussianBlur(portrait(), (0, 0), 14)
    sound = fitted(spoken(), 2.0)
    blurred_clip = write(tmp_path / "soft.mp4", Track([soft] * 20, sound=sound))
    found = recogniser.predict(blurred_clip)
    assert found.face_seen > 0.5
    (note,) = found.notes
    assert note.startswith("in ")
    assert "looks the face is too blurred, dark or noisy to weigh in full: there it counts " in note
    clear = write(tmp_path / "clear.mp4", Track([portrait()] * 20, sound=sound))
    assert recogniser.predict(clear).notes == ()
