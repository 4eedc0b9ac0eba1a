"""Steps one by one: extractors, their features, models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import soundfile

import affuse
from affuse.errors import ConfigError, FeatureError


@pytest.fixture
def index(tmp_path, rng):
    clips = []
    for number, emotion in enumerate(("calm", "angry", "calm")):
        path = tmp_path / f"{number}.wav"
        soundfile.write(path, 0.1 * rng.standard_normal(8000), 8000)
        clips.append(affuse.Clip(str(number), emotion, "Ann", audio=path))
    return affuse.Index(tuple(clips))


def test_extracted_features_are_those_of_the_function(index):
    table = affuse.extract(index, audio=affuse.extractor("mfcc", n_mfcc=13, duration_s=1))
    sound = affuse.read_audio(index[1].audio, sample_rate=8000, duration_s=1)
    own = affuse.mfcc(sound.signal, sound.sample_rate, 13)
    assert np.array_equal(table.arrays["audio"].rows([1])[0], own)
    assert table.classes == ("calm", "angry")
    assert table.labels.tolist() == [0, 1, 0]


def test_clips_without_features_are_named_or_dropped(index):
    broken = replace(index[2], audio=index[2].audio.with_name("gone.wav"))
    lacking = affuse.Index((*index.clips[:2], broken))
    with pytest.raises(FeatureError, match=r"1 of 3 clips lack features \(first, 2: .*gone.wav"):
        affuse.extract(lacking, audio="mfcc")
    assert affuse.extract(lacking, audio="mfcc", on_missing="drop").clips.tolist() == ["0", "1"]


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        ({}, "no extractor was given; expected one for audio, video or both"),
        ({"audio": "mfc"}, "extractor 'mfc' was given for audio.*did you mean 'mfcc'"),
        ({"video": "mfcc"}, "'mfcc' was given for video, but it reads audio"),
    ],
)
def test_wrong_sources_are_refused(index, sources, words):
    with pytest.raises(ConfigError, match=words):
        affuse.extract(index, **sources)


def test_an_extractor_object_of_the_other_modality_is_refused(index):
    with pytest.raises(ConfigError, match="MFCC was given for video, but it reads audio: pass it"):
        affuse.extract(index, video=affuse.extractor("mfcc"))


def test_settings_of_extractors_and_models_are_checked():
    with pytest.raises(ConfigError, match="n_mfc"):
        affuse.extractor("mfcc", n_mfc=13)
    with pytest.raises(ConfigError, match="did you mean 'mfcc'"):
        affuse.extractor("mfc")
    with pytest.raises(ConfigError, match="parameter 'c' was given to model 'svm_rbf'"):
        affuse.model("svm_rbf", c=1)
    with pytest.raises(ConfigError, match="did you mean 'svm_rbf'"):
        affuse.model("svm_rfb")


def test_an_extractor_begins_with_the_defaults_of_the_settings():
    assert affuse.extractor("vgg_face").shape == (120, 4, 7, 512)
    assert affuse.extractor("vgg_face", frame_step=30, height=64).shape == (4, 2, 3, 512)


def test_a_model_has_what_was_asked_for():
    chosen = affuse.model("cnn1d", epochs=3, scaler="none", random_state=5)
    assert chosen.steps[0][1] == "passthrough"
    assert (chosen[-1].epochs, chosen[-1].random_state) == (3, 5)
    assert affuse.model("svm_rbf", grid={"C": [1, 10]}).grid == {"model__C": (1.0, 10.0)}


def test_own_arrays_become_a_table(index):
    video = np.array([[1.0, 2.0], [np.nan, np.nan], [3.0, 4.0]])
    table = affuse.FeatureTable.from_arrays(index, audio=np.ones((3, 2, 2)), video=video)
    assert table.present["video"].tolist() == [True, False, True]
    assert table.present["audio"].all()
    assert table.flat("video", "audio").shape == (3, 6)
    assert np.array_equal(table.flat("video")[0], [1, 2])
    with pytest.raises(FeatureError, match=r"3 clips were given, but .*2.* rows"):
        affuse.FeatureTable.from_arrays(index, audio=np.ones((2, 4)))
    with pytest.raises(FeatureError, match="no array was given"):
        affuse.FeatureTable.from_arrays(index)
    with pytest.raises(FeatureError, match="this table has"):
        table.flat("voice")


def test_what_a_notebook_shows_is_short(index):
    assert repr(index) == "<Index: 3 clips, 1 speaker, 2 emotions>"
    table = affuse.FeatureTable.from_arrays(index, audio=np.ones((3, 40, 63)))
    assert repr(table) == "<FeatureTable: 3 clips, 1 speaker, calm and angry; audio (40, 63)>"


def test_fused_labels_are_the_most_probable_ones(make_table):
    table = make_table(n_speakers=4)
    table = replace(table, classes=("other", *table.classes), labels=table.labels + 1)
    early = affuse.EarlyFusion(affuse.model("lda")).fit(table)
    rated = early.predict_proba(table)
    assert np.array_equal(early.predict(table), early.classes_[rated.argmax(axis=1)])
    assert affuse.accuracy(table.labels, early.predict(table)) > 0.9


def test_the_network_of_late_fusion_predicts_labels(rng):
    X = rng.standard_normal((6, 2, 8)).astype(np.float32)
    y = np.array(["calm", "angry"] * 3)
    mlp = affuse.EmbeddingMLP("add", epochs=2, random_state=0).fit(X, y)
    assert set(mlp.predict(X)) <= {"calm", "angry"}
    assert np.array_equal(mlp.predict(X), mlp.classes_[mlp.predict_proba(X).argmax(axis=1)])


def test_clips_with_numbers_keep_them(index):
    clips = (replace(clip, emotion="", targets={"valence": 0.5}) for clip in index)
    table = affuse.extract(affuse.Index(tuple(clips)), audio="mfcc", on_missing="drop")
    assert (table.targets, table.values[0].tolist()) == (("valence",), [0.5])


def test_what_to_do_about_missing_clips_is_one_of_two(index):
    with pytest.raises(ConfigError, match="on_missing 'keep' was given; expected 'raise' or"):
        affuse.extract(index, audio="mfcc", on_missing="keep")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda _: affuse.extractor(3), "extractor 3 was given, which is no name; expected one of"),
        (lambda _: affuse.extractor(["mfcc"]), r"extractor \['mfcc'\] was given, which is no name"),
        (lambda _: affuse.model(None), "model None was given, which is no name; expected one of"),
        (lambda _: affuse.combine([[[1.0]], [[1.0]]], rule=3), "rule 3 was given, which is no"),
        (lambda _: affuse.published_folds(3), "folds 3 of 'RAVDESS' were given; expected the name"),
        (lambda _: affuse.published_folds("emobox", 3), "folds 'emobox' of 3 were given"),
        (lambda _: affuse.load_config(3), "recipe '3' was given; expected one of classical"),
        (
            lambda _: affuse.load_config(None, overrides=3),
            "overrides 3 were given; expected a dict",
        ),
        (lambda _: affuse.load(3), "3 was given for a bundle; expected .*shipped.*, or the path"),
        (lambda _: affuse.adapt(3, "mine.csv"), "3 was given for a bundle; expected"),
        (lambda _: affuse.run("quick"), "'quick' was given; expected a configuration, such as"),
        (lambda _: affuse.transfer("transfer"), "'transfer' was given; expected a configuration"),
        (lambda _: affuse.extract("clips", audio="mfcc"), "'clips' was given for the clips; exp"),
        (lambda index: affuse.extract(index, audio=3), "audio = 3 was given; expected what aff"),
        (lambda index: affuse.merge(index), "is no list of indexes; expected several in one"),
        (lambda _: affuse.merge(3), "is no list of indexes; expected several in one"),
        (lambda _: affuse.merge(["a"]), "'a' was given to merge; expected indexes, such as"),
        (lambda _: affuse.read(3), "3 does not exist; expected a folder of a corpus, or a CSV"),
    ],
)
def test_what_is_of_another_type_is_refused_in_a_line(index, call, words):
    with pytest.raises(affuse.AffuseError, match=words) as raised:
        call(index)
    assert "\n" not in str(raised.value)
