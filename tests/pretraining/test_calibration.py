"""Probabilities of a member as they hold for people it has not met, and how far these are."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from scipy.special import softmax
from tiny_bundle import face_and_voice

from affuse.bundle.member import Familiarity
from affuse.pretraining.calibration import (
    HeldOutClips,
    calibrated_rows,
    cross_fitted,
    with_calibration,
)
from affuse.pretraining.distances import Centres, centres_of, distance_graph, distances, quantiles
from affuse.tasks.metrics import ece

KNOWN = Familiarity(graph="voice-distance.onnx", distances=(0.5, 1.0, 1.5))
VOICE = face_and_voice().manifest.member("voice").model_copy(update={"familiarity": KNOWN})


def clips_of(rng, power: float, decline: float = 0.0, n: int = 4000) -> HeldOutClips:
    """A graph that says probabilities to a power of what is true, and worse where clips are far."""
    far = rng.uniform(1, 4, n)
    logits = rng.normal(0, 1.5, (n, 8))
    true = softmax(logits * (far**-decline)[:, None], axis=1)
    labels = (true.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    corpora = np.array(["a", "b"])[rng.integers(2, size=n)]
    return HeldOutClips(softmax(power * logits, axis=1), labels, corpora, far)


def test_what_is_too_sure_is_brought_down(rng):
    clips = clips_of(rng, 2.0)
    fitted = with_calibration(VOICE, clips, declines=True)
    assert fitted.temperature == pytest.approx(2.0, rel=0.1)
    assert fitted.doubt == pytest.approx(0.0, abs=0.1)
    assert fitted.familiarity.decline == pytest.approx(0.0, abs=0.1)
    before, after = clips.probabilities, calibrated_rows(fitted, clips)
    assert ece(clips.labels, after) < 0.03 < ece(clips.labels, before)


def test_what_is_far_is_believed_less(rng):
    clips = clips_of(rng, 1.0, decline=1.0)
    fitted = with_calibration(VOICE, clips, declines=True)
    assert fitted.familiarity.decline == pytest.approx(1.0, abs=0.15)
    shown = with_calibration(VOICE, clips, declines=False)
    assert shown.familiarity.decline == 0.0
    assert shown.temperature > 1.5


def test_constants_of_before_count_for_nothing(rng):
    clips = clips_of(rng, 2.0, n=500)
    other = VOICE.model_copy(update={"temperature": 7.0, "doubt": 0.4})
    assert with_calibration(other, clips, declines=True) == with_calibration(
        VOICE, clips, declines=True
    )


def test_each_corpus_is_measured_by_what_the_others_gave(rng):
    clips, asked = clips_of(rng, 2.0), []

    def clips_without(corpus: str) -> HeldOutClips:
        asked.append(corpus)
        return clips

    found = cross_fitted(VOICE, ["a", "b"], clips_without, declines=True)
    assert asked == ["a", "b"]
    assert found.after < 0.04 < found.before
    assert found.log_loss_after < found.log_loss_before
    first = clips.probabilities.argmax(axis=1)
    assert found.accuracy == pytest.approx((first == clips.labels).mean(), abs=0.01)
    assert found.of_surer_half > found.accuracy + 0.1


def test_what_the_others_gave_is_no_help_where_corpora_differ(rng):
    """One corpus is said too surely, the other too timidly."""
    sure, timid = clips_of(rng, 2.0), clips_of(rng, 0.5)
    clips = HeldOutClips(
        np.concatenate([sure.probabilities, timid.probabilities]),
        np.concatenate([sure.labels, timid.labels]),
        np.repeat(["sure", "timid"], 4000),
    )
    found = cross_fitted(VOICE, ["sure", "timid"], lambda _: clips, declines=False)
    assert found.after > found.before + 0.1


def test_without_distances_nothing_declines(rng):
    clips = clips_of(rng, 2.0, n=500)
    plain = HeldOutClips(clips.probabilities, clips.labels, clips.corpora)
    fitted = with_calibration(VOICE, plain, declines=True)
    assert fitted.familiarity.decline == 0.0
    assert fitted.temperature > 1.3


def test_distances_are_in_units_of_the_spread(rng):
    groups = np.repeat(["a", "b"], 400)
    spread = np.array([1.0, 10.0])
    embeddings = rng.normal(0, 1, (800, 2)) * spread + 100 * (groups == "b")[:, None]
    centres = centres_of(embeddings, groups)
    along, across = distances(centres, [[0.0, 30.0], [30.0, 0.0]])
    assert across > 4 * along
    at_mean = distances(centres, [[0.0, 0.0], [100.0, 100.0]])
    assert at_mean == pytest.approx([0, 0], abs=0.2)


def test_small_groups_are_no_centres(rng):
    groups = ["a"] * 20 + ["b"] * 4
    assert len(centres_of(rng.normal(size=(24, 3)), groups).means) == 1
    assert len(centres_of(rng.normal(size=(4, 3)), ["a", "a", "b", "b"]).means) == 2


def test_the_graph_gives_the_same_distances(rng):
    centres = Centres(rng.normal(size=(5, 5)), rng.normal(size=(3, 5)))
    rows = rng.normal(size=(7, 5)).astype(np.float32)
    session = onnxruntime.InferenceSession(distance_graph(centres))
    (found,) = session.run(["distance"], {"embedding": rows})
    assert found == pytest.approx(distances(centres, rows), rel=1e-5)


def test_quantiles_are_at_even_ranks():
    found = quantiles(np.arange(1001.0))
    assert len(found) == 101
    assert found[:2] == (0.0, 10.0)
    assert found[-1] == 1000.0
