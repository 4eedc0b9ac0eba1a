"""All names of RAVDESS as its authors describe them, and a server with the faults of real ones."""

from __future__ import annotations

import hashlib
import itertools
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


def takes(channel: str, actor: int) -> list[str]:
    """Take keys of one actor's speech (60) or song (44), written apart from the reader."""
    emotions = range(1, 9) if channel == "01" else range(1, 7)
    if channel == "02" and actor == 18:
        return []
    return [
        f"{channel}-{emotion:02d}-{intensity}-{statement}-{repetition}-{actor:02d}"
        for emotion, intensity, statement, repetition in itertools.product(
            emotions, ("01", "02"), ("01", "02"), ("01", "02")
        )
        if (emotion, intensity) != (1, "02")
    ]


@pytest.fixture(scope="session")
def ravdess_names() -> tuple[str, ...]:
    """The 7,356 file names in the layout of the official archives, unpacked side by side."""
    names = []
    for actor in range(1, 25):
        folder = f"Actor_{actor:02d}"
        for channel, part in (("01", "Speech"), ("02", "Song")):
            for take in takes(channel, actor):
                names.append(f"Audio_{part}_Actors_01-24/{folder}/03-{take}.wav")
                names.append(f"Video_{part}_Actor_{actor:02d}/{folder}/01-{take}.mp4")
                names.append(f"Video_{part}_Actor_{actor:02d}/{folder}/02-{take}.mp4")
    return tuple(names)


@dataclass
class Archive:
    """A local archive: files by name, pages by path, faults to come, requests that came.

    Faults are used up one per request: ``cut:N`` (N bytes of the body, then the connection
    breaks), ``reset:N`` (the same without a goodbye), ``wrong-byte``, ``wrong-range``,
    ``too-long``, or a status such as ``503``.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    pages: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)
    ignores_ranges: bool = False
    declared_sizes: dict[str, int] = field(default_factory=dict)
    requests: list[tuple[str, str | None, int]] = field(default_factory=list)
    url: str = ""

    def record(self) -> bytes:
        entries = [
            {
                "key": name,
                "size": self.declared_sizes.get(name, len(content)),
                "checksum": f"md5:{hashlib.md5(content).hexdigest()}",
                "links": {"self": f"{self.url}/api/records/1188976/files/{name}/content"},
            }
            for name, content in self.files.items()
        ]
        return json.dumps({"id": 1188976, "files": entries}).encode()

    def content(self, path: str) -> bytes | None:
        if path in self.pages:
            return self.pages[path]
        if path == "/api/records/1188976":
            return self.files.get("record") or self.record()
        prefix, suffix = "/api/records/1188976/files/", "/content"
        if path.startswith(prefix) and path.endswith(suffix):
            return self.files.get(path[len(prefix) : -len(suffix)])
        return None

    def requests_for(self, name: str) -> list[tuple[str | None, int]]:
        return [(wanted, status) for path, wanted, status in self.requests if name in path]


class _Handler(BaseHTTPRequestHandler):
    archive: Archive

    def do_GET(self) -> None:
        body = self.archive.content(self.path)
        faults = next((f for name, f in self.archive.faults.items() if name in self.path), [])
        fault = faults.pop(0) if faults else ""
        if body is None or fault.isdigit():
            self._note(int(fault or 404))
            self.send_error(int(fault or 404))
            return
        start = self._start(len(body))
        self._answer(body, start, fault)

    def _start(self, size: int) -> int:
        wanted = self.headers.get("Range")
        if wanted is None or self.archive.ignores_ranges:
            return 0
        return int(wanted.removeprefix("bytes=").rstrip("-"))

    def _answer(self, body: bytes, start: int, fault: str) -> None:
        self._note(206 if start else 200)
        self.send_response(206 if start else 200)
        if start:
            told = 0 if fault == "wrong-range" else start
            self.send_header("Content-Range", f"bytes {told}-{len(body) - 1}/{len(body)}")
        sent = body[start:]
        if fault == "wrong-byte":
            sent = sent[:-1] + bytes([sent[-1] ^ 1])
        if fault == "too-long":
            sent += b"more"
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        if fault.startswith(("cut:", "reset:")):
            sent = sent[: int(fault.partition(":")[2])]
        self.wfile.write(sent)
        if fault.startswith("reset:"):
            self.connection.close()

    def _note(self, status: int) -> None:
        self.archive.requests.append((self.path, self.headers.get("Range"), status))

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on standard error."""


@pytest.fixture
def archive(monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    """A local archive that answers over real HTTP on a free port."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    served = Archive()
    handler = type("Handler", (_Handler,), {"archive": served})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        served.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield served
        server.shutdown()
        thread.join()


@pytest.fixture
def audio_zip() -> dict[str, bytes]:
    """Clips of actors 1, 2 and 12 as an audio archive holds them, with what else zips hold."""
    files = {
        f"Actor_{actor:02d}/03-{take}.wav": f"sound of {take}".encode() * 40
        for actor in (1, 2, 12)
        for take in takes("01", actor)[:4]
    }
    return {"Actor_01/": b"", **files, "__MACOSX/._note": b"x", "README.txt": b"hello"}
