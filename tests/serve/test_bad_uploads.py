"""Uploads that are refused, and how soon."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from recordings import Track, empty, fitted, spoken, write
from serving import ended, send, until

LIMIT = 4_000_000
TWO_HOURS = [10.0 * number for number in range(720)]


def test_empty_file(client, server, tmp_path):
    before = server.job_folders
    (tmp_path / "empty.mp4").touch()
    answer = send(client, tmp_path / "empty.mp4")
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("empty.mp4 is empty (0 bytes); expected a recording")
    assert server.job_folders == before


def test_too_large_is_refused_before_it_is_read(server):
    """Says how large it is: not a byte of it needs to be sent."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as raw:
        head = (
            f"POST /api/predict HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 900000000\r\n\r\n"
        )
        raw.sendall(head.encode())
        answer = _all_of(raw)
    assert b"413" in answer.split(b"\r\n")[0]
    assert b"larger than 4 MB" in answer
    assert b"--max-size" in answer


@pytest.mark.parametrize("field", ["file", "something else"])
def test_too_large_without_a_length_is_cut(client, server, field):
    before, sent = server.job_folders, 0

    def body() -> Iterator[bytes]:
        nonlocal sent
        disposition = f'form-data; name="{field}"; filename="a.mp4"'
        yield f"--x\r\nContent-Disposition: {disposition}\r\n\r\n".encode()
        for _ in range(4000):
            sent += 50_000
            yield bytes(50_000)

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = client.post("/api/predict", content=body(), headers=headers)
    assert answer.status_code == 413
    assert sent < 3 * LIMIT + 8_000_000, "200 MB were offered; buffers of the system may fill"
    assert server.job_folders == before


def test_length_that_lies(server):
    """The server takes what was announced, and sees that the form is not whole."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as raw:
        form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabcdef'
        head = (
            f"POST /api/predict HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
            f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(form)}\r\n\r\n"
        )
        raw.sendall(head.encode() + form + b"more than was announced")
        answer = _all_of(raw)
    assert answer.split(b"\r\n")[0].split()[1] in (b"400", b"422")


def test_upload_that_breaks_off_leaves_nothing(server):
    before = server.job_folders
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as raw:
        head = (
            f"POST /api/predict HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n"
        )
        part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc'
        raw.sendall(head.encode() + part)
        until(lambda: server.job_folders != before)
    until(lambda: server.job_folders == before)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "application/json"}, 415),
        ({"Content-Type": "multipart/form-data"}, 415),
        ({}, 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 400),
    ],
)
def test_what_is_no_form(client, headers, status):
    answer = client.post("/api/predict", content=b'{"file": "x"}', headers=headers)
    assert answer.status_code == status
    assert "error" in answer.json()


def test_form_without_the_field(client):
    answer = client.post("/api/predict", files={"movie": ("a.mp4", b"abc")})
    assert answer.status_code == 422
    assert "no whole file in a field 'file'" in answer.json()["error"]


@pytest.mark.parametrize(
    "content", [b"Dear diary,\n" * 100, bytes(5000), b"\x00\x00\x00\x20ftypmp42"]
)
def test_wrong_type(client, tmp_path, content):
    (tmp_path / "letter.mp4").write_bytes(content)
    job = ended(client, send(client, tmp_path / "letter.mp4").json()["id"])
    assert job["state"] == "failed"
    assert job["error"].startswith("letter.mp4 ")
    assert "jobs/" not in job["error"]
    answer = client.get(f"/api/jobs/{job['id']}/result")
    assert answer.status_code == 409
    assert "letter.mp4 was not analysed" in answer.json()["error"]


@pytest.mark.parametrize("name", ["../../x.mp4", "/etc/x.mp4", r"C:\films\x.mp4", "a/\u202ex.mp4"])
def test_name_with_path_parts(client, server, talking, name):
    """It is shown, and becomes the name of no file."""
    job = send(client, talking, name).json()
    assert job["name"] == "x.mp4"
    assert not [path for path in server.scratch.rglob("*") if path.name.endswith("x.mp4")]
    assert {path.name for folder in server.job_folders for path in folder.iterdir()} <= {
        "recording"
    }
    assert client.delete(f"/api/jobs/{job['id']}").status_code == 204


LISTS = {
    "concat": "ffconcat version 1.0\nfile {secret}\n",
    "concat, with blanks before": "\n ffconcat version 1.0\nfile {secret}\n",
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{secret}\n#EXT-X-ENDLIST\n",
    "hls of a URL": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{secret}\n",
    "dash": "<?xml version='1.0'?><MPD><Period><BaseURL>{secret}</BaseURL></Period></MPD>",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=audio 5004 RTP/AVP 0\n",
}


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("suffix", [".mp4", ".m3u8", ".ffconcat"])
def test_list_of_other_files(client, tmp_path, kind, suffix):
    """What it names is on this machine, and a recording: nothing of it comes out."""
    secret = write(
        tmp_path / "secret.wav", Track(sound=fitted(spoken(), 3.0), audio_codec="pcm_s16le")
    )
    path = tmp_path / f"a{suffix}"
    path.write_text(LISTS[kind].format(secret=secret))
    job = ended(client, send(client, path).json()["id"])
    assert job["state"] == "failed"
    assert job["error"].startswith(f"a{suffix} ")
    assert "secret" not in job["error"]


@pytest.mark.parametrize(
    "query",
    [
        {"window": "0"},
        {"window": "nan"},
        {"window": "1e300"},
        {"faces": "none"},
        {"threshold": "2"},
    ],
)
def test_settings_out_of_range(client, talking, query):
    answer = send(client, talking, **query)
    assert answer.status_code == 422
    assert next(iter(query)) in answer.json()["error"]


def test_hop_longer_than_window(client, talking):
    answer = send(client, talking, window="1", hop="2")
    assert answer.status_code == 422
    assert "hop 2 s was given for windows of 1 s" in answer.json()["error"]


def test_two_hours(client, tmp_path):
    """Says itself that it is too long: nothing is decoded."""
    film = write(tmp_path / "film.mp4", Track([empty(16, 16)] * 720, 1, TWO_HOURS))
    job = ended(client, send(client, film).json()["id"])
    assert job["state"] == "failed"
    assert job["error"].startswith("film.mp4 lasts 120 min or longer; expected 5 min at most")
    assert job["progress"] == 0


def test_two_hours_of_unstated_length(client, tmp_path):
    """A browser's recording does not say how long it is: reading ends at the limit."""
    track = Track(
        [empty(16, 16)] * 720,
        1,
        TWO_HOURS,
        sound=fitted(spoken(), 2.0),
        video_codec="libvpx",
        audio_codec="libopus",
    )
    film = write(tmp_path / "film.webm", track, live="1")
    job = ended(client, send(client, film).json()["id"])
    assert job["state"] == "failed"
    assert "longer; expected 5 min at most" in job["error"]


def _all_of(raw: socket.socket) -> bytes:
    parts = []
    while part := raw.recv(65536):
        parts.append(part)
    return b"".join(parts)
