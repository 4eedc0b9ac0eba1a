"""What the pages of the lecture compute step by step is what `affuse run` finds."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest
from small_extractors import link_trunk

import affuse

# A run, the pages and the steps by hand share the features that they start from.
pytestmark = pytest.mark.usefixtures("keep_features")

GALLERY = Path(__file__).resolve().parents[2] / "docs/gallery"
EMOTIONS = ("calm", "happy", "sad", "angry")
SPEAKERS = ("1", "2", "3")
CLASSICAL = {
    "gaussian_nb": "GaussianNB",
    "lda": "LDA",
    "svm_linear": "SVM linear",
    "svm_rbf": "SVM RBF",
}
RULES = ("mean", "product", "max", "min", "median", "majority")
WAYS = ("concatenate", "add", "multiply", "weighted")
BOTH = "audio+video"
LAYER_EPOCHS, CNN_EPOCHS, LATE_EPOCHS, BATCH, N_FOLDS = 2, 1, 2, 16, 3
CNN = f"1D CNN epochs={CNN_EPOCHS}"
FEW_PIXELS = {"frame_step": 60, "height": 32}


@pytest.fixture(scope="module", autouse=True)
def trunk(untrained, common_cache):
    """The network with random weights is there already."""
    link_trunk(untrained, common_cache)


@pytest.fixture(scope="module")
def corpus(drawn_corpus):
    return drawn_corpus(len(SPEAKERS), *EMOTIONS)


@pytest.fixture(scope="module")
def result(corpus, common_cache):
    """What the recipe of the lecture finds, few frames and epochs being taken."""
    cnn = {"name": "cnn1d", "params": {"epochs": CNN_EPOCHS}}
    changes = {
        "data.path": str(corpus),
        "data.speakers": SPEAKERS,
        "data.emotions": EMOTIONS,
        "features.vgg_face.frame_step": FEW_PIXELS["frame_step"],
        "media.height": FEW_PIXELS["height"],
        "features.layer.epochs": LAYER_EPOCHS,
        "features.layer.batch_size": BATCH,
        "models": [*({"name": name} for name in CLASSICAL), cnn],
        "fusion.late_epochs": LATE_EPOCHS,
        "fusion.decision": RULES,
        "folds.n_folds": N_FOLDS,
        "evaluation.n_bootstrap": 100,
        "bundle.enabled": False,
        "jobs": 1,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AFFUSE_CACHE", str(common_cache))
        return affuse.run(affuse.load_config("lecture", overrides=changes))


@pytest.fixture(scope="module")
def rows(result):
    return result.results.set_index(["protocol", "modality", "fusion", "model"])


@pytest.fixture(scope="module")
def predictions(result):
    """Made anew each time that the result is asked for them."""
    return result.predictions


def systems(seed):
    """Every row of the lecture's table by its modality, fusion and model; unfitted, public."""
    models = {label: affuse.model(name, random_state=seed) for name, label in CLASSICAL.items()} | {
        CNN: affuse.model("cnn1d", epochs=CNN_EPOCHS, random_state=seed)
    }
    for label, model in models.items():
        yield ("audio", "", label), affuse.Unimodal(model, "audio")
        yield ("video", "", label), affuse.Unimodal(model, "video")
        yield (BOTH, "early", label), affuse.EarlyFusion(model)
    for way in WAYS:
        mlp = affuse.EmbeddingMLP(way, epochs=LATE_EPOCHS, random_state=seed)
        yield (BOTH, f"late {way}", CNN), affuse.LateFusion(models[CNN], mlp)


def by_hand(table, folds, protocol):
    """Emotion that each system names for each clip that is tested, from public steps alone."""
    predicted = {}
    for fold in folds:
        train, test = (in_clip_order(table, rows) for rows in (fold.train, fold.test))
        seen = in_clip_order(table, range(len(table))) if protocol == "lecture" else train
        seed = affuse.fold_seed(fold, protocol, "video")
        layer = affuse.FeatureLayer(epochs=LAYER_EPOCHS, batch_size=BATCH, random_state=seed)
        layer.fit(table.take(seen).arrays["video"], table.labels[seen])
        own = table.with_arrays({"video": layer.transform(table.arrays["video"])})
        for key, system in systems(affuse.fold_seed(fold, protocol)):
            labels = system.fit(own.take(train)).predict(own.take(test))
            names = [table.classes[label] for label in labels]
            predicted.setdefault(key, {}).update(zip(table.clips[test], names, strict=True))
    return predicted


def in_clip_order(table, rows):
    """As a run sorts them, since what a network learns depends on the order."""
    return sorted(rows, key=lambda row: table.clips[row])


@pytest.mark.parametrize("protocol", ["speaker-independent", "lecture"])
def test_nineteen_rows_by_hand_are_those_of_one_call(predictions, rows, corpus, protocol):
    index = affuse.read(corpus).filter(speakers=SPEAKERS, emotions=EMOTIONS)
    trunk = affuse.extractor("vgg_face", **FEW_PIXELS)
    table = affuse.extract(index, audio="mfcc", video=trunk)
    if protocol == "lecture":
        folds = [affuse.random_split(len(table), 0.2, seed=0, clips=table.clips.tolist())]
    else:
        folds = affuse.speaker_folds(table.speakers, n_folds=N_FOLDS)
    predicted = by_hand(table, folds, protocol)
    assert len(predicted) == 19
    of_run = predictions.set_index("clip").groupby("system")["predicted"]
    for key, named in predicted.items():
        assert named == of_run.get_group(rows.loc[(protocol, *key)]["system"]).to_dict(), key


def run_page(name, until, corpus, tmp_path, monkeypatch):
    """Names that a page of the lecture has defined before a heading, on few speakers and pixels."""
    text = (GALLERY / f"{name}.py").read_text("utf-8")
    code, found, _ = text.partition(f"# {until}") if until else (text, name, "")
    assert found, f"{name} has no line {until}"
    few = ", ".join(f"{key}={value}" for key, value in FEW_PIXELS.items())
    every = f'video=affuse.extractor("vgg_face", height={FEW_PIXELS["height"]})'
    few_epochs = {"epochs=20": LAYER_EPOCHS, "epochs=10": CNN_EPOCHS, "epochs=200": LATE_EPOCHS}
    for usual, fewer in few_epochs.items():
        code = re.sub(rf"{usual}\b", f"epochs={fewer}", code)
    code = (
        code.replace('video="vgg_face"', every)
        .replace("frame_step=step", few)
        .replace("range(1, 7)", f"range(1, {1 + len(SPEAKERS)})")
    )
    monkeypatch.setenv("AFFUSE_LECTURE_DATA", str(corpus))
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.chdir(tmp_path)
    names = {"display": print}
    exec(compile(code, name, "exec"), names)
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
    columns = {"audio": ("audio", ""), "video": ("video", ""), "early": (BOTH, "early")}
    for (name, label), (column, key) in product(CLASSICAL.items(), columns.items()):
        expected = rows.loc[("speaker-independent", *key, label)]["uar"]
        assert figures[column][name] == pytest.approx(expected, abs=1e-9), (column, name)


def of_first_fold(predictions, system):
    """Emotion that a row of the run names for each clip of the first fold."""
    own = predictions.query("system == @system and fold == 1")
    return own.set_index("clip")["predicted"].to_dict()


def test_page_of_late_fusion_names_what_the_run_names(
    predictions, rows, corpus, tmp_path, monkeypatch
):
    names = run_page("plot_07_late_fusion", "", corpus, tmp_path, monkeypatch)
    test, first = names["test"], names["found"].query("seed == 0").set_index("system")["UAR"]
    predicted = names["late"].predict(test)
    named = dict(zip(test.clips, [test.classes[label] for label in predicted], strict=True))
    row = rows.loc[("speaker-independent", BOTH, "late concatenate", CNN)]
    assert named == of_first_fold(predictions, row["system"])
    keys = {"audio": ("audio", ""), "video": ("video", "")}
    keys |= {way: (BOTH, f"late {way}") for way in WAYS}
    for column, key in keys.items():
        system = rows.loc[("speaker-independent", *key, CNN)]["system"]
        found = [of_first_fold(predictions, system)[clip] for clip in test.clips]
        labels = [test.classes.index(name) for name in found]
        assert first[column] == pytest.approx(affuse.uar(test.labels, labels), abs=1e-9), column


def test_page_of_decision_fusion_has_the_figures_of_each_rule(rows, corpus, tmp_path, monkeypatch):
    until = "A clip without a face"
    figures = run_page("plot_08_decision_fusion", until, corpus, tmp_path, monkeypatch)["figures"]
    keys = {"voice": ("audio", ""), "face": ("video", "")}
    keys |= {rule: (BOTH, f"decision {rule}") for rule in RULES}
    for name, key in keys.items():
        expected = rows.loc[("speaker-independent", *key, "SVM linear")]
        found = figures[name]
        assert found["UAR"] == pytest.approx(expected["uar"], abs=1e-9), name
        # A temperature is searched for: its last digits are those of the machine.
        assert found["ECE"] == pytest.approx(expected["ece"], abs=1e-6), name


def test_page_of_honest_evaluation_has_the_figure_of_the_same_model(
    rows, corpus, tmp_path, monkeypatch
):
    until = "How far the figure can be trusted"
    names = run_page("plot_09_honest_evaluation", until, corpus, tmp_path, monkeypatch)
    predicted, _ = names["found"]["speakers kept apart"]
    expected = rows.loc[("speaker-independent", "audio", "", "LDA")]["uar"]
    assert affuse.uar(names["y"], predicted) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("page", "until", "sizes"),
    [
        ("plot_02_sound", "", ["MFCC (40, 63) 2520"]),
        (
            "plot_03_pictures",
            "",
            [
                ", 128, 227, 3) uint8",
                "features     4 x   7 x 512",
                "13 convolutions: 14,714,688 weights, of 138,357,544 in all of VGG16",
                "all frames: (120, 4, 7, 512)",
                "(1, 120, 21) 2,520",
            ],
        ),
        (
            "plot_05_cnn",
            "Learning",
            [
                "2,624,418 learned and 40,320 kept: 2,664,738 on 2,520 features",
                "5,245,218 learned and 80,640 kept: 5,325,858 on 5,040 features",
            ],
        ),
    ],
)
def test_pages_print_the_sizes_of_the_lecture(
    page, until, sizes, corpus, tmp_path, monkeypatch, capsys
):
    run_page(page, until, corpus, tmp_path, monkeypatch)
    printed = capsys.readouterr().out
    assert [size for size in sizes if size not in printed] == []
