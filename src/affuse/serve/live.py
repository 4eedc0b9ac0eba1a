"""Live mode: a websocket that takes pictures and sound, and says what they come to."""

from __future__ import annotations

import asyncio
import json
import math
import struct
import time
from collections import deque
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect

from affuse.errors import AffuseError, MediaError
from affuse.messages import coded
from affuse.serve.judging import members_of
from affuse.serve.rolling import HOP_S, Moment, Rolling
from affuse.serve.settings import ServerSettings
from affuse.storage.error_log import logged

PICTURE, SOUND = 1, 2
MOST_MESSAGE = 2 * 10**6
"""Bytes of one message."""

_HEAD = struct.Struct("<Bd")
_PICTURES_WAITING = 2
_SOUND_WAITING_S = 10.0
_IDLE_S = 60.0
_UNSUPPORTED, _POLICY, _INTERNAL, _TRY_LATER = 1003, 1008, 1011, 1013

Item = tuple[int, float, bytes]


class Live:
    """All live connections of a server; each is judged in a thread.

    Parameters
    ----------
    settings : ServerSettings
    """

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._n_open = 0

    async def serve(self, socket: WebSocket) -> None:
        """One connection, from its start to its end.

        Parameters
        ----------
        socket : WebSocket
            Not yet accepted.
        """
        await socket.accept()
        most = self._settings.limits.max_live
        if self._n_open >= most:
            reason = f"{most} live connections are open; expected fewer: close one, or try later"
            await _refuse(socket, reason, _TRY_LATER)
            return
        self._n_open += 1
        try:
            await self._talk(socket)
        except WebSocketDisconnect:
            pass
        except TimeoutError:
            await _refuse(socket, f"nothing came for {_IDLE_S:g} s; start again", _POLICY)
        except AffuseError as error:
            await _refuse(socket, str(error), _UNSUPPORTED)
        except Exception as error:
            logged("live connection", error)
            await _refuse(socket, "the server met an error of its own: start again", _INTERNAL)
        finally:
            self._n_open -= 1

    async def _talk(self, socket: WebSocket) -> None:
        rate = _started(await _next(socket))
        members = await asyncio.to_thread(members_of, self._settings.bundle_dir)
        rolling = Rolling(members, rate)
        await socket.send_json({"type": "ready"})
        inbox = _Inbox(rate)
        threshold = members.bundle.manifest.abstain_below
        judging = asyncio.create_task(_judge(socket, rolling, inbox, threshold))
        reading = asyncio.create_task(_read(socket, inbox))
        try:
            done, _ = await asyncio.wait([judging, reading], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            reading.cancel()
            judging.cancel()
            await asyncio.gather(reading, judging, return_exceptions=True)
        await socket.close()


class _Inbox:
    """What waits to be judged: the newest pictures, and the sound of some seconds.

    `taken_s` says when the newest came of what was taken.
    """

    def __init__(self, sample_rate: int) -> None:
        self._pictures: deque[Item] = deque(maxlen=_PICTURES_WAITING)
        self._sounds: deque[Item] = deque()
        self._most_bytes = round(_SOUND_WAITING_S * sample_rate) * 2
        self._came_s = self.taken_s = time.monotonic()
        self.came = asyncio.Event()

    def put(self, item: Item) -> None:
        if item[0] == PICTURE:
            self._pictures.append(item)
        else:
            self._sounds.append(item)
            while sum(len(data) for _, _, data in self._sounds) > self._most_bytes:
                self._sounds.popleft()
        self._came_s = time.monotonic()
        self.came.set()

    def take(self) -> list[Item]:
        items = [*self._sounds, *self._pictures]
        self._sounds.clear()
        self._pictures.clear()
        self.came.clear()
        self.taken_s = self._came_s
        return items


async def _read(socket: WebSocket, inbox: _Inbox) -> None:
    """Put what comes into the inbox, until the client stops."""
    while (item := _item(await _next(socket))) is not None:
        inbox.put(item)


async def _judge(socket: WebSocket, rolling: Rolling, inbox: _Inbox, threshold: float) -> None:
    """Take in what came, and say every `HOP_S` what the last window comes to."""
    due_s, fresh = time.monotonic() + HOP_S, False
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(max(due_s - time.monotonic(), 0.0) if fresh else None):
                await inbox.came.wait()
        if items := inbox.take():
            await asyncio.to_thread(_take_in, rolling, items)
            fresh = True
        if time.monotonic() < due_s:
            continue
        moment = await asyncio.to_thread(rolling.moment, threshold)
        now_s, fresh = time.monotonic(), False
        due_s = max(due_s + HOP_S, now_s)
        if moment is not None:
            await socket.send_json(_moment_message(moment, now_s - inbox.taken_s))


def _take_in(rolling: Rolling, items: list[Item]) -> None:
    for kind, time_s, data in items:
        (rolling.add_frame if kind == PICTURE else rolling.add_sound)(time_s, data)


async def _next(socket: WebSocket) -> dict[str, Any]:
    async with asyncio.timeout(_IDLE_S):
        message = dict(await socket.receive())
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    return message


def _started(message: dict[str, Any]) -> int:
    """Sample rate of the first message."""
    payload = _payload(message)
    rate = payload.get("sample_rate")
    if payload.get("type") != "start" or not isinstance(rate, int) or isinstance(rate, bool):
        raise MediaError(
            'the first message was something else; expected {"type": "start", "sample_rate": '
            "48000} as text"
        )
    return rate


def _payload(message: dict[str, Any]) -> dict[str, Any]:
    try:
        payload = json.loads(message.get("text") or "")
    except (ValueError, RecursionError):
        payload = None
    return payload if isinstance(payload, dict) else {}


def _item(message: dict[str, Any]) -> Item | None:
    """A picture or a piece of sound; None: the client stops.

    Raises
    ------
    MediaError
        Neither.
    """
    data = message.get("bytes")
    if data is None:
        if _payload(message).get("type") == "stop":
            return None
        raise MediaError('text was sent; expected {"type": "stop"}, or pictures and sound in bytes')
    if len(data) <= _HEAD.size:
        raise MediaError(f"{len(data)} bytes were sent; expected a kind, a time and what it holds")
    kind, time_s = _HEAD.unpack_from(data)
    content = data[_HEAD.size :]
    if kind not in (PICTURE, SOUND) or not math.isfinite(time_s) or abs(time_s) > 1e12:
        raise MediaError(
            f"kind {kind} of time {time_s:g} was sent; expected {PICTURE} (JPEG) or {SOUND} (sound)"
            " and seconds"
        )
    if kind == SOUND and len(content) % 2:
        raise MediaError(f"{len(content)} bytes of sound were sent; expected two for each sample")
    return kind, time_s, content


def _moment_message(moment: Moment, delay_s: float) -> dict[str, Any]:
    found = coded(moment.abstained)
    why = {} if found is None else {"abstained_message": found}
    return {"type": "moment", "delay_s": round(delay_s, 4), **asdict(moment), **why}


async def _refuse(socket: WebSocket, reason: str, code: int) -> None:
    """Say why, and close; who is gone already gets nothing."""
    try:
        await socket.send_json({"type": "error", "error": reason})
        await socket.close(code)
    except (RuntimeError, WebSocketDisconnect):
        pass
