"""A member of a bundle in ``bundle.json``: one graph, and where its features come from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, StringConstraints, model_validator

from affuse.bundle.image_quality import ImageQuality
from affuse.bundle.manifest_part import ManifestPart
from affuse.records import Modality

FileName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=200)
]
Share = Annotated[float, Field(ge=0, le=1)]
Size = Annotated[int, Field(ge=0, le=10**8)]
Distance = Annotated[float, Field(gt=0)]
Weight = Annotated[float, Field(ge=-1000, le=1000)]
LEAST_TEMPERATURE, MOST_TEMPERATURE = 1e-6, 1e6
Temperature = Annotated[float, Field(ge=LEAST_TEMPERATURE, le=MOST_TEMPERATURE)]

_SUM_TOLERANCE = 1e-6
_MOST_DIMENSIONS = 8
_MOST_NUMBERS = 10**8
"""Of the features of one clip; those of affuse's own extractors are below 10**7."""


class FeatureSource(ManifestPart):
    """Where the features of one modality come from.

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
        All settings that affect the numbers, ready to be compared.
    config : mapping
        The part of a recipe that makes the extractor again.
    """

    name: str = Field(min_length=1)
    version: int = 1
    label: str = ""
    shape: Annotated[tuple[Size, ...], Field(max_length=_MOST_DIMENSIONS)] = ()
    settings: dict[str, Any] = Field(default_factory=dict)
    decoding: dict[str, Any] = Field(default_factory=dict)
    config: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits_into_memory(self) -> Self:
        if math.prod(self.shape) > _MOST_NUMBERS:
            raise ValueError(f"shape {list(self.shape)} has more than {_MOST_NUMBERS:,} numbers")
        return self


class Familiarity(ManifestPart):
    """Distances of held-out clips from the training clips of a member, to compare others with.

    Attributes
    ----------
    graph : str
        File of the ONNX graph: ``embedding`` (n, n_embedding) of the member -> ``distance`` (n,).
    distances : tuple of float
        Of clips of people kept apart from training, ascending: quantiles at even ranks from the
        least to the greatest.
    decline : float
        What the member says is taken to the power (median of these / distance) ** decline.
    """

    graph: FileName
    distances: Annotated[tuple[Distance, ...], Field(min_length=2, max_length=1000)]
    decline: float = Field(default=0.0, ge=0, le=100)

    def share_farther(self, distances: ArrayLike) -> NDArray[np.float64]:
        """Share of the held-out clips that lie farther from the training clips.

        Parameters
        ----------
        distances : (n,) array

        Returns
        -------
        (n,) float64
            1: as near as any of them; 0: farther than all.

        Examples
        --------
        >>> known = Familiarity(graph="distance.onnx", distances=(1.0, 2.0, 3.0))
        >>> known.share_farther([0.5, 2.5, 9.0]).tolist()
        [1.0, 0.25, 0.0]
        """
        ranks = np.linspace(0, 1, len(self.distances))
        return np.asarray(1 - np.interp(np.asarray(distances, np.float64), self.distances, ranks))

    def trust(self, distances: ArrayLike) -> NDArray[np.float64]:
        """Powers to which the member's probabilities are taken.

        Parameters
        ----------
        distances : (n,) array

        Returns
        -------
        (n,) float64
            1 at the median of the clips kept apart from training, less beyond it.

        Examples
        --------
        >>> known = Familiarity(graph="distance.onnx", distances=(1.0, 2.0, 3.0), decline=1.0)
        >>> known.trust([1.0, 2.0, 4.0]).tolist()
        [2.0, 1.0, 0.5]
        """
        # A bound, since no clip is near enough to be trusted without one.
        far = np.maximum(np.asarray(distances, np.float64), self.distances[0])
        return np.asarray((np.median(self.distances) / far) ** self.decline)

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if any(np.diff(self.distances) < 0):
            raise ValueError("distances must ascend")
        return self


class Recalibration(ManifestPart):
    """A linear map of the logarithms of a member's probabilities, applied before all else.

    Attributes
    ----------
    weights : tuple of tuple of float
        (n_own_classes, n_own_classes): how much the logarithm of each class (row) adds to the
        score of each (column).
    bias : tuple of float
        (n_own_classes,): added to it. The probabilities are the softmax of the scores.
    """

    weights: tuple[tuple[Weight, ...], ...]
    bias: tuple[Weight, ...]


class Member(ManifestPart):
    """One graph that predicts something of a clip.

    Attributes
    ----------
    name : str
        Unique in the bundle.
    features : mapping of modality to FeatureSource
        One modality, or both for a system that fuses before it decides.
    graph : str
        File of the ONNX graph. Output ``probabilities`` (n, n_own_classes), which in a bundle of
        numbers are these (n, n_targets), and ``embedding``
        (n, n_embedding) where there is one.
    needs_all : bool
        With several modalities: whether it has no output for a clip that lacks one. A graph that
        does without takes NaN in the place of the features of an absent modality.
    classes : tuple of str
        The graph's own, in its order; in a bundle of numbers, its targets.
    stands_for : mapping of str to sequence of str
        Own class -> classes of the bundle that it may mean; a class that is not listed means the
        one of the same name.
    share : mapping of str to mapping of str to float
        Own class -> how its probability divides among those when this member decides alone, or in
        a rule that is no product; equally where it is not listed.
    temperature : float
        Probabilities are taken to the power of 1 / temperature and normalised.
    doubt : float
        They are also taken to the power (0.5 / greatest) ** doubt: for people outside the training,
        confident outputs are right less often than they say, unconfident ones more often.
    prior : mapping of str to float
        Own class -> probability that is divided out before a product, such as how frequent the
        class was in training, or how often it is predicted for people outside the training; none:
        nothing is.
    prior_power : float
        How much of the prior is divided out: it is taken to this power.
    weight : float
        Exponent in a product, weight in a weighted mean.
    familiarity : Familiarity or None
        How far clips are from its training; None: nothing is known of it.
    image_quality : ImageQuality or None
        From which quality on a picture counts in full; None: all do.
    recalibration : Recalibration or None
        As adapting to somebody's own clips has found it.
    """

    name: str = Field(min_length=1)
    features: dict[Modality, FeatureSource] = Field(min_length=1)
    graph: FileName
    needs_all: bool = True
    classes: tuple[str, ...] = Field(min_length=1)
    stands_for: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]] = Field(
        default_factory=dict
    )
    share: dict[str, dict[str, Share]] = Field(default_factory=dict)
    temperature: Temperature = 1.0
    doubt: float = Field(default=0.0, ge=-1, le=2)
    prior: dict[str, Annotated[float, Field(ge=1e-9, le=1)]] = Field(default_factory=dict)
    prior_power: float = Field(default=1.0, ge=0, le=1000)
    weight: float = Field(default=1.0, ge=0, le=1000)
    familiarity: Familiarity | None = None
    image_quality: ImageQuality | None = None
    recalibration: Recalibration | None = None

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """Modalities that the member needs, sorted."""
        return tuple(sorted(self.features))

    def means(self, own: str) -> tuple[str, ...]:
        """Classes of the bundle that one of its own may mean.

        Parameters
        ----------
        own : str
            One of its classes.

        Returns
        -------
        tuple of str
        """
        return self.stands_for.get(own, (own,))

    def shares(self, own: str) -> Mapping[str, float]:
        """How the probability of an own class divides among what it may mean.

        Parameters
        ----------
        own : str
            One of its classes.

        Returns
        -------
        mapping of str to float
            Sums to 1.
        """
        meant = self.means(own)
        return self.share.get(own) or {name: 1 / len(meant) for name in meant}

    def powers(
        self, probabilities: NDArray[np.float64], distances: ArrayLike | None
    ) -> NDArray[np.float64]:
        """Powers to which the probabilities of its graph are taken.

        Parameters
        ----------
        probabilities : (n, n_own_classes) float64
        distances : (n,) array or None
            How far the clips are from its training; None: not known.

        Returns
        -------
        (n,) float64
        """
        powers = (0.5 / probabilities.max(axis=1)) ** self.doubt / self.temperature
        if self.familiarity is None or distances is None:
            return np.asarray(powers)
        return np.asarray(powers * self.familiarity.trust(distances))

    @model_validator(mode="after")
    def _own_classes_are_known(self) -> Self:
        refuse_repeats(self.classes, f"classes of member {self.name!r}")
        for field in ("stands_for", "share", "prior"):
            foreign = sorted(set(getattr(self, field)) - set(self.classes))
            if foreign:
                raise ValueError(f"{field} of member {self.name!r} has {foreign}, no own classes")
        if self.prior and set(self.prior) != set(self.classes):
            raise ValueError(f"prior of member {self.name!r} must have all its classes, or none")
        self._recalibration_fits()
        for own, parts in self.share.items():
            legal = set(parts) <= set(self.means(own))
            if not legal or abs(sum(parts.values()) - 1) > _SUM_TOLERANCE:
                raise ValueError(
                    f"share of {own!r} of member {self.name!r} must sum to 1 over "
                    f"{list(self.means(own))}, not {parts}"
                )
        return self

    def _recalibration_fits(self) -> None:
        if self.recalibration is None:
            return
        n, found = len(self.classes), self.recalibration
        lengths = {len(found.weights), len(found.bias), *map(len, found.weights)}
        if lengths != {n}:
            raise ValueError(
                f"recalibration of member {self.name!r} has rows and columns {sorted(lengths)}; "
                f"expected {n} of each, one for each class"
            )


def refuse_repeats(names: Sequence[str], what: str) -> None:
    """Refuse names of which one occurs twice.

    Parameters
    ----------
    names : sequence of str
    what : str
        What they name, for the message.

    Raises
    ------
    ValueError
    """
    if len(set(names)) < len(names):
        raise ValueError(f"{what} are {list(names)}; each must be there once")
