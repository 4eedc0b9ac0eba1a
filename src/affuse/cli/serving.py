"""``affuse serve``: listen, print the address, serve until Ctrl-C."""

from __future__ import annotations

import webbrowser
from importlib.util import find_spec

from affuse.cli.saying import say
from affuse.errors import MissingDependency
from affuse.serve.settings import ServerSettings, is_loopback
from affuse.workers.threads import begun_thread

_PACKAGES = ("fastapi", "uvicorn", "websockets", "python_multipart")


def serve_and_print(settings: ServerSettings, *, open_page: bool) -> None:
    """Serve until interrupted; prints where the page is.

    Parameters
    ----------
    settings : ServerSettings
    open_page : bool
    """
    for package in _PACKAGES:
        if find_spec(package) is None:
            raise MissingDependency(package, "web")
    from affuse.serve.server import listening, server_of

    with listening(settings) as (taken, real):
        # A bundle that cannot be used is found here, before anybody is sent to the page.
        server = server_of(real)
        say(f"affuse is at {real.url} (Ctrl-C ends it)")
        if not is_loopback(real.host):
            say("Others can reach it with this address, which is all that they need.")
        if open_page:
            # The socket takes connections already: the browser waits until the server is ready.
            begun_thread(webbrowser.open, real.url)
        try:
            server.run(sockets=[taken])
        except KeyboardInterrupt:
            say("affuse: ended; uploads and results are removed", err=True)
