"""Normalisation per corpus: mean 0 and deviation 1 of each corpus by itself, never by a label."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from affuse.errors import ConfigError
from affuse.features.array import FeatureArray
from affuse.features.normalise import normalised_by_corpus


@pytest.fixture
def table(make_table):
    whole = make_table(n_speakers=4, n_takes=1, shapes={"audio": (3,), "video": (2, 4)})
    return replace(whole, corpora=np.repeat(["A", "B"], 6))


def test_each_corpus_is_brought_to_mean_0_and_deviation_1(table):
    shifted = np.asarray(table.arrays["audio"]) + np.where(table.corpora == "B", 50, 0)[:, None]
    found = normalised_by_corpus(table.with_arrays({"audio": shifted}))
    for modality in ("audio", "video"):
        for corpus in "AB":
            own = np.asarray(found.arrays[modality])[table.corpora == corpus]
            assert own.mean(axis=0) == pytest.approx(0, abs=1e-5)
            assert own.std(axis=0) == pytest.approx(1, abs=1e-5)
    assert found.arrays["video"].shape == (12, 2, 4)


def test_labels_say_nothing(table):
    other = table.with_truth(table.truth[::-1].copy())
    one, two = (np.asarray(normalised_by_corpus(t).arrays["audio"]) for t in (table, other))
    assert np.array_equal(one, two)


def test_a_constant_becomes_0_and_what_is_absent_stays_absent(table):
    values = np.asarray(table.arrays["audio"]).copy()
    values[:, 0] = 7
    values[3] = np.nan
    present = dict(table.present) | {"audio": np.arange(12) != 3}
    lacking = replace(table.with_arrays({"audio": values}), present=present)
    found = np.asarray(normalised_by_corpus(lacking).arrays["audio"])
    assert np.isnan(found[3]).all()
    assert (found[np.arange(12) != 3, 0] == 0).all()


def test_frames_on_disk_are_refused(table, monkeypatch):
    class OnDisk(FeatureArray):
        axes = ("clip", "time", "feature")
        shape = (12, 2, 3)

    for name in OnDisk.__abstractmethods__:
        monkeypatch.setattr(OnDisk, name, None, raising=False)
    OnDisk.__abstractmethods__ = frozenset()
    with pytest.raises(ConfigError, match="normalise = corpus was given, and audio features are"):
        normalised_by_corpus(table.with_arrays({"audio": OnDisk()}))
