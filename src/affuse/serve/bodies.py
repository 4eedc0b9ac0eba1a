"""Short JSON that a request carries, read at a bounded pace and size, and checked."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from affuse.serve.pace import Pace, TooSlow
from affuse.serve.replies import Refused

Sent = TypeVar("Sent", bound=BaseModel)


async def sent_body(
    request: Request, pace: Pace, kind: type[Sent], what: str, most_bytes: int
) -> Sent:
    """What a request carries.

    Parameters
    ----------
    request : Request
    pace : Pace
        As of an upload: a body that never ends would hold its connection for ever.
    kind : type
        The model that it is to fit.
    what : str
        What it is, in the plural, for messages.
    most_bytes : int

    Returns
    -------
    BaseModel
        Of `kind`.

    Raises
    ------
    Refused
        408: too slow; 413: too long; 422: it does not fit.
    """
    body = bytearray()
    try:
        async with pace.kept() as came:
            async for piece in request.stream():
                body += piece
                came(len(piece))
                if len(body) > most_bytes:
                    raise Refused(
                        413,
                        f"{what} of more than {most_bytes / 1e6:g} MB were sent; expected less",
                    )
    except TooSlow as error:
        raise Refused(
            408, f"the {what} {error}; expected a steady upload: send them again"
        ) from error
    try:
        return kind.model_validate_json(bytes(body))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or f"the {what}"
        raise Refused(422, f"{where} was sent: {first['msg']}; see /api/docs") from error
