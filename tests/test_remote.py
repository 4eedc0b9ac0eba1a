"""Files elsewhere: an S3 server and a web server of this machine, through their own protocols."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from short_clips import short_clips

from affuse.corpora.index import Index
from affuse.corpora.registry import read
from affuse.errors import DatasetError, MediaError
from affuse.extractors.mfcc import Mfcc
from affuse.features.context import RunContext
from affuse.features.extract import Extraction, extract_features
from affuse.features.store import FeatureStore
from affuse.media.decode import probe
from affuse.storage.remote import (
    files_below,
    identity,
    is_file,
    is_folder,
    local_copy,
    local_path,
    url_of,
)

pytest.importorskip("fsspec")
BUCKET = "corpus"


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Named as RAVDESS names them: two speakers, two emotions."""
    folder = tmp_path_factory.mktemp("local") / "corpus"
    table = short_clips(folder, 4)
    table.unlink()
    names = [f"01-01-0{2 + 3 * (n % 2)}-01-01-01-0{1 + n // 2}.mp4" for n in range(4)]
    for path, name in zip(sorted(folder.iterdir()), names, strict=True):
        path.rename(folder / name)
    return folder


@pytest.fixture
def bucket(clips: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The clips in a bucket of a real S3 server, found as any S3 client finds it."""
    pytest.importorskip("s3fs")
    server_of = pytest.importorskip("moto.server")
    boto3 = pytest.importorskip("boto3")
    server = server_of.ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    settings = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": "something",
        "AWS_DEFAULT_REGION": "us-east-1",
        "no_proxy": "127.0.0.1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    for path in clips.iterdir():
        client.upload_file(str(path), BUCKET, f"all/{path.name}")
    yield f"s3://{BUCKET}/all"
    server.stop()
    _forget_sessions()


def _forget_sessions() -> None:
    """File systems are kept with the address they were made for; the next test has another."""
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()


class Counting(SimpleHTTPRequestHandler):
    fetched: list[str]

    def do_GET(self) -> None:
        self.fetched.append(self.path)
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on standard error."""


@pytest.fixture
def web(clips: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str]]]:
    """The clips on a web server, and what was fetched from it."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    handler = type("Counting", (Counting,), {"fetched": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(clips))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", handler.fetched
        server.shutdown()
        thread.join()


def extracted(index: Index, cache: Path) -> Extraction:
    return extract_features(index, {"audio": Mfcc()}, RunContext.of(1, store=FeatureStore(cache)))


def sounds(index: Index, cache: Path) -> NDArray[np.float32]:
    return np.asarray(extracted(index, cache).table.arrays["audio"])


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("s3://bucket/a/b.mp4", "s3://bucket/a/b.mp4"),
        (Path("s3://bucket/a/b.mp4"), "s3://bucket/a/b.mp4"),
        (Path("https://host:80/a.wav"), "https://host:80/a.wav"),
        ("clips/one.mp4", None),
        ("/clips/one.mp4", None),
        ("C:/clips/one.mp4", None),
        ("s3:", None),
        ("10:30:00/a.wav", None),
        ("take1:/a.wav", None),
        ("2024-05-01t10:30:00.wav", None),
    ],
)
def test_url_is_known_again_in_a_path(path: str | Path, url: str | None) -> None:
    assert url_of(path) == url


def test_file_url_is_a_path_of_this_machine() -> None:
    assert local_path("file:///a%20b/c.mp4") == Path("/a b/c.mp4")


def test_bucket_is_read_like_a_folder(bucket: str, clips: Path, tmp_path: Path) -> None:
    here, there = read(clips), read(bucket)
    assert [clip.id for clip in there] == [clip.id for clip in here]
    assert len(there) == 4
    assert probe(f"{bucket}/{next(clips.iterdir()).name}").has_video
    arrays = [sounds(index, tmp_path / name) for index, name in ((here, "1"), (there, "2"))]
    assert np.isfinite(arrays[1]).all()
    np.testing.assert_array_equal(arrays[1], arrays[0])


@pytest.mark.slow
def test_commands_take_urls_alone_and_with_a_worker(
    affuse, bucket: str, clips: Path, tmp_path: Path
) -> None:
    message = {}
    for name, data, who in (
        ("here", str(clips), ("--jobs", "1")),
        ("there", bucket, ("--jobs", "1")),
        ("worker", bucket, ("--workers", "1")),
    ):
        found = affuse(tmp_path / name, "predict", data, "--format", "json", *who)
        assert found.returncode == 0, found.stderr
        told = json.loads(found.stdout)
        files = told["predictions"] if isinstance(told, dict) else told
        message[name] = [{k: v for k, v in one.items() if k != "path"} for one in files]
        assert {one["path"].rsplit("/", 1)[0] for one in files} == {data}
    assert message["there"] == message["here"] == message["worker"]


def test_cached_features_are_not_fetched_again(
    web: tuple[str, list[str]], clips: Path, tmp_path: Path
) -> None:
    url, fetched = web
    names = sorted(path.name for path in clips.iterdir())
    rows = [f"{url}/{name},{('calm', 'angry')[n % 2]},{n // 2}" for n, name in enumerate(names)]
    table = tmp_path / "clips.csv"
    table.write_text("\n".join(["path,emotion,speaker", *rows]) + "\n")
    first = sounds(read(table), tmp_path / "cache")
    assert sorted(fetched) == [f"/{name}" for name in names]
    again = sounds(read(table), tmp_path / "cache")
    assert len(fetched) == len(names)
    np.testing.assert_array_equal(again, first)


def test_another_file_under_the_same_url_has_another_identity(tmp_path: Path) -> None:
    import fsspec

    there = fsspec.filesystem("memory")
    for content in (b"one", b"two"):
        there.pipe_file("/changing/a.wav", content)
        time.sleep(0.01)
        (tmp_path / content.decode()).write_text(identity(Path("memory://changing/a.wav")))
    assert (tmp_path / "one").read_text() != (tmp_path / "two").read_text()
    assert identity(Path("memory://changing/a.wav")) == (tmp_path / "two").read_text()


def test_fetched_file_is_gone_afterwards() -> None:
    import fsspec

    fsspec.filesystem("memory").pipe_file("/kept/a.txt", b"words")
    place = Path("memory://kept/a.txt")
    assert is_file(place)
    assert is_folder(place.parent)
    assert [url_of(path) for path in files_below(place.parent)] == ["memory://kept/a.txt"]
    with local_copy(place) as copy:
        assert copy.read_bytes() == b"words"
        assert copy.suffix == ".txt"
    assert not copy.exists()


def test_error_within_speaks_of_the_url() -> None:
    import fsspec

    fsspec.filesystem("memory").pipe_file("/kept/words.mp4", b"words, no film")
    with pytest.raises(MediaError, match=r"^memory://kept/words\.mp4 \(14 bytes\) cannot be read"):
        probe("memory://kept/words.mp4")


def test_missing_key_is_named(bucket: str) -> None:
    with pytest.raises(MediaError, match=rf"nothing at {bucket}/no\.mp4; expected .*address"):
        probe(f"{bucket}/no.mp4")
    with pytest.raises(DatasetError, match=rf"{bucket}/nothing does not exist"):
        read(f"{bucket}/nothing")


def test_bad_addresses_end_in_one_line(
    affuse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("COLUMNS", "300")
    bad = {"gopherish://host/a.mp4": "does not exist", "http://127.0.0.1:9/a.mp4": "check address"}
    for url, why in bad.items():
        found = affuse(tmp_path, "run", url)
        assert found.returncode == 2, found.stdout
        assert url in found.stderr
        assert why in found.stderr
        assert len(found.stderr.strip().splitlines()) == 1


def test_clips_elsewhere_that_cannot_be_had_are_skipped(
    web: tuple[str, list[str]], clips: Path, tmp_path: Path
) -> None:
    url, _ = web
    names = sorted(path.name for path in clips.iterdir())
    rows = [f"{url}/{names[0]},calm,1", f"{url}/gone.mp4,angry,2"]
    table = tmp_path / "clips.csv"
    table.write_text("\n".join(["path,emotion,speaker", *rows]) + "\n")
    found = extracted(read(table), tmp_path / "cache")
    assert [skipped.name for skipped in found.skipped] == ["gone"]
    assert f"{url}/gone.mp4" in found.skipped[0].reason


WITHOUT = """
import json, sys
from affuse.cli import main

missing, *urls = sys.argv[1:]
sys.modules[missing] = None
codes = []
for url in urls:
    for command in ("predict", "index"):
        try:
            main([command, url])
        except SystemExit as ended:
            codes.append(ended.code)
print(json.dumps(codes))
"""


@pytest.mark.parametrize(
    ("missing", "urls"),
    [
        ("fsspec", ["https://host/a.mp4", "s3://bucket/a.mp4"]),
        ("aiohttp", ["https://host/a.mp4", "http://host/folder"]),
        ("s3fs", ["s3://bucket/folder"]),
    ],
)
def test_what_is_missing_is_named_with_its_extra(
    tmp_path: Path, missing: str, urls: list[str]
) -> None:
    """In a process of its own in which that package cannot be imported."""
    run = [sys.executable, "-c", WITHOUT, missing, *urls]
    found = subprocess.run(run, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert json.loads(found.stdout) == [2, 2] * len(urls)
    assert found.stderr.splitlines() == [
        f"affuse: package {missing!r} is not installed, and {url} needs it: "
        "pip install 'affuse[remote]'"
        for url in urls
        for _ in ("predict", "index")
    ]


def test_a_store_of_no_extra_is_said_to_need_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(MediaError, match=r"gs://bucket/a\.mp4 needs a package .*to reach gs://"):
        is_file(Path("gs://bucket/a.mp4"))
