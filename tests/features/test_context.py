"""What all stages of a run share."""

from __future__ import annotations

import dataclasses
import os

import pytest

from affuse.features.context import RunContext
from affuse.workers.local import InProcess, Processes


def test_what_is_not_said_is_usual(private_cache) -> None:
    context = RunContext.of()
    assert context.jobs == (os.cpu_count() or 1)
    assert context.store.root == private_cache / "features"
    assert context.folds is None
    context.progress("nobody", 0, 1)


def test_workers_come_in_the_place_of_jobs() -> None:
    assert RunContext.of(1).workers == InProcess()
    assert RunContext.of(3).workers == Processes(3)
    assert RunContext.of(3, InProcess()).workers == InProcess()
    assert RunContext.of(3, InProcess()).jobs == 3


def test_another_listener_changes_nothing_else() -> None:
    heard: list[tuple[str, int, int]] = []
    context = RunContext.of(1, seed=7)
    other = context.telling(lambda *call: heard.append(call))
    other.progress("stage", 1, 2)
    assert heard == [("stage", 1, 2)]
    assert dataclasses.replace(other, progress=context.progress) == context


def test_it_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        RunContext.of(1).seed = 3  # type: ignore[misc]
