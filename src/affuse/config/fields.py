"""Types of fields whose values are checked in the same way everywhere."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from affuse.config.durations import duration
from affuse.config.lists import items_of, speakers_of
from affuse.config.names import Fused, Named
from affuse.registries import EXTRACTORS, FUSIONS, MODELS, READERS, RULES

ProtocolName = Literal[
    "speaker-independent", "cross-corpus", "leave-one-corpus-out", "random", "lecture"
]

VOTES_ON = {"voice": "audio", "face": "video", "both": "audio+video"}
"""What voters were shown -> the modality."""

AsText = Annotated[str, BeforeValidator(lambda value: str(value))]
Speakers = Annotated[tuple[AsText, ...], BeforeValidator(speakers_of)]
Item = TypeVar("Item")
List = Annotated[tuple[Item, ...], BeforeValidator(items_of)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, lt=1)]
Duration = Annotated[str, AfterValidator(duration)]
Model = Annotated[str, AfterValidator(Named(MODELS))]
Rule = Annotated[str, AfterValidator(Named(RULES))]
Family = Annotated[str, AfterValidator(Named(FUSIONS))]
Fusion = Annotated[str, AfterValidator(Fused())]
Joint = Annotated[str, AfterValidator(Fused(joint=True))]
Combination = Annotated[str, AfterValidator(Fused("late"))]
Corpus = Annotated[str, AfterValidator(Named(READERS, also=("auto",)))]
Source = Annotated[
    str, AfterValidator(Named(EXTRACTORS, also=("none",), suffix=".csv", arguments=True))
]


class Settings(BaseModel):
    """A group of settings: frozen, and without unknown names."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
