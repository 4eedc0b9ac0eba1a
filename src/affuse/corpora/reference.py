"""Reference: one published score of people or a system, to compare a result with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["chance", "people", "published"]


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference line for a result.

    Attributes
    ----------
    kind : {"chance", "people", "published"}
    name : str
    modality : str
        "audio", "video" or "audio+video"; empty for chance, which needs none.
    metric : {"UAR", "accuracy"}
    value : float
        A fraction.
    protocol : str
        How it was measured.
    source : str
        Where it was published; empty where only the figure is known.
    leak : str
        Why new speakers would give less; empty where nothing is known to leak.
    """

    kind: Kind
    name: str
    modality: str
    metric: Literal["UAR", "accuracy"]
    value: float
    protocol: str
    source: str = ""
    leak: str = ""
