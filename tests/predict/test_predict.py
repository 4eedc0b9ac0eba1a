"""What comes out of a recording: an emotion, a timeline, or the reason why there is none."""

from __future__ import annotations

import json

import numpy as np
import pytest
from recordings import RATE, Track, empty, fitted, head, small_portrait, spoken, write
from tiny_bundle import (
    face_and_voice,
    face_member,
    tiny_bundle,
    voice_member,
    with_familiarity,
)

import affuse
from affuse.export.document import to_json
from affuse.predict.recogniser import Recogniser
from affuse.records import RAVDESS_EMOTIONS, Prediction


def test_voice_and_face_are_fused(found, talking):
    assert isinstance(found, Prediction)
    assert found.path == str(talking)
    assert found.duration_s == pytest.approx(2.0, abs=0.05)
    assert set(found.probabilities) == {"audio", "video", "fused"}
    for probabilities in found.probabilities.values():
        assert tuple(probabilities) == RAVDESS_EMOTIONS == found.classes
        assert sum(probabilities.values()) == pytest.approx(1)
    fused = found.probabilities["fused"]
    assert found.emotion == max(fused, key=fused.get)
    assert found.confidence == fused[found.emotion]
    assert found.face_seen == 1.0
    assert found.faceless == 0.0
    assert 0.3 < found.speech < 1
    assert found.recogniser.startswith("tiny ")
    assert found.abstained == ""
    assert found.notes == ()


def test_a_clip_is_one_window_and_the_whole_is_that(found):
    (segment,) = found.segments
    assert (segment.start_s, segment.end_s) == (0.0, found.duration_s)
    assert segment.face == 1
    assert 0.3 < segment.box.left + segment.box.width / 2 < 0.7
    for name in ("emotion", "confidence", "speech", "face_seen"):
        assert getattr(segment, name) == pytest.approx(getattr(found, name))
    for source, probabilities in segment.probabilities.items():
        assert probabilities == pytest.approx(found.probabilities[source])


def test_same_file_same_answer(recogniser, talking, found):
    assert recogniser.predict(talking) == found


def test_sound_alone(recogniser, tmp_path):
    path = write(tmp_path / "voice.flac", Track(sound=fitted(spoken(), 3.0), audio_codec="flac"))
    found = recogniser.predict(path)
    assert set(found.probabilities) == {"audio", "fused"}
    assert found.probabilities["fused"] == pytest.approx(found.probabilities["audio"])
    assert found.face_seen is None
    assert found.faceless is None
    assert found.segments[0].face == 0
    assert found.notes == ("the file has no picture: predicted from the sound alone",)


def test_picture_alone(recogniser, tmp_path):
    found = recogniser.predict(write(tmp_path / "face.mp4", Track([small_portrait()] * 20)))
    assert set(found.probabilities) == {"video", "fused"}
    assert found.speech is None
    assert found.notes == ("the file has no sound: predicted from the picture alone",)


def test_the_faces_own_classes_become_those_of_the_bundle(found):
    video = found.probabilities["video"]
    assert video["neutral"] == pytest.approx(video["calm"])


def test_a_timeline_follows_what_happens(recogniser, tmp_path):
    """Silence and an empty picture first, then a face that speaks."""
    images = [empty(180, 320)] * 40 + [small_portrait()] * 40
    sound = np.concatenate([np.zeros(4 * RATE, "f4"), fitted(spoken(), 4.0)])
    found = recogniser.predict(
        write(tmp_path / "late.mp4", Track(images, sound=sound)), window_s=2, hop_s=2
    )
    assert [(s.start_s, round(s.end_s)) for s in found.segments] == [
        (0, 2),
        (2, 4),
        (4, 6),
        (6, 8),
    ]
    for segment in found.segments[:2]:
        assert segment.emotion is None
        assert segment.confidence is None
        assert segment.probabilities == {}
        assert segment.abstained == "no speech is detected, and no face is detected"
    for segment in found.segments[2:]:
        assert segment.emotion is not None
        assert segment.face_seen == pytest.approx(1.0, abs=0.1)
    assert found.emotion is not None
    assert found.face_seen == pytest.approx(0.5, abs=0.05)


def test_the_whole_is_weighed_by_what_there_was_to_go_by(recogniser, tmp_path):
    """A second of another voice in a minute's half does not count as much as the rest."""
    path = write(tmp_path / "voice.flac", Track(sound=fitted(spoken(), 9.0), audio_codec="flac"))
    found = recogniser.predict(path, window_s=3, hop_s=3)
    weights = np.array([segment.speech for segment in found.segments])
    message = np.array([list(s.probabilities["audio"].values()) for s in found.segments])
    expected = weights @ message / weights.sum()
    assert list(found.probabilities["audio"].values()) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("track", "reason"),
    [
        (
            Track([empty()] * 20, sound=np.zeros(2 * RATE, "f4")),
            "no speech is detected, and no face is detected",
        ),
        (Track([empty()] * 20), "the file has no sound, and no face is detected"),
        (
            Track(sound=np.zeros(2 * RATE, "f4"), audio_codec="flac"),
            "no speech is detected, and the file has no picture",
        ),
    ],
    ids=["black and silent", "black", "silent"],
)
def test_without_speech_and_face_it_abstains(recogniser, tmp_path, track, reason):
    found = recogniser.predict(write(tmp_path / "nothing.mkv", track))
    assert found.emotion is None
    assert found.confidence is None
    assert found.probabilities == {}
    assert found.abstained == reason
    assert found.segments[0].abstained == reason


def test_too_little_of_either_is_said(recogniser, tmp_path):
    sound = np.zeros(5 * RATE, "f4")
    sound[RATE : RATE + RATE // 4] = spoken()[RATE : RATE + RATE // 4]
    images = [small_portrait()] * 5 + [empty(180, 320)] * 45
    found = recogniser.predict(write(tmp_path / "little.mp4", Track(images, sound=sound)))
    assert found.emotion is None
    assert (
        "s of speech are detected, and a face is detected in only 3 of 25 analysed frames"
        in found.abstained
    )
    assert found.abstained.startswith("only 0.")


def test_a_low_confidence_abstains_and_says_what_it_would_have_said(recogniser, talking, found):
    unsure = recogniser.predict(talking, threshold=0.999999)
    assert unsure.emotion is None
    assert unsure.confidence == found.confidence
    assert unsure.probabilities == found.probabilities
    assert unsure.abstained == (
        f"{found.emotion} is the most probable with {found.confidence:.0%}, which is less than the "
        "100% asked for"
    )


def test_the_bundle_says_when_to_abstain(talking):
    careful = Recogniser(face_and_voice(abstain_below=0.999999))
    assert careful.predict(talking).emotion is None
    assert careful.predict(talking, threshold=0.0).emotion is not None


def test_a_recogniser_of_one_modality_says_that_it_is_one(tmp_path, talking):
    deaf, blind = (
        Recogniser(tiny_bundle([face_member()])),
        Recogniser(tiny_bundle([voice_member()])),
    )
    assert set(deaf.predict(talking).probabilities) == {"video", "fused"}
    assert set(blind.predict(talking).probabilities) == {"audio", "fused"}
    voice = write(tmp_path / "voice.flac", Track(sound=fitted(spoken(), 3.0), audio_codec="flac"))
    assert deaf.predict(voice).abstained == (
        "the file has no picture, and this recogniser uses the face alone"
    )
    picture = write(tmp_path / "face.mp4", Track([small_portrait()] * 10))
    assert blind.predict(picture).abstained == (
        "the file has no sound, and this recogniser uses the voice alone"
    )


@pytest.fixture
def two_people(tmp_path):
    image = empty(360, 640, 90)
    image[30:330, 20:320] = head(300)
    image[100:244, 440:584] = head(144, speaker=2)
    return write(tmp_path / "two.mp4", Track([image] * 20, sound=fitted(spoken(), 2.0)))


def test_of_several_faces_the_largest(recogniser, two_people):
    found = recogniser.predict(two_people)
    (segment,) = found.segments
    assert segment.box.left < 0.5
    assert found.notes == ("up to 2 faces are seen at once; the largest was analysed",)


def test_all_faces(recogniser, two_people):
    found = recogniser.predict(two_people, faces="all")
    assert [segment.face for segment in found.segments] == [1, 2]
    large, small = sorted(found.segments, key=lambda segment: segment.box.left)
    assert large.box.left < 0.5 < small.box.left
    assert set(large.probabilities) == {"audio", "video", "fused"}
    # Nobody knows whose voice it is: it counts as that of the largest face.
    assert set(small.probabilities) == {"video", "fused"}
    assert found.notes == ("up to 2 faces are seen at once; each was analysed",)
    whole = recogniser.predict(two_people)
    assert found.emotion == whole.emotion
    assert found.probabilities["fused"] == pytest.approx(whole.probabilities["fused"], abs=1e-6)


def test_the_public_names(bundle_dir, talking):
    recogniser = affuse.load(bundle_dir)
    assert isinstance(recogniser, affuse.Recogniser)
    assert recogniser.classes == RAVDESS_EMOTIONS
    assert repr(recogniser).startswith("Recogniser(tiny ")
    assert isinstance(recogniser.predict(str(talking)), affuse.Prediction)
    assert recogniser.predict(talking, window_s=1, hop_s=1).segments[1].start_s == 1.0


def test_a_folder_without_bundle(tmp_path):
    with pytest.raises(affuse.AffuseError, match=r"holds no bundle\.json"):
        affuse.load(tmp_path)


def test_a_recording_says_how_near_it_is_to_training(talking):
    known = Recogniser(with_familiarity(face_and_voice()))
    found = known.predict(talking)
    assert set(found.familiarity) == {"audio", "video"}
    assert all(0 <= near <= 1 for near in found.familiarity.values())
    assert found.segments[0].familiarity == pytest.approx(found.familiarity)
    plain = Recogniser(face_and_voice()).predict(talking)
    assert plain.familiarity == {}
    assert plain.probabilities == found.probabilities
    document = json.loads(to_json([found]))
    assert set(document["predictions"][0]["familiarity"]) == {"audio", "video"}
    assert "familiarity" not in json.loads(to_json([plain]))["predictions"][0]
