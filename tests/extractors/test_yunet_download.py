from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from affuse.errors import DownloadError, OutputError
from affuse.extractors.networks.yunet_download import YUNET, Published, yunet_file
from affuse.media.face_detectors import (
    YUNET_FILE_NAME,
    HaarDetector,
    YunetDetector,
    default_detector,
)
from affuse.storage.cache import weights_folder
from affuse.storage.fetch import Patience

CONTENT = bytes(range(256)) * 40
HASTE = Patience(timeout_s=2.0, n_attempts=2, backoff_s=0.01)


class Handler(BaseHTTPRequestHandler):
    """Serves one file with ranges; an address that was moved redirects to it."""

    content = CONTENT
    cut_at: int | None = None

    def do_GET(self) -> None:
        kind = type(self)
        if self.path == "/raw":
            self.send_response(302)
            self.send_header("Location", "/stored")
            self.end_headers()
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
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Published, type[Handler]]]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    handler = type("OneServer", (Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        url = f"http://127.0.0.1:{running.server_address[1]}/raw"
        yield Published(url, len(CONTENT), hashlib.sha256(CONTENT).hexdigest()), handler
        running.shutdown()
        thread.join()


def test_network_comes_whole_after_a_cut_and_is_used_from_then_on(
    server: tuple[Published, type[Handler]],
) -> None:
    published, handler = server
    handler.cut_at = 3000
    assert default_detector() == HaarDetector()
    path = yunet_file(published=published, patience=HASTE)
    assert path.read_bytes() == CONTENT
    assert [file.name for file in weights_folder().iterdir()] == [YUNET_FILE_NAME]
    assert default_detector() == YunetDetector(path)
    handler.content = b"gone"
    assert yunet_file(published=published, patience=HASTE) == path


def test_other_bytes_never_get_the_name_of_the_network(
    server: tuple[Published, type[Handler]], tmp_path: Path
) -> None:
    published, handler = server
    handler.content = CONTENT[:-1] + b"x"
    with pytest.raises(
        DownloadError, match=r"has the SHA-256 \w{16}\.\.\.; expected \w{16}\.\.\.: the copy was"
    ):
        yunet_file(tmp_path / "w", published=published, patience=HASTE)
    assert list((tmp_path / "w").iterdir()) == []


def test_damaged_file_is_fetched_again(
    server: tuple[Published, type[Handler]], tmp_path: Path
) -> None:
    (tmp_path / YUNET_FILE_NAME).write_bytes(b"damaged")
    path = yunet_file(tmp_path, published=server[0], patience=HASTE)
    assert path.read_bytes() == CONTENT


def test_folder_that_cannot_be_made_is_named(
    server: tuple[Published, type[Handler]], tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match=r"file.w cannot be made .*set AFFUSE_CACHE"):
        yunet_file(tmp_path / "file" / "w", published=server[0], patience=HASTE)


def test_address_is_that_of_the_model_zoo() -> None:
    assert YUNET.url.startswith("https://github.com/opencv/opencv_zoo/raw/main/")
    assert YUNET.url.endswith(f"/{YUNET_FILE_NAME}")
