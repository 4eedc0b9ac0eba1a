"""Protocols: how clips are divided, and why a figure is leaky."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from affuse.config import ProtocolName
from affuse.errors import FoldError
from affuse.splits.fold import Fold


@dataclass(frozen=True, slots=True)
class Leak:
    """Something about the test clips that is known in training.

    Attributes
    ----------
    kind : {"speakers", "learned features", "provenance"}
        Speakers are on both sides; features were learned from the test clips; a network was trained
        on speakers of the test clips before the run.
    reason : str
        Why figures are not what new speakers would give, for people.
    """

    kind: Literal["speakers", "learned features", "provenance"]
    reason: str


SAME_SPEAKERS = Leak("speakers", "clips of the same speakers are in training and test")
LEARNED_ON_TEST = Leak("learned features", "learned features are trained on the test clips")
TRAINED_ON_SPEAKERS = Leak(
    "provenance", "features come from a network that was trained on speakers of the test clips"
)

LEAKS: dict[str, tuple[Leak, ...]] = {
    "speaker-independent": (),
    "cross-corpus": (),
    "leave-one-corpus-out": (),
    "random": (SAME_SPEAKERS,),
    "lecture": (LEARNED_ON_TEST, SAME_SPEAKERS),
}
"""Leaks of each way of dividing clips."""

ACROSS_CORPORA = ("cross-corpus", "leave-one-corpus-out")
"""Those that train on some corpora and test on others: answers are the emotions of both sides."""

TRAINED_ON_LABEL = "speakers heard before"
"""How results name a protocol that keeps speakers apart where a network was trained on them."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """How clips are divided into training and test, for some rows of the results.

    Attributes
    ----------
    name : str
        The way of dividing, such as "speaker-independent", or "emobox folds" of a published set
        that does not keep speakers apart. Seeds are derived from it.
    folds : tuple of Fold
        Rows of the table that is evaluated. A row may be in no test part, as in one random split.
    provenance : tuple of Leak
        Leaks by the training of the networks behind these rows' features, which do not depend on
        how the clips are divided.
    found : tuple of Leak
        Leaks of these folds in particular, beside those of the way of dividing.
    published : str
        Name of the set that published these folds; empty: they are affuse's own.

    Examples
    --------
    >>> Protocol("speaker-independent", (), provenance=(TRAINED_ON_SPEAKERS,)).label
    'speakers heard before'
    >>> Protocol("speaker-independent", (), published="luna2021").label
    'luna2021 folds'
    """

    name: str
    folds: tuple[Fold, ...]
    provenance: tuple[Leak, ...] = ()
    found: tuple[Leak, ...] = ()
    published: str = ""

    @property
    def leaks(self) -> tuple[Leak, ...]:
        """All leaks: by the way of dividing first, then by provenance."""
        return self._by_dividing + self.provenance

    @property
    def leaky(self) -> bool:
        """Whether something about the test clips is known in training."""
        return bool(self.leaks)

    @property
    def label(self) -> str:
        """Name of the protocol in the column "protocol" of the results."""
        shown = published_label(self.published) if self.published else self.name
        if not self.provenance or self._by_dividing:
            return shown
        return (
            f"{shown}, {TRAINED_ON_LABEL}"
            if self.across_corpora or self.published
            else TRAINED_ON_LABEL
        )

    @property
    def seed_name(self) -> str:
        """What seeds are derived from: the label, as if the folds were affuse's own."""
        return replace(self, published="").label

    @property
    def title(self) -> str:
        """The protocol as a noun phrase."""
        return self.label if self.published else f"{self.label} protocol"

    @property
    def stage(self) -> str:
        """Name of the progress stage in which its folds are computed."""
        return self.label if self.published else f"{self.label} folds"

    @property
    def across_corpora(self) -> bool:
        """Whether it tests on other corpora than it trains on."""
        return self.name in ACROSS_CORPORA

    @property
    def _by_dividing(self) -> tuple[Leak, ...]:
        return LEAKS.get(self.name, ()) + self.found

    @property
    def leak(self) -> str:
        """Why its figures are not what new speakers would give; empty where they are."""
        by_name = not (self.found or self.published)
        return why_leaky(self.label) if by_name else _sentence(self.leaks)

    @property
    def prepares_on_all(self) -> bool:
        """Whether learned features are fitted on all clips, test clips included."""
        return LEARNED_ON_TEST in self._by_dividing


def why_leaky(label: str) -> str:
    """Why figures of a row are not what new speakers would give.

    Parameters
    ----------
    label : str
        What stands in the column "protocol" of results.

    Returns
    -------
    str
        Empty where nothing leaks, and for labels of other versions of affuse.

    Examples
    --------
    >>> why_leaky("random")
    'clips of the same speakers are in training and test'
    """
    met = {TRAINED_ON_LABEL, *(f"{name}, {TRAINED_ON_LABEL}" for name in ACROSS_CORPORA)}
    shown: dict[str, tuple[Leak, ...]] = {**dict.fromkeys(met, (TRAINED_ON_SPEAKERS,)), **LEAKS}
    return _sentence(shown.get(label, ()))


def published_label(name: str) -> str:
    """How results name the folds of a published set.

    Parameters
    ----------
    name : str

    Returns
    -------
    str

    Examples
    --------
    >>> published_label("emobox")
    'emobox folds'
    """
    return f"{name} folds"


def _sentence(leaks: Sequence[Leak]) -> str:
    return ", and ".join(leak.reason for leak in leaks)


@dataclass(frozen=True, slots=True)
class Feasible:
    """Protocols that are possible, and a sentence on those that are not (empty if all are)."""

    protocols: tuple[ProtocolName, ...]
    statement: str = ""


def feasible_protocols(wanted: Sequence[ProtocolName], speakers: Sequence[str]) -> Feasible:
    """The wanted protocols that are possible with these speakers.

    With one speaker no fold can keep speakers apart: the protocols that leak remain (`random`,
    if no other was wanted), and a sentence to show with the results.

    Parameters
    ----------
    wanted : sequence of str
    speakers : sequence of str
        Of each clip, or each once.

    Returns
    -------
    Feasible

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
