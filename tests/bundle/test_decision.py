"""How members become one: rules, silence, classes that may mean two, priors, weights."""

from __future__ import annotations

import numpy as np
import pytest

from affuse.bundle.decision import (
    decide,
    member_probabilities,
    outputs_of_members,
)
from affuse.bundle.manifest import Fusion
from affuse.bundle.member import FeatureSource, Member
from affuse.errors import BundleError, FeatureError
from affuse.fusion.combine import combine
from affuse.fusion.rule import rules_that

CLASSES = ("neutral", "calm", "happy")
NAN = (np.nan, np.nan, np.nan)


def member(name: str, classes: tuple[str, ...] = CLASSES, **fields: object) -> Member:
    modality = "audio" if name == "voice" else "video"
    source = FeatureSource(name="made", shape=(4,))
    features = {modality: source}
    return Member(name=name, features=features, graph=f"{name}.onnx", classes=classes, **fields)


FACE = member(
    "face",
    ("happy", "neutral"),
    stands_for={"neutral": ("neutral", "calm")},
    share={"neutral": {"neutral": 1.0, "calm": 0.0}},
)


@pytest.fixture
def pair(bundle_of_members):
    return bundle_of_members(CLASSES, [member("face"), member("voice")])


@pytest.mark.parametrize("rule", rules_that(lambda rule: not rule.learns))
def test_rules_are_those_of_combine(rule, bundle_of_members, rng):
    bundle = bundle_of_members(CLASSES, [member("face"), member("voice")], fusion=Fusion(rule=rule))
    face, voice = rng.dirichlet(np.ones(3), size=(2, 6))
    face[2], voice[[4, 5]], face[5] = np.nan, np.nan, np.nan
    found = decide(bundle, {"voice": voice, "face": face})
    np.testing.assert_allclose(found, combine([face, voice], rule), atol=1e-9)
    assert np.isnan(found[5]).all()


def test_weights_of_a_weighted_mean(bundle_of_members):
    members = [member("face", weight=0.75), member("voice", weight=0.25)]
    bundle = bundle_of_members(CLASSES, members, fusion=Fusion(rule="weighted"))
    face, voice = [[1, 0, 0], [1, 0, 0]], [[0, 0, 1], NAN]
    found = decide(bundle, {"face": face, "voice": voice})
    np.testing.assert_allclose(found, [[0.75, 0, 0.25], [1, 0, 0]])


def test_a_member_that_is_not_there(pair):
    voice = [[0.2, 0.3, 0.5]]
    np.testing.assert_allclose(decide(pair, {"voice": voice}), voice)
    np.testing.assert_allclose(decide(pair, {"voice": voice, "face": None}), voice)
    np.testing.assert_allclose(decide(pair, {"voice": voice, "face": [NAN]}), voice)
    assert np.isnan(decide(pair, {"voice": None, "face": None})).tolist() == [[True] * 3]


def test_alone_a_class_divides_by_its_shares(bundle_of_members):
    bundle = bundle_of_members(CLASSES, [FACE, member("voice")])
    found = decide(bundle, {"face": [[0.3, 0.7]]})
    np.testing.assert_allclose(found, [[0.7, 0, 0.3]], atol=1e-9)
    equally = FACE.model_copy(update={"share": {}})
    bundle = bundle_of_members(CLASSES, [equally, member("voice")])
    np.testing.assert_allclose(decide(bundle, {"face": [[0.3, 0.7]]}), [[0.35, 0.35, 0.3]])


def test_in_a_product_both_meanings_are_as_likely_as_the_class(bundle_of_members):
    """A neutral face is what calm people show too: the voice tells which of the two it is."""
    bundle = bundle_of_members(CLASSES, [FACE, member("voice")])
    found = decide(bundle, {"face": [[0.3, 0.7]], "voice": [[0.2, 0.5, 0.3]]})
    product = np.array([0.7 * 0.2, 0.7 * 0.5, 0.3 * 0.3])
    np.testing.assert_allclose(found, [product / product.sum()])


def test_a_prior_is_divided_out_only_where_others_speak(bundle_of_members):
    """A network that has seen mostly happy faces says happy too easily."""
    prior = {"neutral": 0.2, "calm": 0.2, "happy": 0.6}
    bundle = bundle_of_members(CLASSES, [member("face", prior=prior), member("voice")])
    face, voice = np.array([0.2, 0.2, 0.6]), np.array([0.5, 0.3, 0.2])
    found = decide(bundle, {"face": [face, face], "voice": [voice, NAN]})
    np.testing.assert_allclose(found, [voice, face])


def test_weights_are_exponents_in_a_product(bundle_of_members):
    bundle = bundle_of_members(CLASSES, [member("face", weight=0.5), member("voice")])
    face, voice = np.array([0.1, 0.3, 0.6]), np.array([0.5, 0.3, 0.2])
    found = decide(bundle, {"face": [face], "voice": [voice]})
    product = np.sqrt(face) * voice
    np.testing.assert_allclose(found, [product / product.sum()])
    silent = bundle_of_members(CLASSES, [member("face", weight=0.0), member("voice")])
    np.testing.assert_allclose(decide(silent, {"face": [face], "voice": [voice]}), [voice])


def test_a_certain_no_of_one_member_does_not_end_the_discussion(pair):
    found = decide(pair, {"face": [[1, 0, 0]], "voice": [[0, 0.5, 0.5]]})
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found.sum(), 1)


def test_temperatures(bundle_of_members, tiny_bundle):
    rows = np.ones((1, 4))
    plain = bundle_of_members(CLASSES, [member("voice")])
    hot = bundle_of_members(CLASSES, [member("voice", temperature=2.0)])
    message = member_probabilities(plain, "voice", {"audio": rows})
    expected = np.sqrt(message) / np.sqrt(message).sum()
    np.testing.assert_allclose(member_probabilities(hot, "voice", {"audio": rows}), expected)

    members = [member("face"), member("voice")]
    together = bundle_of_members(CLASSES, members, fusion=Fusion(temperature=2.0))
    face, voice = np.array([0.1, 0.3, 0.6]), np.array([0.5, 0.3, 0.2])
    found = decide(together, {"face": [face, face], "voice": [voice, NAN]})
    product = np.sqrt(face * voice)
    np.testing.assert_allclose(found, [product / product.sum(), face])


def test_features_to_members(bundle_of_members):
    bundle = bundle_of_members(CLASSES, [member("voice")])
    features = np.ones((3, 4))
    features[1] = np.nan
    message = outputs_of_members(bundle, {"audio": features, "video": None})
    assert np.isnan(message["voice"][1]).all()
    np.testing.assert_allclose(message["voice"][[0, 2]].sum(axis=1), 1)
    with pytest.raises(BundleError, match="no features were given; expected those of one modality"):
        outputs_of_members(bundle, {"audio": None})


def test_what_does_not_fit_is_said(pair):
    fine = [[0.2, 0.3, 0.5]]
    with pytest.raises(BundleError, match="member 'ear' was given; bundle 'made' has face, voice"):
        decide(pair, {"ear": fine})
    with pytest.raises(
        BundleError, match=r"member 'face' .* shape \(1, 2\); expected \(n, 3\), in"
    ):
        decide(pair, {"face": [[0.5, 0.5]]})
    with pytest.raises(BundleError, match=r"gave \[1, 2\] rows; expected the same clips"):
        decide(pair, {"face": fine, "voice": fine * 2})
    with pytest.raises(FeatureError, match="row 0 of what member 'voice' says sums to 2"):
        decide(pair, {"voice": [[1, 1, 0]]})


def test_a_graph_of_another_number_of_classes(tiny_manifest, bundle_of_members):
    from affuse.bundle.bundle import Bundle

    two = bundle_of_members(("calm", "happy"), [member("voice", ("calm", "happy"))])
    three = bundle_of_members(CLASSES, [member("voice")])
    mixed = Bundle(three.manifest, two.files)
    with pytest.raises(BundleError, match=r"shape \(1, 2\); its member 'voice' has 3 classes"):
        member_probabilities(mixed, "voice", {"audio": np.ones((1, 4))})
