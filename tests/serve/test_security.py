"""Who is let in."""

from __future__ import annotations

import os
import stat

import pytest
from serving import Served, serving
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from affuse.errors import ConfigError, OutputError
from affuse.serve.scratch import private_folder
from affuse.serve.security import is_own_host
from affuse.serve.settings import Limits, ServerSettings, bytes_of, token_for

TOKEN = "correct-horse-battery"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory, bundle_dir):
    """Listens everywhere, so that it needs a token."""
    scratch = tmp_path_factory.mktemp("guarded")
    options = ("--host", "0.0.0.0", "--bundle", bundle_dir)
    with serving(scratch, *options, environment={"AFFUSE_TOKEN": TOKEN}) as served:
        yield served


def test_headers_of_every_answer(client):
    for path in ("/api/info", "/api/nothing", "/static/nothing", "/api/docs"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'self';")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in headers
    assert client.get("/api/info").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1:1",
        "",
        "127.0.0.1",
        f"127.0.0.1:{'1' * 5000}",
    ],
)
def test_foreign_host(client, server, host):
    answer = client.get("/api/info", headers={"Host": host.format(port=server.port)})
    assert answer.status_code == 421
    assert "expected the address that this server listens on" in answer.json()["error"]


@pytest.mark.parametrize("host", ["localhost:{port}", "127.0.0.1:{port}", "[::1]:{port}"])
def test_own_host(client, server, host):
    headers = {"Host": host.format(port=server.port)}
    assert client.get("/api/info", headers=headers).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", ""])
def test_foreign_origin(client, origin):
    answer = client.post("/api/sample", headers={"Origin": origin})
    assert answer.status_code == 403
    assert "another site" in answer.json()["error"]


def test_own_origin(client, server):
    headers = {"Origin": server.base, "Sec-Fetch-Site": "same-origin"}
    assert client.get("/api/info", headers=headers).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_sites_may_link_but_not_ask(client, site):
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}
    assert client.get("/api/info", headers=headers).status_code == 403
    assert client.post("/api/sample", headers=headers).status_code == 403
    assert client.get("/static/nothing", headers=headers).status_code == 404


def test_websocket_of_another_site(server):
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://127.0.0.1:{server.port}/api/live", origin="http://evil.example")
    assert refused.value.response.status_code == 403


def test_token_is_printed(guarded):
    assert guarded.url.endswith(f"/?token={TOKEN}")


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Cookie": "affuse=wrong"}]
)
def test_without_token(guarded, headers):
    with guarded.client() as client:
        for path in (
            "/",
            "/api/info",
            "/static/page.css",
            "/?token=wrong",
            "/api/info?token=" + TOKEN,
        ):
            assert client.get(path, headers=headers).status_code == 401
        assert client.post("/api/sample", headers=headers).status_code == 401


def test_websocket_without_token(guarded):
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://127.0.0.1:{guarded.port}/api/live")
    assert refused.value.response.status_code == 403


def test_token_of_a_program(guarded):
    with guarded.client() as client:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        assert client.get("/api/info", headers=headers).status_code == 200


def test_token_of_the_page(guarded: Served):
    with guarded.client() as client:
        first = client.get(guarded.url)
        assert first.status_code == 303
        assert first.headers["location"] == "/"
        assert "HttpOnly; SameSite=Strict" in first.headers["set-cookie"]
        assert client.get("/api/info").status_code == 200


def test_listening_everywhere_takes_addresses_but_no_foreign_names():
    settings = ServerSettings(host="0.0.0.0", port=80, token=TOKEN)
    assert is_own_host("192.168.1.7", settings)
    assert not is_own_host("evil.example", settings)


def test_tokens():
    assert token_for("127.0.0.1", {}) is None
    assert len(token_for("0.0.0.0", {}) or "") > 40
    assert token_for("localhost", {"AFFUSE_TOKEN": TOKEN}) == TOKEN
    with pytest.raises(ConfigError, match="has 5 characters; expected 16 or more"):
        token_for("0.0.0.0", {"AFFUSE_TOKEN": "short"})


def test_limits():
    assert bytes_of("2 GB") == 2 * 10**9
    for size in ("much", "0", "-5MB", "5TB"):
        with pytest.raises(ConfigError, match="expected a size such as 500MB"):
            bytes_of(size)
    with pytest.raises(ConfigError, match="keep_s -1 was given"):
        Limits(keep_s=-1)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs owners and modes of files")
def test_folder_is_private(tmp_path):
    with private_folder(tmp_path / "home") as folder, private_folder(tmp_path / "home") as other:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert folder.exists()
        assert other.exists()
    assert not folder.exists()
    (tmp_path / "open").mkdir(mode=0o755)
    with (
        pytest.raises(OutputError, match="not a folder of yours alone"),
        private_folder(tmp_path / "open"),
    ):
        pass


def test_taken_port(server, tmp_path):
    from affuse.serve.server import listening

    with (
        pytest.raises(ConfigError, match="give another --port"),
        listening(ServerSettings(port=server.port)),
    ):
        pass


def test_address_with_very_many_fields_shows_no_token(guarded):
    with guarded.client() as client:
        answer = client.get("/?" + "&".join(f"token={TOKEN}x" for _ in range(40)))
    assert answer.status_code == 401
    assert "no token, or a wrong one" in answer.json()["error"]
