"""Identity of browsers: a random cookie by which results are returned to their owner."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_N_BYTES = 32
_MADE_HERE = re.compile(r"[A-Za-z0-9_-]{43}")


class Browsers:
    """Distinguishes browsers by a cookie that no script can read and no other site sends along.

    Parameters
    ----------
    port : int
        Of the server: cookies of one host are shared by all of its ports, so the name tells.

    Examples
    --------
    >>> from starlette.requests import Request
    >>> cookie = b"affuse-browser-8765=" + b"x" * 43
    >>> request = Request({"type": "http", "headers": [(b"cookie", cookie)]})
    >>> len(Browsers(8765).owner(request)), Browsers(80).owner(request)
    (64, None)
    """

    def __init__(self, port: int) -> None:
        self._cookie = f"affuse-browser-{port}"

    def owner(self, request: Request) -> str | None:
        """Owner of the jobs that a request may see: a digest of its cookie; None for programs.

        Parameters
        ----------
        request : Request

        Returns
        -------
        str or None
            64 hexadecimal digits. What the server holds lets nobody in.
        """
        kept = self._kept(request)
        return None if kept is None else hashlib.sha256(kept.encode()).hexdigest()

    def greet(self, request: Request, response: Response) -> None:
        """Give a browser that opens the page its cookie, for as long as it runs.

        Parameters
        ----------
        request : Request
        response : Response
            Of the page.
        """
        if self._kept(request) is None:
            made = secrets.token_urlsafe(_N_BYTES)
            response.set_cookie(self._cookie, made, path="/", httponly=True, samesite="strict")

    def _kept(self, request: Request) -> str | None:
        kept = request.cookies.get(self._cookie, "")
        return kept if _MADE_HERE.fullmatch(kept) else None
