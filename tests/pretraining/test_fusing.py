"""How much face and voice count is fitted on people whom neither network has met."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from moving_files import beginning
from tiny_bundle import face_and_voice, tiny_bundle, voice_member

from affuse.bundle.writer import make_bundle
from affuse.cli import main
from affuse.errors import BundleError, DatasetError
from affuse.pretraining.calibration import HeldOutClips
from affuse.pretraining.fusing import (
    FACE_AND_VOICE,
    GroupLogs,
    fit_exponents,
    fitted_on_strangers,
    group_logs,
    prior_of,
    refit_fusion,
    with_exponents,
)
from affuse.pretraining.shipped import with_voice

EVEN = np.full(7, 1 / 7)


def outputs_of(rng, strength: float, favours: int | None = None) -> GroupLogs:
    """Says the truth with some strength, and one group too easily where it has a favours."""
    labels = rng.integers(7, size=2000)
    logits = strength * np.eye(7)[labels] + rng.normal(0, 1, (2000, 7))
    if favours is not None:
        logits[:, favours] += 2
    return GroupLogs(logits - np.log(np.exp(logits).sum(1, keepdims=True)), labels)


def test_the_stronger_witness_has_the_greater_power(rng):
    found = fit_exponents(outputs_of(rng, 3.0), outputs_of(rng, 0.5), EVEN)
    assert found.face > 2 * found.voice
    found = fit_exponents(outputs_of(rng, 0.5), outputs_of(rng, 3.0), EVEN)
    assert found.voice > 2 * found.face


def test_what_a_voice_says_too_easily_is_divided_out(rng):
    found = fit_exponents(outputs_of(rng, 1.0), outputs_of(rng, 1.0, favours=3), EVEN)
    assert found.average.argmax() == 3
    assert found.voice_prior > 0.5


def test_a_voice_that_knows_nothing_has_no_say(rng):
    found = fit_exponents(outputs_of(rng, 2.0), outputs_of(rng, 0.0), EVEN)
    assert found.voice < 0.1


def test_a_group_that_nobody_showed_is_an_error(rng):
    faces, voices = outputs_of(rng, 1.0), outputs_of(rng, 1.0)
    voices = GroupLogs(voices.logs, np.where(voices.labels == 2, 1, voices.labels))
    with pytest.raises(DatasetError, match="group 2"):
        fit_exponents(faces, voices, EVEN)


def test_an_emotion_that_nobody_showed_is_named():
    manifest = face_and_voice().manifest.model_copy(update={"fusion": FACE_AND_VOICE})
    bundle = make_bundle(manifest, face_and_voice().files)
    clips = {
        member.name: HeldOutClips(
            np.full((6, len(member.classes)), 1 / len(member.classes)),
            np.array([n for n, name in enumerate(member.classes) if name != "disgust"])[:6],
            np.full(6, "A"),
        )
        for member in manifest.members
    }
    with pytest.raises(DatasetError, match=r"no face of .*disgust.* was given; expected some of"):
        fitted_on_strangers(bundle, clips["face"], clips["voice"], "6 voices")


def test_a_bundle_without_face_cannot_be_fitted(tmp_path):
    voice_alone = tiny_bundle([voice_member()])
    with pytest.raises(BundleError, match="has the members voice; expected face and voice"):
        refit_fusion(voice_alone, tmp_path, [tmp_path])
    with pytest.raises(BundleError, match="has the members voice; expected face and voice"):
        with_voice(voice_alone, tmp_path, tmp_path)


def test_a_folder_of_no_voice_model(tmp_path):
    with pytest.raises(
        DatasetError, match=r"holds no voice\.json; expected a folder of affuse tra"
    ):
        with_voice(face_and_voice(), tmp_path, tmp_path)


@pytest.mark.parametrize("more", [(), ("a.csv", "--voice", "b")])
def test_what_the_fusion_is_fitted_on_is_given_once(more, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["train", "fusion", str(tmp_path), *more, "--out", str(tmp_path / "new")])
    assert ended.value.code == 2
    given = "a.csv and --voice b" if more else "nothing"
    assert f"affuse: {given} was given to fit on; expected corpora" in capsys.readouterr().err


def test_a_folder_in_use_is_refused_before_the_work(tmp_path, capsys):
    (tmp_path / "file").write_bytes(b"")
    for asked in (["fusion", "no faces", "no corpus"], ["bundle", "no face"]):
        with pytest.raises(SystemExit) as ended:
            main(["train", *asked, "--out", str(tmp_path)])
        assert ended.value.code == 2
        assert "exists and is not empty; expected a new folder" in capsys.readouterr().err


def test_the_manifest_takes_the_exponents(rng):
    plain = face_and_voice().manifest
    prior = dict.fromkeys(plain.member("face").classes, 0.1) | {"disgust": 0.4}
    members = tuple(
        m.model_copy(update={"prior": prior}) if m.name == "face" else m for m in plain.members
    )
    manifest = plain.model_copy(update={"fusion": FACE_AND_VOICE, "members": members})
    assert prior_of(manifest)[manifest.groups.index(("disgust",))] == 0.4
    found = fit_exponents(outputs_of(rng, 2.0), outputs_of(rng, 1.0, favours=0), EVEN)
    fitted = with_exponents(manifest, found, "people")
    face, voice = fitted.member("face"), fitted.member("voice")
    assert face.weight * face.prior_power == pytest.approx(found.face_prior)
    assert voice.weight * voice.prior_power == pytest.approx(found.voice_prior)
    # Neutral and calm are one group: what is said of either too easily is said of both.
    assert voice.prior["neutral"] == voice.prior["calm"] == found.average[0]
    assert fitted.fusion.fitted_on == "people"


def test_groups_of_members():
    manifest = face_and_voice().manifest.model_copy(update={"fusion": FACE_AND_VOICE})
    voice = group_logs(manifest, "voice", np.eye(8), ["neutral", "calm", "happy"])
    assert voice.labels.tolist() == [0, 0, 1]
    assert np.exp(voice.logs).round(6)[:3, :2].tolist() == [[1, 0], [1, 0], [0, 1]]
    face = group_logs(manifest, "face", np.eye(7), ["happy"])
    # A neutral face means neutral or calm, and counts once.
    assert np.exp(face.logs).sum(axis=1).round(6).tolist() == [1] * 7


@pytest.mark.data
@pytest.mark.slow
def test_the_shipped_fusion_is_no_worse_than_the_better_of_both(shared_data, tmp_path):
    """Two seconds each of ten strangers with face and voice, on which nothing was fitted."""
    import affuse
    from affuse.export.plain import top_emotion

    clips = {
        "clips/M003_level_1_disgusted_015.mp4": "disgust",
        "clips/M030_level_3_angry_016.mp4": "angry",
        "clips/W023_level_2_surprised_010.mp4": "surprised",
        "clips/W036_level_3_happy_007.mp4": "happy",
        **{
            f"film/stranger_{number}.mp4": emotion
            for number, emotion in enumerate(
                ("happy", "angry", "sad", "disgust", "sad", "angry"), 1
            )
        },
    }
    recogniser = affuse.load()
    right = {"fused": 0, "audio": 0, "video": 0}
    for name, emotion in clips.items():
        found = recogniser.predict(beginning(shared_data / name, tmp_path / Path(name).name, 2.0))
        right["fused"] += found.emotion == emotion
        for source in ("audio", "video"):
            word = top_emotion(found, source)
            right[source] += word is not None and word[0] == emotion
    assert right["fused"] >= max(right["audio"], right["video"]) > 0
