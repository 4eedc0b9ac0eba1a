"""Every kind of system, as graphs, says what it says itself."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from fusion_contract import NETWORKS

from affuse.bundle.bundle import Bundle
from affuse.bundle.decision import decide, outputs_of_members
from affuse.bundle.fidelity import refuse_deviation
from affuse.bundle.manifest import Manifest
from affuse.bundle.member import FeatureSource
from affuse.bundle.parts import parts_of
from affuse.bundle.reader import read_bundle
from affuse.bundle.refit import Refitted, refitted, refuse_unknown_preparation
from affuse.bundle.writer import make_bundle, write_bundle
from affuse.config import FusionConfig, ModelConfig
from affuse.evaluation.systems import System
from affuse.fusion.graphs import Inputs, system_graphs
from affuse.fusion.registry import fusion_names, make_fusion, make_unimodal
from affuse.models.feature_layer import FeatureLayer
from affuse.models.graphs.builder import NotExportable

BRIEF = {name: {"width": 8, "epochs": 2, "learning_rate": 2e-2} for name in NETWORKS}
"""Graphs are to say what the networks say, whatever these have learned."""

CNN = ModelConfig(name="cnn1d", params={"epochs": 2})
MODELS = [
    ModelConfig(name="gaussian_nb"),
    ModelConfig(name="lda", scaler="minmax"),
    ModelConfig(name="svm_linear"),
    ModelConfig(name="svm_rbf", scaler="none"),
    ModelConfig(name="logistic", grid={"C": (0.01, 1.0)}),
    CNN,
]


def system(build, modality="audio+video", needs_all=True) -> System:
    return System("made", modality, "", "", "", build, needs_all)


def bundled(fitted: Refitted, table) -> Bundle:
    sources = {
        m: FeatureSource(name="made", shape=tuple(table.arrays[m].shape[1:]))
        for m in fitted.table.modalities
    }
    shapes = {m: source.shape for m, source in sources.items()}
    graphs = system_graphs(fitted.estimator, Inputs(shapes, fitted.feature_layers))
    numbers = {"format": 3, "targets": table.targets} if table.targets else {}
    parts = parts_of(graphs, sources, table.targets or table.classes, numbers=bool(numbers))
    classes = () if numbers else [table.classes[label] for label in fitted.estimator.classes_]
    manifest = Manifest(
        affuse="0.1.0",
        name="made",
        classes=tuple(classes),
        **numbers,
        members=parts.members,
        fusion=parts.fusion,
    )
    return make_bundle(manifest, {**parts.files, "MODEL_CARD.md": b"# made"})


@pytest.fixture
def table(make_table):
    """Labels 1, 2 and 4 of five classes; features in the shapes that extractors give."""
    classes, shapes = ("neutral", "calm", "happy"), {"audio": (3, 4), "video": (9,)}
    made = make_table(n_speakers=4, classes=classes, shapes=shapes)
    classes = ("other", "neutral", "calm", "silent", "happy")
    return replace(made, classes=classes, labels=np.array([1, 2, 4])[made.labels])


def flat(table):
    return table.with_arrays({m: a.flat() for m, a in table.arrays.items()})


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_one_modality(model, n_classes, table):
    table = table.take(np.isin(table.labels, [1, 2, 4][:n_classes]))
    fitted = refitted(system(partial(make_unimodal, "audio", model), "audio"), table, {}, 0)
    bundle = bundled(fitted, table)
    refuse_deviation(bundle, fitted, table)
    found = decide(bundle, outputs_of_members(bundle, {"audio": np.array(table.arrays["audio"])}))
    expected = fitted.estimator.predict_proba(table)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert bundle.manifest.classes == ("neutral", "calm", "happy")[:n_classes]


@pytest.mark.parametrize("dropout", [False, True], ids=["complete", "dropout"])
@pytest.mark.parametrize("fusion", fusion_names())
def test_fusions(fusion, dropout, table, tmp_path):
    model = CNN if fusion.startswith("late") else ModelConfig(name="svm_linear")
    settings = FusionConfig(late_epochs=2, settings=BRIEF, modality_dropout=dropout)
    needs_all = not (dropout or fusion.startswith(("decision", "hybrid")))
    build = partial(make_fusion, fusion, model, settings)
    fitted = refitted(system(build, needs_all=needs_all), table, {}, 0)
    bundle = read_bundle(write_bundle(bundled(fitted, table), tmp_path / "bundle"))
    refuse_deviation(bundle, fitted, table)

    missing = np.arange(len(table)) % 3 == 1
    audio = np.where(missing[:, None, None], np.nan, table.arrays["audio"])
    found = decide(
        bundle,
        outputs_of_members(bundle, {"audio": audio, "video": np.array(table.arrays["video"])}),
    )
    if needs_all:
        assert np.isnan(found[missing]).all()
        assert not np.isnan(found[~missing]).any()
        return
    partly = replace(
        table.with_arrays({"audio": audio}), present={**table.present, "audio": ~missing}
    )
    np.testing.assert_allclose(found, fitted.estimator.predict_proba(partly), atol=1e-5)


@pytest.mark.parametrize(
    "fusion",
    ["early", "late add", "decision weighted", "decision stacking", "hybrid median", "bottleneck"],
)
def test_fusions_of_numbers(fusion, make_table):
    """Complete clips and clips without a modality: the check itself leaves each one out."""
    made = make_table(n_takes=4, shapes={"audio": (3, 4), "video": (9,)})
    audio, video = (np.array(made.arrays[name]) for name in ("audio", "video"))
    values = np.stack([audio[:, 0, 0], 10 * (audio[:, 1, 0] + video[:, 0])], axis=1)
    numbers = replace(
        made,
        labels=np.zeros(0, int),
        classes=(),
        targets=("valence", "arousal"),
        values=values.astype(np.float64),
    )
    model = CNN if fusion.startswith("late") else ModelConfig(name="ridge")
    settings = FusionConfig(late_epochs=2, settings=BRIEF)
    build = partial(make_fusion, fusion, model, settings)
    needs_all = fusion.startswith(("early", "late", "bottleneck"))
    fitted = refitted(system(build, needs_all=needs_all), numbers, {}, 0)
    bundle = bundled(fitted, numbers)
    refuse_deviation(bundle, fitted, numbers)
    assert bool(bundle.manifest.fusion.stackers) == ("stacking" in fusion)
    weights = [member.weight for member in bundle.manifest.members]
    assert (weights != [1.0] * len(weights)) == ("weighted" in fusion)


@pytest.mark.parametrize("model", [ModelConfig(name="svm_rbf"), CNN], ids=lambda model: model.name)
@pytest.mark.parametrize("fusion", ["early", "early balanced", "hybrid stacking"])
def test_other_models_in_fusions(model, fusion, table):
    if fusion == "early balanced" and model is CNN:
        pytest.skip("a network cannot be balanced")
    settings = FusionConfig(modality_dropout=True)
    build = partial(make_fusion, fusion, model, settings)
    fitted = refitted(system(build, needs_all=False), table, {}, 0)
    refuse_deviation(bundled(fitted, table), fitted, table)


def test_principal_components(table):
    build = partial(make_fusion, "early balanced", ModelConfig(name="lda"), FusionConfig())
    fitted = refitted(system(build), table, {}, 0)
    balance = fitted.estimator.model_.estimator_.named_steps["balance"]
    balance.n_components = 4
    balance.fit(np.concatenate([flat(table).arrays[m] for m in table.modalities], axis=1))
    fitted.estimator.model_.estimator_[-1].fit(
        balance.transform(
            np.concatenate([flat(table).arrays[m] for m in table.modalities], axis=1)
        ),
        table.labels,
    )
    assert balance.axes_[0] is not None
    refuse_deviation(bundled(fitted, table), fitted, table)


def test_features_learned_frame_by_frame(make_table):
    table = make_table(shapes={"audio": (6,), "video": (5, 2, 3)})
    preparation = {"video": partial(FeatureLayer, 4, 3, 32, 1e-2)}
    build = partial(make_fusion, "decision product", ModelConfig(name="svm_linear"), FusionConfig())
    fitted = refitted(system(build, needs_all=False), table, preparation, 0)
    assert fitted.table.arrays["video"].n_features == 20
    refuse_deviation(bundled(fitted, table), fitted, table)


def test_a_bundle_that_says_otherwise_is_refused(table):
    """The check itself: one weight changed by hand is found."""
    build = partial(make_unimodal, "audio", ModelConfig(name="lda"))
    fitted = refitted(system(build, "audio"), table, {}, 0)
    fitted_otherwise = bundled(fitted, table)
    fitted.estimator.model_.temperature_ *= 1.5
    with pytest.raises(NotExportable, match="its graphs differ from it by"):
        refuse_deviation(fitted_otherwise, fitted, table)


def test_a_model_without_graphs_is_named(table):
    build = partial(make_unimodal, "audio", ModelConfig(name="lda"))
    fitted = refitted(system(build, "audio"), table, {}, 0)
    from sklearn.neighbors import KNeighborsClassifier

    fitted.estimator.model_.estimator_.steps[-1] = ("model", KNeighborsClassifier())
    with pytest.raises(NotExportable, match="no graph stands for the model KNeighborsClassifier"):
        bundled(fitted, table)


def test_features_learned_in_another_way_are_named_before_anything_is_fitted():
    from affuse.models.cross_fitted_voice import CrossFittedVoice

    preparation = {"audio": lambda seed: CrossFittedVoice(random_state=seed)}
    build = partial(make_unimodal, "audio", ModelConfig(name="lda"))
    with pytest.raises(NotExportable, match="its audio features are learned by CrossFittedVoice"):
        refuse_unknown_preparation(system(build, "audio"), preparation)
    refuse_unknown_preparation(system(build, "video"), preparation)


@pytest.mark.parametrize(
    ("fusion", "model", "holds"),
    [
        ("early", ModelConfig(name="svm_rbf"), True),
        ("hybrid mean", ModelConfig(name="svm_rbf"), True),
        ("early", ModelConfig(name="svm_linear"), False),
        ("early", ModelConfig(name="svm_rbf", params={"kernel": "linear"}), False),
        ("decision product", ModelConfig(name="lda"), False),
    ],
)
def test_whether_graphs_hold_clips_is_asked_of_what_was_written(fusion, model, holds, table):
    fitted = make_fusion(fusion, model, FusionConfig(), seed=0).fit(table)
    shapes = {m: tuple(table.arrays[m].shape[1:]) for m in table.modalities}
    assert system_graphs(fitted, Inputs(shapes, {})).holds_clips is holds


def test_same_system_same_bytes(table):
    build = partial(make_fusion, "decision stacking", ModelConfig(name="svm_rbf"), FusionConfig())
    made = [refitted(system(build, needs_all=False), table, {}, 0) for _ in range(2)]
    first, second = (bundled(each, table) for each in made)
    assert first.files == second.files
    assert first.title == second.title
