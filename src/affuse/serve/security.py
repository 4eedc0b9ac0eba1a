"""Who may ask: the right Host, Origin and token; and the headers of every answer."""

from __future__ import annotations

import hmac
import ipaddress
import json
import socket
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from affuse.serve.settings import ANY_ADDRESS, ServerSettings

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)

HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "permissions-policy": "camera=(self), microphone=(self)",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }
)
"""Of every answer, unless it has one of its own."""

_SAFE = ("GET", "HEAD")
_OURS = ("same-origin", "none")
_POLICY_VIOLATION = 1008
_LONGEST_PORT = 5
_MOST_FIELDS = 20


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not let through."""

    status: int
    reason: str


class Guard:
    """Lets through what this server's own page, or a program on this machine, asks.

    Pure ASGI, so that nothing of a body is read before it was decided.

    Parameters
    ----------
    app : ASGI application
    settings : ServerSettings
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app = app
        self._settings = settings
        self._cookie = f"affuse-{settings.port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        refusal = self._refusal(scope, headers)
        if scope["type"] == "websocket":
            await self._connect(refusal, scope, receive, send)
        elif refusal is not None:
            await _answer(refusal, _with_headers(scope, send))
        elif self._brings_token(scope):
            await self._keep_token(_with_headers(scope, send))
        else:
            await self._app(scope, receive, _with_headers(scope, send))

    async def _connect(
        self, refusal: Refusal | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if refusal is None:
            await self._app(scope, receive, send)
            return
        await receive()
        await send(
            {"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": refusal.reason[:120]}
        )

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> Refusal | None:
        host = headers.get("host", "")
        if not is_own_host(host, self._settings):
            return Refusal(
                421,
                f"host {host[:80]!r} was asked for; expected the address that this server listens "
                f"on: open {self._settings.host}:{self._settings.port}, or name it with --host",
            )
        if not _is_same_origin(scope, headers):
            return Refusal(
                403,
                "another site sent this request; expected this server's own page or a program: "
                "open the page itself",
            )
        if self._settings.token and not self._shows_token(scope, headers):
            return Refusal(
                401,
                "no token, or a wrong one, was shown; expected that of the address which "
                "affuse serve printed: open that, or send it as Authorization: Bearer",
            )
        return None

    def _shows_token(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        kind, _, bearer = headers.get("authorization", "").partition(" ")
        shown = [bearer.strip()] if kind.lower() == "bearer" else []
        try:
            kept = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            kept = None
        shown += [kept.value] if kept is not None else []
        shown += _token_in_address(scope)
        return any(self._is_token(token) for token in shown)

    def _is_token(self, shown: str) -> bool:
        token = self._settings.token or ""
        return hmac.compare_digest(shown.encode("utf-8", "replace"), token.encode())

    def _brings_token(self, scope: Scope) -> bool:
        return bool(self._settings.token) and bool(_token_in_address(scope))

    async def _keep_token(self, send: Send) -> None:
        """Put the token into a cookie, so that it leaves the address line at once."""
        cookie = f"{self._cookie}={self._settings.token}; HttpOnly; SameSite=Strict; Path=/"
        headers = [(b"location", b"/"), (b"set-cookie", cookie.encode()), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def is_own_host(given: str, settings: ServerSettings) -> bool:
    """Whether a Host header names this server, and no name that somebody else points at it.

    Parameters
    ----------
    given : str
        With the port, where there is one.
    settings : ServerSettings

    Returns
    -------
    bool

    Examples
    --------
    >>> here = ServerSettings()
    >>> is_own_host("127.0.0.1:8765", here), is_own_host("evil.example:8765", here)
    (True, False)
    """
    name, port = _host_and_port(given.lower())
    if port != settings.port:
        return False
    if name in ("localhost", "127.0.0.1", "::1", settings.host.lower()):
        return True
    # Listening everywhere: its own name, or an address, which nobody can point elsewhere.
    return settings.host in ANY_ADDRESS and (
        name == socket.gethostname().lower() or _is_address(name)
    )


def _host_and_port(given: str) -> tuple[str, int]:
    name, colon, port = given.rpartition(":")
    if not colon or given.endswith("]"):
        name, port = given, "80"
    is_port = port.isdecimal() and len(port) <= _LONGEST_PORT
    return name.removeprefix("[").removesuffix("]"), int(port) if is_port else -1


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_same_origin(scope: Scope, headers: Mapping[str, str]) -> bool:
    origin, host = headers.get("origin"), headers.get("host", "")
    if origin is not None:
        return origin.lower() in (f"http://{host.lower()}", f"https://{host.lower()}")
    site = headers.get("sec-fetch-site", "none")
    if site in _OURS:
        return True
    # A link on another site may lead to the page, but nothing may be asked of the API from there.
    followed = headers.get("sec-fetch-mode") == "navigate" and scope.get("method") in _SAFE
    return followed and not scope["path"].startswith("/api")


def _token_in_address(scope: Scope) -> list[str]:
    """The token that the first page's address carries."""
    if scope["type"] != "http" or scope["path"] != "/" or scope["method"] not in _SAFE:
        return []
    query = scope["query_string"].decode("latin-1")
    try:
        return parse_qs(query, max_num_fields=_MOST_FIELDS).get("token", [])
    except ValueError:
        return []


def _with_headers(scope: Scope, send: Send) -> Send:
    private = scope["path"].startswith("/api")

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            _add_headers(message, private=private)
        await send(message)

    return sending


def _add_headers(message: MutableMapping[str, Any], *, private: bool) -> None:
    present = {name.lower() for name, _ in message["headers"]}
    wanted = dict(HEADERS) | {"cache-control": "no-store" if private else "no-cache"}
    message["headers"] = [
        *message["headers"],
        *((k.encode(), v.encode()) for k, v in wanted.items() if k.encode() not in present),
    ]


async def _answer(refusal: Refusal, send: Send) -> None:
    body = json.dumps({"error": refusal.reason}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        # What is still to come of a body is not wanted.
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
