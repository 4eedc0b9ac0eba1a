"""What stands in ``bundle.json``, validated; docs/bundle.md describes every field."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from affuse.records import Modality

FORMAT = 2
"""Raised when a bundle of the new kind cannot be read by the affuse of before; all up to it can be
read."""

MANIFEST = "bundle.json"
CARD = "MODEL_CARD.md"

RuleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=100)]
FileName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=200)
]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Share = Annotated[float, Field(ge=0, le=1)]
Size = Annotated[int, Field(ge=0, le=10**8)]
Temperature = Annotated[float, Field(ge=1e-6, le=1e6)]

_SUM_TOLERANCE = 1e-6
_MOST_DIMENSIONS = 8
_MOST_NUMBERS = 10**8
"""Of the features of one clip; those of affuse's own extractors are below 10**7."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FeatureSource(_Part):
    """Where the numbers of one modality come from.

    Attributes
    ----------
    name : str
        An extractor of affuse, or another source of input that the recogniser knows.
    version : int
        Of the extractor: the same settings give the same numbers only under the same version.
    label : str
        What results show.
    shape : tuple of int
        Of one clip's array; empty where clips differ.
    settings, decoding : mapping
        All that steers the numbers, ready to be compared.
    config : mapping
        The part of a recipe that makes the extractor again.
    """

    name: str = Field(min_length=1)
    version: int = 1
    label: str = ""
    shape: Annotated[tuple[Size, ...], Field(max_length=_MOST_DIMENSIONS)] = ()
    settings: dict[str, Any] = {}
    decoding: dict[str, Any] = {}
    config: dict[str, Any] = {}

    @model_validator(mode="after")
    def _fits_into_memory(self) -> Self:
        if math.prod(self.shape) > _MOST_NUMBERS:
            raise ValueError(f"shape {list(self.shape)} has more than {_MOST_NUMBERS:,} numbers")
        return self


class Member(_Part):
    """One graph that says something about a clip.

    Attributes
    ----------
    name : str
        Unique in the bundle.
    features : mapping of modality to FeatureSource
        One modality, or both for a system that fuses before it decides.
    graph : str
        File of the ONNX graph. Output ``probabilities`` (n, n_own_classes), and ``embedding``
        (n, n_embedding) where there is one.
    needs_all : bool
        With several modalities: whether it is silent about a clip that lacks one. A graph that
        does without takes NaN in the place of the features of an absent modality.
    classes : tuple of str
        The graph's own, in its order.
    stands_for : mapping of str to sequence of str
        Own class -> classes of the bundle that it may mean; a class that is not listed means the
        one of the same name.
    share : mapping of str to mapping of str to float
        Own class -> how its probability divides among those when this member decides alone, or in
        a rule that is no product; equally where it is not listed.
    temperature : float
        Probabilities are taken to the power of 1 / temperature and normalised.
    prior : mapping of str to float
        Own class -> probability that is divided out before a product, such as how frequent the
        class was in training, or how often it is said of people not met; none: nothing is.
    prior_power : float
        How much of the prior is divided out: it is taken to this power.
    weight : float
        Exponent in a product, weight in a weighted mean.
    """

    name: str = Field(min_length=1)
    features: dict[Modality, FeatureSource] = Field(min_length=1)
    graph: FileName
    needs_all: bool = True
    classes: tuple[str, ...] = Field(min_length=2)
    stands_for: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]] = {}
    share: dict[str, dict[str, Share]] = {}
    temperature: Temperature = 1.0
    prior: dict[str, Annotated[float, Field(ge=1e-9, le=1)]] = {}
    prior_power: float = Field(default=1.0, ge=0, le=1000)
    weight: float = Field(default=1.0, ge=0, le=1000)

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """What it is told by, sorted."""
        return tuple(sorted(self.features))

    def means(self, own: str) -> tuple[str, ...]:
        """Classes of the bundle that one of its own may mean."""
        return self.stands_for.get(own, (own,))

    def shares(self, own: str) -> Mapping[str, float]:
        """How the probability of an own class divides among what it may mean."""
        meant = self.means(own)
        return self.share.get(own) or {name: 1 / len(meant) for name in meant}

    @model_validator(mode="after")
    def _own_classes_are_known(self) -> Self:
        _refuse_repeats(self.classes, f"classes of member {self.name!r}")
        for field in ("stands_for", "share", "prior"):
            foreign = sorted(set(getattr(self, field)) - set(self.classes))
            if foreign:
                raise ValueError(f"{field} of member {self.name!r} has {foreign}, no own classes")
        if self.prior and set(self.prior) != set(self.classes):
            raise ValueError(f"prior of member {self.name!r} must have all its classes, or none")
        for own, parts in self.share.items():
            legal = set(parts) <= set(self.means(own))
            if not legal or abs(sum(parts.values()) - 1) > _SUM_TOLERANCE:
                raise ValueError(
                    f"share of {own!r} of member {self.name!r} must sum to 1 over "
                    f"{list(self.means(own))}, not {parts}"
                )
        return self


class Stacker(_Part):
    """What decides where exactly these members speak: inputs are their probabilities, by name."""

    members: tuple[str, ...] = Field(min_length=2)
    graph: FileName


class Together(_Part):
    """Classes that compete with the others as one, and the member that then divides them.

    In a product the sum of what a member says of them counts, and an own class that may mean
    several of them counts once.
    """

    classes: tuple[str, ...] = Field(min_length=2)
    divided_by: str


class Agreement(_Part):
    """What must hold for an emotion to be named where voice and face both speak.

    Attributes
    ----------
    n_first : int
        It is among so many most probable ones of either modality,
    least : float
        and has at least this probability in either.
    sure, foreign : float
        Voice and face contradict each other where each gives its own first emotion at least
        `sure`, and the other's less than `foreign`.
    shared : float
        Where then no emotion has so much in both, only one of these two is named.
    """

    n_first: int = Field(ge=1)
    least: Share
    sure: Share
    foreign: Share
    shared: Share


class Fusion(_Part):
    """How members become one.

    Attributes
    ----------
    rule : str
    temperature : float
        Of what they say together, where all of them speak: probabilities are taken to the power of
        1 / temperature and normalised.
    stackers : tuple of Stacker
        With rule ``stacking``; without one for the members that speak, the mean decides.
    together : tuple of Together
        Classes that compete as one; with rule ``product``.
    agreement : Agreement or None
        What must hold for an emotion to be named; None: it is the most probable one.
    fitted_on : str
        What the weights, priors' powers and temperatures were fitted on, in words.
    """

    rule: RuleName = "product"
    temperature: Temperature = 1.0
    stackers: tuple[Stacker, ...] = ()
    together: tuple[Together, ...] = ()
    agreement: Agreement | None = None
    fitted_on: str = ""


class TrainedOn(_Part):
    """Whom the graphs have heard and seen.

    Attributes
    ----------
    corpus : str
        Such as "RAVDESS"; for a person's own table its name.
    speakers : tuple of str
    n_clips : int
        0 where only the network behind an extractor was trained on it.
    clips : tuple of str
        For corpora that affuse does not know by name: `affuse.bundle.heard.clip_mark` of each
        clip, which tells a known clip without telling its name.
    """

    corpus: str
    speakers: tuple[str, ...] = ()
    n_clips: int = Field(ge=0)
    clips: tuple[str, ...] = ()


class Figures(_Part):
    """What the same recipe scored on clips it had not seen, as fractions.

    `leak` says why new speakers would give less; empty where speakers were kept apart. Of emotions
    there are UAR and accuracy, of numbers CCC, Pearson's correlation and the RMSE, each the mean
    over the targets.
    """

    system: str
    protocol: str
    uar: float | None = None
    uar_low: float | None = None
    uar_high: float | None = None
    accuracy: float | None = None
    ccc: float | None = None
    ccc_low: float | None = None
    ccc_high: float | None = None
    pearson: float | None = None
    rmse: float | None = None
    chance: float
    n_clips: int
    n_speakers: int
    n_folds: int | None = None
    leak: str = ""

    @property
    def headline(self) -> str:
        """Name of the figure by which systems were ranked."""
        return "CCC" if self.uar is None else "UAR"

    @property
    def interval(self) -> tuple[float | None, float | None]:
        """Bounds of that figure."""
        return (self.ccc_low, self.ccc_high) if self.uar is None else (self.uar_low, self.uar_high)

    @classmethod
    def measured(cls) -> tuple[str, ...]:
        """Names of the fields that are numbers."""
        return tuple(
            name for name in cls.model_fields if name not in ("system", "protocol", "leak")
        )


class Manifest(_Part):
    """All of ``bundle.json`` but its own hash.

    Attributes
    ----------
    affuse : str
        Version of affuse that made it.
    classes : tuple of str
        Emotions that are told, in the order of all probabilities.
    abstain_below : float
        Smallest calibrated probability with which an emotion is named.
    figures : tuple of Figures
        The fused system first.
    licence : str
        Of the graphs, in words.
    packages : mapping of str to str
        Versions of what made the graphs.
    files : mapping of str to str
        Every other file of the bundle -> SHA-256.
    """

    format: Literal[1, 2] = 2
    affuse: str
    name: str = Field(min_length=1)
    classes: tuple[str, ...] = Field(min_length=2)
    members: tuple[Member, ...] = Field(min_length=1)
    fusion: Fusion = Fusion()
    abstain_below: Share = 0.0
    trained_on: tuple[TrainedOn, ...] = ()
    figures: tuple[Figures, ...] = ()
    licence: str = ""
    card: FileName = CARD
    packages: dict[str, str] = {}
    files: dict[FileName, Sha256] = {}

    @property
    def leaky(self) -> bool:
        """Whether a figure rests on clips or speakers that were known in training."""
        return any(figures.leak for figures in self.figures)

    @property
    def graphs(self) -> tuple[str, ...]:
        """Files of all graphs, each once."""
        of_members = [member.graph for member in self.members]
        of_stackers = [stacker.graph for stacker in self.fusion.stackers]
        return tuple(dict.fromkeys([*of_members, *of_stackers]))

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Classes that compete as one, in the order of their first class; most are alone."""
        joined = {name: each.classes for each in self.fusion.together for name in each.classes}
        return tuple(dict.fromkeys(joined.get(name, (name,)) for name in self.classes))

    def member(self, name: str) -> Member:
        """The member of that name; KeyError if there is none."""
        return {member.name: member for member in self.members}[name]

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        names = [member.name for member in self.members]
        _refuse_repeats(names, "members")
        _refuse_repeats(self.classes, "classes")
        for member in self.members:
            meant = {name for own in member.classes for name in member.means(own)}
            foreign = sorted(meant - set(self.classes))
            if foreign:
                raise ValueError(
                    f"member {member.name!r} tells {foreign}, no classes of the bundle"
                )
        for stacker in self.fusion.stackers:
            _refuse_repeats(stacker.members, "members of a stacker")
            if set(stacker.members) - set(names):
                raise ValueError(f"a stacker wants {list(stacker.members)}, members are {names}")
        _refuse_repeats([n for t in self.fusion.together for n in t.classes], "joined classes")
        for together in self.fusion.together:
            foreign = sorted(set(together.classes) - set(self.classes))
            if foreign or together.divided_by not in names:
                raise ValueError(
                    f"{list(together.classes)} compete as one and {together.divided_by!r} divides "
                    f"them; classes are {list(self.classes)}, members {names}"
                )
        missing = sorted({*self.graphs, self.card} - set(self.files)) if self.files else []
        if missing:
            raise ValueError(f"files {missing} have no hash")
        return self


def _refuse_repeats(names: Sequence[str], what: str) -> None:
    if len(set(names)) < len(names):
        raise ValueError(f"{what} are {list(names)}; each must be there once")
