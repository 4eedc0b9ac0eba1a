"""Several recordings at once: all as a zip; examples with what was meant; the video's progress."""

from __future__ import annotations

import io
import json
import zipfile

import httpx
import pytest
from local_server import local_server
from predictions import window
from serving import UNUSED, ended, send

from affuse.media.decode import probe
from affuse.records import RAVDESS_EMOTIONS, Prediction
from affuse.serve.judging import VideoTask, draw
from affuse.serve.settings import Limits


@pytest.fixture
def browser(server):
    """A client that has opened the page."""
    with server.client() as client:
        client.get("/")
        yield client
        for job in client.get("/api/jobs").json():
            client.delete(f"/api/jobs/{job['id']}")


def test_all_results_of_a_browser_come_as_one_zip(browser, client, talking):
    assert browser.get("/api/jobs.zip").status_code == 404
    for name in ("talk.mp4", "Talk.mov"):
        assert ended(browser, send(browser, talking, name).json()["id"])["state"] == "done"
    newest = browser.get("/api/jobs").json()[0]["id"]
    whole = {"stretches": [{"start_s": 0, "end_s": 1, "emotion": "sad"}]}
    assert browser.put(f"/api/jobs/{newest}/corrections", json=whole).status_code == 200
    answer = browser.get("/api/jobs.zip")
    assert answer.headers["content-type"] == "application/zip"
    assert "affuse-results.zip" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = set(archive.namelist())
        document = json.loads(archive.read("talk-2/talk-2.json"))
    assert {"Talk/Talk.json", "Talk/Talk.corrected.eaf", "talk-2/talk-2.csv"} <= names
    assert not any("talk-2.corrected" in name or name.endswith(".mp4") for name in names)
    assert document["predictions"][0]["path"] == "talk.mp4"
    assert client.get("/api/jobs.zip").status_code == 404, "to nobody else"


@pytest.mark.slow
def test_examples_say_what_was_meant(browser):
    info = browser.get("/api/info").json()
    assert info["examples"] == list(RAVDESS_EMOTIONS)
    answer = browser.post("/api/sample", params={"meant": "neutral"})
    assert (answer.status_code, answer.json()["meant"]) == (202, "neutral")
    assert ended(browser, answer.json()["id"])["state"] == "done"
    assert [job["meant"] for job in browser.get("/api/jobs").json()] == ["neutral"]
    refused = browser.post("/api/sample", params={"meant": "bored"})
    assert refused.status_code == 422
    assert "an example of 'bored' was asked for; expected one of neutral" in refused.json()["error"]
    assert browser.get("/api/sample.mp4", params={"meant": "../x"}).status_code == 422


@pytest.mark.slow
def test_neutral_has_an_example_too_though_it_is_never_strong(client, tmp_path):
    answer = client.get("/api/sample.mp4", params={"meant": "neutral"})
    assert answer.status_code == 200
    (tmp_path / "neutral.mp4").write_bytes(answer.content)
    assert probe(tmp_path / "neutral.mp4").has_video


def test_the_video_says_how_far_it_is(browser, talking, tmp_path):
    shares = []
    talk = Prediction(
        "talk.mp4", 3.0, "happy", 0.7, {}, (window(0.0, "happy", 0.7),), RAVDESS_EMOTIONS, "affuse"
    )
    draw(VideoTask(talking, talk, tmp_path / "out.mp4"), shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(shares) >= 3
    number = send(browser, talking).json()["id"]
    assert ended(browser, number)["video"] is None
    assert browser.get(f"/api/jobs/{number}/exports/video").status_code == 200
    assert browser.get(f"/api/jobs/{number}").json()["video"] == 1


def test_runs_of_the_demo_are_listed_beside_the_others(tmp_path, bundle_dir, monkeypatch):
    for run in ("runs/mine", "demo/run", "demo/corpus"):
        (tmp_path / run).mkdir(parents=True)
    for run in ("runs/mine", "demo/run"):
        (tmp_path / run / "results.csv").write_text("system,leaky,uar,n_clips\nSVM,False,0.6,9\n")
        (tmp_path / run / "report.html").write_text(f"<p>{run}</p>")
    monkeypatch.chdir(tmp_path)
    with (
        local_server(tmp_path, bundle_dir, Limits(max_jobs=1)) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, verify=UNUSED) as client,
    ):
        runs = client.get("/api/runs").json()
        assert [(run["title"], run["report"]) for run in runs] == [
            ("mine", "/runs/mine/report.html"),
            ("demo, run", "/demo/run/report.html"),
        ]
        assert client.get("/demo/run/report.html").text == "<p>demo/run</p>"
        assert client.get("/demo/corpus/report.html").status_code == 404
