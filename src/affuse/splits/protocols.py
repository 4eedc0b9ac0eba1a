"""Protocols: how clips are divided, and why a figure is leaky where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from affuse.config import ProtocolName
from affuse.errors import FoldError
from affuse.splits.fold import Fold

LEAKS: dict[ProtocolName, str] = {
    "speaker-independent": "",
    "random": "clips of the same speakers are in training and test",
    "lecture": (
        "learned features are trained on the test clips, and clips of the same speakers are in "
        "training and test"
    ),
}
"""Why figures of a protocol are not what new speakers would give; empty where they are."""

HEARD: Final = "speakers heard before"
"""Speakers are kept apart, but features come from a network that was trained on them."""

WHY_HEARD = "features come from a network that was trained on speakers of the test clips"


@dataclass(frozen=True, slots=True)
class Protocol:
    """How clips are divided into training and test.

    Attributes
    ----------
    name : str
    folds : tuple of Fold
        Rows of the table that is evaluated. A row may be in no test part, as in one random split.
    """

    name: ProtocolName | Literal["speakers heard before"]
    folds: tuple[Fold, ...]

    @property
    def leak(self) -> str:
        """Why its figures are not what new speakers would give; empty where they are."""
        return WHY_HEARD if self.name == HEARD else LEAKS[self.name]

    @property
    def leaky(self) -> bool:
        """Whether something about the test clips is known in training."""
        return bool(self.leak)

    @property
    def prepares_on_all(self) -> bool:
        """Whether learned features are fitted on all clips, those of the test included."""
        return self.name == "lecture"


def as_heard(protocol: Protocol) -> Protocol:
    """The same folds, for rows whose features know speakers of the clips already."""
    return protocol if protocol.leaky else replace(protocol, name="speakers heard before")


@dataclass(frozen=True, slots=True)
class Feasible:
    """Protocols that can be had, and a sentence on those that cannot (empty if all can)."""

    protocols: tuple[ProtocolName, ...]
    statement: str = ""


def feasible_protocols(wanted: Sequence[ProtocolName], speakers: Sequence[str]) -> Feasible:
    """What can be had of the protocols that are wanted, with these speakers.

    With one speaker no fold can keep speakers apart: the protocols that leak remain (`random`,
    if no other was wanted), and a sentence to show with the results.

    Parameters
    ----------
    wanted : sequence of str
    speakers : sequence of str
        Of each clip, or each once.

    Raises
    ------
    FoldError
        No protocol is wanted.

    Examples
    --------
    >>> feasible_protocols(["speaker-independent", "lecture"], ["1", "1"]).protocols
    ('lecture',)
    """
    if not wanted:
        raise FoldError(f"no protocol was given; expected at least one of {', '.join(LEAKS)}")
    if len(set(speakers)) > 1 or "speaker-independent" not in wanted:
        return Feasible(tuple(wanted))
    left: tuple[ProtocolName, ...] = tuple(n for n in wanted if LEAKS[n]) or ("random",)
    return Feasible(
        left,
        f"All clips are of one speaker ({speakers[0]}): speakers cannot be kept apart, so only "
        f"leaky protocols are possible ({', '.join(left)}). Their figures say nothing about other "
        "speakers: add clips of a second one.",
    )
