"""A hub of one checkpoint on this machine, which answers as much as a download asks for."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

COMMIT = "0123456789" * 4


@contextmanager
def small_hub(
    folder: Path, name: str = "me/tiny", refusal: str = "", revision: str = "main"
) -> Iterator[str]:
    """Its address; it refuses with one of the hub's codes, as "GatedRepo", where one is given.

    It has one revision.
    """

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(with_body=True)

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def _answer(self, *, with_body: bool) -> None:
            path = self.path.partition("?")[0]
            if "/revision/" in path and path.rpartition("/revision/")[2] != quote(revision, ""):
                code, body, headers = 404, b"", {"X-Error-Code": "RevisionNotFound"}
            else:
                code, body, headers = _reply(folder, name, refusal, path)
            self.send_response(code)
            for key, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(key, value)
            self.end_headers()
            if with_body:
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _reply(folder: Path, name: str, refusal: str, path: str) -> tuple[int, bytes, dict[str, str]]:
    file = folder / Path(path).name
    if refusal:
        return 403, b"", {"X-Error-Code": refusal}
    if path.startswith(f"/api/models/{name}/tree"):
        return 200, json.dumps(_tree(folder)).encode(), {}
    if path.startswith(f"/api/models/{name}"):
        return 200, json.dumps(_info(folder, name)).encode(), {}
    if path.startswith(f"/{name}/resolve/") and file.is_file():
        content = file.read_bytes()
        etag = f'"{hashlib.sha256(content).hexdigest()}"'
        return 200, content, {"ETag": etag, "X-Repo-Commit": COMMIT}
    return 404, b"", {"X-Error-Code": "RepoNotFound"}


def _tree(folder: Path) -> list[dict[str, object]]:
    return [
        {"type": "file", "path": file.name, "size": file.stat().st_size, "oid": COMMIT}
        for file in sorted(folder.iterdir())
    ]


def _info(folder: Path, name: str) -> dict[str, object]:
    files = [{"rfilename": f.name, "size": f.stat().st_size} for f in sorted(folder.iterdir())]
    return {
        "_id": "1", "id": name, "sha": COMMIT, "siblings": files, "tags": [], "private": False,
        "downloads": 0, "likes": 0, "cardData": {"license": "mit"},
    }  # fmt: skip
