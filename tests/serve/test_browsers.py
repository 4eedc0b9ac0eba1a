"""Results come back to the browser that gave the recording, and to nobody else."""

from __future__ import annotations

import time

import pytest
from recordings import Track, fitted, spoken, write
from serving import ended, send, serving, until

PARTS = ("", "/result", "/overview", "/recording", "/exports/json")


@pytest.fixture(scope="module")
def voice(tmp_path_factory):
    path = tmp_path_factory.mktemp("voice") / "voice.wav"
    return write(path, Track(sound=fitted(spoken(), 3.0), audio_codec="pcm_s16le"))


@pytest.fixture
def browser(server):
    """A client that has opened the page."""
    with server.client() as client:
        client.get("/")
        yield client


@pytest.fixture
def given(browser, voice):
    """A job of it that is done, gone afterwards."""
    number = send(browser, voice).json()["id"]
    assert ended(browser, number)["state"] == "done"
    yield number
    browser.delete(f"/api/jobs/{number}")


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(browser, server):
    with server.client() as fresh:
        cookie = fresh.get("/").headers["set-cookie"]
    name, _, rest = cookie.partition("=")
    value, *attributes = rest.split("; ")
    assert name == f"affuse-browser-{server.port}"
    assert len(value) == 43
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(attributes)
    assert "set-cookie" not in browser.get("/").headers, "it has one already"
    browser.cookies.clear()
    answer = browser.get("/", headers={"Cookie": f"{name}=guess"})
    assert "set-cookie" in answer.headers, "what nobody here made is no cookie of ours"


def test_results_are_listed_with_what_came_out(browser, given):
    (job,) = browser.get("/api/jobs").json()
    (found,) = browser.get(f"/api/jobs/{given}/result").json()["predictions"]
    assert (job["id"], job["state"], job["name"]) == (given, "done", "voice.wav")
    assert job["emotion"] == found["emotion"]
    assert job["confidence"] == pytest.approx(found["confidence"], abs=1e-6)


def test_nobody_else_is_answered(server, given):
    with server.client() as program, server.client() as other:
        other.get("/")
        for client in (program, other):
            assert client.get("/api/jobs").json() == []
            for part in PARTS:
                assert client.get(f"/api/jobs/{given}{part}").status_code == 404, part
            assert client.delete(f"/api/jobs/{given}").status_code == 404


def test_programs_need_no_cookie_and_are_listed_nothing(client, browser, voice):
    number = send(client, voice).json()["id"]
    ended(client, number)
    assert client.get("/api/jobs").json() == []
    assert number not in [job["id"] for job in browser.get("/api/jobs").json()]
    assert browser.get(f"/api/jobs/{number}").status_code == 200, "who knows the id may ask"
    assert client.delete(f"/api/jobs/{number}").status_code == 204


def test_a_browser_gets_its_recording_back_and_a_program_does_not(browser, client, given, voice):
    answer = browser.get(f"/api/jobs/{given}/recording", headers={"Range": "bytes=0-3"})
    assert (answer.status_code, answer.content) == (206, b"RIFF")
    assert answer.headers["content-type"].startswith("audio/")
    number = send(client, voice).json()["id"]
    ended(client, number)
    answer = client.get(f"/api/jobs/{number}/recording")
    assert answer.status_code == 404
    assert "voice.wav itself is not here any more" in answer.json()["error"]
    client.delete(f"/api/jobs/{number}")


def test_a_recording_is_never_sent_as_a_page(browser, voice):
    number = send(browser, voice, "voice.html").json()["id"]
    ended(browser, number)
    answer = browser.get(f"/api/jobs/{number}/recording")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    browser.delete(f"/api/jobs/{number}")


@pytest.fixture(scope="module")
def forgetful(tmp_path_factory, bundle_dir):
    """A server that keeps results for two seconds."""
    scratch = tmp_path_factory.mktemp("forgetful")
    with serving(scratch, "--bundle", bundle_dir, "--keep", "2") as served:
        yield served


def test_results_go_some_time_after_their_browser_asked_last(forgetful, voice):
    with forgetful.client() as browser:
        browser.get("/")
        number = send(browser, voice).json()["id"]
        ended(browser, number)
        for _ in range(14):
            time.sleep(0.2)
            answer = browser.get(f"/api/jobs/{number}")
            assert answer.status_code == 200, "it stays as long as it is asked for"
            assert answer.json()["expires_in_s"] <= 2
        until(lambda: not forgetful.job_folders)
        assert browser.get("/api/jobs").json() == []
    assert forgetful.folders


def test_results_of_a_program_go_some_time_after_they_came(forgetful, talking):
    with forgetful.client() as client:
        number = send(client, talking).json()["id"]
        assert ended(client, number)["state"] == "done"
        until(lambda: client.get(f"/api/jobs/{number}").status_code == 404)
        assert forgetful.job_folders == []
