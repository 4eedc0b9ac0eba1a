"""What comes with affuse."""

from __future__ import annotations

import numpy as np
import pytest

from affuse.records import FER2013_EMOTIONS, RAVDESS_EMOTIONS


def test_the_card_tells_figures_and_limits():
    from affuse.bundle.manifest import CARD
    from affuse.extractors.networks.shipped import shipped_folder, shipped_manifest

    card = (shipped_folder() / CARD).read_text("utf-8")
    for told in ("Non-commercial", "RAVDESS", "FER2013", "who is not", "accuracy", "Fitted on"):
        assert told in card
    voice = next(f for f in shipped_manifest()["figures"] if f["system"] == "voice")
    assert f"{voice['uar']:.1%}" in card
    running = " ".join(card.split())
    assert "of which sex, age or origin they are failed more often nobody has measured" in running
    assert "of both, as in the table below, UAR 68.5%" in running


def test_the_shipped_files_are_small():
    from affuse.extractors.networks.shipped import shipped_folder

    sizes = {name: (shipped_folder() / name).stat().st_size for name in ("face.onnx", "voice.onnx")}
    assert sizes["face.onnx"] <= 4_000_000
    assert sizes["voice.onnx"] <= 6_000_000


@pytest.mark.parametrize("name", ["face.onnx", "voice.onnx"])
def test_no_path_of_the_machine_that_trained_is_shipped(name):
    from affuse.extractors.networks.shipped import shipped_folder

    content = (shipped_folder() / name).read_bytes()
    assert b"site-packages" not in content
    assert b'File "' not in content


def test_integers_of_the_face_network_are_the_same_on_every_processor():
    """Without VNNI, products of bytes are added in pairs in 16 bits: 7-bit weights cannot overflow.

    Nor does it matter how a runtime joins operations: as they stand they say the same.
    """
    import onnxruntime

    from affuse.extractors.networks.shipped import shipped_folder

    onnx = pytest.importorskip("onnx")
    path = shipped_folder() / "face.onnx"
    arrays = {
        each.name: onnx.numpy_helper.to_array(each)
        for each in onnx.load(str(path)).graph.initializer
    }
    kernels = [a for a in arrays.values() if a.dtype == np.int8 and a.ndim > 1]
    assert len(kernels) == 11
    assert max(int(np.abs(a.astype(int)).max()) for a in kernels) <= 64
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    faces = np.random.default_rng(0).normal(120, 40, (16, 1, 48, 48)).clip(0, 255)
    faces = np.cumsum(faces - 120, axis=3).clip(-100, 100) + 120
    given = {"faces": faces.astype(np.float32)}
    one, other = (
        onnxruntime.InferenceSession(path, each, providers=["CPUExecutionProvider"])
        for each in (None, options)
    )
    np.testing.assert_allclose(one.run(None, given)[0], other.run(None, given)[0], atol=0.02)


@pytest.mark.parametrize("modality", ["face", "voice"])
def test_each_member_says_what_it_was_trained_to_say(modality):
    from affuse.bundle.reader import read_bundle
    from affuse.extractors.networks.shipped import shipped_folder

    member = read_bundle(shipped_folder()).manifest.member(modality)
    expected = {"face": FER2013_EMOTIONS, "voice": RAVDESS_EMOTIONS}[modality]
    assert member.classes == expected


@pytest.mark.data
def test_faces_that_nobody_trained_on_are_read(shared_data):
    import affuse
    from affuse.corpora.fer2013 import read_fer2013

    faces = read_fer2013(shared_data / "fer2013.zip", "val")
    some = faces.take(np.arange(0, len(faces), 16))
    message = affuse.load().faces(some.images).argmax(axis=1)
    assert (message == some.labels).mean() > 0.68


@pytest.mark.data
def test_a_voice_is_told_at_any_level_and_rate(shared_data):
    import affuse
    from affuse.media.audio import read_audio

    folder = shared_data / "ravdess" / "Audio_Speech_Actors_01-24" / "Actor_01"
    sound = read_audio(folder / "03-01-05-02-01-01-01.wav")
    recogniser = affuse.load()
    loud = recogniser.voices(sound.signal, sound.sample_rate)
    soft = recogniser.voices(sound.signal / 30, sound.sample_rate)
    assert loud.shape == (8,)
    assert RAVDESS_EMOTIONS[int(loud.argmax())] == "angry"
    np.testing.assert_allclose(loud, soft, atol=0.02)
