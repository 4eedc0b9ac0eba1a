"""Which results go: idle ones, and those of who has most."""

from __future__ import annotations

from pathlib import Path

from affuse.predict.settings import Settings
from affuse.serve.job import Job
from affuse.serve.keeping import MOST_KEPT, Kept, to_remove
from affuse.serve.pace import Pace
from affuse.serve.settings import Limits


def many(owner: str, n_jobs: int, n_bytes: int = 1) -> list[Kept]:
    """The last one was asked for last."""
    return [Kept(f"{owner}{n}", owner, float(n_jobs - n), n_bytes) for n in range(n_jobs)]


def test_nothing_goes_before_its_time():
    assert list(to_remove(many("a", 100), keep_s=101.0, max_bytes=100)) == []


def test_what_was_not_asked_for_goes():
    assert list(to_remove(many("a", 5), keep_s=3.0, max_bytes=100)) == ["a0", "a1", "a2"]


def test_nobody_pushes_the_others_out():
    flood, few = many("a", MOST_KEPT), many("b", 3)
    few = [Kept(job.id, job.owner, job.idle_s + 500, job.n_bytes) for job in few]
    assert list(to_remove([*flood, *few], keep_s=1e9, max_bytes=1e9)) == ["a0", "a1", "a2"]


def test_the_largest_owner_makes_room():
    kept = [*many("a", 3, n_bytes=10), *many("b", 20, n_bytes=1)]
    assert list(to_remove(kept, keep_s=1e9, max_bytes=35)) == ["a0", "b0", "a1"]
    assert set(to_remove(kept, keep_s=1e9, max_bytes=0)) == {job.id for job in kept}


def test_a_job_counts_with_its_video(tmp_path: Path):
    job = Job("x", tmp_path, tmp_path / "recording", Pace(Limits()), settings=Settings())
    job.media.write_bytes(bytes(70))
    (tmp_path / "timeline.mp4").write_bytes(bytes(30))
    assert job.n_bytes() == 100
    assert Job("y", tmp_path / "gone", job.media, Pace(Limits())).n_bytes() == 0
