"""One file out of a multipart form, written to disk piece by piece and cut off at the limit."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from affuse.messages import message
from affuse.serve.names import display_name
from affuse.serve.pace import Pace, TooSlow
from affuse.serve.replies import Refused

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FIELD = "file"

_AROUND_FILE = 64 * 1024
"""Bytes that a form may have besides its file."""

_MOST_HEADER = 8 * 1024
_MOST_PARTS = 100
_DISCARDED_S, _DISCARDED_BYTES = 2.0, 64 * 10**6


def refuse_too_large(request: Request, max_bytes: int) -> None:
    """Refuse an upload that says itself that it is too large, or no form.

    Parameters
    ----------
    request : Request
    max_bytes : int

    Raises
    ------
    Refused
        413, 415 or 400; nothing of the body has been read.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise Refused(
            415,
            f"content type {request.headers.get('content-type', '')[:80]!r} was sent; expected "
            f"multipart/form-data with the recording as field {FIELD!r}: send it as a form does",
        )
    stated = request.headers.get("content-length", "0")
    if not stated.isdigit():
        raise Refused(400, f"content length {stated[:40]!r} was sent; expected a number of bytes")
    if int(stated) > max_bytes + _AROUND_FILE:
        raise _too_large(max_bytes)


async def receive(request: Request, path: Path, max_bytes: int, pace: Pace) -> str:
    """Write the file of a form to `path`; says what a person calls it.

    Parameters
    ----------
    request : Request
    path : Path
        Does not exist yet.
    max_bytes : int
        Of the file.
    pace : Pace

    Returns
    -------
    str

    Raises
    ------
    Refused
        Too large, too slow, empty, no such field, or not a form.
    """
    _, options = parse_options_header(request.headers["content-type"])
    with path.open("xb") as out:
        form = _Form(out, max_bytes)
        parser = MultipartParser(options[b"boundary"], form.callbacks())
        try:
            await _feed(request, parser, max_bytes + _AROUND_FILE, pace)
            parser.finalize()
        except FormParserError as error:
            raise Refused(400, f"the form cannot be read ({error}); send it again") from error
        except ClientDisconnect as error:
            raise Refused(
                400, message("upload.broke", "the upload broke off; send it again")
            ) from error
        except TooSlow as error:
            raise Refused(
                408,
                f"the upload {error}; expected a steady one: send it again, over a faster "
                "connection or as a smaller file",
            ) from error
        except OSError as error:
            raise Refused(
                503,
                message(
                    "upload.space",
                    "the recording cannot be kept ({reason}); expected enough space for uploads: "
                    "free some, or send it later",
                    reason=error.strerror or "",
                ),
            ) from error
    return form.finished()


async def discard(request: Request) -> None:
    """Take for a moment what is still on its way, so that who sends it can read a refusal.

    A connection that is closed with unread data in it is reset, and the answer may be lost.

    Parameters
    ----------
    request : Request
    """
    n_bytes = 0
    with suppress(ClientDisconnect, TimeoutError):
        async with asyncio.timeout(_DISCARDED_S):
            async for piece in request.stream():
                n_bytes += len(piece)
                if n_bytes > _DISCARDED_BYTES:
                    return


async def _feed(request: Request, parser: MultipartParser, most: int, pace: Pace) -> None:
    n_bytes = 0
    async with pace.kept() as came:
        async for piece in request.stream():
            n_bytes += len(piece)
            came(len(piece))
            if n_bytes > most:
                raise _too_large(most - _AROUND_FILE)
            # Disks are slow at times: other requests go on meanwhile.
            await asyncio.to_thread(parser.write, piece)


@dataclass
class _Form:
    """Handler of the parser's parts, each with headers and data. The first file is kept."""

    out: BinaryIO
    max_bytes: int
    name: str | None = None
    n_bytes: int = 0
    ended: bool = False
    _inside: bool = False
    _n_parts: int = 0
    _header: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)
    _disposition: bytes = b""

    def callbacks(self) -> MultipartCallbacks:
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._add(self._header, data[start:end]),
            "on_header_value": lambda data, start, end: self._add(self._value, data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": lambda data, start, end: self._write(data[start:end]),
            "on_part_end": self._end_part,
        }

    def finished(self) -> str:
        """The file's name, once all has been read."""
        if self.name is None or not self.ended:
            raise Refused(
                422,
                f"the form has no whole file in a field {FIELD!r}; expected a recording of a face "
                "or a voice: choose one",
            )
        if self.n_bytes == 0:
            raise Refused(
                422,
                message(
                    "upload.empty",
                    "{file} is empty (0 bytes); expected a recording of a face or a voice: choose "
                    "another file, or record it again",
                    file=self.name,
                ),
            )
        return self.name

    def _begin(self) -> None:
        self._n_parts += 1
        if self._n_parts > _MOST_PARTS:
            raise Refused(
                400,
                f"the form has more than {_MOST_PARTS} parts; expected the recording as field "
                f"{FIELD!r}: send that alone",
            )
        self._header.clear()
        self._value.clear()
        self._disposition = b""

    def _add(self, part: bytearray, data: bytes) -> None:
        part += data
        if len(part) > _MOST_HEADER:
            raise Refused(400, "the form has a header that is too long; send it again")

    def _end_header(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _end_headers(self) -> None:
        _, options = parse_options_header(self._disposition)
        wanted = options.get(b"name") == FIELD.encode() and b"filename" in options
        if wanted and self.name is None:
            self._inside = True
            self.name = display_name(options[b"filename"].decode("utf-8", "replace"))

    def _write(self, data: bytes) -> None:
        if self._inside:
            self.n_bytes += len(data)
            if self.n_bytes > self.max_bytes:
                raise _too_large(self.max_bytes)
            self.out.write(data)

    def _end_part(self) -> None:
        self.ended = self.ended or self._inside
        self._inside = False


def _too_large(max_bytes: int) -> Refused:
    return Refused(
        413,
        message(
            "upload.large",
            "the recording is larger than {n_megabytes:.4g} MB; expected that at most: cut or "
            "compress it, or start the server with a larger --max-size",
            n_megabytes=max_bytes / 1e6,
        ),
    )
