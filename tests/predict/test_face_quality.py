"""A face that can hardly be seen counts little, and the answer says so."""

from __future__ import annotations

import av
import cv2
import numpy as np
import pytest
from drawn_faces import drawn_crops
from moving_files import beginning
from recordings import RATE, Track, fitted, small_portrait, spoken, write
from tiny_bundle import face_and_voice

from affuse.bundle.image_quality import ImageQuality
from affuse.bundle.writer import make_bundle
from affuse.predict.face_quality import LEAST, face_quality
from affuse.predict.members import Members
from affuse.predict.recogniser import Recogniser

STRENGTHS = (0.0, 1.0, 2.0, 3.0, 5.0, 8.0)


@pytest.fixture(scope="module")
def crops() -> np.ndarray:
    return drawn_crops(20)


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


def test_noise_alone_is_no_detail():
    noise = np.random.default_rng(0).normal(128, 40, (20, 48, 48))
    # A sixth of what varies in it lies where a face has its detail.
    assert np.median(face_quality(noise)) < 0.05


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
    soft = cv2.GaussianBlur(small_portrait(), (0, 0), 7)
    sound = fitted(spoken(), 1.0)
    blurred_clip = write(tmp_path / "soft.mp4", Track([soft] * 10, sound=sound))
    found = recogniser.predict(blurred_clip)
    assert found.face_seen > 0.5
    (note,) = found.notes
    assert note.startswith("in ")
    assert (
        "analysed frames the face is too blurred, dark or noisy to weigh in full: there it counts "
        in note
    )
    clear = write(tmp_path / "clear.mp4", Track([small_portrait()] * 10, sound=sound))
    assert recogniser.predict(clear).notes == ()


@pytest.mark.data
@pytest.mark.slow
def test_a_blurred_face_does_not_outvote_the_voice(shared_data, tmp_path):
    """On a clip on which nothing was fitted: the face counted in full said happy."""
    import affuse
    from affuse.export.plain import top_emotion
    from affuse.media.audio import read_audio

    whole = shared_data / "clips" / "M030_level_3_angry_016.mp4"
    source = beginning(whole, tmp_path / whole.name, 2.0)
    with av.open(str(source)) as file:
        size = {"width": 640, "height": 360, "format": "rgb24"}
        frames = [frame.reformat(**size).to_ndarray() for frame in file.decode(video=0)]
    sound = read_audio(source, sample_rate=RATE).signal
    soft = [cv2.GaussianBlur(frame, (0, 0), 640 / 60) for frame in frames]
    blurred_clip = write(tmp_path / "blurred.mp4", Track(soft, 30.0, sound=sound))
    recogniser = affuse.load()
    clear, found = recogniser.predict(source), recogniser.predict(blurred_clip)
    assert clear.emotion == found.emotion == "angry"
    assert top_emotion(found, "video")[1] < 0.3
    assert found.probabilities["fused"]["angry"] > 0.8 * found.probabilities["audio"]["angry"]
    assert not any("too blurred" in note for note in clear.notes)
    assert any("too blurred" in note for note in found.notes)
