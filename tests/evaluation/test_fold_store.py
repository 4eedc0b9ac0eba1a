"""Finished folds are found again, and only where everything is the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affuse.config import ModelConfig
from affuse.errors import OutputError
from affuse.evaluation.crossval import out_of_fold
from affuse.evaluation.fold_store import FolderStore, table_digest
from affuse.evaluation.systems import System
from affuse.features.context import RunContext
from affuse.features.stored_arrays import StoredArrays
from affuse.features.table import FeatureTable
from affuse.fusion.registry import make_unimodal
from affuse.splits.folds import speaker_folds
from affuse.splits.protocols import Protocol
from affuse.storage.sealing import seal


class Interrupted(Exception):
    """Stands for Ctrl-C."""


def system(**params: float) -> System:
    config = ModelConfig(name="svm_rbf", params=params)

    def build(seed: int) -> Any:
        # No inner folds: nothing here depends on temperatures.
        return make_unimodal("audio", config, seed).set_params(model__n_folds=1)

    return System("svm", "audio", "", "", "", build)


def run(table: FeatureTable, store: FolderStore, progress=None, cost=1.0, seed=0):
    protocol = Protocol("speaker-independent", speaker_folds(table.speakers.tolist(), 3))
    return out_of_fold(
        table,
        [system(C=cost)],
        protocol,
        RunContext.of(1, seed=seed, progress=progress, folds=store),
    )[0]


def folds_known_at_start(table: FeatureTable, store: FolderStore, **settings: float) -> int:
    calls = []
    run(table, store, lambda stage, done, total: calls.append(done), **settings)
    return calls[0]


def test_run_goes_on_where_it_was_cut_short(make_table, tmp_path):
    table, store = make_table(), FolderStore(tmp_path)

    def cut(stage: str, done: int, total: int) -> None:
        if done == 2:
            raise Interrupted

    with pytest.raises(Interrupted):
        run(table, store, cut)
    assert len(list(tmp_path.iterdir())) == 2
    assert folds_known_at_start(table, store) == 2
    fresh = run(table, FolderStore(tmp_path / "other"))
    np.testing.assert_array_equal(run(table, store).probabilities, fresh.probabilities)


def test_order_of_clips_has_no_effect(make_table, tmp_path, rng):
    table, store = make_table(), FolderStore(tmp_path)
    run(table, store)
    assert folds_known_at_start(table.take(rng.permutation(len(table))), store) == 3


@pytest.mark.parametrize("change", ["feature", "label", "presence", "speaker", "cost"])
def test_other_input_is_another_fold(make_table, tmp_path, change):
    table, store = make_table(), FolderStore(tmp_path)
    run(table, store)
    if change == "cost":
        assert folds_known_at_start(table, store, cost=2.0) == 0
        return
    row = [0] * 35 + [1]
    changed = {
        "feature": lambda: table.with_arrays(
            {"audio": table.arrays["audio"] + np.float32(1e-3) * np.array(row, np.float32)[:, None]}
        ),
        "label": lambda: replace(table, labels=(table.labels + row) % 3),
        "presence": lambda: replace(table, present={**table.present, "audio": np.array(row) == 0}),
        "speaker": lambda: replace(
            table, speakers=np.where(np.array(row) == 1, "7", table.speakers)
        ),
    }[change]()
    assert table_digest(changed) != table_digest(table)
    assert folds_known_at_start(changed, store) == 0


def test_arrays_on_disk_are_known_by_the_names_of_their_files(make_table):
    table = make_table(n_speakers=1)
    paths = [Path(f"folder/{row}.npy") for row in range(len(table))]
    digests = set()
    for folder, last in [("folder", "5.npy"), ("elsewhere", "5.npy"), ("folder", "new.npy")]:
        named = (*(Path(folder) / path.name for path in paths[:-1]), Path(folder) / last)
        digests.add(table_digest(table.with_arrays({"video": StoredArrays(named, (2, 3))})))
    assert len(digests) == 2


def test_half_written_file_is_not_a_fold(make_table, tmp_path):
    table, store = make_table(), FolderStore(tmp_path)
    run(table, store)
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:100])
    assert folds_known_at_start(table, store) == 0


def test_folder_that_cannot_be_written(make_table, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match=r"file.folds.*npz cannot be written \(a part of this"):
        run(make_table(), FolderStore(tmp_path / "file" / "folds"))


def test_change_of_any_byte_is_noticed(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.save("key", {"0": np.arange(4.0), "1": np.eye(2)})
    (path,) = tmp_path.glob("*.npz")
    whole = path.read_bytes()
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x20
        path.write_bytes(damaged)
        assert store.load("key") is None, place
    path.write_bytes(whole)
    found = store.load("key")
    assert found is not None
    assert found["1"].tolist() == np.eye(2).tolist()


def _stored(store: FolderStore) -> dict[str, dict[str, np.ndarray]]:
    return {path.stem: dict(store.load(path.stem) or {}) for path in store.root.glob("*.npz")}


WRONG = {
    "other names": lambda arrays: {"7": arrays["0"]},
    "one system more": lambda arrays: {**arrays, "1": arrays["0"]},
    "no system": lambda arrays: {},
    "fewer clips": lambda arrays: {"0": arrays["0"][1:]},
    "fewer classes": lambda arrays: {"0": arrays["0"][:, :2]},
    "whole numbers": lambda arrays: {"0": arrays["0"].astype(int)},
    "text": lambda arrays: {"0": arrays["0"].astype(str)},
    "no numbers": lambda arrays: {"0": arrays["0"] * np.nan},
    "no probabilities": lambda arrays: {"0": arrays["0"] + 3},
    "losses of nobody": lambda arrays: {**arrays, "losses 9": np.zeros(3)},
    "losses in a square": lambda arrays: {**arrays, "losses 0": np.zeros((3, 3))},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_sealed_fold_that_is_wrong_is_computed_anew(make_table, tmp_path, wrong):
    table, store = make_table(), FolderStore(tmp_path)
    expected = run(table, store).probabilities
    for key, arrays in _stored(store).items():
        store.save(key, WRONG[wrong](arrays))
    assert folds_known_at_start(table, store) == 0
    np.testing.assert_array_equal(run(table, store).probabilities, expected)


@pytest.mark.parametrize("content", [b"", b"junk" * 9, b"PK\x03\x04" + bytes(40)])
def test_sealed_junk_is_computed_anew(make_table, tmp_path, content):
    table, store = make_table(), FolderStore(tmp_path)
    run(table, store)
    for path in tmp_path.glob("*.npz"):
        path.write_bytes(content)
        seal(path)
    assert folds_known_at_start(table, store) == 0


def test_sealed_objects_are_not_unpickled(make_table, tmp_path):
    table, store = make_table(), FolderStore(tmp_path)
    run(table, store)
    for path in tmp_path.glob("*.npz"):
        with path.open("wb") as file:
            np.savez(file, **{"0": np.array([{"any": "object"}], dtype=object)})
        seal(path)
    assert folds_known_at_start(table, store) == 0
