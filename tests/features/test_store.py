from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from affuse.errors import OutputError
from affuse.extractors.mfcc import Mfcc
from affuse.features.store import (
    FeatureStore,
    content_hash,
    default_store,
)
from affuse.storage.cache import cache_folder
from affuse.storage.whole import atomic_file, owned_name


@pytest.fixture
def store(tmp_path: Path) -> FeatureStore:
    return FeatureStore(tmp_path / "store")


def test_what_is_saved_comes_back(store: FeatureStore, rng: np.random.Generator) -> None:
    array = rng.standard_normal((3, 4)).astype(np.float16)
    key = store.key("abc", Mfcc())
    assert not store.has(key, (3, 4))
    assert store.size() == (0, 0)
    path = store.save(key, array)
    assert path == store.path(key)
    assert store.has(key, (3, 4))
    np.testing.assert_array_equal(store.load(key), array)
    assert store.load(key).dtype == np.float16
    assert store.size() == (1, path.stat().st_size)


def test_key_changes_with_all_that_steers_the_numbers(store: FeatureStore) -> None:
    base = Mfcc()
    other = [
        replace(base, n_mfcc=13),
        replace(base, preset="lecture"),
        replace(base, sample_rate=16_000),
        replace(base, duration_s=3.0),
    ]
    keys = {store.key("abc", extractor) for extractor in [base, *other]}
    keys |= {store.key("xyz", base), store.key("abc", base, 0.5), store.key("abc", base, None, 2.0)}
    assert len(keys) == 8
    assert store.key("abc", Mfcc()) == store.key("abc", base)


def test_change_of_any_byte_is_noticed(store: FeatureStore) -> None:
    key = store.key("abc", Mfcc())
    path = store.save(key, np.arange(12, dtype=np.float16).reshape(3, 4))
    whole = path.read_bytes()
    for place in range(len(whole)):
        for flipped in (0x01, 0x80, 0xFF):
            damaged = bytearray(whole)
            damaged[place] ^= flipped
            path.write_bytes(damaged)
            assert not store.has(key, (3, 4)), place
    path.write_bytes(whole)
    assert store.has(key, (3, 4))
    np.testing.assert_array_equal(store.load(key), np.arange(12).reshape(3, 4))


def test_cut_or_foreign_file_counts_as_missing(store: FeatureStore) -> None:
    key = store.key("abc", Mfcc())
    path = store.save(key, np.zeros((40, 63), np.float32))
    assert not store.has(key, (40, 64))
    path.write_bytes(path.read_bytes()[:-1])
    assert not store.has(key, (40, 63))
    path.write_bytes(b"not an array")
    assert not store.has(key, (40, 63))


def test_writers_of_one_key_never_mix(store: FeatureStore) -> None:
    key = store.key("abc", Mfcc())
    arrays = [np.full((200, 200), value, np.float32) for value in range(8)]
    threads = [threading.Thread(target=store.save, args=(key, array)) for array in arrays]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(np.unique(store.load(key))) == 1
    assert store.size()[0] == 1
    assert [path.name for path in store.path(key).parent.iterdir()] == [f"{key}.npy"]


def test_failed_writing_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.bin"

    def write_half() -> None:
        with atomic_file(path) as temporary:
            temporary.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert list(path.parent.iterdir()) == []


def test_leftovers_of_ended_processes_are_swept(store: FeatureStore) -> None:
    path = store.save(store.key("abc", Mfcc()), np.zeros(3))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    own, elsewhere = owned_name("partial", ".npy"), f".partial-00000000-{ended.pid}-0123abcd.npy"
    left = own.replace(f"-{os.getpid()}-", f"-{ended.pid}-")
    for name in (own, elsewhere, left, ".partial-mine.npy"):
        (path.parent / name).touch()
    (store.root / left.replace("partial", "in-use")).touch()
    assert store.size()[0] == 1
    store.sweep()
    assert {p.name for p in path.parent.iterdir()} == {
        own,
        elsewhere,
        ".partial-mine.npy",
        path.name,
    }
    assert [p.name for p in store.root.glob(".*")] == []


def test_unwritable_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file")
    store = FeatureStore(tmp_path / "store")
    with pytest.raises(OutputError, match=r"cannot be written .*; expected a writable folder"):
        store.save(store.key("abc", Mfcc()), np.zeros(3))


def test_content_hash_does_not_depend_on_the_name(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"sound")
    shutil.copy(tmp_path / "a.wav", tmp_path / "b.mp4")
    assert content_hash(tmp_path / "a.wav") == content_hash(tmp_path / "b.mp4")


def test_cache_lies_where_the_environment_says(
    private_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cache_folder() == private_cache
    assert default_store() == FeatureStore(private_cache / "features")
    monkeypatch.delenv("AFFUSE_CACHE")
    assert cache_folder().name.lower() in {"affuse", "cache"}
    assert cache_folder().is_absolute()
