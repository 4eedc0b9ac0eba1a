"""The content of ``bundle.json``, validated; docs/bundle.md describes every field."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from affuse.bundle.adapted_from import AdaptedFrom
from affuse.bundle.manifest_part import ManifestPart
from affuse.bundle.member import (
    FileName,
    Member,
    Share,
    Temperature,
    refuse_repeats,
)

FORMAT = 5
"""Raised when a bundle of the new kind cannot be read by the affuse of before; all up to it can be
read. Bundles of emotions are still written as 2, those of numbers as 3; adapted ones, and those
that know how far a clip is from their training or how moments are pooled, as 4; those that know how
much a face counts that can hardly be seen, as 5."""

ADAPTED_FORMAT = 4
"""The lowest of an adapted bundle."""

MANIFEST = "bundle.json"
CARD = "MODEL_CARD.md"

RuleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=100)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Stacker(ManifestPart):
    """The graph that decides where exactly these members have outputs, its inputs by name."""

    members: tuple[str, ...] = Field(min_length=2)
    graph: FileName


class Together(ManifestPart):
    """Classes that compete with the others as one, and the member that then divides them.

    In a product the sum of what a member says of them counts, and an own class that may mean
    several of them counts once.
    """

    classes: tuple[str, ...] = Field(min_length=2)
    divided_by: str


class Agreement(ManifestPart):
    """What must hold for an emotion to be named where both voice and face have an answer.

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


class Fusion(ManifestPart):
    """How the members' outputs become one.

    Attributes
    ----------
    rule : str
    temperature : float
        Of the fused output, where all members have one: probabilities are taken to the power of
        1 / temperature and normalised.
    stackers : tuple of Stacker
        With rule ``stacking``; without one for the members with outputs, the mean decides.
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


class Pooling(ManifestPart):
    """How outputs for moments become the output for a stretch.

    Attributes
    ----------
    resting : tuple of str
        Classes of a face or a voice that tells nothing.
    resting_share : float
        Their probability in it; the others have the rest, as frequent as in the member's prior.
    power : float
        A moment weighs exp(power * divergence from rest), in nats.
    neighbour : float
        Weight of the windows next to one, beside its own of 1.
    """

    resting: tuple[str, ...] = Field(min_length=1)
    resting_share: Annotated[float, Field(gt=0, lt=1)]
    power: float = Field(ge=0, le=100)
    neighbour: float = Field(default=0.0, ge=0, le=1)


class TrainedOn(ManifestPart):
    """The clips and speakers that the graphs were trained on.

    Attributes
    ----------
    corpus : str
        Such as "RAVDESS"; for a person's own table its name.
    speakers : tuple of str
    n_clips : int
        0 where only the network behind an extractor was trained on it.
    clips : tuple of str
        For corpora that affuse does not know by name: `provenance.clip_digest` of each clip, which
        tells a known clip without telling its name.
    """

    corpus: str
    speakers: tuple[str, ...] = ()
    n_clips: int = Field(ge=0)
    clips: tuple[str, ...] = ()


class Figures(ManifestPart):
    """What the same recipe scored on held-out clips, as fractions.

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
        """Names of the fields that are numbers.

        Returns
        -------
        tuple of str
        """
        return tuple(
            name for name in cls.model_fields if name not in ("system", "protocol", "leak")
        )


class EmotionSets(ManifestPart):
    """Which emotions are in the conformal set of a recording: those that are probable enough.

    Attributes
    ----------
    coverage : float
        With which the set is to hold the true emotion of a new speaker like those of the run.
    least : float
        Probability from which on an emotion is in it; the most probable one always is.
    n_clips, n_speakers : int
        That it was calibrated on, each predicted by models not trained on its speaker.
    """

    coverage: float = Field(gt=0, lt=1)
    least: Share
    n_clips: int = Field(ge=1)
    n_speakers: int = Field(ge=1)


class Manifest(ManifestPart):
    """All of ``bundle.json`` except its own hash.

    Attributes
    ----------
    affuse : str
        Version of affuse that made it.
    classes : tuple of str
        Emotions that are predicted, in the order of all probabilities; none in a bundle of numbers.
    targets : tuple of str
        Numbers that are predicted in their place, such as valence and arousal.
    pooling : Pooling or None
        How moments become a stretch; None: their mean.
    sets : EmotionSets or None
        How sets of emotions are made; None: no sets are made.
    abstain_below : float
        Smallest calibrated probability with which an emotion is named.
    figures : tuple of Figures
        The fused system first.
    licence : str
        Of the graphs, in words.
    packages : mapping of str to str
        Versions of what made the graphs.
    adapted_from : AdaptedFrom or None
        The bundle that it was before it was fitted to somebody's own clips.
    files : mapping of str to str
        Every other file of the bundle -> SHA-256.
    """

    format: Literal[1, 2, 3, 4, 5] = 2
    affuse: str
    name: str = Field(min_length=1)
    classes: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    members: tuple[Member, ...] = Field(min_length=1)
    fusion: Fusion = Fusion()
    abstain_below: Share = 0.0
    pooling: Pooling | None = None
    sets: EmotionSets | None = None
    trained_on: tuple[TrainedOn, ...] = ()
    figures: tuple[Figures, ...] = ()
    licence: str = ""
    card: FileName = CARD
    adapted_from: AdaptedFrom | None = None
    packages: dict[str, str] = Field(default_factory=dict)
    files: dict[FileName, Sha256] = Field(default_factory=dict)

    @property
    def leaky(self) -> bool:
        """Whether a figure rests on clips or speakers that were known in training."""
        return any(figures.leak for figures in self.figures)

    @property
    def graphs(self) -> tuple[str, ...]:
        """Files of all graphs, each listed once."""
        of_members = [member.graph for member in self.members]
        of_stackers = [stacker.graph for stacker in self.fusion.stackers]
        of_distances = [m.familiarity.graph for m in self.members if m.familiarity is not None]
        return tuple(dict.fromkeys([*of_members, *of_distances, *of_stackers]))

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what it predicts: its classes, or its targets."""
        return self.targets or self.classes

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Classes that compete as one, in the order of their first class; most are alone."""
        joined = {name: each.classes for each in self.fusion.together for name in each.classes}
        return tuple(dict.fromkeys(joined.get(name, (name,)) for name in self.classes))

    def member(self, name: str) -> Member:
        """The member of a given name.

        Parameters
        ----------
        name : str

        Returns
        -------
        Member

        Raises
        ------
        KeyError
            There is none.
        """
        return {member.name: member for member in self.members}[name]

    def _tells_emotions_or_numbers(self) -> None:
        if self.targets:
            others = [m.name for m in self.members if m.classes != self.targets]
            of_emotions = (self.fusion.together, self.fusion.agreement, self.sets, self.pooling)
            if self.classes or others or any(of_emotions):
                raise ValueError(
                    f"a bundle of the targets {list(self.targets)} has no classes, and members "
                    f"that all give these targets; this one has {list(self.classes)}, {others}"
                )
            return
        for whose, classes in (
            ("bundle", self.classes),
            *((m.name, m.classes) for m in self.members),
        ):
            if len(classes) < 2:
                raise ValueError(
                    f"{whose} has the classes {list(classes)}; expected at least 2 items"
                )

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        names = [member.name for member in self.members]
        refuse_repeats(names, "members")
        refuse_repeats(self.classes, "classes")
        refuse_repeats(self.targets, "targets")
        self._tells_emotions_or_numbers()
        for member in self.members:
            meant = {name for own in member.classes for name in member.means(own)}
            foreign = sorted(meant - set(self.outputs))
            if foreign:
                raise ValueError(
                    f"member {member.name!r} tells {foreign}, no classes of the bundle"
                )
        for stacker in self.fusion.stackers:
            refuse_repeats(stacker.members, "members of a stacker")
            if set(stacker.members) - set(names):
                raise ValueError(f"a stacker wants {list(stacker.members)}, members are {names}")
        refuse_repeats([n for t in self.fusion.together for n in t.classes], "joined classes")
        for together in self.fusion.together:
            foreign = sorted(set(together.classes) - set(self.classes))
            if foreign or together.divided_by not in names:
                raise ValueError(
                    f"{list(together.classes)} compete as one and {together.divided_by!r} divides "
                    f"them; classes are {list(self.classes)}, members {names}"
                )
        resting = () if self.pooling is None else self.pooling.resting
        foreign = sorted(set(resting) - set(self.classes))
        if foreign:
            raise ValueError(f"{foreign} rest, but are no classes of {list(self.classes)}")
        missing = sorted({*self.graphs, self.card} - set(self.files)) if self.files else []
        if missing:
            raise ValueError(f"files {missing} have no hash")
        return self
