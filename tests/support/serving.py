"""A real ``affuse serve`` in a process of its own, and what tests ask of it."""

from __future__ import annotations

import os
import re
import select
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

START_S = 60.0
WAIT_S = 90.0
UNUSED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""All is plain HTTP; else each client would load all certificates of this machine."""


@dataclass(frozen=True)
class Served:
    """A server that runs.

    Attributes
    ----------
    url : str
        As it was printed, with the token where there is one.
    scratch : Path
        Folder for temporary files.
    """

    process: subprocess.Popen[str]
    url: str
    scratch: Path

    @property
    def base(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def port(self) -> int:
        return int(self.base.rpartition(":")[2])

    @property
    def home(self) -> Path:
        """Where all servers have their private folders."""
        return next(self.scratch.glob("affuse-serve-*"))

    @property
    def folders(self) -> list[Path]:
        return sorted(self.home.glob("server-*"))

    @property
    def job_folders(self) -> list[Path]:
        return [path for folder in self.folders for path in folder.glob("jobs/*")]

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.base, timeout=WAIT_S, trust_env=False, verify=UNUSED)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def serving(
    scratch: Path, *options: object, environment: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """A server on a free port, ended afterwards."""
    command = [sys.executable, "-m", "affuse", "serve", "--port", "0", "--no-open"]
    process = subprocess.Popen(
        [*command, *map(str, options)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(scratch), "PYTHONUNBUFFERED": "1"}
        | dict(environment or {}),
    )
    try:
        served = Served(process, _address(process), scratch)
        with served.client() as client:
            client.get("/api/info")
        yield served
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], START_S)
    line = process.stdout.readline() if ready else ""
    found = re.search(r"http://\S+", line)
    assert found, f"affuse serve printed {line!r}"
    return found[0]


def until(condition: Callable[[], Any], wait_s: float = WAIT_S) -> Any:
    """What a condition gives once it is true."""
    end_s = time.monotonic() + wait_s
    while time.monotonic() < end_s:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError("waited in vain")


def send(client: httpx.Client, path: Path, name: str | None = None, **query: str) -> httpx.Response:
    """Upload a file."""
    with path.open("rb") as file:
        return client.post("/api/predict", files={"file": (name or path.name, file)}, params=query)


def ended(client: httpx.Client, number: str) -> dict[str, Any]:
    """A job once it is done or has failed."""

    def job() -> dict[str, Any] | None:
        found: dict[str, Any] = client.get(f"/api/jobs/{number}").json()
        return found if found["state"] in ("done", "failed") else None

    found: dict[str, Any] = until(job)
    return found
