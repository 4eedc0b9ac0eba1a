"""What requests about recordings may carry, as the schema describes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel

from affuse.records import Modality
from affuse.serve.corrections import Corrections
from affuse.serve.person_names import Names
from affuse.serve.uploads import FIELD

_LONGEST_WINDOW_S = 60.0

Window = Annotated[float | None, Query(ge=0.5, le=_LONGEST_WINDOW_S, description="Seconds.")]
Threshold = Annotated[float | None, Query(ge=0, le=1)]
FacesNamed = Literal["largest", "all"]
ByHand = Annotated[
    bool, Query(alias="corrected", description="With the timeline that a person has made.")
]
GoBy = Annotated[Modality | None, Query(description="Leave the other modality out.")]
Explain = Annotated[bool, Query(description="Say what the answer rests on.")]
MOST_PEOPLE = 100
People = Annotated[
    int | None,
    Query(ge=0, le=MOST_PEOPLE, description="Tell so many people apart; 0: as many as are found."),
]
Meant = Annotated[str, Query(description="The emotion that an example is to express.")]
Route = tuple[str, str, Callable[..., Any], dict[str, Any]]
"""Method, path, what answers, and options of `APIRouter.add_api_route`."""

FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [FIELD],
                    "properties": {FIELD: {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


def _of(kind: type[BaseModel]) -> dict[str, Any]:
    """Options of a route that takes JSON of a kind."""
    content = {"application/json": {"schema": kind.model_json_schema()}}
    return {"openapi_extra": {"requestBody": {"required": True, "content": content}}}


TIMELINE, NAMES = _of(Corrections), _of(Names)
