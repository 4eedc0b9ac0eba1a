"""Early fusion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from affuse.config import FusionConfig, ModelConfig
from affuse.errors import FeatureError
from affuse.features.stored_arrays import StoredArrays
from affuse.fusion.inputs import joined_rows
from affuse.fusion.registry import make_fusion, make_unimodal


def early(name: str):
    return make_fusion("early", ModelConfig(name=name), FusionConfig(), seed=0)


def test_5040_features_of_the_lecture(make_table):
    table = make_table(n_speakers=2, shapes={"audio": (40, 63), "video": (2520,)})
    assert early("gaussian_nb").fit(table).n_features_in_ == 5040


def test_audio_stands_before_video_row_by_row(make_table):
    table = make_table(shapes={"video": (2,), "audio": (2, 2)})
    rows = joined_rows(table, ["video", "audio"])
    np.testing.assert_array_equal(rows[5, :4], table.arrays["audio"][5].ravel())
    np.testing.assert_array_equal(rows[5, 4:], table.arrays["video"][5])


def test_inner_folds_know_the_speakers(make_table):
    """With one speaker's rows on one side the temperature is that of unknown speakers."""
    table = make_table(n_speakers=4, n_takes=8, signal=0.5)
    with_speakers = early("svm_rbf").fit(table).model_.temperature_
    rows = joined_rows(table, table.modalities)
    model = early("svm_rbf").model
    assert with_speakers == model.fit(rows, table.labels, groups=table.speakers).temperature_
    assert with_speakers != model.fit(rows, table.labels).temperature_


def test_frames_on_disk_want_a_learned_feature(make_table):
    table = make_table(n_speakers=1)
    paths = tuple(Path(f"{row}.npy") for row in range(len(table)))
    waiting = table.with_arrays({"video": StoredArrays(paths, (120_000, 4, 7, 512))})
    expected = r"features of shape \(120000, 4, 7, 512\) a clip take .* GiB .*learned feature"
    with pytest.raises(FeatureError, match=expected):
        make_unimodal("video", ModelConfig(name="lda"), seed=0).fit(waiting)
