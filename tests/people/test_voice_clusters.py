"""Pieces of speech joined to voices."""

from __future__ import annotations

import numpy as np
import pytest

from affuse.people import voice_clusters
from affuse.people.embeddings import unit_rows
from affuse.people.voice_clusters import clustered

AXES = np.eye(8)


def pieces(*counts, noise=0.05, rng=None):
    """So many pieces around each axis."""
    truth = np.repeat(np.arange(len(counts)), counts)
    rows = AXES[truth]
    return truth, unit_rows(rows + noise * rng.standard_normal(rows.shape))


def same_division(one, two):
    pairs = {(a, b) for a, b in zip(one.tolist(), two.tolist(), strict=True)}
    return len(pairs) == len(set(one.tolist())) == len(set(two.tolist()))


def test_a_voice_with_hardly_any_speech_goes_to_the_nearest(rng):
    truth, rows = pieces(6, 6, 1, rng=rng)
    rows[-1] = unit_rows((AXES[2] + 0.4 * AXES[1])[None])[0]
    found = clustered(rows, np.full(13, 1.5), 0.8)
    assert same_division(found[:12], truth[:12])
    assert found[12] == found[11]
    # With 8 s of speech it is a voice of its own.
    lengths = np.full(13, 1.5)
    lengths[-1] = 8.0
    assert len(set(clustered(rows, lengths, 0.8).tolist())) == 3


def test_the_threshold_decides_how_many_and_a_number_overrules_it(rng):
    truth, rows = pieces(6, 6, 6, rng=rng)
    rows = unit_rows(rows + 0.9)
    lengths = np.full(18, 1.5)
    assert same_division(clustered(rows, lengths, 0.97), truth)
    assert clustered(rows, lengths, 0.5).max() == 0
    assert same_division(clustered(rows, lengths, 0.5, 3), truth)
    assert clustered(rows, lengths, 0.97, 2).max() == 1


@pytest.mark.parametrize(
    ("seconds", "n_voices"),
    [((10, 10), 2), ((7, 7), 1), ((110, 10), 1), ((40, 12), 1), ((60, 22), 2), ((3600, 23), 2)],
)
def test_little_speech_of_a_voice_must_differ_more(seconds, n_voices):
    # A cosine of 0.38 at a threshold of 0.4: told apart where enough is known of both.
    rows = np.array([[1.0, 0.0], [0.38, np.sqrt(1 - 0.38**2)]])
    assert clustered(rows, np.array(seconds, float), 0.4).max() + 1 == n_voices


@pytest.mark.parametrize("n", [1, 2, 5])
def test_few_pieces_are_divided_too(n, rng):
    rows = unit_rows(rng.standard_normal((n, 8)))
    assert clustered(rows, np.ones(n), 0.99).shape == (n,)
    assert clustered(rows, np.ones(n), -1.0).tolist() == [0] * n


def test_many_pieces_are_compared_block_by_block(rng, monkeypatch):
    truth, rows = pieces(*[40] * 5, rng=rng)
    order = rng.permutation(len(truth))
    whole = clustered(rows[order], np.full(200, 1.5), 0.8)
    monkeypatch.setattr(voice_clusters, "BLOCK", 48)
    monkeypatch.setattr(voice_clusters, "GROUPS", 10)
    blocks = clustered(rows[order], np.full(200, 1.5), 0.8)
    assert same_division(whole, truth[order])
    assert same_division(blocks, truth[order])
