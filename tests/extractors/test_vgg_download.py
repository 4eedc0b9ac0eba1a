from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from affuse.errors import DownloadError, WeightsError
from affuse.extractors.vgg.download import FILE_NAME, vgg_face_file
from affuse.storage.fetch import Patience

CONTENT = bytes(range(256)) * 400
HASTE = Patience(timeout_s=2.0, n_attempts=3, backoff_s=0.01)


class Handler(BaseHTTPRequestHandler):
    """Serves one file with ranges; the first answer is cut where `cut_at` says."""

    content = CONTENT
    cut_at: int | None = None

    def do_GET(self) -> None:
        kind = type(self)
        if self.path != f"/{FILE_NAME}":
            self.send_error(404)
            return
        start = int(self.headers.get("Range", "bytes=0-")[6:-1])
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(kind.content) - 1}/*")
        self.send_header("Content-Length", str(len(kind.content) - start))
        self.end_headers()
        self.wfile.write(kind.content[start : kind.cut_at or len(kind.content)])
        kind.cut_at = None

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on standard error."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, type[Handler]]]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    handler = type("OneServer", (Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}", handler
        running.shutdown()
        thread.join()


def test_file_comes_whole_after_a_cut_and_is_not_fetched_again(
    tmp_path: Path, server: tuple[str, type[Handler]]
) -> None:
    url, handler = server
    handler.cut_at = 5000
    steps: list[int] = []
    path = vgg_face_file(
        tmp_path / "w", base_url=url, patience=HASTE, progress=lambda _, n, __: steps.append(n)
    )
    assert path.read_bytes() == CONTENT
    assert steps[-1] == len(CONTENT)
    handler.content = b"gone"
    assert vgg_face_file(tmp_path / "w", base_url=url, patience=HASTE) == path
    assert path.read_bytes() == CONTENT


def test_later_file_is_held_to_the_first(tmp_path: Path, server: tuple[str, type[Handler]]) -> None:
    url, handler = server
    path = vgg_face_file(tmp_path, base_url=url, patience=HASTE)
    path.unlink()
    handler.content = CONTENT[:-1] + b"x"
    message = rf"{FILE_NAME} has the SHA-256 \w+\.\.\.; expected \w+\.\.\. as at the first download"
    with pytest.raises(WeightsError, match=message):
        vgg_face_file(tmp_path, base_url=url, patience=HASTE)
    with pytest.raises(WeightsError, match=message):
        vgg_face_file(tmp_path, base_url=url, patience=HASTE)


def test_server_without_the_file_is_named(
    tmp_path: Path, server: tuple[str, type[Handler]]
) -> None:
    with pytest.raises(DownloadError, match=r"answered 404 .*check the address"):
        vgg_face_file(tmp_path, base_url=f"{server[0]}/no", patience=HASTE)
    assert list(tmp_path.iterdir()) == []
