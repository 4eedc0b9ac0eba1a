"""Delay of live mode, end to end: from a picture or sound to what the client is told of it.

usage: python benchmarks/live_delay.py [--seconds 20] [--cores 2]

Plays a clip of a drawn face that speaks over a websocket at its own speed, as the page does: five
JPEGs and ten pieces of sound a second. The delay of each is the time from when it was sent until
the first message that goes by it or by something newer, the wait for its turn included. Goal: less
than 1.5 s on two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import struct
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from websockets.sync.client import ClientConnection, connect

from affuse.media.audio import read_audio
from affuse.media.video import read_frames
from affuse.synthetic.corpus import synthesise
from serve_load import started

PICTURES_PER_S, PIECES_PER_S, RATE = 5, 10, 48_000


def messages(clip: Path, seconds: float) -> Iterator[tuple[float, bytes]]:
    """What the page sends, by time; the clip over and over."""
    signal = (read_audio(clip, sample_rate=RATE).signal * 32767).astype("<i2")
    images = [
        cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))[1].tobytes()
        for frame in read_frames(clip, height=480, fps=PICTURES_PER_S)
    ]
    n = RATE // PIECES_PER_S
    pieces = [signal[first : first + n].tobytes() for first in range(0, len(signal) - n, n)]
    for number in range(round(seconds * PIECES_PER_S)):
        time_s = (number + 1) / PIECES_PER_S
        yield time_s, struct.pack("<Bd", 2, time_s) + pieces[number % len(pieces)]
        if number % (PIECES_PER_S // PICTURES_PER_S) == 0:
            image = images[number // 2 % len(images)]
            yield time_s, struct.pack("<Bd", 1, time_s) + image


def play(
    socket: ClientConnection, what: list[tuple[float, bytes]], sent: dict[float, float]
) -> None:
    """Send everything at its time."""
    began = time.perf_counter()
    for time_s, message in what:
        time.sleep(max(began + time_s - time.perf_counter(), 0.0))
        sent.setdefault(time_s, time.perf_counter())
        socket.send(message)
    socket.send(json.dumps({"type": "stop"}))


def delays(socket: ClientConnection, sent: dict[float, float]) -> tuple[list[float], list[float]]:
    """Seconds for each thing that was sent, and those that the server itself counts."""
    found, own, told_s = [], [], 0.0
    for text in socket:
        now, message = time.perf_counter(), json.loads(text)
        if message["type"] == "moment":
            own.append(message["delay_s"])
            fresh = [time_s for time_s in list(sent) if told_s < time_s <= message["time_s"]]
            found += [now - sent[time_s] for time_s in fresh]
            told_s = message["time_s"]
    return found, own


def main() -> None:
    """Print the delays."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--cores", type=int, default=2)
    given = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: given.cores])
    with tempfile.TemporaryDirectory() as folder:
        clip = synthesise(Path(folder) / "corpus", speakers=1, emotions=["happy"], takes=1)[0]
        what = list(messages(clip, given.seconds))
        process, address = started(1, folder)
        sent: dict[float, float] = {}
        with connect(address.replace("http", "ws") + "/api/live") as socket:
            socket.send(json.dumps({"type": "start", "sample_rate": RATE}))
            socket.recv()
            threading.Thread(target=play, args=(socket, what, sent)).start()
            found, own = delays(socket, sent)
        process.terminate()
        process.wait()
    print(f"messages    {len(own)}")
    for name, values in (("end to end", found), ("server", own)):
        middle, most = np.quantile(values, [0.5, 0.95])
        print(f"{name:<11} median {middle:.2f} s, 95 % {most:.2f} s, at most {max(values):.2f} s")


if __name__ == "__main__":
    main()
