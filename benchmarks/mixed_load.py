"""Three minutes of everything at once against a page: who is served, who is not, what is left.

usage: python benchmarks/mixed_load.py [--seconds 180] [--drips 50] [--seed 0]

Starts ``affuse serve`` on a free port of this machine and lets, at the same time: honest people
upload a short clip every few seconds and wait for its result; others drip a byte every two seconds
into uploads that never end, and come back when they are thrown out; others send broken files, take
back what they sent, hold live connections, read pages, hold headers that do not end and
connections that say nothing. Prints what each kind was answered, the most memory that the server
and all processes below it held, and what is left once it has ended: processes, files. Ends by
itself.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from affuse.synthetic.corpus import synthesise

N_HONEST, N_BROKEN, N_CANCELLING, N_LIVE, N_READING, N_HOLDING = 3, 2, 2, 3, 2, 10
PAGES = ("/", "/static/main.js", "/api/info", "/api/runs", "/api/docs", "/api/openapi.json")
OTHERS = ("lock", ".ses")
"""What stays on purpose, and what importing onnxruntime writes."""

FORM = (
    "POST /api/predict HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 5000000\r\n"
    "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    '--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
)


class Load:
    """What all clients share: the address, the end, and what they were answered."""

    def __init__(self, port: int, clip: bytes, seconds: float, seed: int) -> None:
        self.port, self.clip, self.seed = port, clip, seed
        self.base = f"http://127.0.0.1:{port}"
        self.end_s = time.monotonic() + seconds
        self.answers: Counter[tuple[str, object]] = Counter()
        self.waits_s: list[float] = []
        self._lock = threading.Lock()

    @property
    def is_over(self) -> bool:
        """Whether everybody goes home."""
        return time.monotonic() >= self.end_s

    def note(self, kind: str, answer: object) -> None:
        """Count an answer."""
        with self._lock:
            self.answers[kind, answer] += 1

    def pause(self, seconds: float) -> None:
        """Wait, but not beyond the end."""
        time.sleep(max(0.0, min(seconds, self.end_s - time.monotonic())))


def honest(load: Load, client: httpx.Client, chance: random.Random) -> None:
    """A clip, sent whole, and its result."""
    began_s = time.monotonic()
    answer = client.post("/api/predict", files={"file": ("talk.mp4", load.clip)})
    load.note("honest upload", answer.status_code)
    if answer.status_code == 202:
        load.waits_s.append(time.monotonic() - began_s)
        load.note("honest result", ended(load, client, answer.json()["id"]))
    load.pause(chance.uniform(1, 4))


def broken(load: Load, client: httpx.Client, chance: random.Random) -> None:
    """The same clip with bytes changed, or cut off."""
    content = bytearray(load.clip[: chance.randrange(1, len(load.clip))])
    for _ in range(chance.randrange(200)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    answer = client.post("/api/predict", files={"file": ("broken.mp4", bytes(content))})
    load.note("broken upload", answer.status_code)
    if answer.status_code == 202:
        load.note("broken result", ended(load, client, answer.json()["id"]))
    load.pause(chance.uniform(1, 3))


def cancelling(load: Load, client: httpx.Client, chance: random.Random) -> None:
    """A clip that is taken back."""
    answer = client.post("/api/predict", files={"file": ("talk.mp4", load.clip)})
    load.note("upload to be cancelled", answer.status_code)
    if answer.status_code == 202:
        load.pause(chance.uniform(0, 2))
        load.note("cancel", client.delete(answer.headers["location"]).status_code)
    load.pause(chance.uniform(1, 3))


def reading(load: Load, client: httpx.Client, chance: random.Random) -> None:
    """Pages, with GET and HEAD."""
    method = chance.choice(("GET", "HEAD"))
    answer = client.request(method, chance.choice(PAGES))
    load.note(f"page, {method}", answer.status_code)
    load.pause(chance.uniform(0.1, 0.5))


def dripping(load: Load, client: httpx.Client, chance: random.Random) -> None:
    """A byte every two seconds, until thrown out; then again."""
    with socket.create_connection(("127.0.0.1", load.port), timeout=2) as raw:
        raw.sendall(FORM.format(port=load.port).encode())
        while not load.is_over:
            with suppress(TimeoutError):
                load.note("drip", (raw.recv(100)[9:12] or b"closed").decode())
                break
            raw.sendall(b"a")
    load.pause(chance.uniform(0.5, 1.5))


def holding(load: Load, client: httpx.Client, chance: random.Random) -> None:
    """Headers that do not end, or nothing at all."""
    with socket.create_connection(("127.0.0.1", load.port), timeout=30) as raw:
        if chance.random() < 0.5:
            raw.sendall(b"GET / HTTP/1.1\r\nHost: ")
        load.note("held connection", (raw.recv(100)[9:12] or b"closed").decode())


def living(load: Load, client: httpx.Client, chance: random.Random) -> None:
    """A live connection with sound, ended well or not at all."""
    try:
        with connect(f"ws://127.0.0.1:{load.port}/api/live") as talk:
            talk.send(json.dumps({"type": "start", "sample_rate": 48_000}))
            first = json.loads(talk.recv(timeout=30))
            load.note("live", first["type"])
            for step in range(chance.randrange(1, 40)):
                if first["type"] != "ready" or load.is_over:
                    break
                noise = struct.pack("<Bd", 2, step / 10) + os.urandom(9600)
                talk.send(noise)
                time.sleep(0.1)
            if first["type"] == "ready" and chance.random() < 0.5:
                talk.send(json.dumps({"type": "stop"}))
    except (WebSocketException, TimeoutError) as error:
        load.note("live", type(error).__name__)
    load.pause(chance.uniform(0.5, 2))


def ended(load: Load, client: httpx.Client, number: str) -> str:
    """State in which a job ends."""
    while not load.is_over:
        answer = client.get(f"/api/jobs/{number}")
        if answer.status_code != 200:
            return str(answer.status_code)
        state: str = answer.json()["state"]
        if state not in ("queued", "running"):
            return state
        load.pause(0.25)
    return "not yet at the end"


Act = Callable[[Load, httpx.Client, random.Random], None]


def lived(load: Load, act: Act, number: int) -> None:
    """One client, over and over until the end."""
    chance = random.Random(f"{load.seed} {act.__name__} {number}")
    with httpx.Client(base_url=load.base, timeout=60, trust_env=False) as client:
        while not load.is_over:
            try:
                act(load, client, chance)
            except (OSError, httpx.HTTPError) as error:
                load.note(act.__name__, type(error).__name__)
                load.pause(0.5)


def started(scratch: str) -> tuple[subprocess.Popen[str], int]:
    """A server, and its port once it answers."""
    command = [sys.executable, "-m", "affuse", "serve", "--no-open", "--port", "0"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": scratch, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    found = re.search(r"http://127.0.0.1:(\d+)/", process.stdout.readline())
    if found is None:
        sys.exit("affuse serve did not start")
    httpx.get(f"{found[0]}api/info", timeout=60)
    return process, int(found[1])


def below(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in task.read_text().split():
                found += below(int(child))
    return found


def resident_mb(pid: int) -> float:
    """Memory of a process; 0 where it is gone."""
    try:
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def watch(pid: int, load: Load, peaks: dict[str, float], seen: set[int]) -> None:
    """Note the most memory, and every process there ever was."""
    while not load.is_over:
        pids = below(pid)
        seen.update(pids)
        for name, value in (
            ("server", resident_mb(pid)),
            ("all processes", sum(map(resident_mb, pids))),
            ("processes", float(len(pids))),
        ):
            peaks[name] = max(peaks.get(name, 0.0), value)
        time.sleep(0.2)


def main() -> None:
    """Print answers, memory, and what is left."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--drips", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    clients: tuple[tuple[Act, int], ...] = (
        (honest, N_HONEST), (broken, N_BROKEN), (cancelling, N_CANCELLING), (living, N_LIVE),
        (reading, N_READING), (holding, N_HOLDING), (dripping, given.drips),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        clip = synthesise(Path(folder) / "corpus", speakers=1, emotions=["happy"], takes=1)[0]
        scratch = Path(folder) / "scratch"
        scratch.mkdir()
        process, port = started(str(scratch))
        load = Load(port, clip.read_bytes(), given.seconds, given.seed)
        peaks: dict[str, float] = {}
        seen: set[int] = set()
        threads = [threading.Thread(target=watch, args=(process.pid, load, peaks, seen))]
        threads += [
            threading.Thread(target=lived, args=(load, act, number))
            for act, n_clients in clients
            for number in range(n_clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        alive = httpx.get(f"{load.base}/api/info", timeout=60).status_code
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        time.sleep(2)
        left = [pid for pid in seen if resident_mb(pid)]
        found = [path for path in scratch.rglob("*") if path.is_file()]
        files = [str(path.relative_to(scratch)) for path in found if path.name not in OTHERS]
    for (kind, answer), n_times in sorted(load.answers.items(), key=str):
        print(f"{kind:<24} {answer!s:<20} {n_times:>6}")
    waits_s = sorted(load.waits_s) or [float("nan")]
    print(
        f"honest uploads taken in  {waits_s[len(waits_s) // 2]:.2f} s, at most {waits_s[-1]:.2f} s"
    )
    print(f"answers at the end       {alive}")
    print(f"memory of the server     {peaks['server']:.0f} MB at most")
    print(f"memory of all processes  {peaks['all processes']:.0f} MB at most")
    print(f"left                     {len(left)} processes, {len(files)} files")
    for name in files:
        print(f"  {name}")


if __name__ == "__main__":
    main()
