"""Many at once, cancelling, and a server that is killed."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from serving import Served, ended, send, serving, until

N_UPLOADS, N_QUEUE = 20, 6
MOST_MB = 500


def test_cancel_while_it_runs(server, client, slow):
    running = send(client, slow).json()["id"]
    waiting = send(client, slow).json()
    until(lambda: client.get(f"/api/jobs/{running}").json()["progress"] > 0.01)
    assert client.get(f"/api/jobs/{waiting['id']}").json()["position"] == 1
    for number in (waiting["id"], running):
        assert client.delete(f"/api/jobs/{number}").status_code == 204
        assert client.get(f"/api/jobs/{number}").status_code == 404
        assert number not in {path.name for path in server.job_folders}
    until(lambda: not _workers(server))


def test_the_next_one_runs_after_a_cancelled_one(client, slow, talking):
    first = send(client, slow).json()["id"]
    second = send(client, talking).json()["id"]
    client.delete(f"/api/jobs/{first}")
    assert ended(client, second)["state"] == "done"


@pytest.mark.slow
def test_twenty_uploads_at_once(tmp_path, bundle_dir, talking):
    options = ("--bundle", bundle_dir, "--jobs", "1", "--queue", N_QUEUE)
    with serving(tmp_path, *options) as served, served.client() as client:
        with ThreadPoolExecutor(N_UPLOADS) as pool:
            answers = list(pool.map(lambda _: send(client, talking), range(N_UPLOADS)))
        statuses = Counter(answer.status_code for answer in answers)
        assert set(statuses) == {202, 429}
        assert statuses[202] >= N_QUEUE + 1
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.headers["retry-after"] == "30"
        assert "try again in a minute" in refused.json()["error"]
        for answer in answers:
            if answer.status_code == 202:
                assert ended(client, answer.json()["id"])["state"] == "done"
        assert _peak_mb(served.process.pid) < MOST_MB


def test_killed_server_leaves_nothing_behind(tmp_path, bundle_dir, slow, talking):
    with serving(tmp_path, "--bundle", bundle_dir) as served, served.client() as client:
        number = send(client, slow).json()["id"]
        until(lambda: client.get(f"/api/jobs/{number}").json()["progress"] > 0.01)
        workers = _workers(served)
        assert workers
        served.kill()
        left = served.folders
        assert list(left[0].rglob("recording")), "nothing could tidy up"
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))
    with serving(tmp_path, "--bundle", bundle_dir) as again, again.client() as client:
        assert not left[0].exists()
        assert len(again.folders) == 1
        assert ended(client, send(client, talking).json()["id"])["state"] == "done"
    assert again.folders == []


def test_servers_leave_each_other_alone(server, client, tmp_path, bundle_dir):
    before = server.folders
    with serving(server.scratch, "--bundle", bundle_dir) as other:
        assert set(before) < set(other.folders)
    assert server.folders == before


def _workers(served: Served) -> list[int]:
    """Processes that have a recording of this server open."""
    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc")
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            open_files = [str(link.readlink()) for link in (folder / "fd").iterdir()]
        except OSError:
            continue
        if any(name.startswith(str(served.scratch)) and "recording" in name for name in open_files):
            found.append(int(folder.name))
    return found


def _peak_mb(pid: int) -> float:
    """Most memory that a process has used."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        pytest.skip("needs /proc")
    line = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e6
