"""How far a clip is from training: told, and believed less where it is far."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_bundle import distance_graph, face_and_voice, with_familiarity

from affuse.bundle.decision import calibrated, member_probabilities
from affuse.bundle.familiarity import measured_probabilities
from affuse.bundle.member import Familiarity
from affuse.bundle.reader import read_bundle
from affuse.bundle.writer import make_bundle, write_bundle
from affuse.errors import BundleError

LEVELS = np.array([128, 178, 250, 28], np.float32)


def faces() -> np.ndarray:
    return np.broadcast_to(LEVELS[:, None, None, None], (4, 1, 48, 48))


def test_distances_are_those_of_the_embedding():
    found = measured_probabilities(with_familiarity(face_and_voice()), "face", {"faces": faces()})
    assert found.distances.tolist() == pytest.approx([0.0, 50.0, 122.0, 100.0])
    assert found.first_distance == pytest.approx(0.0)
    plain = member_probabilities(face_and_voice(), "face", {"faces": faces()})
    assert found.probabilities.tolist() == plain.tolist()


def test_a_bundle_that_does_not_know_says_so():
    found = measured_probabilities(face_and_voice(), "face", {"faces": faces()})
    assert found.distances is None
    assert found.first_distance is None


def test_familiarity_is_the_share_of_held_out_clips_that_lie_farther():
    known = Familiarity(graph="d.onnx", distances=(1.0, 2.0, 10.0))
    assert known.share_farther([0.5, 1.5, 6.0, 11]).tolist() == pytest.approx([1, 0.75, 0.25, 0])


def test_who_is_far_from_training_is_believed_less():
    bundle = with_familiarity(face_and_voice(), decline=2.0)
    found = measured_probabilities(bundle, "face", {"faces": faces()})
    plain = member_probabilities(face_and_voice(), "face", {"faces": faces()})
    assert found.probabilities.argmax(1).tolist() == plain.argmax(1).tolist()
    for row, before, distance in zip(found.probabilities, plain, found.distances, strict=True):
        power = (50 / max(distance, 1)) ** 2
        # Where both are far from 0: the logarithms of the odds are taken times the power.
        assert np.log(row[3] / row[2]) == pytest.approx(power * np.log(before[3] / before[2]))


def test_who_is_sure_of_strangers_is_doubted():
    member = face_and_voice().manifest.member("voice").model_copy(update={"doubt": 0.5})
    rows = np.stack([_sure_of(8, 3, probability)[0] for probability in (0.9, 0.5, 0.2)])
    found = calibrated(member, rows)[:, 3]
    assert found[0] < 0.9
    assert found[1] == pytest.approx(0.5)
    assert found[2] > 0.2
    odds = (0.9 / (0.1 / 7)) ** np.sqrt(0.5 / 0.9)
    assert found[0] == pytest.approx(odds / (odds + 7))


def test_it_is_written_and_read(tmp_path):
    bundle = with_familiarity(face_and_voice(), decline=0.5)
    read = read_bundle(write_bundle(bundle, tmp_path / "known"))
    assert read.manifest == bundle.manifest
    assert read.manifest.format == 4
    assert "voice-distance.onnx" in read.files


def test_distances_descend_or_are_no_numbers():
    with pytest.raises(ValueError, match="distances must ascend"):
        Familiarity(graph="d.onnx", distances=(2.0, 1.0))
    bundle = with_familiarity(face_and_voice())
    files = {**bundle.files, "face-distance.onnx": distance_graph(np.nan)}
    broken = make_bundle(bundle.manifest.model_copy(update={"files": {}}), files)
    with pytest.raises(BundleError, match=r"face-distance.onnx gave distances .* not finite"):
        measured_probabilities(broken, "face", {"faces": faces()})


def _sure_of(n_classes: int, first: int, probability: float) -> np.ndarray:
    row = np.full((1, n_classes), (1 - probability) / (n_classes - 1))
    row[0, first] = probability
    return row
