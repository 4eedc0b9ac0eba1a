"""Run folders that the page lists, and what must not be reached through them."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest
from local_server import local_server

from affuse.serve.replies import Refused
from affuse.serve.runs import list_runs, report_of
from affuse.serve.settings import Limits

SECRET = "what nobody may read"
RESULTS = "system,leaky,uar,n_clips\nSVM,False,0.61,96\n"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A whole run folder, and a secret, beside the folder of runs."""
    return run_in(tmp_path / "elsewhere", "run", f"<p>{SECRET}</p>")


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return run_in(tmp_path / "runs", "good", "<p>good</p>").parent


def run_in(folder: Path, name: str, report: str) -> Path:
    run = folder / name
    run.mkdir(parents=True)
    (run / "results.csv").write_text(RESULTS)
    (run / "report.html").write_text(report)
    return run


def report_is_a_link(runs: Path, outside: Path) -> None:
    run_in(runs, "evil", "")
    (runs / "evil" / "report.html").unlink()
    (runs / "evil" / "report.html").symlink_to(outside / "report.html")


def report_is_a_relative_link(runs: Path, outside: Path) -> None:
    run_in(runs, "evil", "")
    (runs / "evil" / "report.html").unlink()
    (runs / "evil" / "report.html").symlink_to("../../elsewhere/run/report.html")


def run_is_a_link(runs: Path, outside: Path) -> None:
    (runs / "evil").symlink_to(outside)


def link_to_a_link(runs: Path, outside: Path) -> None:
    (runs / ".step").symlink_to(outside.parent)
    (runs / "evil").symlink_to(".step/run")


def link_beside_with_the_same_beginning(runs: Path, outside: Path) -> None:
    run_in(Path(f"{runs}2"), "evil", SECRET)
    (runs / "evil").symlink_to(f"../{runs.name}2/evil")


def report_is_a_folder(runs: Path, outside: Path) -> None:
    run_in(runs, "evil", "")
    (runs / "evil" / "report.html").unlink()
    (runs / "evil" / "report.html").mkdir()


def report_is_a_pipe(runs: Path, outside: Path) -> None:
    run_in(runs, "evil", "")
    (runs / "evil" / "report.html").unlink()
    os.mkfifo(runs / "evil" / "report.html")


def link_in_a_circle(runs: Path, outside: Path) -> None:
    (runs / "evil").symlink_to("evil")


EVIL = (
    report_is_a_link,
    report_is_a_relative_link,
    run_is_a_link,
    link_to_a_link,
    link_beside_with_the_same_beginning,
    report_is_a_folder,
    report_is_a_pipe,
    link_in_a_circle,
)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs links and pipes")
@pytest.mark.parametrize("made", EVIL)
def test_nothing_outside_is_read(made, runs, outside):
    made(runs, outside)
    with pytest.raises(Refused, match=r"no report of a run 'evil'; expected .* not followed"):
        report_of(runs, "evil")
    shown = {run.name: run.report for run in list_runs(runs)}
    assert shown.get("evil") is None
    assert shown["good"] == "/runs/good/report.html"


@pytest.mark.parametrize("name", ["..", ".", "", "good/../good", "../elsewhere/run", "x\0y"])
def test_names_that_are_paths(name, runs, outside):
    with pytest.raises(Refused):
        report_of(runs, name)


def test_a_link_to_a_run_beside_it_is_followed(runs, tmp_path):
    """As people name their latest run; and the folder itself may be a link."""
    (runs / "latest").symlink_to("good")
    (tmp_path / "linked").symlink_to(runs)
    page, _ = report_of(tmp_path / "linked", "latest")
    assert page == b"<p>good</p>"
    assert {run.name for run in list_runs(tmp_path / "linked")} == {"good", "latest"}


def test_a_link_put_there_after_the_check(runs, outside, monkeypatch):
    """Whoever may write there replaces a folder by a link between the look and the opening."""
    run_in(runs, "evil", "")
    real = os.path.realpath

    def realpath(path, **options):
        found = real(path, **options)
        if str(path).endswith("evil/report.html"):
            (runs / "evil").rename(runs / "gone")
            (runs / "evil").symlink_to(outside)
        return found

    monkeypatch.setattr(os.path, "realpath", realpath)
    with pytest.raises(Refused):
        report_of(runs, "evil")


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00broken",
        b"system,leaky,uar,n_clips\nSVM,False,inf,inf\n",
        b"system,leaky,uar,n_clips\nSVM,False,nan,nan\n",
        b"system,leaky,uar,n_clips\nSVM,False\n",
        b'a,"b\n' * 10,
        b"x" * 200_000 + b"\n" + b"y" * 200_000,
        b"",
    ],
)
def test_one_broken_run_does_not_hide_the_others(content, runs):
    (runs / "bad").mkdir()
    (runs / "bad" / "results.csv").write_bytes(content)
    (found,) = [run for run in list_runs(runs) if run.name == "good"]
    assert found.best is not None
    assert found.best.uar == 0.61


def test_a_run_whose_name_is_no_text(runs, tmp_path, bundle_dir):
    try:
        os.mkdir(os.fsencode(runs) + b"/\xff")
    except OSError:
        pytest.skip("this file system takes no such name")
    (runs / "\udcff" / "results.csv").write_text(RESULTS)
    (runs / "e\x1b]0;x\x07").mkdir()
    (runs / "e\x1b]0;x\x07" / "results.csv").write_text(RESULTS)
    assert [run.name for run in list_runs(runs)] == ["good"]


def test_over_http(runs, outside, tmp_path, bundle_dir):
    report_is_a_link(runs, outside)
    with local_server(tmp_path, bundle_dir, Limits()) as port:
        base = f"http://127.0.0.1:{port}"
        for path in ("/runs/evil/report.html", "/runs/%2e%2e/report.html"):
            answer = httpx.get(base + path, trust_env=False)
            assert answer.status_code == 404
            assert SECRET not in answer.text
        assert httpx.get(base + "/runs/good/report.html", trust_env=False).text == "<p>good</p>"


PATHS = (
    "/",
    "/static/page.css",
    "/static/main.js",
    "/api/info",
    "/api/docs",
    "/api/openapi.json",
    "/api/runs",
    "/api/sample.mp4",
    "/runs/good/report.html",
)


def test_head_answers_as_get_does(runs, tmp_path, bundle_dir):
    with (
        local_server(tmp_path, bundle_dir, Limits()) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client,
    ):
        for path in PATHS:
            got, told = client.get(path), client.head(path)
            assert (told.status_code, told.content) == (200, b""), path
            for name in ("content-type", "content-length", "content-security-policy"):
                assert told.headers[name] == got.headers[name], path
        assert client.head("/api/jobs/none").status_code == 404
        assert client.head("/nothing").status_code == 404
        assert client.head("/api/predict").status_code == 405
        schema = client.get("/api/openapi.json").json()["paths"]
        assert not [path for path, methods in schema.items() if "head" in methods]
