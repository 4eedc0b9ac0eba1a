"""Uploads that hold a place for nothing, and slow honest ones."""

from __future__ import annotations

import asyncio
import errno
import os
import select
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from local_server import PART, TAIL, answer_of, connected, drip, local_server, uploading
from serving import UNUSED, WAIT_S, until
from starlette.requests import Request

from affuse.serve.answers import answered
from affuse.serve.connections import BoundedProtocol
from affuse.serve.corrections import sent_corrections
from affuse.serve.pace import Pace
from affuse.serve.replies import Refused
from affuse.serve.sample import Sample
from affuse.serve.settings import Limits

RATE = 10_000


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def pace_of(clock: Clock, **limits: float) -> Pace:
    return Pace(Limits(min_rate=RATE, **{"patience_s": 20, "max_upload_s": 3600, **limits}), clock)


@pytest.mark.parametrize(
    ("bytes_a_second", "lives"), [(0.5, False), (RATE * 0.9, False), (50_000, True)]
)
def test_an_upload_lives_at_the_least_rate_and_above(bytes_a_second, lives):
    clock = Clock()
    pace, n_bytes = pace_of(clock), 0.0
    for _ in range(600):
        clock.now_s += 1
        if clock.now_s >= pace.end_s:
            break
        n_bytes += bytes_a_second
        pace.came(int(n_bytes))
        n_bytes -= int(n_bytes)
    assert (clock.now_s == 700) == lives


def holds_files(folder: Path) -> bool:
    """Whether something lies in a folder, which the server may remove at any moment."""
    with suppress(FileNotFoundError):
        return any(folder.iterdir())
    return False


def in_a_loop(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Its result, from a thread of its own: a browser's driver may have a loop in this one."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, coroutine).result()


def test_who_sent_much_may_pause_but_not_for_ever():
    clock = Clock()
    pace = pace_of(clock)
    pace.came(10**9)
    assert pace.end_s == 120
    assert pace.behind_s == 0
    clock.now_s = 110
    assert pace.behind_s == 10
    pace.came(50_000)
    assert pace.end_s == 125


def test_an_upload_has_an_end_however_steady_it_is():
    clock = Clock()
    pace = pace_of(clock, max_upload_s=60)
    clock.now_s = 159
    pace.came(10**9)
    assert pace.end_s == 160


@pytest.fixture
def strict(tmp_path, bundle_dir):
    """Makes a server without patience in one thing alone: a busy machine breaks no other limit."""
    with ExitStack() as stack:

        def served(**limits: float) -> int:
            patient = {"patience_s": 600, "max_upload_s": 3600, "headers_s": 600, **limits}
            chosen = Limits(max_jobs=1, max_queue=2, min_rate=RATE, **patient)
            return stack.enter_context(local_server(tmp_path, bundle_dir, chosen))

        yield served


def test_a_dripping_upload_is_ended_and_told_why(strict):
    with uploading(strict(patience_s=0.6)) as raw:
        drip(raw, WAIT_S)
        answer = answer_of(raw)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"the upload fell 0.6 s behind 10 kB/s; expected a steady one" in answer


def test_a_steady_upload_has_an_end_too(strict):
    with uploading(strict(max_upload_s=1), 10**8) as raw:
        with suppress(OSError):
            while True:
                time.sleep(0.05)
                raw.sendall(bytes(5000))
        answer = answer_of(raw)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"the upload took longer than 1 s" in answer


def test_a_slow_honest_upload_lives(strict):
    """50 kB/s for longer than patience lasts, in pieces as they come over a bad line."""
    with uploading(strict(patience_s=2), 120_000) as raw:
        for _ in range(12):
            time.sleep(0.2)
            raw.sendall(bytes(10_000))
        raw.sendall(TAIL)
        assert raw.recv(100).startswith(b"HTTP/1.1 202 ")


def test_who_is_behind_gives_way_to_a_newcomer(tmp_path, bundle_dir, monkeypatch):
    """No waiting until patience ends: all places are held by uploads that bring nothing."""
    limits = Limits(max_jobs=1, max_queue=2, min_rate=RATE, patience_s=3600)
    form = {"file": ("a.mp4", b"no recording")}
    with local_server(tmp_path, bundle_dir, limits) as port, ExitStack() as stack:
        held = [stack.enter_context(uploading(port)) for _ in range(3)]
        url = f"http://127.0.0.1:{port}/api/predict"
        until(lambda: len(list((tmp_path / "home").glob("server-*/jobs/*"))) == 3)
        for behind_s, status in ((3600, 429), (0, 202)):
            monkeypatch.setattr("affuse.serve.jobs.BEHIND_S", behind_s)
            answer = httpx.post(url, files=form, trust_env=False, verify=UNUSED, timeout=WAIT_S)
            assert answer.status_code == status
        ended = select.select(held, [], [], WAIT_S)[0]
        assert len(ended) == 1, "one gives way, and only one"
        answer = answer_of(ended[0])
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"came slower than 10 kB/s while others waited" in answer


def test_fifty_drips_do_not_shut_others_out(server, client):
    """As the server is by default, but for a shorter queue; others' results may lie there."""
    before = set(server.job_folders)
    with ExitStack() as stack:
        drips = [stack.enter_context(uploading(server.port)) for _ in range(50)]
        dripping = [threading.Thread(target=drip, args=(raw, 4, 2.0)) for raw in drips]
        for thread in dripping:
            thread.start()
        time.sleep(2)
        answers = []
        for _ in range(8):
            answer = client.post("/api/predict", files={"file": ("a.mp4", b"no recording")})
            answers.append(answer.status_code)
        for thread in dripping:
            thread.join()
    assert answers == [202] * 8
    until(lambda: not any(map(holds_files, set(server.job_folders) - before)))


def test_corrections_of_nobody_hold_no_connection(strict):
    """Who has no such job is answered before the body, which may never end."""
    port = strict()
    head = f"PUT /api/jobs/x/corrections HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    with connected(port) as raw:
        raw.sendall(head.encode() + b"Content-Length: 99\r\n\r\n{")
        answer = answer_of(raw)
        assert answer.startswith(b"HTTP/1.1 404 ")
        assert b"\r\nconnection: close\r\n" in answer.lower()


def test_corrections_come_at_a_steady_pace():
    limits = Limits(patience_s=0.1)

    async def receive() -> dict[str, object]:
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b" ", "more_body": True}

    request = Request({"type": "http", "method": "PUT", "headers": []}, receive)
    with pytest.raises(Refused, match=r"the corrections fell 0.1 s behind 10 kB/s") as caught:
        in_a_loop(sent_corrections(request, Pace(limits)))
    assert caught.value.status == 408


def test_headers_that_do_not_end(strict):
    with connected(strict(headers_s=1)) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: ")
        drip(raw, WAIT_S)
        assert answer_of(raw).startswith(b"HTTP/1.1 408 ")


def test_headers_that_do_not_end_after_a_request_that_did(strict):
    port = strict(headers_s=1)
    with connected(port) as raw:
        raw.sendall(f"HEAD / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        assert raw.recv(65536).startswith(b"HTTP/1.1 200 ")
        drip(raw, WAIT_S)
        assert answer_of(raw).startswith(b"HTTP/1.1 408 ")


def test_a_connection_that_says_nothing_is_closed(strict):
    with connected(strict(headers_s=0.5)) as raw:
        assert answer_of(raw) == b""


def test_many_idle_connections_leave_room(tmp_path, bundle_dir):
    limits = Limits(max_connections=10, headers_s=60)
    with local_server(tmp_path, bundle_dir, limits) as port, ExitStack() as stack:
        idle = [stack.enter_context(connected(port)) for _ in range(40)]
        for _ in range(5):
            url = f"http://127.0.0.1:{port}/api/info"
            assert httpx.get(url, trust_env=False, verify=UNUSED, timeout=WAIT_S).is_success
        until(lambda: len([raw for raw in idle if _is_closed(raw)]) >= 30)


def test_an_answer_that_nobody_reads(tmp_path, bundle_dir, monkeypatch):
    """Its connection goes; a slow reader of the same answer gets all of it."""
    run = tmp_path / "runs" / "large"
    run.mkdir(parents=True)
    (run / "results.csv").write_text("system,leaky,uar,n_clips\n")
    (run / "report.html").write_bytes(b"<p>" + bytes(20_000_000))
    request = "GET /runs/large/report.html HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n"
    left: list[BoundedProtocol] = []
    lost = BoundedProtocol.connection_lost
    monkeypatch.setattr(
        BoundedProtocol, "connection_lost", lambda self, why: (left.append(self), lost(self, why))
    )
    with local_server(tmp_path, bundle_dir, Limits(reading_s=2, headers_s=600)) as port:
        with connected(port) as slow, connected(port) as deaf:
            for raw in (slow, deaf):
                raw.sendall(request.format(port).encode())
            n_read = 0
            while n_read < 20_000_000:
                part = slow.recv(1_000_000)
                assert part, f"cut off after {n_read} bytes"
                n_read += len(part)
                time.sleep(0.02)
            until(lambda: left)
            n_deaf = len(answer_of(deaf))
        assert n_deaf < 20_000_000


def test_a_form_of_many_parts(tmp_path, bundle_dir):
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'
    content = part * 200 + PART.encode() + b"abc" + TAIL
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    with local_server(tmp_path, bundle_dir, Limits(max_jobs=1)) as port:
        url = f"http://127.0.0.1:{port}/api/predict"
        answer = httpx.post(
            url, content=content, headers=headers, trust_env=False, verify=UNUSED, timeout=WAIT_S
        )
    assert answer.status_code == 400
    assert "more than 100 parts" in answer.json()["error"]


def test_who_waits_for_long_work_keeps_nothing_from_the_others(tmp_path, bundle_dir, monkeypatch):
    ready = threading.Event()

    def slow_path(sample: Sample, meant: str) -> object:
        ready.wait(2 * WAIT_S)
        return tmp_path / "none.mp4"

    monkeypatch.setattr(Sample, "path", slow_path)
    with local_server(tmp_path, bundle_dir, Limits(max_jobs=1)) as port, ExitStack() as stack:
        head = f"GET /api/sample.mp4 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
        for raw in [stack.enter_context(connected(port)) for _ in range(60)]:
            raw.sendall(head.encode())
        for path in ("/static/main.js", "/api/runs"):
            url = f"http://127.0.0.1:{port}{path}"
            assert httpx.get(url, trust_env=False, verify=UNUSED, timeout=WAIT_S).is_success
        ready.set()


def test_a_full_disk_is_said_plainly():
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": []})
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    answer = in_a_loop(answered(request, full))
    assert answer.status_code == 503
    assert b"there is no space left on the server; free some, or try later" in answer.body


def _is_closed(raw) -> bool:
    raw.settimeout(0.2)
    try:
        return raw.recv(1) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
