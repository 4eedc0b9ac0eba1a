"""A server in a thread of the test, whose limits the test chooses, and raw talk with it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from affuse.serve.server import listening, server_of
from affuse.serve.settings import Limits, ServerSettings

HEAD = (
    "POST /api/predict HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {length}\r\n\r\n"
)
PART = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
TAIL = b"\r\n--x--\r\n"


@contextmanager
def local_server(scratch: Path, bundle_dir: Path, limits: Limits) -> Iterator[int]:
    """Its port."""
    settings = ServerSettings(
        port=0,
        bundle_dir=bundle_dir,
        limits=limits,
        scratch=scratch / "home",
        runs=scratch / "runs",
    )
    with listening(settings) as (taken, real):
        server = server_of(replace(real))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        try:
            yield real.port
        finally:
            server.should_exit = True
            thread.join(20)


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def uploading(port: int, n_bytes: int = 100_000) -> socket.socket:
    """An upload of which everything is still to come but its first headers."""
    raw = connected(port)
    length = len(PART) + n_bytes + len(TAIL)
    raw.sendall(HEAD.format(port=port, length=length).encode() + PART.encode())
    return raw


def answer_of(raw: socket.socket) -> bytes:
    """All that comes until the server closes; empty where it says nothing."""
    parts = []
    try:
        while part := raw.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def drip(raw: socket.socket, seconds: float, every_s: float = 0.05) -> None:
    """A byte now and then, for so long or until the other side has had enough."""
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        try:
            raw.sendall(b"a")
        except OSError:
            return
        time.sleep(every_s)
