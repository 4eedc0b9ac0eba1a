"""Twenty uploads at once: how long until all are answered, and what the server needs.

usage: python benchmarks/serve_load.py [--uploads 20] [--jobs 1]

Starts ``affuse serve`` on a free port, sends the same clip of a drawn face that speaks (720p, about
3 s) so many times at once, and waits until every job has ended. Memory is the peak of the server
itself, and the most that it and all processes below it held at one time (shared pages counted in
each).
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from affuse.synthetic.corpus import synthesise


def started(jobs: int, scratch: str) -> tuple[subprocess.Popen[str], str]:
    """A server, and its address once it answers."""
    command = [sys.executable, "-m", "affuse", "serve", "--no-open", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--jobs", str(jobs)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": scratch, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    found = re.search(r"http://\S+(?=/)", process.stdout.readline())
    if found is None:
        sys.exit("affuse serve did not start")
    httpx.get(f"{found[0]}/api/info", timeout=60)
    return process, found[0]


def resident_mb(pid: int, field: str = "VmRSS") -> float:
    """Memory of a process; 0 where it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(rf"{field}:\s+(\d+) kB", status)
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def descendants(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += descendants(int(child))
    return found


def watch(pid: int, peaks: list[float], stop: threading.Event) -> None:
    """Note the memory of all processes, ten times a second."""
    while not stop.wait(0.1):
        try:
            peaks.append(sum(resident_mb(each) for each in descendants(pid)))
        except OSError:
            continue


def send(address: str, clip: Path) -> httpx.Response:
    """One upload."""
    with clip.open("rb") as file:
        return httpx.post(f"{address}/api/predict", files={"file": file}, timeout=600)


def ended(address: str, number: str) -> str:
    """State in which a job ends."""
    while True:
        state: str = httpx.get(f"{address}/api/jobs/{number}", timeout=60).json()["state"]
        if state not in ("queued", "running"):
            return state
        time.sleep(0.25)


def main() -> None:
    """Print times and memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--uploads", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clip = synthesise(Path(folder) / "corpus", speakers=1, emotions=["happy"], takes=1)[0]
        process, address = started(given.jobs, folder)
        peaks: list[float] = []
        stop = threading.Event()
        threading.Thread(target=watch, args=(process.pid, peaks, stop)).start()
        began = time.perf_counter()
        with ThreadPoolExecutor(given.uploads) as pool:
            answers = list(pool.map(lambda _: send(address, clip), range(given.uploads)))
        answered_s = time.perf_counter() - began
        numbers = [answer.json()["id"] for answer in answers if answer.status_code == 202]
        states = Counter(ended(address, number) for number in numbers)
        wall_s = time.perf_counter() - began
        server_mb = resident_mb(process.pid, "VmHWM")
        stop.set()
        process.terminate()
        process.wait()
    print(f"answers          {dict(Counter(answer.status_code for answer in answers))}")
    print(f"all answered in  {answered_s:.1f} s")
    print(f"jobs             {dict(states)} in {wall_s:.1f} s")
    print(f"server           {server_mb:.0f} MB at most")
    print(f"all processes    {max(peaks, default=0.0):.0f} MB at most")


if __name__ == "__main__":
    main()
