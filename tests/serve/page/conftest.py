"""A real server, a real browser, and recordings for its camera and microphone."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
import pytest
from browsing import OneTab, comes_true, opener

SIZE = (320, 240)
FPS = 10
SAMPLE_RATE = 48_000


@pytest.fixture(scope="session")
def drawn(drawn_corpus: Callable[..., Path]) -> Path:
    """A drawn face that speaks, as an mp4."""
    return drawn_corpus(1, "happy") / "Actor_01" / "01-01-03-01-01-01-01.mp4"


@pytest.fixture(scope="session")
def clip(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, smaller and with half of its pictures: a dozen tests have it recognised."""
    return _smaller(drawn, tmp_path_factory.mktemp("small") / drawn.name)


@pytest.fixture(scope="session")
def word(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second from its middle, for tests that need a result, whatever it says."""
    return _smaller(drawn, tmp_path_factory.mktemp("word") / drawn.name, start_s=1.0, end_s=2.2)


def _smaller(clip: Path, out: Path, start_s: float = 0.0, end_s: float = 60.0) -> Path:
    with av.open(str(clip)) as source, av.open(str(out), "w") as target:
        picture = target.add_stream("libx264", rate=15, options={"preset": "ultrafast"})
        picture.width, picture.height, picture.pix_fmt = 480, 270, "yuv420p"
        sound = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux():
            if packet.dts is None:
                continue
            if packet.stream.type == "audio" and start_s <= packet.pts * packet.time_base < end_s:
                packet.pts = packet.dts = packet.pts - round(start_s / packet.time_base)
                packet.stream = sound
                target.mux(packet)
            elif packet.stream.type == "video":
                for frame in packet.decode():
                    number = round((frame.time - start_s) * 30)
                    if start_s <= frame.time < end_s and number % 2 == 0:
                        halved = frame.reformat(480, 270)
                        halved.pts, halved.time_base = number, Fraction(1, 30)
                        target.mux(picture.encode(halved))
        target.mux(picture.encode(None))
    return out


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one run and its report."""
    run = tmp_path_factory.mktemp("runs") / "first"
    run.mkdir()
    (run / "results.csv").write_text("system,leaky,uar,n_clips\nproduct of SVMs,False,0.701,24\n")
    (run / "report.html").write_text(
        '<!doctype html><html lang="en"><title>Report</title><h1>Report</h1></html>'
    )
    return run.parent


@pytest.fixture(scope="session")
def server(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of `affuse serve`, as a person starts it."""
    pytest.importorskip("uvicorn", reason="the packages of the server are not installed")
    command = [sys.executable, "-m", "affuse", "serve", "--port", "0", "--no-open"]
    scratch = tmp_path_factory.mktemp("server")
    environment = {**os.environ, "TMPDIR": str(scratch), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [*command, "--runs", str(runs)], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            address = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
            assert address is not None, "the server did not say where it is"
            yield address[0]
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=120)


@pytest.fixture(scope="session")
def devices(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The clip as raw pictures and raw sound: what the browser's fake devices play."""
    folder = tmp_path_factory.mktemp("devices")
    camera, microphone = folder / "camera.y4m", folder / "microphone.wav"
    _raw_pictures(drawn, camera)
    _raw_sound(drawn, microphone)
    return camera, microphone


def _raw_pictures(clip: Path, out: Path) -> None:
    width, height = SIZE
    with av.open(str(clip)) as source, out.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F{FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for number, frame in enumerate(source.decode(video=0)):
            if number % (30 // FPS) == 0:
                planes = frame.reformat(width, height, "yuv420p").to_ndarray()
                file.write(b"FRAME\n" + planes.tobytes())


def _raw_sound(clip: Path, out: Path) -> None:
    resampler = av.AudioResampler("s16", "mono", SAMPLE_RATE)
    with av.open(str(clip)) as source, av.open(str(out), "w") as target:
        stream = target.add_stream("pcm_s16le", rate=SAMPLE_RATE, layout="mono")
        for frame in source.decode(audio=0):
            for part in resampler.resample(frame):
                part.pts = None
                target.mux(stream.encode(part))
        target.mux(stream.encode(None))


@pytest.fixture(scope="session")
def browser(devices: tuple[Path, Path], start_chromium: Callable[..., Any]) -> Any:
    """Debian's chromium; its camera shows the clip, its microphone hears it."""
    camera, microphone = devices
    return start_chromium(
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={camera}",
        f"--use-file-for-fake-audio-capture={microphone}",
        "--autoplay-policy=no-user-gesture-required",
    )


@pytest.fixture
def open_elsewhere(browser: Any, server: str) -> Iterator[Callable[..., Any]]:
    """Opens the page in a new browser; it must not complain in the end, nor ask any other host."""
    with opener(browser, server) as opened:
        yield opened


@pytest.fixture(scope="session")
def one_tab(browser: Any, server: str) -> Iterator[OneTab]:
    tab = OneTab(browser, server)
    yield tab
    tab.close()


@pytest.fixture
def page(one_tab: OneTab) -> Iterator[Any]:
    """The page, opened by somebody who was never here."""
    with one_tab.opened() as page:
        yield page


@pytest.fixture
def open_page(one_tab: OneTab) -> Iterator[Callable[..., Any]]:
    """Opens the page as a browser with other settings does, once."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(one_tab.opened(**settings))


@pytest.fixture(scope="session")
def shared_tab(browser: Any, server: str) -> Iterator[OneTab]:
    tab = OneTab(browser, server)
    yield tab
    tab.close()


@pytest.fixture(scope="module")
def open_shared(shared_tab: OneTab) -> Iterator[Callable[..., Any]]:
    """The same, for a page that tests of a module share."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(shared_tab.opened(**settings))


@pytest.fixture
def until(page: Any) -> Callable[..., None]:
    """Waits until an expression of the page is true."""
    return partial(comes_true, page)
