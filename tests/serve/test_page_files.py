"""The page's files may be kept by a browser, under an address that changes with them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the extra web is not installed")

from affuse.serve.page_files import FOLDER, PageFiles


def test_the_page_names_files_that_may_be_kept(client):
    front = client.get("/")
    assert front.headers["cache-control"] == "no-cache"
    assert '"/static/main.js' not in front.text
    for path in set(re.findall(r'"(/static/[^"]+)"', front.text)):
        kept = client.get(path)
        assert kept.status_code == 200, path
        assert "immutable" in kept.headers["cache-control"]
        again = client.get(path, headers={"If-None-Match": kept.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert "immutable" in again.headers["cache-control"]
        plain = client.get("/static/" + path.rsplit("/", 1)[1])
        assert (plain.content, plain.headers["cache-control"]) == (kept.content, "no-cache")
        missing = client.get(path + "x")
        assert (missing.status_code, missing.headers["cache-control"]) == (404, "no-cache")


@pytest.mark.parametrize("change", ["content", "name", "new file"])
def test_the_address_changes_with_the_files(tmp_path: Path, change: str) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "static")
    file = folder / "languages" / "de.json"
    before = PageFiles(folder).address
    if change == "content":
        file.write_text(file.read_text("utf-8") + " ", "utf-8")
    elif change == "name":
        file.rename(file.with_name("at.json"))
    else:
        (folder / "more.js").touch()
    assert before == PageFiles(FOLDER).address != PageFiles(folder).address
