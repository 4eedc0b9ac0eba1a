"""Live mode over a real websocket."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import cv2
import numpy as np
import pytest
from recordings import RATE, empty, fitted, portrait, spoken
from serving import WAIT_S, Served, until
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from affuse.serve.rolling import jpeg_shape

START = json.dumps({"type": "start", "sample_rate": RATE})


@pytest.fixture
def live(server) -> Iterator[ClientConnection]:
    with connect(f"ws://127.0.0.1:{server.port}/api/live") as socket:
        yield socket


def picture(time_s: float, image: Any) -> bytes:
    _, coded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return struct.pack("<Bd", 1, time_s) + coded.tobytes()


def sound(time_s: float, signal: Any) -> bytes:
    return struct.pack("<Bd", 2, time_s) + (signal * 32767).astype("<i2").tobytes()


def told(socket: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(socket.recv(timeout=WAIT_S))
    return message


def end_of(socket: ClientConnection) -> int | None:
    """Code with which the server closes."""
    try:
        while True:
            told(socket)
    except ConnectionClosed as closed:
        return None if closed.rcvd is None else closed.rcvd.code


def say(socket: ClientConnection, second: int, image: Any, signal: Any) -> dict[str, Any]:
    """Two pictures and ten pieces of sound, and what is made of them."""
    for tenth in range(1, 11):
        time_s = second + tenth / 10
        first = round((time_s - 0.1) * RATE) % (len(signal) - RATE)
        socket.send(sound(time_s, signal[first : first + RATE // 10]))
        if tenth % 5 == 0:
            socket.send(picture(time_s, image))
    return told(socket)


def test_values_change(live):
    live.send(START)
    assert told(live) == {"type": "ready"}
    signal, silence = fitted(spoken(), 12.0), np.zeros(12 * RATE)
    moments = (say(live, second, portrait(), signal) for second in range(30))
    there = next(found for found in moments if found["face"] and "audio" in found["probabilities"])
    assert 0 < there["box"]["width"] < 1
    assert there["speech"] > 0
    assert there["delay_s"] >= 0
    assert there["time_s"] <= 31
    assert sum(there["probabilities"]["fused"].values()) == pytest.approx(1)
    moments = (say(live, second, empty(), silence) for second in range(31, 61))
    gone = next(found for found in moments if not found["face"] and not found["probabilities"])
    assert gone["emotion"] is None
    assert gone["abstained"]
    assert gone["speech"] < there["speech"]
    live.send(json.dumps({"type": "stop"}))
    assert end_of(live) == 1000


HUGE = b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03" + bytes(20)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("hello", None),
        ("{}", None),
        ("[" * 100_000, None),
        (b"\x01" + bytes(8) + b"x", None),
        (json.dumps({"type": "start", "sample_rate": 10}), None),
        (json.dumps({"type": "start", "sample_rate": "fast"}), None),
        (START, b""),
        (START, b"\x01"),
        (START, b"\x07" + bytes(8) + b"x"),
        (START, struct.pack("<Bd", 2, float("nan")) + b"xx"),
        (START, struct.pack("<Bd", 2, 0.0) + b"xxx"),
        (START, struct.pack("<Bd", 1, 0.0) + b"no picture"),
        (START, struct.pack("<Bd", 1, 0.0) + HUGE),
        (START, struct.pack("<Bd", 1, 0.0) + b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x10\x00\x10\x03"),
        (START, "go on"),
    ],
)
def test_garbage(live, first, then):
    live.send(first)
    if then is not None:
        assert told(live)["type"] == "ready"
        live.send(then)
    message = told(live)
    assert message["type"] == "error"
    assert message["error"]
    assert end_of(live) == 1003


def test_message_that_is_too_long(live):
    live.send(START)
    told(live)
    live.send(bytes(5_000_000))
    assert end_of(live) == 1009


@contextmanager
def begun(server: Served) -> Iterator[ClientConnection]:
    """A connection that has a place, once the server has noticed that others are gone."""

    def with_a_place() -> ClientConnection | None:
        socket = stack.enter_context(connect(f"ws://127.0.0.1:{server.port}/api/live"))
        with suppress(ConnectionClosed):
            socket.send(START)
            if told(socket)["type"] == "ready":
                return socket
        socket.close()
        return None

    with ExitStack() as stack:
        yield until(with_a_place)


def test_client_that_goes_away_half_way(server, client):
    """Its place is free again, and the server goes on."""
    for _ in range(4):
        with begun(server) as socket:
            socket.send(picture(0.0, portrait()))
            socket.socket.close()
    assert client.get("/api/info").status_code == 200


def test_third_connection_is_told_to_wait(server):
    url = f"ws://127.0.0.1:{server.port}/api/live"
    with begun(server), begun(server), connect(url) as three:
        assert "2 live connections are open" in told(three)["error"]
        assert end_of(three) == 1013


def test_shape_of_a_jpeg():
    assert jpeg_shape(picture(0.0, empty(30, 50))[9:]) == (30, 50)
    assert jpeg_shape(b"\x89PNG") is None
    assert jpeg_shape(b"\xff\xd8\xff\xe0\x00\x02") is None
