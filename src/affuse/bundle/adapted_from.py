"""The part of ``bundle.json`` about the bundle from which this one was adapted."""

from __future__ import annotations

from pydantic import Field

from affuse.bundle.manifest_part import ManifestPart


class AdaptedFrom(ManifestPart):
    """The original bundle, and the clips that the decisions were fitted to.

    Attributes
    ----------
    name, sha256 : str
        Of that bundle, as its manifest has them.
    data : str
        What the clips are called.
    emotions : mapping of str to int
        Clips of each emotion.
    n_speakers : int
    """

    name: str
    sha256: str
    data: str
    emotions: dict[str, int]
    n_speakers: int = Field(ge=1)
