"""A rule and a fusion of another package: installed, they serve; gone, they are named."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from fusion_contract import Case, check_fusion, three_of_five

import affuse
from affuse.bundle.bundle import Bundle
from affuse.bundle.decision import decide, outputs_of_members
from affuse.bundle.manifest import Manifest
from affuse.bundle.member import FeatureSource
from affuse.bundle.parts import parts_of
from affuse.bundle.reader import read_bundle
from affuse.bundle.writer import make_bundle, write_bundle
from affuse.config import FusionConfig, ModelConfig
from affuse.errors import BundleError, ConfigError
from affuse.fusion.graphs import Inputs, system_graphs
from affuse.fusion.registry import fusion_names, make_fusion
from affuse.fusion.rule import rule_named

MODULE = '''
import numpy as np
from affuse.fusion.family import Family
from affuse.fusion.rule import Rule

def softest(stack, weights):
    """The square root of every probability, added up."""
    return np.nansum(np.sqrt(stack) * (weights[:, :, None] > 0), axis=0)

RULE = Rule(softest)

def make(detail, model, settings, seed):
    from affuse.fusion.decision import DecisionFusion
    from affuse.models.registry import make_model
    return DecisionFusion(make_model(model, seed), "softest")

FUSION = Family(make, level="decision", decides_without=True)
'''
ENTRY_POINTS = """[affuse.rules]
softest = softest_of_all:RULE
number = softest_of_all:__name__
[affuse.fusions]
softly = softest_of_all:FUSION
broken = softest_of_all:nothing
"""
LDA = ModelConfig(name="lda")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path, as if somebody had installed a package there."""
    place = tmp_path / "site"
    info = place / "softest_of_all-1.0.dist-info"
    info.mkdir(parents=True)
    (place / "softest_of_all.py").write_text(MODULE, "utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: softest-of-all\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS, "utf-8")
    monkeypatch.syspath_prepend(str(place))
    yield place
    sys.modules.pop("softest_of_all", None)
    rule_named.cache_clear()


def bundled(fitted, table) -> Bundle:
    shapes = {m: tuple(table.arrays[m].shape[1:]) for m in table.modalities}
    graphs = system_graphs(fitted, Inputs(shapes, {}))
    sources = {m: FeatureSource(name="made", shape=shape) for m, shape in shapes.items()}
    parts = parts_of(graphs, sources, table.classes)
    manifest = Manifest(
        affuse="0.1.0",
        name="made",
        classes=tuple(table.classes[label] for label in fitted.classes_),
        members=parts.members,
        fusion=parts.fusion,
    )
    return make_bundle(manifest, {**parts.files, "MODEL_CARD.md": b"# made"})


def test_one_function_serves_training_bundle_and_callers(package, make_table, tmp_path):
    table = make_table()
    fusion = make_fusion("decision softest", LDA, FusionConfig(), seed=0).fit(table)
    parts = [member.predict_proba(table) for member in fusion.members_.values()]
    sums = np.sqrt(parts).sum(axis=0)
    expected = sums / sums.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(fusion.predict_proba(table), expected)
    np.testing.assert_allclose(affuse.combine(parts, "softest"), expected)
    folder = write_bundle(bundled(fusion, table), tmp_path / "bundle")
    bundle = read_bundle(folder)
    features = {m: np.asarray(table.arrays[m]) for m in table.modalities}
    np.testing.assert_allclose(
        decide(bundle, outputs_of_members(bundle, features)), expected, atol=1e-6
    )


def test_a_bundle_whose_rule_is_gone_says_so(package, make_table, tmp_path, monkeypatch):
    table = make_table()
    fusion = make_fusion("decision softest", LDA, FusionConfig(), seed=0).fit(table)
    folder = write_bundle(bundled(fusion, table), tmp_path / "bundle")
    monkeypatch.setattr(sys, "path", [place for place in sys.path if place != str(package)])
    expected = (
        r"bundle.json combines its members by a rule that is not installed here \(rule 'softest' "
        r"was given; expected one of majority, .*\): install the package that has it, or train"
    )
    with pytest.raises(BundleError, match=expected):
        read_bundle(folder)


def test_a_fusion_keeps_the_contract(package, make_table):
    def make(settings: FusionConfig):
        return make_fusion("softly", LDA, settings, seed=0)

    assert "softly" in fusion_names()
    table = three_of_five(make_table(classes=("neutral", "calm", "happy")))
    check_fusion(Case("softly", make, table, decides_without=True))


def test_what_cannot_be_loaded_is_named_and_the_rest_works(package):
    assert "broken" not in fusion_names()
    with pytest.raises(ConfigError, match="fusion 'broken' of softest-of-all cannot be loaded"):
        make_fusion("broken", LDA, FusionConfig(), seed=0)
    with pytest.raises(ConfigError, match="rule 'number' of softest-of-all is of type 'str'"):
        affuse.combine([[[0.5, 0.5]]], "number")
