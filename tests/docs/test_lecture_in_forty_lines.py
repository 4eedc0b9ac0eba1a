"""The whole lecture, written from the API reference by someone who knows scikit-learn."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import affuse

LINES = 40
LATE = ("concatenate", "add", "multiply", "weighted")


@pytest.fixture
def corpus(drawn_corpus):
    return drawn_corpus(3, "happy", "sad", "angry")


def lecture(corpus, found):
    # Clips, and one of them decoded.
    index = affuse.read(corpus).filter(speakers=["1", "2", "3"], emotions=["happy", "angry"])
    clip = index[0]
    sound = affuse.read_audio(clip.audio, sample_rate=8000, duration_s=4)
    frames = np.stack(list(affuse.read_frames(clip.video, height=128, duration_s=4)))
    found["mfcc"] = affuse.extractor("mfcc").extract(sound)  # silence to 4 s
    found["layers"] = affuse.vgg16_activations(frames[:1])
    # Features of all clips: 40 x 63, and the trunk's output of every frame.
    trunk = affuse.extractor("vgg_face", frame_step=60, height=32)
    table = affuse.extract(index, audio="mfcc", video=trunk)
    found["table"], y = table, table.labels
    # The split, and the layer of 21 neurons, fitted on the training clips alone.
    split = affuse.random_split(len(table), 0.2, seed=0)
    train, test = list(split.train), list(split.test)
    layer = affuse.FeatureLayer(n_features=21, epochs=2, random_state=0)
    layer.fit(table.take(train).arrays["video"], y[train])
    table = table.with_arrays({"video": layer.transform(table.arrays["video"])})
    learn, ask = table.take(train), table.take(test)
    # Classical models and the 1D CNN on each modality, and on both: early fusion.
    for name in ("gaussian_nb", "lda", "svm_linear", "svm_rbf"):
        for columns in (["audio"], ["video"], ["audio", "video"]):
            model = affuse.model(name).fit(learn.flat(*columns), y[train])
            found[name, *columns] = affuse.accuracy(y[test], model.predict(ask.flat(*columns)))
    cnn = affuse.model("cnn1d", epochs=2).fit(learn.flat(), y[train])
    found["cnn"] = affuse.accuracy(y[test], cnn.predict(ask.flat()))
    # Late fusion in four ways, decision fusion by a rule.
    for way in ("concatenate", "add", "multiply", "weighted"):
        late = affuse.LateFusion(affuse.model("cnn1d", epochs=2), affuse.EmbeddingMLP(way, 2))
        found["late", way] = affuse.accuracy(y[test], late.fit(learn).predict(ask))
    rated = [affuse.model("lda").fit(learn.flat(m), y[train]).predict_proba(ask.flat(m))
             for m in ("audio", "video")]  # fmt: skip
    found["product"] = affuse.combine(rated, rule="product")
    # Honest: no speaker on both sides.
    found["folds"] = affuse.speaker_folds(table.speakers, n_folds=3)


def test_the_whole_lecture_from_the_api_reference(corpus, trunk):
    found = {}
    lecture(corpus, found)
    assert found["mfcc"].shape == (40, 63)
    assert found["layers"]["conv1_1"].shape == (1, 128, 227, 64)
    assert found["layers"]["features"].shape == (1, 4, 7, 512)
    table = found["table"]
    assert table.arrays["audio"].shape == (6, 40, 63)
    assert table.arrays["video"].shape[:2] == (6, 2)
    assert sum(len(fold.test) for fold in found["folds"]) == len(table)
    figures = [value for value in found.values() if isinstance(value, float)]
    assert len(figures) == 4 * 3 + 1 + len(LATE)
    assert all(0 <= value <= 1 for value in figures)
    assert np.allclose(found["product"].sum(axis=1), 1)


def test_it_takes_forty_lines_and_public_names_alone():
    lines = inspect.getsource(lecture).splitlines()[1:]
    code = [line for line in lines if line.strip() and not line.strip().startswith("#")]
    assert len(code) <= LINES
