"""Limits on connections: slow headers, unread answers, too many at once."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

from affuse.serve.settings import Limits

_TOO_LATE = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


def bounded(limits: Limits) -> type[BoundedProtocol]:
    """The protocol class of a server with these limits, for ``uvicorn.Config(http=...)``.

    Parameters
    ----------
    limits : Limits

    Returns
    -------
    type
        A protocol class for uvicorn.
    """
    return type("BoundedProtocol", (BoundedProtocol,), {"limits": limits})


class BoundedProtocol(H11Protocol):
    """One connection, with limits that uvicorn leaves to a proxy in front of it.

    Attributes
    ----------
    limits : Limits
    """

    limits = Limits()
    _waiting: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    @property
    def asks_nothing(self) -> bool:
        """Whether no request is in progress."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept it, if need be in the place of the connection that has been idle for longest.

        Parameters
        ----------
        transport : asyncio.Transport
        """
        super().connection_made(transport)
        self._opened_s = self.loop.time()
        self._await_headers()
        open_now = [
            connection for connection in self.connections if not connection.transport.is_closing()
        ]
        if len(open_now) > self.limits.max_connections:
            others = [
                connection for connection in open_now if isinstance(connection, BoundedProtocol)
            ]
            idle = [connection for connection in others if connection.asks_nothing]
            min(idle, key=lambda connection: connection._opened_s).transport.abort()

    def data_received(self, data: bytes) -> None:
        """Feed the parser; headers that have begun must end in time.

        Parameters
        ----------
        data : bytes
        """
        super().data_received(data)
        if not self.asks_nothing:
            self._stop_waiting()
        elif self._waiting is None:
            self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of everything.

        Parameters
        ----------
        exc : Exception or None
            Why; None: it was closed.
        """
        self._stop_waiting()
        self._stop_hurrying()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Note that the client reads its answer more slowly than it is sent."""
        super().pause_writing()
        self._unread = self.loop.call_later(self.limits.reading_s, self.transport.abort)

    def resume_writing(self) -> None:
        """Note that the client has read some of it."""
        self._stop_hurrying()
        super().resume_writing()

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _stop_hurrying(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _await_headers(self) -> None:
        self._waiting = self.loop.call_later(self.limits.headers_s, self._headers_too_late)

    def _headers_too_late(self) -> None:
        self._waiting = None
        # A connection that has become a live one has another protocol.
        if self.asks_nothing and self.transport.get_protocol() is self:
            begun, _ = self.conn.trailing_data
            if begun:
                self.transport.write(_TOO_LATE)
            self.transport.close()
