"""The whole way of a recording, as a program goes it."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import httpx
import jsonschema
import pytest
from recordings import Track, fitted, portrait, spoken, write
from serving import ended, send

from affuse.export.document import prediction_schema, read_json
from affuse.media.decode import probe
from affuse.predict.recogniser import load


@pytest.fixture(scope="module")
def number(server, talking) -> str:
    """A job that is done."""
    with server.client() as client:
        answer = send(client, talking, "Über uns.mp4")
        assert answer.status_code == 202
        job = answer.json()
        assert answer.headers["location"] == f"/api/jobs/{job['id']}"
        assert job["state"] == "queued"
        assert job["name"] == "Über uns.mp4"
        done = ended(client, job["id"])
        assert (done["state"], done["progress"], done["error"]) == ("done", 1.0, None)
        assert 0 < done["expires_in_s"] <= 900
        return str(job["id"])


def exported(client: httpx.Client, number: str, name: str) -> httpx.Response:
    answer = client.get(f"/api/jobs/{number}/exports/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert "%C3%9Cber%20uns" in answer.headers["content-disposition"]
    return answer


def test_result_is_that_of_predict(client, number, talking, bundle_dir, tmp_path):
    answer = client.get(f"/api/jobs/{number}/result")
    assert answer.headers["content-type"] == "application/json"
    jsonschema.validate(answer.json(), prediction_schema())
    (tmp_path / "result.json").write_bytes(answer.content)
    (found,) = read_json(tmp_path / "result.json")
    expected = load(bundle_dir).predict(talking)
    assert found.path == "Über uns.mp4"
    assert found.emotion == expected.emotion
    assert found.confidence == pytest.approx(expected.confidence, abs=1e-6)


def test_an_explanation_comes_where_it_is_asked_for(client, number, talking, bundle_dir):
    (plain,) = client.get(f"/api/jobs/{number}/result").json()["predictions"]
    assert "explanation" not in plain
    assert client.get(f"/api/jobs/{number}/overview").json()["telling_face"] is None
    asked = send(client, talking, explain="true").json()["id"]
    ended(client, asked)
    (found,) = client.get(f"/api/jobs/{asked}/result").json()["predictions"]
    why = found.pop("explanation")
    assert found == {**plain, "path": found["path"]}
    expected = load(bundle_dir).predict(talking, explain=True).explanation
    assert why["contributions"] == pytest.approx(dict(expected.contributions), abs=1e-6)
    face = client.get(f"/api/jobs/{asked}/overview").json()["telling_face"]
    assert face.startswith("data:image/jpeg;base64,")


def test_settings_reach_the_recogniser(client, talking):
    query = {"window": "1", "hop": "0.5", "threshold": "1", "faces": "all"}
    job = ended(client, send(client, talking, **query).json()["id"])
    (found,) = client.get(f"/api/jobs/{job['id']}/result").json()["predictions"]
    assert len(found["segments"]) == 5
    assert found["emotion"] is None
    assert "less than the 100% asked for" in found["abstained"]


def test_overview(client, number):
    found = client.get(f"/api/jobs/{number}/overview").json()
    assert found["duration_s"] == pytest.approx(3.0, abs=0.1)
    wave = found["waveform"]
    assert len(wave["low"]) == len(wave["high"]) <= 2000
    assert len(wave["low"]) * wave["step_s"] == pytest.approx(3.0, abs=0.1)
    assert min(wave["low"]) < -0.05 < 0.05 < max(wave["high"])
    assert 10 <= len(found["strip"]) <= 24
    assert all(face["image"].startswith("data:image/jpeg;base64,") for face in found["strip"])
    assert found["face"] == [pytest.approx([0.0, 3.0], abs=0.1)]
    assert found["speech"]


def test_text_exports(client, number):
    assert exported(client, number, "json").json()["format"] == "affuse-predictions"
    rows = list(csv.DictReader(io.StringIO(exported(client, number, "csv").text)))
    assert "emotion" in rows[0]
    assert exported(client, number, "vtt").text.startswith("WEBVTT")


def test_annotation_exports(client, number, tmp_path):
    textgrid = pytest.importorskip("praatio.textgrid")
    eaf = exported(client, number, "eaf").text
    link = ET.fromstring(eaf).find("HEADER/MEDIA_DESCRIPTOR")
    assert link is not None
    assert link.attrib["MEDIA_URL"] == "Über uns.mp4"
    (tmp_path / "a.TextGrid").write_bytes(exported(client, number, "textgrid").content)
    assert textgrid.openTextgrid(str(tmp_path / "a.TextGrid"), True).tierNames


@pytest.mark.filterwarnings("ignore")
def test_audformat_export(client, number, tmp_path):
    audformat = pytest.importorskip("audformat")
    packed = exported(client, number, "audformat").content
    zipfile.ZipFile(io.BytesIO(packed)).extractall(tmp_path)
    database = audformat.Database.load(str(tmp_path))
    assert list(database["files"].index) == ["Über uns.mp4"]


def test_video_export_and_what_stays(server, client, talking, tmp_path):
    number = send(client, talking).json()["id"]
    ended(client, number)
    folder = next(path for path in server.job_folders if path.name == number)
    assert (folder / "recording").exists(), "the video needs it"
    answer = client.get(f"/api/jobs/{number}/exports/video")
    assert answer.status_code == 200
    (tmp_path / "out.mp4").write_bytes(answer.content)
    assert probe(tmp_path / "out.mp4").has_video
    assert not (folder / "recording").exists()
    assert client.get(f"/api/jobs/{number}/exports/video").content == answer.content
    assert client.delete(f"/api/jobs/{number}").status_code == 204
    assert not folder.exists()


def test_sound_alone_has_no_video_and_goes_at_once(server, client, tmp_path):
    sound = write(
        tmp_path / "voice.wav", Track(sound=fitted(spoken(), 3.0), audio_codec="pcm_s16le")
    )
    number = send(client, sound).json()["id"]
    assert ended(client, number)["state"] == "done"
    folder = next(path for path in server.job_folders if path.name == number)
    assert list(folder.iterdir()) == []
    answer = client.get(f"/api/jobs/{number}/exports/video")
    assert answer.status_code == 404
    assert "voice.wav has no picture" in answer.json()["error"]
    assert client.get(f"/api/jobs/{number}/overview").json()["strip"] == []


def test_picture_alone_has_no_waveform(client, tmp_path):
    silent = write(tmp_path / "silent.mp4", Track([portrait()] * 10))
    number = send(client, silent).json()["id"]
    assert ended(client, number)["state"] == "done"
    assert client.get(f"/api/jobs/{number}/overview").json()["waveform"] is None


def test_info_and_schema(client):
    info = client.get("/api/info").json()
    assert info["limits"]["max_bytes"] == 4_000_000
    assert info["classes"][0] == "neutral"
    assert {"json", "csv", "vtt", "video"} <= {form["name"] for form in info["formats"]}
    paths = client.get("/api/openapi.json").json()["paths"]
    assert "/api/predict" in paths
    page = client.get("/api/docs").text
    assert all(path in page for path in paths)
    assert "<script" not in page


def test_unknown_things_are_said_politely(client, number):
    for path in ("/api/jobs/nothing", "/api/jobs/nothing/result", "/api/nothing"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert {"error"} <= set(answer.json()) <= {"error", "message"}
    assert client.get(f"/api/jobs/{number}/exports/doc").status_code == 422
    assert client.put("/api/info").status_code == 405


def test_runs_and_their_reports(client):
    (run,) = client.get("/api/runs").json()
    assert run["name"] == "demo run"
    assert run["best"] == {"system": "SVM", "uar": 0.61}
    assert run["report"] == "/runs/demo%20run/report.html"
    report = client.get(run["report"])
    assert report.status_code == 200
    policy = report.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert policy.count("sha256-") == 2
    assert "sandbox allow-scripts" in policy
    for name in ("none", "..", "%2e%2e", "..%2f..%2fetc"):
        assert client.get(f"/runs/{name}/report.html").status_code == 404


@pytest.mark.slow
def test_sample(client):
    number = client.post("/api/sample").json()["id"]
    assert ended(client, number)["state"] == "done"
    clip = client.get("/api/sample.mp4")
    assert clip.headers["content-type"] == "video/mp4"
    part = client.get("/api/sample.mp4", headers={"Range": "bytes=0-99"})
    assert part.status_code == 206
    client.delete(f"/api/jobs/{number}")
    assert client.get("/api/sample.mp4").content == clip.content


@pytest.mark.data
def test_real_clip(client, shared_data):
    clip: Path = min((shared_data / "clips").rglob("*.mp4"), key=lambda path: path.stat().st_size)
    if clip.stat().st_size > 4_000_000:
        pytest.skip("no real clip is small enough")
    job = ended(client, send(client, clip).json()["id"])
    assert job["state"] == "done", json.dumps(job)


def test_head_is_answered_wherever_get_is(client, number):
    paths = client.get("/api/openapi.json").json()["paths"]
    asked = [path for path, methods in paths.items() if "get" in methods]
    asked += ["/", "/api/docs", "/api/openapi.json", "/static/main.js"]
    places = {"{number}": number, "{name}": "csv"}
    for path in asked:
        for place, value in places.items():
            path = path.replace(place, value)
        whole, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (whole.status_code, b""), path
        assert head.headers["content-type"] == whole.headers["content-type"]


def test_info_has_the_figures_of_the_bundle_and_what_they_rest_on(client, bundle_dir):
    figures = client.get("/api/info").json()["figures"]
    expected = load(bundle_dir).bundle.manifest.figures
    assert [(each["system"], each["protocol"]) for each in figures] == [
        (each.system, each.protocol) for each in expected
    ]
    assert [each["n_speakers"] for each in figures] == [each.n_speakers for each in expected]


def test_answers_of_one_modality_alone(client, number):
    """They are those of a recogniser whose other member was taken out."""
    both = client.get(f"/api/jobs/{number}/result").json()["predictions"][0]
    for modality, other in (("audio", "video"), ("video", "audio")):
        answer = client.get(f"/api/jobs/{number}/result", params={"modality": modality})
        jsonschema.validate(answer.json(), prediction_schema())
        (alone,) = answer.json()["predictions"]
        assert set(alone["probabilities"]) == {modality, "fused"}
        assert alone["probabilities"]["fused"] == pytest.approx(both["probabilities"][modality])
        for found, whole in zip(alone["segments"], both["segments"], strict=True):
            assert other not in found["probabilities"]
            assert found["probabilities"][modality] == whole["probabilities"][modality]
    assert client.get(f"/api/jobs/{number}/result?modality=both").status_code == 422
