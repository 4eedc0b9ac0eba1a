"""Variants of faces, and mixtures of them."""

from __future__ import annotations

import numpy as np
import pytest

from affuse.corpora.face_votes import FaceVotes
from affuse.corpora.fer2013 import FaceSet

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def faces():
    """A bright corner at the upper left on grey."""
    images = torch.full((64, 1, 48, 48), 100.0)
    images[:, :, :16, :16] = 200
    return images


def varied(faces, strength, seed=3):
    from affuse.models.face_augmentation import Draws, augmented

    return augmented(faces, strength, Draws(seed, "cpu"))


def test_a_seed_means_the_same_variants(faces):
    assert torch.equal(varied(faces, 1.0), varied(faces, 1.0))
    assert not torch.equal(varied(faces, 1.0), varied(faces, 1.0, seed=4))


def test_torchs_own_seed_is_neither_used_nor_moved(faces):
    torch.manual_seed(0)
    before = torch.get_rng_state()
    one = varied(faces, 1.0)
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(1)
    assert torch.equal(one, varied(faces, 1.0))


def test_without_strength_faces_are_mirrored_alone(faces):
    found = varied(faces, 0.0)
    mirrored = faces.flip(3)
    same = (found - faces).abs().amax((1, 2, 3)) < 0.01
    other = (found - mirrored).abs().amax((1, 2, 3)) < 0.01
    assert bool((same ^ other).all())
    assert 16 < int(same.sum()) < 48


def test_each_kind_of_change_is_there(faces):
    found = varied(faces, 1.0)
    # Light: the mean grey of the dark corner differs from face to face.
    assert float(found[:, 0, -4:, 20:28].mean((1, 2)).std()) > 10
    # Noise on some: neighbours differ where the picture is flat.
    rough = (found[:, 0, 40, 20:28] - found[:, 0, 40, 21:29]).abs().mean(1)
    assert 0 < int((rough > 3).sum()) < 40
    # What is hidden is one grey: some rows repeat a value over many pixels.
    flat = (found[:, 0, :, 1:] == found[:, 0, :, :-1]).sum((1, 2))
    assert 10 < int((flat > 30).sum()) < 55


def test_turns_and_zooms_keep_a_face_in_its_picture():
    from affuse.models.face_augmentation import SHIFT, ZOOM, Draws, _transforms

    found = _transforms(2000, 1.0, Draws(0, "cpu"))
    area = found[:, 0, 0] * found[:, 1, 1] - found[:, 0, 1] * found[:, 1, 0]
    assert float(area.abs().sqrt().min()) > 1 - ZOOM - 0.02
    assert float(area.abs().sqrt().max()) < 1 + ZOOM + 0.02
    assert 0.45 < float((area < 0).float().mean()) < 0.55
    assert float(found[:, :, 2].abs().max()) <= 2 * SHIFT


@pytest.fixture
def batch():
    from affuse.models.face_batches import face_tensors

    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (33, 48, 48)).astype(np.uint8)
    labels = np.arange(33) % 7
    shares = np.eye(8, dtype=np.float32)[labels]
    names = np.array([f"angry/{n}" for n in range(33)])
    votes = FaceVotes(shares, np.arange(33) % 2 == 0, np.zeros(33, np.bool_))
    return face_tensors(FaceSet(images, labels, names), votes, "cpu")


def batches(batch, **settings):
    from affuse.models.face_batches import face_batches

    given = {"strength": 1.0, "mixed_share": 0.0, "mixing": 0.2, "seed": 5} | settings
    return list(face_batches(batch, 8, **given))


def test_an_epoch_has_each_face_once_and_no_batch_of_one(batch):
    found = batches(batch)
    assert [len(each.labels) for each in found] == [8, 8, 8, 9]
    counts = torch.cat([each.labels for each in found]).sum(0)
    assert counts.tolist() == batch.labels.sum(0).tolist()
    means = torch.cat([each.faces for each in found]).mean((1, 2, 3))
    assert float(means.abs().max()) < 1e-4


def test_mixed_faces_have_mixed_targets(batch):
    found = batches(batch, mixed_share=1.0)
    for each in found:
        assert each.labels.sum(1).tolist() == pytest.approx([1.0] * len(each.labels), abs=1e-5)
    share = torch.cat([each.labels for each in found]).amax(1)
    assert bool((share < 0.99).any())


def test_mixtures_take_faces_and_targets_by_the_same_share(batch):
    first, second = batches(batch)[:2]
    found = first.mixed_with(second, 0.75)
    torch.testing.assert_close(found.faces, 0.75 * first.faces + 0.25 * second.faces)
    torch.testing.assert_close(found.labels, 0.75 * first.labels + 0.25 * second.labels)
    assert torch.equal(found.voted, first.voted * second.voted)


def test_all_is_computed_where_the_faces_are():
    """On torch's device without memory, which refuses to compute with tensors of another one."""
    from affuse.models.face_batches import FaceBatch
    from affuse.models.face_loss import targets_loss, teachers_loss

    def elsewhere(*shape, dtype=torch.float32):
        return torch.empty(shape, dtype=dtype, device="meta")

    given = FaceBatch(
        elsewhere(33, 1, 48, 48, dtype=torch.uint8),
        elsewhere(33, 7),
        elsewhere(33, 8),
        elsewhere(33),
    )
    found = batches(given, mixed_share=1.0)
    assert [len(each.labels) for each in found] == [8, 8, 8, 9]
    outputs = elsewhere(8, 7), elsewhere(8, 8)
    loss = targets_loss(outputs, found[0], 0.1) + teachers_loss(outputs, outputs)
    assert {each.faces.device.type for each in found} == {loss.device.type} == {"meta"}
