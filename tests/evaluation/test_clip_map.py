"""The map of clips: features alone, in bounded memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from affuse.evaluation.clip_map import MOST_CLIPS, clip_map
from affuse.features.stored_arrays import StoredArrays


def pca(table):
    return clip_map(table).query("method == 'PCA'").reset_index(drop=True)


def test_labels_and_scale_of_columns_change_nothing(make_table):
    table = make_table()
    other = replace(
        table,
        labels=table.labels[::-1].copy(),
        arrays={m: 1000 * np.asarray(a, np.float32) + 5 for m, a in table.arrays.items()},
    )
    np.testing.assert_allclose(pca(table)[["x", "y"]], pca(other)[["x", "y"]], atol=1e-3)


def test_it_is_the_two_directions_of_most_variance(make_table):
    table = make_table()
    rows = np.asarray(table.arrays["audio"], np.float64)
    standard = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    _, values, axes = np.linalg.svd(standard, full_matrices=False)
    found = pca(table).query("modality == 'audio'")[["x", "y"]].to_numpy()
    np.testing.assert_allclose(np.abs(found), np.abs(standard @ axes[:2].T), atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(found, axis=0), values[:2], rtol=1e-4)


def test_frames_are_read_clip_by_clip(make_table, tmp_path):
    table = make_table(shapes={"video": (4, 2, 3)})
    frames = np.asarray(table.arrays["video"])
    paths = []
    for number, clip in enumerate(frames):
        paths.append(tmp_path / f"{number}.npy")
        np.save(paths[-1], clip)
    stored = replace(table, arrays={"video": StoredArrays(tuple(paths), frames.shape[1:])})
    flat = replace(table, arrays={"video": frames.mean(axis=1).reshape(len(table), -1)})
    np.testing.assert_allclose(pca(stored)[["x", "y"]], pca(flat)[["x", "y"]], atol=1e-3)


def test_of_very_many_clips_some_are_shown(make_table):
    table = make_table(n_speakers=MOST_CLIPS // 6 + 10, shapes={"audio": (3,)})
    assert len(table) > MOST_CLIPS
    found = pca(table)
    assert len(found) == found["clip"].nunique() == MOST_CLIPS
    assert found["clip"].isin(table.clips).all()
