"""Any error as one polite sentence with a fitting status."""

from __future__ import annotations

import errno
from contextlib import suppress

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from affuse.errors import AffuseError, ConfigError, MissingDependency
from affuse.messages import coded, reason_of
from affuse.serve.jobs import Busy, Gone
from affuse.serve.replies import Refused
from affuse.storage.error_log import logged

_OWN_ERROR = 500
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


async def answered(request: Request, error: Exception) -> Response:
    """The answer to any error.

    Parameters
    ----------
    request : Request
    error : Exception

    Returns
    -------
    Response
    """
    status, reason, headers = _status_of(error)
    if status == _OWN_ERROR:
        logged(f"{request.method} {request.url.path}", error)
    # A body that was refused may still be on its way: nothing of it is wanted any more.
    headers |= {"Connection": "close"} if request.method in ("POST", "PUT") else {}
    found = coded(reason)
    body = {"error": reason} | ({} if found is None else {"message": found})
    return JSONResponse(body, status, headers)


def _status_of(error: Exception) -> tuple[int, str, dict[str, str]]:
    match error:
        case Refused():
            return error.status, error.reason, {}
        case Busy():
            return 429, reason_of(error), {"Retry-After": "30"}
        case Gone():
            return 404, reason_of(error), {}
        case ConfigError():
            return 422, str(error), {}
        case MissingDependency():
            return 404, str(error), {}
        case AffuseError():
            return 409, reason_of(error), {}
        case OSError() if error.errno in _NO_SPACE:
            return 503, "there is no space left on the server; free some, or try later", {}
        case RequestValidationError():
            return 422, _unfitting(error), {}
        case HTTPException():
            reason = f"{error.detail}; see /api/docs for what can be asked"
            return error.status_code, reason, dict(error.headers or {})
    return _OWN_ERROR, "the server met an error of its own; its log says which: try again", {}


def _unfitting(error: RequestValidationError) -> str:
    """The first thing that does not fit, in one sentence."""
    first = error.errors()[0]
    with suppress(KeyError):
        return f"{first['loc'][-1]} {str(first.get('input'))[:80]!r} was given: {first['msg']}"
    return "something in the request does not fit; see /api/docs"
