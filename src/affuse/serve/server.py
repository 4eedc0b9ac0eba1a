"""Listening: a socket, and the server behind it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import uvicorn

from affuse.errors import ConfigError
from affuse.serve.app import create_app
from affuse.serve.connections import bounded
from affuse.serve.live import MOST_MESSAGE
from affuse.serve.settings import ServerSettings

_BACKLOG = 128
_GRACE_S = 3


@contextmanager
def listening(settings: ServerSettings) -> Iterator[tuple[socket.socket, ServerSettings]]:
    """A socket that takes connections from now on, and the settings with its real port.

    Parameters
    ----------
    settings : ServerSettings
        Port 0: any free one.

    Yields
    ------
    tuple of socket and ServerSettings

    Raises
    ------
    ConfigError
        The address is taken, or not of this machine.
    """
    if not settings.host:
        # To the system an empty name is every address of this machine: nobody asked for that.
        raise ConfigError(
            "an empty --host was given; expected an address such as 127.0.0.1, or 0.0.0.0 for all"
        )
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind((settings.host, settings.port))
            taken.listen(_BACKLOG)
        except (OSError, OverflowError) as error:
            raise ConfigError(
                f"cannot listen on {settings.host}:{settings.port} ({error}); expected a free "
                "address of this machine: give another --port or --host"
            ) from error
        yield taken, replace(settings, port=taken.getsockname()[1])


def server_of(settings: ServerSettings) -> uvicorn.Server:
    """The server of these settings, ready to serve: ``server.run(sockets=[taken])``.

    Parameters
    ----------
    settings : ServerSettings

    Returns
    -------
    uvicorn.Server

    Raises
    ------
    BundleError
        The bundle cannot be used.
    """
    config = uvicorn.Config(
        create_app(settings),
        # The address of the first request carries the token: it belongs into no log.
        access_log=False,
        log_level="warning",
        server_header=False,
        http=bounded(settings.limits),
        ws="websockets-sansio",
        ws_max_size=MOST_MESSAGE,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
    return uvicorn.Server(config)
