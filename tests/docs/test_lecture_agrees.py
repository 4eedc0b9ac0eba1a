"""What the pages of the lecture compute step by step is what `affuse run` finds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import affuse
from affuse.evaluation.systems import derived_seed

GALLERY = Path(__file__).resolve().parents[2] / "docs/gallery"
EMOTIONS = ("calm", "happy", "sad", "angry")
SPEAKERS = ("1", "2", "3")
CLASSICAL = {
    "gaussian_nb": "GaussianNB",
    "lda": "LDA",
    "svm_linear": "SVM linear",
    "svm_rbf": "SVM RBF",
}
WAYS = ("concatenate", "add", "multiply", "weighted")
BOTH = "audio+video"
LATE_EPOCHS, BATCH, N_FOLDS = 5, 16, 3
FEW_PIXELS = {"frame_step": 60, "height": 64}


@pytest.fixture(scope="module")
def corpus(drawn_corpus):
    return drawn_corpus(len(SPEAKERS), *EMOTIONS)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Where a run, the pages and the steps by hand share the features that they start from."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def shared_cache(cache, monkeypatch):
    monkeypatch.setenv("AFFUSE_CACHE", str(cache))


@pytest.fixture(scope="module")
def rows(corpus, cache):
    """Rows that the recipe of the lecture finds, few frames and epochs being taken."""
    changes = {
        "data.path": str(corpus),
        "data.speakers": SPEAKERS,
        "data.emotions": EMOTIONS,
        **{f"features.vgg_face.{name}": value for name, value in FEW_PIXELS.items()},
        "features.layer.epochs": 1,
        "features.layer.batch_size": BATCH,
        "models": [*({"name": name} for name in CLASSICAL), {"name": "cnn1d"}],
        "fusion.late_epochs": LATE_EPOCHS,
        "folds.n_folds": N_FOLDS,
        "evaluation.n_bootstrap": 100,
        "bundle.enabled": False,
        "jobs": 1,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AFFUSE_CACHE", str(cache))
        found = affuse.run(affuse.load_config("lecture", overrides=changes)).results
    return found.set_index(["protocol", "modality", "fusion", "model"])


def systems(seed):
    """Every row of the lecture's table by its modality, fusion and model; unfitted, public."""
    models = {
        label: affuse.model(name, random_state=seed)
        for name, label in {**CLASSICAL, "cnn1d": "1D CNN"}.items()
    }
    for label, model in models.items():
        yield ("audio", "", label), affuse.Unimodal(model, "audio")
        yield ("video", "", label), affuse.Unimodal(model, "video")
        yield (BOTH, "early", label), affuse.EarlyFusion(model)
    for way in WAYS:
        mlp = affuse.EmbeddingMLP(way, epochs=LATE_EPOCHS, random_state=seed)
        yield (BOTH, f"late {way}", "1D CNN"), affuse.LateFusion(models["1D CNN"], mlp)


def by_hand(table, folds, protocol):
    """Each row's labels of the clips that are tested, -1 of others, from public steps alone."""
    predicted = {}
    for fold in folds:
        train, test = (in_clip_order(table, rows) for rows in (fold.train, fold.test))
        seen = in_clip_order(table, range(len(table))) if protocol == "lecture" else train
        seed = derived_seed(0, protocol, fold.number, "video")
        layer = affuse.FeatureLayer(epochs=1, batch_size=BATCH, random_state=seed)
        layer.fit(table.take(seen).arrays["video"], table.labels[seen])
        own = table.with_arrays({"video": layer.transform(table.arrays["video"])})
        for key, system in systems(derived_seed(0, protocol, fold.number)):
            labels = predicted.setdefault(key, np.full(len(table), -1))
            labels[test] = system.fit(own.take(train)).predict(own.take(test))
    return predicted


def in_clip_order(table, rows):
    """As a run sorts them, since what a network learns depends on the order."""
    return sorted(rows, key=lambda row: table.clips[row])


@pytest.mark.parametrize("protocol", ["speaker-independent", "lecture"])
def test_nineteen_rows_by_hand_are_those_of_one_call(rows, corpus, protocol):
    index = affuse.read(corpus).filter(speakers=SPEAKERS, emotions=EMOTIONS)
    trunk = affuse.extractor("vgg_face", **FEW_PIXELS)
    table = affuse.extract(index, audio="mfcc", video=trunk)
    if protocol == "lecture":
        folds = [affuse.random_split(len(table), 0.2, seed=0, clips=table.clips.tolist())]
    else:
        folds = affuse.speaker_folds(table.speakers, n_folds=N_FOLDS)
    predicted = by_hand(table, folds, protocol)
    assert len(predicted) == 19
    tested = next(iter(predicted.values())) >= 0
    for key, labels in predicted.items():
        row = rows.loc[(protocol, *key)]
        right = affuse.accuracy(table.labels[tested], labels[tested])
        assert right == pytest.approx(row["accuracy"], abs=1e-9), key
        recall = affuse.uar(table.labels[tested], labels[tested])
        assert recall == pytest.approx(row["uar"], abs=1e-9), key


def run_page(name, until, corpus, tmp_path, monkeypatch):
    """Names that a page of the lecture has defined before a heading, on few pixels."""
    text = (GALLERY / f"{name}.py").read_text("utf-8")
    code, heading, _ = text.partition(f"# {until}")
    assert heading, f"{name} has no heading {until}"
    few = ", ".join(f"{key}={value}" for key, value in FEW_PIXELS.items())
    monkeypatch.setenv("AFFUSE_LECTURE_DATA", str(corpus))
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.chdir(tmp_path)
    names = {"display": print}
    exec(compile(code.replace("frame_step=30", few), name, "exec"), names)
    return names


def test_page_of_classical_models_has_the_figures_of_the_lectures_protocol(
    rows, corpus, tmp_path, monkeypatch, capsys
):
    run_page("plot_04_classical_models", "One division is one draw", corpus, tmp_path, monkeypatch)
    printed = dict(line.split() for line in capsys.readouterr().out.splitlines())
    expected = {
        name: f"{rows.loc[('lecture', 'audio', '', label)]['accuracy']:.0%}"
        for name, label in CLASSICAL.items()
    }
    assert printed == expected


def test_page_of_early_fusion_has_the_figures_with_speakers_kept_apart(
    rows, corpus, tmp_path, monkeypatch
):
    until = "The same in one estimator"
    figures = run_page("plot_06_early_fusion", until, corpus, tmp_path, monkeypatch)["figures"]
    for name, label in CLASSICAL.items():
        expected = rows.loc[("speaker-independent", "audio", "", label)]["uar"]
        assert figures["audio"][name] == pytest.approx(expected, abs=1e-9)


def test_page_of_honest_evaluation_has_the_same_figure_twice(corpus, tmp_path, monkeypatch, capsys):
    until = "What the table says"
    run_page("plot_09_honest_evaluation", until, corpus, tmp_path, monkeypatch)
    last = capsys.readouterr().out.splitlines()[-1]
    by_hand, by_run = (word for word in last.split() if word.startswith("0."))
    assert last.startswith("LDA on sound")
    assert by_hand == by_run
