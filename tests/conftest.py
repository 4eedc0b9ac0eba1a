"""Fixtures shared by all tests: seeded numbers, a private cache, the folder of real clips."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20180516)


@pytest.fixture(autouse=True)
def private_cache(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """No test sees or leaves anything in the person's own cache."""
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("AFFUSE_CACHE", str(cache))
    return cache


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real clips, faces and weights, which is not part of the repository."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("AFFUSE_SHARED_DATA", default))
    if not folder.is_dir():
        pytest.skip("no folder of real clips beside the repository (set AFFUSE_SHARED_DATA)")
    return folder
